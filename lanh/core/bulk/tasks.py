"""Tasks and their files in the database."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from lanh.core.access import Access, Predicate, predicate
from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.jobs import Principal, enqueue

Kind: TypeAlias = Literal["export", "import", "search"]
FileKind: TypeAlias = Literal["output", "deleted", "error"]

QUEUE = "bulk"
KEPT = timedelta(days=1)  # from its end
_ABANDONED = timedelta(days=7)  # a task that never ended
_COLUMNS = (
    "id, kind, principal::text, url, wanted::text, patients, cursor::text, state, at, expires_at,"
    " done, fault"
)


@dataclass(slots=True)
class Task:
    """An export, import or search: what was ordered, how far it is; `at` is its transactionTime."""

    id: str
    kind: Kind
    principal: Principal
    url: str
    wanted: dict[str, Any]
    patients: list[str] | None
    cursor: dict[str, Any]
    state: Literal["running", "done", "failed"]
    at: datetime
    expires_at: datetime
    done: int
    fault: str | None


@dataclass(slots=True)
class File:
    """A file of a task: how many resources and bytes of it are committed."""

    number: int
    kind: FileKind
    type: str
    rule: str
    count: int = 0
    bytes: int = 0

    @property
    def name(self) -> str:
        """Its name in the task's folder and at the end of its address."""
        return f"{self.kind}-{self.number:05d}-{self.type}.ndjson"


def _task(row: Row) -> Task:
    return Task(
        row[0], row[1], Principal.from_json(row[2]), row[3], json.loads(row[4]),
        None if row[5] is None else list(row[5]), json.loads(row[6]), row[7], row[8], row[9],
        row[10], row[11],
    )  # fmt: skip


def start(
    kind: Kind,
    access: Access,
    url: str,
    wanted: Mapping[str, Any],
    patients: Sequence[str] | None = None,
    identity: str | None = None,
) -> Plan[str]:
    """Order a task and queue its work; its id."""
    name = identity or new_task_id()
    yield from execute(
        "INSERT INTO bulk.task (id, kind, principal, url, wanted, patients, at, expires_at)"
        " VALUES ($1, $2, $3::jsonb, $4, $5::jsonb, $6::text[],"
        " date_trunc('milliseconds', clock_timestamp()), clock_timestamp() + $7::interval)",
        name,
        kind,
        Principal.of(access).as_json(),
        url,
        json.dumps(dict(wanted)),
        None if patients is None else list(patients),
        _ABANDONED,
    )
    yield from go_on(kind, name)
    return name


def new_task_id() -> str:
    """An id that cannot be guessed."""
    return secrets.token_hex(16)


def go_on(kind: Kind, name: str) -> Plan[None]:
    """Queue the next turn of a task."""
    yield from enqueue(f"bulk.{kind}", {"task": name}, queue=QUEUE)


def find(name: str) -> Plan[Task | None]:
    """A task that has not expired."""
    row = yield from fetch_one(
        f"SELECT {_COLUMNS} FROM bulk.task WHERE id = $1 AND expires_at > now()",  # noqa: S608
        name,
    )
    return _task(row) if row else None


def take(name: str) -> Plan[Task | None]:
    """A running task, locked until this transaction ends: one worker at a time has a step of it."""
    row = yield from fetch_one(
        f"SELECT {_COLUMNS} FROM bulk.task WHERE id = $1 AND state = 'running' FOR UPDATE",  # noqa: S608
        name,
    )
    return _task(row) if row else None


def keep(task: Task) -> Plan[None]:
    """Commit how far a task is."""
    yield from execute(
        "UPDATE bulk.task SET cursor = $2::jsonb, done = $3 WHERE id = $1",
        task.id,
        json.dumps(task.cursor),
        task.done,
    )


def end(name: str, fault: str | None = None) -> Plan[None]:
    """A running task is done, or failed where there is a `fault`."""
    yield from execute(
        "UPDATE bulk.task SET state = CASE WHEN $2::text IS NULL THEN 'done' ELSE 'failed' END,"
        " fault = $2::text, expires_at = clock_timestamp() + $3::interval"
        " WHERE id = $1 AND state = 'running'",
        name,
        fault,
        KEPT,
    )


def forget(name: str) -> Plan[bool]:
    """Cancel a task or forget one that has ended; waits for a step that is under way."""
    row = yield from fetch_one("DELETE FROM bulk.task WHERE id = $1 RETURNING id", name)
    return row is not None


def forget_expired_tasks() -> Plan[list[str]]:
    """Forget what has expired; the ids, whose folders can go."""
    rows = yield from fetch(
        "DELETE FROM bulk.task WHERE expires_at < clock_timestamp() RETURNING id"
    )
    return [row[0] for row in rows]


def forget_for_erasure() -> Plan[list[str]]:
    """Forget every export and search, and every import that has ended; the ids, whose folders must
    go.

    Their files may hold what has just been erased from the record. An import that still runs is
    refused what was erased, line by line, and deletes what it has read when it ends.
    """
    rows = yield from fetch(
        "DELETE FROM bulk.task WHERE kind <> 'import' OR state <> 'running' RETURNING id"
    )
    return [row[0] for row in rows]


def living(names: Sequence[str]) -> Plan[set[str]]:
    """Which of these tasks there are."""
    rows = yield from fetch("SELECT id FROM bulk.task WHERE id = ANY ($1::text[])", list(names))
    return {row[0] for row in rows}


def files(name: str) -> Plan[list[File]]:
    """The files of a task in the order in which they were begun."""
    rows = yield from fetch(
        "SELECT number, kind, type, rule, count, bytes FROM bulk.file WHERE task = $1"
        " ORDER BY number",
        name,
    )
    return [File(*row) for row in rows]


def keep_file(name: str, file: File) -> Plan[None]:
    """Commit what a file holds."""
    yield from execute(
        "INSERT INTO bulk.file (task, number, kind, type, rule, count, bytes)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (task, number)"
        " DO UPDATE SET count = excluded.count, bytes = excluded.bytes",
        name,
        file.number,
        file.kind,
        file.type,
        file.rule,
        file.count,
        file.bytes,
    )


def settled(at: datetime) -> Plan[bool]:
    """Whether every transaction that could still write what is dated at or before `at` has ended.

    A row is dated after its transaction began. One that has not written within ten seconds only
    reads.
    """
    row = yield from fetch_one(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND xact_start <= $1::timestamptz"
        " AND (backend_xid IS NOT NULL OR xact_start > clock_timestamp() - interval '10 seconds')",
        at,
    )
    return row is not None and row[0] == 0


def rule_of(access: Access, kind: str) -> str:
    """A hash of which rows of a type `access` may read: equal for equal predicates."""
    text = _canonical(predicate(access, "read", kind))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Predicate | Any) -> str:
    if isinstance(value, frozenset):
        return repr(sorted(value))
    if isinstance(value, tuple):
        return f"[{','.join(sorted(map(_canonical, value)))}]"
    if is_dataclass(value):
        parts = (_canonical(getattr(value, each.name)) for each in fields(value))
        return f"{type(value).__name__}({','.join(parts)})"
    return repr(value)
