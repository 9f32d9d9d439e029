"""Queues and overdue cases as lists: under the access predicate, by pages, with counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from lanh.core.access import Access
from lanh.core.database import Plan, fetch
from lanh.core.store import Arguments
from lanh.core.workflow.cases import COLUMNS, WIDTH, Case, actor_of, case_of
from lanh.core.workflow.definitions import Definitions
from lanh.core.workflow.rights import by_roles, visible
from lanh.core.workflow.tasks import TASK_COLUMNS, Task, task_of

T = TypeVar("T")

MOST_COUNTED = 2_000
LONGEST_PAGE = 500

_END = "coalesce(c.due, 'infinity'::timestamptz)"  # as the index has it


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the `due` of its last case and that case's id."""

    due: datetime | None
    id: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows, where the next page begins (None at the end), and how many rows there are in all,
    counted no further than MOST_COUNTED."""

    rows: tuple[T, ...]
    next: Cursor | None
    total: int


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
    limit: int,
) -> Plan[Page[Task]]:
    """A page of the tasks that wait, the nearest end first, those without one last."""
    arguments = Arguments()
    where = _waiting(definitions, access, queues, arguments)
    if mine:
        where += f" AND t.owner = {arguments.add(actor_of(access), 'text')}"
    if unclaimed:
        where += " AND t.owner IS NULL"
    tables = "workflow.task t JOIN workflow.cases c ON c.id = t.case_id"
    columns = f"{COLUMNS}, {TASK_COLUMNS}"
    rows, total = yield from _page(columns, tables, where, arguments, after, limit)
    found = tuple(task_of(row[WIDTH:], case_of(row)) for row in rows[:limit])
    last = Cursor(found[-1].case.due, found[-1].case.id) if len(rows) > limit else None
    return Page(found, last, total)


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
            rule = by_roles(access, roles, "search", definition.record_type, arguments)
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
) -> Plan[tuple[list[tuple[object, ...]], int]]:
    """One row more than the limit, and the count of all."""
    counted = yield from fetch(
        f"SELECT count(*) FROM (SELECT 1 FROM {tables} WHERE {where} LIMIT {MOST_COUNTED}) n",  # noqa: S608
        *arguments.values,
    )
    if after is not None:
        due = arguments.add(after.due, "timestamptz")
        last = arguments.add(after.id, "text")
        where += f" AND ({_END}, c.id) > (coalesce({due}, 'infinity'::timestamptz), {last})"
    most = arguments.add(limit + 1, "integer")
    rows = yield from fetch(
        f"SELECT {columns} FROM {tables} WHERE {where}"  # noqa: S608
        f" ORDER BY {_END}, c.id LIMIT {most}",
        *arguments.values,
    )
    return [tuple(row) for row in rows], counted[0][0]
