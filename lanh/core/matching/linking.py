"""Linking a batch of records within a unit of work, safe against others who do the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from lanh.core.database import Plan, execute, fetch
from lanh.core.matching.comparison import Evidence
from lanh.core.matching.decision import (
    DELETED_RULE,
    Candidate,
    Decision,
    Doubt,
    Policy,
    conflict,
    decide,
)
from lanh.core.matching.features import Features, block_keys
from lanh.core.matching.pool import Pool, linked_features, read_pool
from lanh.core.matching.reviews import as_json, close_joined, kept_apart, open_doubts
from lanh.core.store import bucket_of

BY_RULES = "rules"
_LOCKS = 1024  # a batch of any size takes at most this many advisory locks
_LOCK_SPACE = 0x6D61  # first half of the two-part advisory key: this engine's own


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

    A constant number of statements whatever the size of the batch; one where no record says
    anything new. Records that share a blocking key with somebody else's batch wait for that batch
    to commit, so that two messages about one new human make one person. A link that a human
    decided is left alone. A link in force is moved only where its person has no other record;
    otherwise the other person becomes a review, and so does a person whose number the record no
    longer shares. What a human keeps apart is never joined.
    """
    asked = {record.record_id: record for record in records}
    linked = yield from linked_features(list(asked))
    batch = {
        record_id: record
        for record_id, record in asked.items()
        if record_id not in linked or linked[record_id] != record
    }
    if not batch:
        return []
    keys = {record_id: block_keys(record) for record_id, record in batch.items()}
    every = sorted({key for found in keys.values() for key in found})
    yield from _lock(every)
    pool = yield from read_pool(every, list(batch))
    for record_id, record in batch.items():
        if record_id in pool.links:
            pool.add(record, pool.links[record_id].person_id, keys[record_id])
    before = [record_id for record_id in batch if record_id in pool.links]
    apart = (yield from kept_apart(before)) if before else {}
    changes: list[Change] = []
    doubts: list[tuple[str, Doubt]] = []
    for record_id, record in batch.items():
        candidates = pool.candidates(record_id, keys[record_id])
        decision = _decide(record, candidates, policy, apart.get(record_id, frozenset()))
        person, change = _settle(record, decision, pool, policy, new_id, doubts)
        if change is not None:
            changes.append(change)
        pool.add(record, person, keys[record_id])
    yield from _keep_features(batch, keys)
    yield from keep_links(changes, BY_RULES)
    moved = [change.record_id for change in changes if change.before is not None]
    if moved:
        yield from close_joined(moved, BY_RULES)
    yield from open_doubts(doubts)
    return changes


def _decide(
    record: Features, candidates: Sequence[Candidate], policy: Policy, apart: Set[str]
) -> Decision:
    """The decision of the rules, in which a person that a human keeps apart can only be doubted."""
    far = {each.person_id for each in candidates if each.features.record_id in apart}
    if not far:
        return decide(record, candidates, policy)
    doubts: list[Doubt] = []
    for person in sorted(far):
        there = [each for each in candidates if each.person_id == person]
        alone = decide(record, there, policy)
        doubts.extend(alone.doubts)
        if alone.person_id is not None:
            rule, score, evidence = alone.rule, alone.score, alone.evidence
            doubts.append(Doubt(person, rule, score, evidence, alone.other_id))
    decision = decide(record, [each for each in candidates if each.person_id not in far], policy)
    return replace(decision, doubts=(*decision.doubts, *doubts))


def _settle(
    record: Features,
    decision: Decision,
    pool: Pool,
    policy: Policy,
    new_id: Callable[[], str],
    doubts: list[tuple[str, Doubt]],
) -> tuple[str, Change | None]:
    current = pool.links.get(record.record_id)
    if current is not None and current.decided_by != BY_RULES:
        return current.person_id, None
    doubts.extend((record.record_id, doubt) for doubt in decision.doubts)
    if current is None:
        person = decision.person_id or new_id()
        made = Change(record.record_id, person, decision.rule, decision.score, decision.evidence)
        return person, made
    others = pool.others(record.record_id, current.person_id)
    if decision.person_id == current.person_id or (decision.person_id is None and not others):
        return current.person_id, None
    if decision.person_id is not None and not others:
        moved = Change(
            record.record_id,
            decision.person_id,
            decision.rule,
            decision.score,
            decision.evidence,
            before=current.person_id,
        )
        return decision.person_id, moved
    if decision.person_id is not None:
        rule, score, evidence = decision.rule, decision.score, decision.evidence
        doubt = Doubt(decision.person_id, rule, score, evidence, decision.other_id)
        doubts.append((record.record_id, doubt))
        return current.person_id, None
    against = conflict(record, others, policy.identifiers)
    if against is not None:
        beside = others[0].record_id
        doubt = Doubt(current.person_id, current.rule, 0.0, (against,), beside)
        doubts.append((record.record_id, doubt))
    return current.person_id, None


def forget_records(record_ids: Sequence[str], decided_by: str = BY_RULES) -> Plan[list[Change]]:
    """Take records that were deleted out of the index and out of their persons.

    The history keeps that they were linked. Each change has an empty `person_id`.
    """
    rows = yield from fetch(
        "DELETE FROM matching.person_link WHERE record_id = ANY($1::text[])"
        " RETURNING record_id, person_id",
        list(record_ids),
    )
    if not rows:
        return []
    yield from execute("DELETE FROM matching.block WHERE record_id = ANY($1::text[])", record_ids)
    yield from execute(
        "DELETE FROM matching.features WHERE record_id = ANY($1::text[])", record_ids
    )
    yield from execute(
        "UPDATE matching.review SET state = 'gone', closed_at = now(), closed_by = $2::text"
        " WHERE (record_id = ANY($1::text[]) OR other_id = ANY($1::text[]))"
        " AND state IN ('open', 'later')",
        list(record_ids),
        decided_by,
    )
    yield from execute(
        "INSERT INTO matching.link_event"
        " (record_id, person_before, rule, score, evidence, decided_by)"
        " SELECT record_id, person_id, $3::text, 1, '[]'::jsonb, $4::text"
        " FROM unnest($1::text[], $2::text[]) AS gone (record_id, person_id)",
        [row[0] for row in rows],
        [row[1] for row in rows],
        DELETED_RULE,
        decided_by,
    )
    return [Change(row[0], "", DELETED_RULE, 1.0, (), before=row[1]) for row in rows]


def lock_records(record_ids: Sequence[str]) -> Plan[None]:
    """Wait for every batch that is about records like these, and let later ones wait."""
    rows = yield from fetch(
        "SELECT DISTINCT key FROM matching.block WHERE record_id = ANY($1::text[])",
        list(record_ids),
    )
    yield from _lock([row[0] for row in rows])


def _lock(keys: list[int]) -> Plan[None]:
    slots = sorted({key % _LOCKS for key in keys})
    yield from execute(
        "SELECT pg_advisory_xact_lock($1::integer, slot) FROM"
        " (SELECT slot FROM unnest($2::integer[]) AS slot ORDER BY slot) AS ordered",
        _LOCK_SPACE,
        slots,
    )


def _keep_features(batch: dict[str, Features], keys: dict[str, frozenset[int]]) -> Plan[None]:
    records = list(batch.values())
    yield from execute(
        "INSERT INTO matching.features (record_id, name, written, birth, sex, place, phone,"
        " parent, birth_order, infant, identifiers)"
        " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],"
        " $6::text[], $7::text[], $8::text[], $9::smallint[], $10::boolean[], $11::jsonb[])"
        " ON CONFLICT (record_id) DO UPDATE SET name = excluded.name, written = excluded.written,"
        " birth = excluded.birth, sex = excluded.sex, place = excluded.place,"
        " phone = excluded.phone, parent = excluded.parent, infant = excluded.infant,"
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
        [record.infant for record in records],
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
        [as_json(change.evidence) for change in changes],
    )
    yield from execute(
        "INSERT INTO matching.person_link"
        " (record_id, person_id, rule, score, evidence, decided_by, bucket)"
        " SELECT record_id, person_id, rule, score::numeric, evidence, $6::text, bucket"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $7::smallint[])"
        " AS made (record_id, person_id, rule, score, evidence, bucket)"
        " ON CONFLICT (record_id) DO UPDATE SET person_id = excluded.person_id,"
        " rule = excluded.rule, score = excluded.score, evidence = excluded.evidence,"
        " decided_at = now(), decided_by = excluded.decided_by",
        *columns,
        decided_by,
        [bucket_of(change.record_id) for change in changes],
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
