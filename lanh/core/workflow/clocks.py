"""The clocks of a case: which deadlines run, until when, and the escalations that wait for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from lanh.core.database import Plan, execute, fetch, fetch_one
from lanh.core.workflow.cases import Case
from lanh.core.workflow.definition import Deadline, Definition
from lanh.core.workflow.terms import Calendar, CalendarGap, Term, end_of

DefinitionOf: TypeAlias = Callable[[str, int], Definition]

_START = """
INSERT INTO workflow.clock (case_id, deadline, started_at, due, certain)
VALUES ($1, $2, $3, $4::timestamptz, $5) RETURNING id
"""
_WAIT = """
INSERT INTO workflow.escalation (clock_id, name, case_id, due, try_at)
VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (clock_id, name) DO UPDATE SET due = excluded.due, try_at = excluded.due
WHERE escalation.done_at IS NULL AND escalation.due <> excluded.due
"""
_END = """
UPDATE workflow.clock SET ended_at = $2 WHERE id = ANY($1::bigint[])
"""
_FORGET = "DELETE FROM workflow.escalation WHERE clock_id = ANY($1::bigint[]) AND done_at IS NULL"
_NEAREST = "SELECT min(due) FROM workflow.clock WHERE case_id = $1 AND ended_at IS NULL"
_RENEW = """
UPDATE workflow.cases SET due =
    (SELECT min(due) FROM workflow.clock WHERE case_id = $1 AND ended_at IS NULL)
WHERE id = $1
"""
_UNCERTAIN = """
SELECT k.id, k.case_id, k.deadline, k.started_at, c.definition, c.version
FROM workflow.clock k JOIN workflow.cases c ON c.id = k.case_id
WHERE k.ended_at IS NULL AND NOT k.certain AND k.id > $1
ORDER BY k.id LIMIT $2
FOR UPDATE OF c SKIP LOCKED
"""


def turn(
    case: Case, definition: Definition, calendar: Calendar, moment: datetime, since: datetime
) -> Plan[Case]:
    """Stop the clocks that do not run in the case's state, start those that now do.

    `since` is the moment from which new terms count; a clock that goes on is left as it is.
    Returns the case with its nearest end.
    """
    rows = yield from fetch(
        "SELECT id, deadline FROM workflow.clock WHERE case_id = $1 AND ended_at IS NULL", case.id
    )
    running = {name: number for number, name in rows}
    wanted = {each.name: each for each in definition.deadlines if case.state in each.states}
    ended = [number for name, number in running.items() if name not in wanted]
    if ended:
        yield from execute(_END, ended, moment)
        yield from execute(_FORGET, ended)
    for name, deadline in wanted.items():
        if name not in running:
            yield from _start(case, deadline, calendar, since)
    row = yield from fetch_one(_NEAREST, case.id)
    return replace(case, due=row[0] if row else None)


def _start(case: Case, deadline: Deadline, calendar: Calendar, since: datetime) -> Plan[None]:
    due, certain = reckon(deadline.term, since, calendar)
    row = yield from fetch_one(_START, case.id, deadline.name, since, due, certain)
    if row is not None:
        yield from _await(row[0], case.id, deadline, calendar, since)


def _await(
    clock: int, case_id: str, deadline: Deadline, calendar: Calendar, since: datetime
) -> Plan[None]:
    for each in deadline.escalations:
        at, _ = reckon(each.term, since, calendar)
        if at is not None:
            yield from execute(_WAIT, clock, each.name, case_id, at)


def reckon(term: Term, since: datetime, calendar: Calendar) -> tuple[datetime | None, bool]:
    """When a term ends and whether that is certain; None where the calendar lacks the year."""
    try:
        due = end_of(term, since, calendar)
        return due, calendar.certain(since, due)
    except CalendarGap:
        return None, False


def renew(
    definitions: DefinitionOf, calendar: Calendar, after: int, limit: int
) -> Plan[tuple[int | None, int]]:
    """Reckon running clocks anew that were not certain, as the calendar may know more by now.

    The next position (None at the end) and how many ends changed. Cases that somebody acts on at
    this moment are passed over until the next time.
    """
    rows = yield from fetch(_UNCERTAIN, after, limit)
    changed = 0
    for clock, case_id, name, since, key, version in rows:
        deadline = definitions(key, version).deadline(name)
        if deadline is None:
            continue
        due, certain = reckon(deadline.term, since, calendar)
        kept = yield from fetch(
            "UPDATE workflow.clock SET due = $2::timestamptz, certain = $3 WHERE id = $1"
            " AND (due IS DISTINCT FROM $2::timestamptz OR certain <> $3) RETURNING id",
            clock,
            due,
            certain,
        )
        yield from _await(clock, case_id, deadline, calendar, since)
        yield from execute(_RENEW, case_id)
        changed += len(kept)
    return (rows[-1][0] if len(rows) == limit else None), changed
