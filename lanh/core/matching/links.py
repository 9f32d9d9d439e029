"""Reading links, and the decisions of a human on one of them: link, unlink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lanh.core.database import Plan, fetch, fetch_one
from lanh.core.matching.comparison import Evidence
from lanh.core.matching.linking import Change, keep_links
from lanh.core.matching.reviews import close_joined, evidence_of, keep_apart

STEWARD_RULE = "steward"


class UnknownRecord(LookupError):
    """No such record is known to the matching engine."""


@dataclass(frozen=True, slots=True)
class Link:
    """The link in force of one record, with what it rests on."""

    record_id: str
    person_id: str
    rule: str
    score: float
    evidence: tuple[Evidence, ...]
    decided_at: datetime
    decided_by: str


_LINK = "SELECT record_id, person_id, rule, score, evidence, decided_at, decided_by"


def persons_of(record_ids: Sequence[str]) -> Plan[dict[str, str]]:
    """The person of each record that has one."""
    rows = yield from fetch(
        "SELECT record_id, person_id FROM matching.person_link WHERE record_id = ANY($1::text[])",
        list(record_ids),
    )
    return {row[0]: row[1] for row in rows}


def records_of(person_ids: Sequence[str]) -> Plan[dict[str, list[str]]]:
    """The records of each person, in a stable order."""
    rows = yield from fetch(
        "SELECT person_id, record_id FROM matching.person_link"
        " WHERE person_id = ANY($1::text[]) ORDER BY decided_at, record_id",
        list(person_ids),
    )
    found: dict[str, list[str]] = {person_id: [] for person_id in person_ids}
    for person_id, record_id in rows:
        found[person_id].append(record_id)
    return found


def links_of(person_ids: Sequence[str]) -> Plan[list[Link]]:
    """The links in force of some persons, oldest decision first."""
    rows = yield from fetch(
        f"{_LINK} FROM matching.person_link WHERE person_id = ANY($1::text[])"
        " ORDER BY decided_at, record_id",
        list(person_ids),
    )
    return [_link(row) for row in rows]


def links_by_rule(rules: Sequence[str], after: str | None, limit: int) -> Plan[list[Link]]:
    """A page of links decided by some rules, by record id; `after` is the last one seen."""
    rows = yield from fetch(
        f"{_LINK} FROM matching.person_link WHERE rule = ANY($1::text[])"
        " AND ($2::text IS NULL OR record_id > $2::text) ORDER BY record_id LIMIT $3::integer",
        list(rules),
        after,
        limit,
    )
    return [_link(row) for row in rows]


def link(record_id: str, person_id: str, decided_by: str, reason: str) -> Plan[Change]:
    """A human puts a record under a person, with a reason. Raises UnknownRecord.

    Closes the reviews between that record and its new person as linked, and keeps it apart from
    the person that it was taken out of.
    """
    before, beside, evidence = yield from _before(record_id)
    change = Change(record_id, person_id, STEWARD_RULE, 1.0, (), before=before)
    yield from keep_links([change], decided_by, reason)
    yield from close_joined([record_id], decided_by)
    if before != person_id:
        pairs = [(record_id, other) for other in beside]
        yield from keep_apart(pairs, STEWARD_RULE, evidence, decided_by)
    return change


def unlink(record_id: str, decided_by: str, reason: str, new_id: Callable[[], str]) -> Plan[Change]:
    """A human takes a record out of its person; it becomes a person of its own.

    Raises UnknownRecord. The rules never join it and the former person again.
    """
    before, beside, evidence = yield from _before(record_id)
    change = Change(record_id, new_id(), STEWARD_RULE, 1.0, (), before=before)
    yield from keep_links([change], decided_by, reason)
    pairs = [(record_id, other) for other in beside]
    yield from keep_apart(pairs, STEWARD_RULE, evidence, decided_by)
    return change


def _before(record_id: str) -> Plan[tuple[str, list[str], tuple[Evidence, ...]]]:
    """The person of a record, that person's other records, and what the link rests on."""
    row = yield from fetch_one(
        "SELECT person_id, evidence::text FROM matching.person_link"
        " WHERE record_id = $1::text FOR UPDATE",
        record_id,
    )
    if row is None:
        raise UnknownRecord(record_id)
    person: str = row[0]
    records = yield from records_of([person])
    beside = [other for other in records[person] if other != record_id]
    return person, beside, evidence_of(row[1])


def _link(row: Sequence[object]) -> Link:
    record_id, person_id, rule, score, evidence, decided_at, decided_by = row
    assert isinstance(decided_at, datetime)
    return Link(
        str(record_id),
        str(person_id),
        str(rule),
        float(str(score)),
        evidence_of(str(evidence)),
        decided_at,
        str(decided_by),
    )
