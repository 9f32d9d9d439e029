"""Reading links, and the decisions of a human: link, unlink, close a review."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lanh.core.database import Plan, execute, fetch, fetch_one
from lanh.core.matching.comparison import Evidence
from lanh.core.matching.linking import Change, keep_links

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


@dataclass(frozen=True, slots=True)
class Review:
    """A pair for a human to look at."""

    id: int
    record_id: str
    person_id: str
    rule: str
    score: float
    evidence: tuple[Evidence, ...]
    opened_at: datetime


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


def open_reviews(after: int, limit: int) -> Plan[list[Review]]:
    """A page of open reviews in the order they were opened; `after` is the last id seen."""
    rows = yield from fetch(
        "SELECT id, record_id, person_id, rule, score, evidence, opened_at FROM matching.review"
        " WHERE state = 'open' AND id > $1::bigint ORDER BY id LIMIT $2::integer",
        after,
        limit,
    )
    return [
        Review(review, record, person, rule, float(score), _evidence(evidence), opened_at)
        for review, record, person, rule, score, evidence, opened_at in rows
    ]


def link(record_id: str, person_id: str, decided_by: str, reason: str) -> Plan[Change]:
    """A human puts a record under a person, with a reason. Raises UnknownRecord.

    Closes the reviews of that record: the one on this person as linked.
    """
    before = yield from _person_before(record_id)
    change = Change(record_id, person_id, STEWARD_RULE, 1.0, (), before=before)
    yield from keep_links([change], decided_by, reason)
    yield from execute(
        "UPDATE matching.review SET closed_at = now(), closed_by = $3::text,"
        " state = CASE WHEN person_id = $2::text THEN 'linked' ELSE 'distinct' END"
        " WHERE record_id = $1::text AND state = 'open'",
        record_id,
        person_id,
        decided_by,
    )
    return change


def unlink(record_id: str, decided_by: str, reason: str, new_id: Callable[[], str]) -> Plan[Change]:
    """A human takes a record out of its person; it becomes a person of its own.

    Raises UnknownRecord. The former person stays closed to the rules for this record: the decision
    is a human's, and rules leave those alone.
    """
    before = yield from _person_before(record_id)
    change = Change(record_id, new_id(), STEWARD_RULE, 1.0, (), before=before)
    yield from keep_links([change], decided_by, reason)
    return change


def close_review(review_id: int, decided_by: str) -> Plan[bool]:
    """A human says that the two are different people. False where the review was closed already."""
    row = yield from fetch_one(
        "UPDATE matching.review SET state = 'distinct', closed_at = now(), closed_by = $2::text"
        " WHERE id = $1::bigint AND state = 'open' RETURNING id",
        review_id,
        decided_by,
    )
    return row is not None


def _person_before(record_id: str) -> Plan[str]:
    row = yield from fetch_one(
        "SELECT person_id FROM matching.person_link WHERE record_id = $1::text FOR UPDATE",
        record_id,
    )
    if row is None:
        raise UnknownRecord(record_id)
    person: str = row[0]
    return person


def _link(row: Sequence[object]) -> Link:
    record_id, person_id, rule, score, evidence, decided_at, decided_by = row
    assert isinstance(decided_at, datetime)
    return Link(
        str(record_id),
        str(person_id),
        str(rule),
        float(str(score)),
        _evidence(str(evidence)),
        decided_at,
        str(decided_by),
    )


def _evidence(text: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(feature, found, weight) for feature, found, weight in json.loads(text))
