"""Queues and overdue cases as lists: under the access predicate, by pages, with counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from lanh.core.access import Access, Interaction
from lanh.core.database import Plan, fetch
from lanh.core.store import Arguments
from lanh.core.workflow.cases import COLUMNS, WIDTH, Case, case_of
from lanh.core.workflow.definitions import Definitions
from lanh.core.workflow.rights import by_roles, visible
from lanh.core.workflow.tasks import TASK_COLUMNS, Task, task_of

T = TypeVar("T")

MOST_COUNTED = 2_000
LONGEST_PAGE = 500

_WORKING: tuple[Interaction, ...] = ("search", "update")
_END = "coalesce(c.due, 'infinity'::timestamptz)"  # as the index has it


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the `due` of its last case and that case's id."""

    due: datetime | None
    id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows, where the next page begins and the one before ends (None where there is none), and how
    many rows there are in all, counted no further than MOST_COUNTED."""

    rows: tuple[T, ...]
    next: Cursor | None
    total: int
    previous: Cursor | None = None


@dataclass(frozen=True, slots=True)
class QueueCount:
    """How many tasks wait in a queue, those that nobody holds, those whose case is overdue."""

    queue: str
    waiting: int
    unclaimed: int
    overdue: int


def in_queues(
    definitions: Definitions,
    access: Access,
    queues: Collection[str] | None,
    *,
    mine: bool,
    unclaimed: bool,
    after: Cursor | None,
    before: Cursor | None,
    overdue_at: datetime | None,
    limit: int,
) -> Plan[Page[Task]]:
    """A page of the tasks that wait, the nearest end first, those without one last."""
    arguments = Arguments()
    where = _waiting(definitions, access, queues, arguments)
    if mine:
        where += f" AND t.owner = {arguments.add(access.actor, 'text')}"
    if unclaimed:
        where += " AND t.owner IS NULL"
    if overdue_at is not None:
        where += f" AND {_END} < {arguments.add(overdue_at, 'timestamptz')}"
    tables = "workflow.task t JOIN workflow.cases c ON c.id = t.case_id"
    columns = f"{COLUMNS}, {TASK_COLUMNS}"
    rows, total = yield from _page(columns, tables, where, arguments, after, limit, before)
    kept = rows[-limit:] if before is not None else rows[:limit]
    found = tuple(task_of(row[WIDTH:], case_of(row)) for row in kept)
    more, back = len(rows) > limit, before is not None
    ends = [Cursor(each.case.due, each.case.id) for each in (*found[:1], *found[-1:])]
    last = ends[-1] if ends and (more or back) else None
    first = ends[0] if ends and (more if back else after is not None) else None
    return Page(found, last, total, first)


def overdue(
    definitions: Definitions,
    access: Access,
    keys: Collection[str] | None,
    moment: datetime,
    *,
    after: Cursor | None,
    limit: int,
) -> Plan[Page[Case]]:
    """A page of open cases with a clock that has run out, the longest overdue first."""
    arguments = Arguments()
    rule = visible(definitions, access, "search", arguments)
    where = f"c.closed_at IS NULL AND {_END} < {arguments.add(moment, 'timestamptz')} AND {rule}"
    if keys is not None:
        where += f" AND c.definition = ANY({arguments.add(sorted(keys), 'text[]')})"
    rows, total = yield from _page(COLUMNS, "workflow.cases c", where, arguments, after, limit)
    found = tuple(case_of(row) for row in rows[:limit])
    last = Cursor(found[-1].due, found[-1].id) if len(rows) > limit else None
    return Page(found, last, total)


def counts(definitions: Definitions, access: Access, moment: datetime) -> Plan[list[QueueCount]]:
    """The queues that somebody works on, with what waits there; empty ones are left out."""
    arguments = Arguments()
    where = _waiting(definitions, access, None, arguments)
    now = arguments.add(moment, "timestamptz")
    rows = yield from fetch(
        "SELECT t.queue, count(*), count(*) FILTER (WHERE t.owner IS NULL),"  # noqa: S608
        f" count(*) FILTER (WHERE c.due < {now})"
        " FROM workflow.task t JOIN workflow.cases c ON c.id = t.case_id"
        f" WHERE {where} GROUP BY t.queue ORDER BY t.queue",
        *arguments.values,
    )
    return [QueueCount(*row) for row in rows]


def _waiting(
    definitions: Definitions,
    access: Access,
    queues: Collection[str] | None,
    arguments: Arguments,
) -> str:
    """Tasks that wait in a queue whose roles somebody has, with a grant that reaches the case."""
    held = {grant.role for grant in access.grants}
    parts = []
    for definition in definitions:
        for queue in definition.queues:
            roles = (queue.roles | queue.assigners) & held
            if not roles or (queues is not None and queue.name not in queues):
                continue
            # Who may only read a record does not work on it.
            kind = definition.record_type
            rule = " AND ".join(by_roles(access, roles, each, kind, arguments) for each in _WORKING)
            key = arguments.add(definition.key, "text")
            version = arguments.add(definition.version, "integer")
            name = arguments.add(queue.name, "text")
            parts.append(
                f"(c.definition = {key} AND c.version = {version} AND t.queue = {name} AND {rule})"
            )
    any_of = " OR ".join(parts) or "false"
    return f"t.ended_at IS NULL AND c.closed_at IS NULL AND ({any_of})"


def _page(
    columns: str,
    tables: str,
    where: str,
    arguments: Arguments,
    after: Cursor | None,
    limit: int,
    before: Cursor | None = None,
) -> Plan[tuple[list[tuple[object, ...]], int]]:
    """One row more than the limit after a place, or before one, and the count of all."""
    counted = yield from fetch(
        f"SELECT count(*) FROM (SELECT 1 FROM {tables} WHERE {where} LIMIT {MOST_COUNTED}) n",  # noqa: S608
        *arguments.values,
    )
    place, down, sign = (before, " DESC", "<") if before is not None else (after, "", ">")
    if place is not None:
        due = arguments.add(place.due, "timestamptz")
        last = arguments.add(place.id, "text")
        where += f" AND ({_END}, c.id) {sign} (coalesce({due}, 'infinity'::timestamptz), {last})"
    most = arguments.add(limit + 1, "integer")
    rows = yield from fetch(
        f"SELECT {columns} FROM {tables} WHERE {where}"  # noqa: S608
        f" ORDER BY {_END}{down}, c.id{down} LIMIT {most}",
        *arguments.values,
    )
    found = [tuple(row) for row in rows]
    return found[::-1] if down else found, counted[0][0]
