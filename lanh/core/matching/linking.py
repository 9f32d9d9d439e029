"""Linking a batch of records within a unit of work, safe against others who do the same."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lanh.core.database import Plan, execute, fetch
from lanh.core.matching.comparison import Evidence
from lanh.core.matching.decision import NEW_RULE, Candidate, Decision, Doubt, Policy, decide
from lanh.core.matching.features import Features, block_keys

BY_RULES = "rules"
_LOCKS = 1024  # a batch of any size takes at most this many advisory locks
_LOCK_SPACE = 0x6D61  # first half of the two-part advisory key: this engine's own
_PER_BLOCK = 200  # how many records of one block are compared


@dataclass(frozen=True, slots=True)
class Change:
    """A link that a batch made or moved. `before` is the person it moved from, if any."""

    record_id: str
    person_id: str
    rule: str
    score: float
    evidence: tuple[Evidence, ...]
    before: str | None = None


def link_records(
    records: Sequence[Features], policy: Policy, new_id: Callable[[], str]
) -> Plan[list[Change]]:
    """Find or make the person of each record and keep the links; returns what changed.

    A constant number of statements whatever the size of the batch. Records that share a blocking
    key with somebody else's batch wait for that batch to commit, so that two messages about one
    new human make one person. A link that a human decided is left alone. A link in force is moved
    only where its person has no other record; otherwise the other person becomes a review.
    """
    batch = {record.record_id: record for record in records}
    if not batch:
        return []
    keys = {record_id: block_keys(record) for record_id, record in batch.items()}
    every = sorted({key for found in keys.values() for key in found})
    yield from _lock(every)
    current = yield from _current(list(batch))
    pool = yield from _candidates(every, set(batch))
    changes: list[Change] = []
    doubts: list[tuple[str, Doubt]] = []
    for record_id, record in batch.items():
        candidates = {
            candidate.features.record_id: candidate
            for key in keys[record_id]
            for candidate in pool[key]
        }
        decision = decide(record, list(candidates.values()), policy)
        person, change = _settle(record_id, decision, current.get(record_id), new_id, doubts)
        if change is not None:
            changes.append(change)
        for key in keys[record_id]:
            pool[key].append(Candidate(record, person))
    yield from _keep_features(batch, keys)
    yield from keep_links(changes, BY_RULES)
    yield from _open_reviews(doubts)
    return changes


@dataclass(frozen=True, slots=True)
class _Current:
    person_id: str
    rule: str
    decided_by: str
    records: int


def _settle(
    record_id: str,
    decision: Decision,
    current: _Current | None,
    new_id: Callable[[], str],
    doubts: list[tuple[str, Doubt]],
) -> tuple[str, Change | None]:
    if current is not None and current.decided_by != BY_RULES:
        return current.person_id, None
    doubts.extend((record_id, doubt) for doubt in decision.doubts)
    if current is None:
        person = decision.person_id or new_id()
        return person, Change(record_id, person, decision.rule, decision.score, decision.evidence)
    if decision.person_id is None or decision.person_id == current.person_id:
        return current.person_id, None
    if current.records == 1:
        change = Change(
            record_id,
            decision.person_id,
            decision.rule,
            decision.score,
            decision.evidence,
            before=current.person_id,
        )
        return decision.person_id, change
    doubt = Doubt(decision.person_id, decision.rule, decision.score, decision.evidence)
    doubts.append((record_id, doubt))
    return current.person_id, None


def _lock(keys: list[int]) -> Plan[None]:
    slots = sorted({key % _LOCKS for key in keys})
    yield from execute(
        "SELECT pg_advisory_xact_lock($1::integer, slot) FROM"
        " (SELECT slot FROM unnest($2::integer[]) AS slot ORDER BY slot) AS ordered",
        _LOCK_SPACE,
        slots,
    )


def _current(record_ids: list[str]) -> Plan[dict[str, _Current]]:
    rows = yield from fetch(
        "SELECT link.record_id, link.person_id, link.rule, link.decided_by,"
        " (SELECT count(*) FROM matching.person_link AS other"
        "  WHERE other.person_id = link.person_id)"
        " FROM matching.person_link AS link WHERE link.record_id = ANY($1::text[])",
        record_ids,
    )
    return {row[0]: _Current(*row[1:]) for row in rows}


def _candidates(keys: list[int], leave_out: set[str]) -> Plan[defaultdict[int, list[Candidate]]]:
    rows = yield from fetch(
        "SELECT wanted.key, feature.record_id, feature.name, feature.written, feature.birth,"
        " feature.sex, feature.place, feature.phone, feature.parent, feature.birth_order,"
        " feature.identifiers, link.person_id"
        " FROM unnest($1::bigint[]) AS wanted (key)"
        " CROSS JOIN LATERAL (SELECT block.record_id FROM matching.block AS block"
        "  WHERE block.key = wanted.key LIMIT $2::integer) AS met"
        " JOIN matching.features AS feature ON feature.record_id = met.record_id"
        " JOIN matching.person_link AS link ON link.record_id = met.record_id",
        keys,
        _PER_BLOCK,
    )
    pool: defaultdict[int, list[Candidate]] = defaultdict(list)
    for row in rows:
        key, record_id, *said, identifiers, person_id = row
        if record_id not in leave_out:
            pairs = tuple((kind, value) for kind, value in json.loads(identifiers))
            features = Features(record_id, *said, pairs)  # type: ignore[call-arg]
            pool[key].append(Candidate(features, person_id))
    return pool


def _keep_features(batch: dict[str, Features], keys: dict[str, frozenset[int]]) -> Plan[None]:
    records = list(batch.values())
    yield from execute(
        "INSERT INTO matching.features (record_id, name, written, birth, sex, place, phone,"
        " parent, birth_order, identifiers)"
        " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
        " $6::text[], $7::text[], $8::text[], $9::smallint[], $10::jsonb[])"
        " ON CONFLICT (record_id) DO UPDATE SET name = excluded.name, written = excluded.written,"
        " birth = excluded.birth, sex = excluded.sex, place = excluded.place,"
        " phone = excluded.phone, parent = excluded.parent,"
        " birth_order = excluded.birth_order, identifiers = excluded.identifiers",
        [record.record_id for record in records],
        [record.name for record in records],
        [record.written for record in records],
        [record.birth for record in records],
        [record.sex for record in records],
        [record.place for record in records],
        [record.phone for record in records],
        [record.parent for record in records],
        [record.birth_order for record in records],
        [json.dumps(record.identifiers) for record in records],
    )
    pairs = [(key, record_id) for record_id, found in keys.items() for key in found]
    yield from execute(
        "DELETE FROM matching.block AS block WHERE record_id = ANY($1::text[])"
        " AND NOT EXISTS (SELECT 1 FROM unnest($2::bigint[], $3::text[]) AS kept (key, record_id)"
        " WHERE kept.key = block.key AND kept.record_id = block.record_id)",
        list(batch),
        [key for key, _ in pairs],
        [record_id for _, record_id in pairs],
    )
    yield from execute(
        "INSERT INTO matching.block (key, record_id)"
        " SELECT * FROM unnest($1::bigint[], $2::text[]) ON CONFLICT DO NOTHING",
        [key for key, _ in pairs],
        [record_id for _, record_id in pairs],
    )


def keep_links(changes: Sequence[Change], decided_by: str, reason: str | None = None) -> Plan[None]:
    """Put links in force and append them to the history. `reason` is a human's, in their words."""
    if not changes:
        return
    columns = (
        [change.record_id for change in changes],
        [change.person_id for change in changes],
        [change.rule for change in changes],
        [f"{change.score:.4f}" for change in changes],
        [_as_json(change.evidence) for change in changes],
    )
    yield from execute(
        "INSERT INTO matching.person_link"
        " (record_id, person_id, rule, score, evidence, decided_by)"
        " SELECT record_id, person_id, rule, score::numeric, evidence, $6::text"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])"
        " AS made (record_id, person_id, rule, score, evidence)"
        " ON CONFLICT (record_id) DO UPDATE SET person_id = excluded.person_id,"
        " rule = excluded.rule, score = excluded.score, evidence = excluded.evidence,"
        " decided_at = now(), decided_by = excluded.decided_by",
        *columns,
        decided_by,
    )
    yield from execute(
        "INSERT INTO matching.link_event (record_id, person_after, rule, score, evidence,"
        " decided_by, person_before, reason)"
        " SELECT record_id, person_id, rule, score::numeric, evidence, $6::text, before, $8::text"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $7::text[])"
        " AS made (record_id, person_id, rule, score, evidence, before)",
        *columns,
        decided_by,
        [change.before for change in changes],
        reason,
    )


def _open_reviews(doubts: Sequence[tuple[str, Doubt]]) -> Plan[None]:
    if not doubts:
        return
    yield from execute(
        "INSERT INTO matching.review (record_id, person_id, rule, score, evidence)"
        " SELECT record_id, person_id, rule, score::numeric, evidence"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])"
        " AS seen (record_id, person_id, rule, score, evidence)"
        " ON CONFLICT (record_id, person_id) DO NOTHING",
        [record_id for record_id, _ in doubts],
        [doubt.person_id for _, doubt in doubts],
        [doubt.rule for _, doubt in doubts],
        [f"{doubt.score:.4f}" for _, doubt in doubts],
        [_as_json(doubt.evidence) for _, doubt in doubts],
    )


def _as_json(evidence: Sequence[Evidence]) -> str:
    return json.dumps([[part.feature, part.finding, part.weight] for part in evidence])


def is_new(change: Change) -> bool:
    """Whether a change made a person rather than joined one."""
    return change.rule == NEW_RULE
