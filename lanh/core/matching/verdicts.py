"""What a human decides on a pair: the same person, different persons, later; and undoing it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from lanh.core.database import Plan, Row, execute, fetch
from lanh.core.matching.comparison import Evidence
from lanh.core.matching.linking import Change, keep_links, lock_records
from lanh.core.matching.links import STEWARD_RULE, records_of
from lanh.core.matching.reviews import (
    Readable,
    Review,
    close_joined,
    everything,
    evidence_of,
    keep_apart,
    review_by_id,
    select,
)
from lanh.core.store import Arguments

Answer: TypeAlias = Literal["same", "different", "later"]


class Overtaken(Exception):
    """The pair is no longer as it was when it was shown; `last` is the decision in force, if any.

    Somebody decided it meanwhile, the records changed, or what is to be undone was decided anew.
    """

    def __init__(self, last: Verdict | None) -> None:
        super().__init__("the pair has changed")
        self.last = last


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision on a review; `undone_at` where it was taken back."""

    id: int
    review_id: int
    answer: Answer
    reason: str
    decided_at: datetime
    decided_by: str
    undone_at: datetime | None
    undone_by: str | None
    undone_reason: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """Links that changed, to carry over to the Person resources, and the records concerned."""

    changes: Sequence[Change]
    records: Sequence[str]


_VERDICT = (
    "SELECT verdict.id, verdict.review_id, verdict.verdict, verdict.reason, verdict.decided_at,"
    " verdict.decided_by, verdict.undone_at, verdict.undone_by, verdict.undone_reason"
    " FROM matching.verdict"
)
_STATES = {"same": "linked", "different": "distinct", "later": "later"}


def decide_review(
    review_id: int,
    revision: int,
    answer: Answer,
    by: str,
    reason: str,
    new_id: Callable[[], str],
    *,
    keep: Callable[[Sequence[str]], Plan[str | None]],
    readable: Readable = everything,
) -> Plan[Decided | None]:
    """Decide on a review as it was shown at `revision`; None where it may not be seen.

    `same`: every record of the one person goes to the other; `keep` says which of the two is to
    stay (None where it makes no difference: then the one with more records). Where the link in
    force is doubted, it is confirmed. `different`: the records of the two are kept apart for ever;
    where the link in force is doubted, the record becomes a person of its own. `later`: it is put
    aside. Raises Overtaken.
    """
    review = yield from _held(review_id, readable)
    if review is None:
        return None
    if review.revision != revision or review.state not in ("open", "later"):
        raise Overtaken((yield from last_verdict(review_id)))
    together = yield from records_of([review.own_person, review.person_id])
    doubted = review.own_person == review.person_id
    changes: list[Change] = []
    if answer == "same" and doubted:
        changes = [_change(review.record_id, review.person_id, review.own_person)]
    elif answer == "same":
        changes = yield from _merge(review, together, keep)
    elif answer == "different" and doubted:
        changes = [_change(review.record_id, new_id(), review.own_person)]
    replaced = yield from _links([change.record_id for change in changes])
    yield from execute(
        "INSERT INTO matching.verdict (review_id, verdict, evidence, reason, replaced, decided_by)"
        " SELECT id, $2::text, evidence, $3::text, $4::jsonb, $5::text FROM matching.review"
        " WHERE id = $1::bigint",
        review_id,
        answer,
        reason,
        replaced,
        by,
    )
    yield from _close(review_id, _STATES[answer], by)
    yield from keep_links(changes, by, reason)
    if answer == "same":
        yield from close_joined([change.record_id for change in changes], by)
    elif answer == "different":
        yield from _part(review, together, by, reason)
    return Decided(changes, _concerned(review, together))


def _held(review_id: int, readable: Readable) -> Plan[Review | None]:
    """The review, while nobody else decides on it or links its records."""
    seen = yield from review_by_id(review_id, readable)
    if seen is None:
        return None
    together = yield from records_of([seen.own_person, seen.person_id])
    yield from lock_records([record for records in together.values() for record in records])
    yield from fetch("SELECT FROM matching.review WHERE id = $1::bigint FOR UPDATE", review_id)
    return (yield from review_by_id(review_id, readable))


def _change(record: str, person: str, before: str) -> Change:
    return Change(record, person, STEWARD_RULE, 1.0, (), before=before)


def _merge(
    review: Review,
    together: dict[str, list[str]],
    keep: Callable[[Sequence[str]], Plan[str | None]],
) -> Plan[list[Change]]:
    persons = [review.person_id, review.own_person]
    stays = (yield from keep(persons)) or max(persons, key=lambda person: len(together[person]))
    goes = persons[1] if stays == persons[0] else persons[0]
    return [_change(record, stays, goes) for record in together[goes]]


def _part(review: Review, together: dict[str, list[str]], by: str, reason: str) -> Plan[None]:
    mine = together[review.own_person]
    if review.own_person == review.person_id:
        theirs = [record for record in mine if record != review.record_id]
        mine = [review.record_id]
    else:
        theirs = together[review.person_id]
        # The link stays as the rules made it; that a human looked at it stands in its history.
        stays = [Change(review.record_id, review.own_person, STEWARD_RULE, 1.0, review.evidence,
                        before=review.own_person)]  # fmt: skip
        yield from note_links(stays, by, reason)
    pairs = [(one, other) for one in mine for other in theirs]
    yield from keep_apart(pairs, review.rule, review.evidence, by)


def note_links(changes: Sequence[Change], by: str, reason: str) -> Plan[None]:
    """Append to the history of links what a human said of them, without changing any."""
    yield from execute(
        "INSERT INTO matching.link_event"
        " (record_id, person_before, person_after, rule, score, evidence, reason, decided_by)"
        " SELECT record_id, before, after, $4::text, 1, '[]'::jsonb, $5::text, $6::text"
        " FROM unnest($1::text[], $2::text[], $3::text[]) AS said (record_id, before, after)",
        [change.record_id for change in changes],
        [change.before for change in changes],
        [change.person_id for change in changes],
        STEWARD_RULE,
        reason,
        by,
    )


def _concerned(review: Review, together: dict[str, list[str]]) -> list[str]:
    return [record for person in sorted(together) for record in together[person]]


def _close(review_id: int, state: str, by: str) -> Plan[None]:
    yield from execute(
        "UPDATE matching.review SET state = $2::text, closed_at = now(), closed_by = $3::text,"
        " apart = apart OR $2::text = 'distinct',"
        " revision = revision + 1 WHERE id = $1::bigint",
        review_id,
        state,
        by,
    )


def _links(record_ids: Sequence[str]) -> Plan[str]:
    """Links in force, as JSON."""
    rows = yield from fetch(
        "SELECT coalesce(jsonb_agg(to_jsonb(link)), '[]')::text FROM matching.person_link AS link"
        " WHERE record_id = ANY($1::text[])",
        list(record_ids),
    )
    text: str = rows[0][0]
    return text


def undo_verdict(
    verdict_id: int, by: str, reason: str, *, readable: Readable = everything
) -> Plan[Decided | None]:
    """Take a decision back: the links stand as before it, and the pair waits again.

    None where there is no such decision or a side of it may not be seen. Raises Overtaken where
    the pair or one of the links has been decided anew since.
    """
    rows = yield from fetch(f"{_VERDICT} WHERE id = $1::bigint", verdict_id)
    if not rows:
        return None
    verdict = Verdict(*rows[0])
    review = yield from _held(verdict.review_id, readable)
    if review is None:
        return None
    last = yield from last_verdict(review.id)
    if last is None or last.id != verdict_id or review.state != _STATES[verdict.answer]:
        raise Overtaken(last)
    changes = yield from _put_back(last, by, reason)
    if verdict.answer != "later":
        yield from _reopen_with(last)
    yield from execute(
        "UPDATE matching.verdict SET undone_at = now(), undone_by = $2::text,"
        " undone_reason = $3::text WHERE id = $1::bigint",
        verdict_id,
        by,
        reason,
    )
    yield from execute(
        "UPDATE matching.review SET state = 'open', closed_at = NULL, closed_by = NULL,"
        " revision = revision + 1, apart = EXISTS (SELECT 1 FROM matching.verdict"
        "  WHERE review_id = review.id AND verdict = 'different' AND undone_at IS NULL)"
        " WHERE id = $1::bigint",
        review.id,
    )
    together = yield from records_of([review.own_person, review.person_id])
    records = {*_concerned(review, together), *(change.record_id for change in changes)}
    return Decided(changes, sorted(records))


_PUT_BACK = """
UPDATE matching.person_link AS link SET person_id = before.person_id, rule = before.rule,
       score = before.score, evidence = before.evidence, decided_at = before.decided_at,
       decided_by = before.decided_by
FROM matching.verdict, jsonb_populate_recordset(NULL::matching.person_link, verdict.replaced) before
WHERE verdict.id = $1::bigint AND link.record_id = before.record_id
  AND link.decided_at = verdict.decided_at AND link.rule = $2::text
RETURNING link.record_id, link.person_id, link.rule, link.score, link.evidence::text
"""


def _put_back(verdict: Verdict, by: str, reason: str) -> Plan[list[Change]]:
    """The links that a decision replaced. Raises Overtaken where one was decided anew since."""
    rows = yield from fetch(
        "SELECT replaced::text FROM matching.verdict WHERE id = $1::bigint", verdict.id
    )
    replaced: list[dict[str, Any]] = json.loads(rows[0][0])
    if not replaced:
        return []
    stands = yield from fetch(
        "SELECT record_id, person_id FROM matching.person_link"
        " WHERE record_id = ANY($1::text[]) FOR UPDATE",
        [link["record_id"] for link in replaced],
    )
    now_at = {row[0]: row[1] for row in stands}
    restored = yield from fetch(_PUT_BACK, verdict.id, STEWARD_RULE)
    if len(restored) != len(replaced):
        raise Overtaken(verdict)
    changes = [_restored(row, now_at[row[0]]) for row in restored]
    yield from note_links(changes, by, reason)
    return changes


def _restored(row: Row, before: str) -> Change:
    record, person, rule, score, evidence = row
    found: tuple[Evidence, ...] = evidence_of(evidence)
    return Change(record, person, rule, float(score), found, before=before)


def _reopen_with(verdict: Verdict) -> Plan[None]:
    """Undo what a decision did to the other reviews between the two persons."""
    yield from execute(
        "DELETE FROM matching.review WHERE closed_at = $1::timestamptz AND closed_by = $2::text"
        " AND opened_at = closed_at AND id <> $3::bigint AND state = 'distinct'",
        verdict.decided_at,
        verdict.decided_by,
        verdict.review_id,
    )
    yield from execute(
        "UPDATE matching.review SET state = 'open', closed_at = NULL, closed_by = NULL,"
        " apart = apart AND state <> 'distinct', revision = revision + 1"
        " WHERE closed_at = $1::timestamptz AND closed_by = $2::text AND id <> $3::bigint"
        " AND state IN ('linked', 'distinct')",
        verdict.decided_at,
        verdict.decided_by,
        verdict.review_id,
    )


def last_verdict(review_id: int) -> Plan[Verdict | None]:
    """The latest decision on a review that was not taken back."""
    rows = yield from fetch(
        f"{_VERDICT} WHERE review_id = $1::bigint AND undone_at IS NULL ORDER BY id DESC LIMIT 1",
        review_id,
    )
    return Verdict(*rows[0]) if rows else None


def verdicts_of(review_id: int) -> Plan[list[Verdict]]:
    """Every decision on a review, newest first, those taken back included."""
    rows = yield from fetch(
        f"{_VERDICT} WHERE review_id = $1::bigint ORDER BY id DESC LIMIT 50", review_id
    )
    return [Verdict(*row) for row in rows]


def recent_verdicts(
    before: int, limit: int, by: str | None = None, readable: Readable = everything
) -> Plan[list[tuple[Verdict, Review]]]:
    """Decisions that stand, newest first, with their reviews; `before` is the last id seen, or 0.

    `by` limits them to those of one person.
    """
    arguments = Arguments(before, by)
    reviews = select("true", readable, arguments)
    most = arguments.add(limit, "integer")
    rows = yield from fetch(
        f"{_VERDICT} WHERE verdict.undone_at IS NULL"  # noqa: S608
        " AND ($1::bigint = 0 OR verdict.id < $1)"
        " AND ($2::text IS NULL OR verdict.decided_by = $2)"
        f" AND EXISTS (SELECT 1 FROM ({reviews}) AS seen (id) WHERE seen.id = verdict.review_id)"
        f" ORDER BY verdict.id DESC LIMIT {most}",
        *arguments.values,
    )
    found: list[tuple[Verdict, Review]] = []
    for row in rows:
        verdict = Verdict(*row)
        review = yield from review_by_id(verdict.review_id, readable)
        if review is not None:
            found.append((verdict, review))
    return found
