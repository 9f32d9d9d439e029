"""Pairs for a human to look at: opened by the rules, listed for those who may see both sides."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from lanh.core.database import Plan, Row, execute, fetch
from lanh.core.matching.comparison import Evidence
from lanh.core.matching.decision import Doubt
from lanh.core.store import Arguments

ReviewState: TypeAlias = Literal["open", "later", "linked", "distinct", "gone"]
Readable: TypeAlias = Callable[[str, str, Arguments], str]
"""The SQL condition under which the record with an id and a bucket (expressions) may be seen."""


@dataclass(frozen=True, slots=True)
class Review:
    """A pair for a human to look at.

    `person_id` is the person of `other_id` by the link in force, `own_person` that of `record_id`;
    where they are the same, it is the link in force that is doubted. `revision` counts what was
    found and decided: a decision names the one that it was made on.
    """

    id: int
    record_id: str
    other_id: str
    own_person: str
    person_id: str
    rule: str
    score: float
    evidence: tuple[Evidence, ...]
    opened_at: datetime
    revision: int
    state: ReviewState


def everything(_key: str, _bucket: str, _arguments: Arguments) -> str:
    """For the platform itself: every record may be seen."""
    return "true"


# What may be seen is asked of every record of both persons: a decision speaks about all of them.
# As an aggregate it is asked pair by pair, as far as the page goes, and never of the whole table.
_SELECT = """
SELECT review.id, review.record_id, review.other_id, one.person_id, two.person_id,
       review.rule, review.score, review.evidence::text, review.opened_at, review.revision,
       review.state
FROM matching.review
JOIN matching.person_link one ON one.record_id = review.record_id
JOIN matching.person_link two ON two.record_id = review.other_id
WHERE {wanted} AND (
    SELECT bool_and({readable}) FROM matching.person_link beside
    WHERE beside.person_id = ANY (ARRAY[one.person_id, two.person_id])
)
"""


def select(wanted: str, readable: Readable, arguments: Arguments) -> str:
    """The statement of reviews under a condition, of which both sides may be seen as a whole."""
    condition = readable("beside.record_id", "beside.bucket", arguments)
    return _SELECT.format(wanted=wanted, readable=f"({condition})")


def open_reviews(
    after: int,
    limit: int,
    readable: Readable = everything,
    *,
    state: ReviewState = "open",
    newest_first: bool = False,
) -> Plan[list[Review]]:
    """A page of reviews in the order they were opened; `after` is the last id seen, 0 for none.

    `newest_first` goes the other way; 0 then stands for the newest.
    """
    arguments = Arguments(state, after)
    step = "($2::bigint = 0 OR review.id < $2)" if newest_first else "review.id > $2::bigint"
    sql = select(f"review.state = $1::text AND {step}", readable, arguments)
    most = arguments.add(limit, "integer")
    order = "DESC" if newest_first else "ASC"
    rows = yield from fetch(f"{sql} ORDER BY review.id {order} LIMIT {most}", *arguments.values)
    return [review(row) for row in rows]


def count_reviews(state: ReviewState, most: int, readable: Readable = everything) -> Plan[int]:
    """How many reviews there are in a state, counted no further than `most`."""
    arguments = Arguments(state)
    sql = select("review.state = $1::text", readable, arguments)
    limit = arguments.add(most, "integer")
    rows = yield from fetch(
        f"SELECT count(*) FROM ({sql} LIMIT {limit}) AS counted",  # noqa: S608
        *arguments.values,
    )
    return int(rows[0][0])


def review_by_id(review_id: int, readable: Readable = everything) -> Plan[Review | None]:
    """One review in any state; None where there is none or a side of it may not be seen."""
    arguments = Arguments(review_id)
    rows = yield from fetch(
        select("review.id = $1::bigint", readable, arguments), *arguments.values
    )
    return review(rows[0]) if rows else None


def review(row: Row) -> Review:
    """The review of a row of `select`."""
    number, record, other, own, person, rule, score, evidence, opened_at, revision, state = row
    found = evidence_of(evidence)
    return Review(
        number, record, other, own, person, rule, float(score), found, opened_at, revision, state
    )


def evidence_of(text: str) -> tuple[Evidence, ...]:
    """Evidence as it is kept: a list of feature, finding and weight."""
    return tuple(Evidence(feature, found, weight) for feature, found, weight in json.loads(text))


def as_json(evidence: Sequence[Evidence]) -> str:
    """Evidence in the form in which it is kept."""
    return json.dumps([[part.feature, part.finding, part.weight] for part in evidence])


# Every review between the two persons of a doubt, whichever of their records it names.
_BETWEEN = """
SELECT DISTINCT seen.place, review.id, review.state, review.evidence::text,
       (review.record_id, review.other_id) IN
           ((seen.record_id, seen.other_id), (seen.other_id, seen.record_id)) AS exact
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS seen (record_id, other_id, place)
JOIN matching.person_link one ON one.record_id = seen.record_id
JOIN matching.person_link two ON two.record_id = seen.other_id
JOIN matching.person_link mine ON mine.person_id = one.person_id
JOIN matching.person_link theirs ON theirs.person_id = two.person_id
JOIN matching.review
  ON least(review.record_id, review.other_id) = least(mine.record_id, theirs.record_id)
 AND greatest(review.record_id, review.other_id) = greatest(mine.record_id, theirs.record_id)
ORDER BY seen.place, review.id
"""
_OPEN = """
INSERT INTO matching.review (record_id, other_id, rule, score, evidence)
SELECT record_id, other_id, rule, score::numeric, evidence
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])
     AS seen (record_id, other_id, rule, score, evidence)
ON CONFLICT (least(record_id, other_id), greatest(record_id, other_id)) DO UPDATE
SET rule = excluded.rule, score = excluded.score, evidence = excluded.evidence, state = 'open',
    revision = matching.review.revision + 1, closed_at = NULL, closed_by = NULL
"""
_RENEW = """
UPDATE matching.review SET rule = news.rule, score = news.score::numeric,
       evidence = news.evidence, state = 'open', revision = review.revision + 1
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::jsonb[])
     AS news (id, rule, score, evidence)
WHERE review.id = news.id
"""


def open_doubts(doubts: Sequence[tuple[str, Doubt]]) -> Plan[None]:
    """Open a review for each doubt about a record, the links being in force already.

    Two persons have one review that waits: new evidence renews it. What a human decided is not
    asked again unless something is found that the decision did not know.
    """
    doubts = list(dict(_by_pair(doubts)).values())
    if not doubts:
        return
    rows = yield from fetch(
        _BETWEEN, [record for record, _ in doubts], [doubt.other_id for _, doubt in doubts]
    )
    between: list[list[Row]] = [[] for _ in doubts]
    for row in rows:
        between[row[0] - 1].append(row)
    opened: list[tuple[str, Doubt]] = []
    renewed: dict[int, Doubt] = {}
    for (record, doubt), known in zip(doubts, between, strict=True):
        waiting = next((row for row in known if row[2] in ("open", "later")), None)
        if waiting is not None:
            if _news(doubt, waiting):
                renewed[waiting[1]] = doubt
        elif all(row[2] == "gone" or _news(doubt, row) for row in known):
            opened.append((record, doubt))
    if opened:
        yield from execute(
            _OPEN,
            [record for record, _ in opened],
            [doubt.other_id for _, doubt in opened],
            [doubt.rule for _, doubt in opened],
            [f"{doubt.score:.4f}" for _, doubt in opened],
            [as_json(doubt.evidence) for _, doubt in opened],
        )
    if renewed:
        yield from execute(
            _RENEW,
            list(renewed),
            [doubt.rule for doubt in renewed.values()],
            [f"{doubt.score:.4f}" for doubt in renewed.values()],
            [as_json(doubt.evidence) for doubt in renewed.values()],
        )


def _by_pair(
    doubts: Sequence[tuple[str, Doubt]],
) -> list[tuple[frozenset[str], tuple[str, Doubt]]]:
    return [(frozenset((record, doubt.other_id)), (record, doubt)) for record, doubt in doubts]


def _news(doubt: Doubt, known: Row) -> bool:
    """Whether something was found that a review does not hold yet."""
    held = {(part.feature, part.finding) for part in evidence_of(known[3])}
    return any((part.feature, part.finding) not in held for part in doubt.evidence)


def kept_apart(record_ids: Collection[str]) -> Plan[dict[str, set[str]]]:
    """For each record, the records of which a human said that they are of somebody else.

    Not those that a later decision of a human put under one person with it.
    """
    rows = yield from fetch(
        "SELECT review.record_id, review.other_id FROM matching.review"
        " JOIN matching.person_link one ON one.record_id = review.record_id"
        " JOIN matching.person_link two ON two.record_id = review.other_id"
        " WHERE review.apart AND one.person_id <> two.person_id"
        " AND (review.record_id = ANY($1::text[]) OR review.other_id = ANY($1::text[]))",
        list(record_ids),
    )
    apart: dict[str, set[str]] = {}
    for one, other in rows:
        apart.setdefault(one, set()).add(other)
        apart.setdefault(other, set()).add(one)
    return apart


def close_joined(record_ids: Collection[str], decided_by: str) -> Plan[None]:
    """Close the reviews that waited between records which now are of one person."""
    yield from execute(
        "UPDATE matching.review SET state = 'linked', closed_at = now(),"
        " closed_by = $2::text, revision = revision + 1"
        " FROM matching.person_link one, matching.person_link two"
        " WHERE (review.record_id = ANY($1::text[]) OR review.other_id = ANY($1::text[]))"
        " AND review.state IN ('open', 'later') AND one.record_id = review.record_id"
        " AND two.record_id = review.other_id AND one.person_id = two.person_id",
        list(record_ids),
        decided_by,
    )


_APART = """
INSERT INTO matching.review
       (record_id, other_id, rule, score, evidence, state, apart, closed_at, closed_by)
SELECT record_id, other_id, $3::text, 0, $4::jsonb, 'distinct', true, now(), $5::text
FROM unnest($1::text[], $2::text[]) AS pair (record_id, other_id)
ON CONFLICT (least(record_id, other_id), greatest(record_id, other_id)) DO UPDATE
SET state = 'distinct', apart = true, closed_at = now(), closed_by = excluded.closed_by,
    revision = matching.review.revision + 1
WHERE NOT matching.review.apart OR matching.review.state <> 'distinct'
"""


def keep_apart(
    pairs: Sequence[tuple[str, str]],
    rule: str,
    evidence: Sequence[Evidence],
    decided_by: str,
) -> Plan[None]:
    """Write down that the records of each pair are of different people; the rules keep to it."""
    if pairs:
        yield from execute(
            _APART,
            [one for one, _ in pairs],
            [other for _, other in pairs],
            rule,
            as_json(evidence),
            decided_by,
        )
