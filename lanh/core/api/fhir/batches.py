"""The reads and writes of many requests as one plan each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import asyncpg

from lanh.core import audit
from lanh.core.access import Access
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.store import Context, Outcome, Store, Stored, StoreError, Write, transaction

T = TypeVar("T")
Wanted = tuple[str, str, Context]
# Two transactions that met: the one that was stopped may simply be done again.
_TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.UniqueViolationError,
    transaction.Overtaken,
)
_TRIES = 5


async def transact(database: AsyncDatabase, plan: Callable[[], Plan[T]]) -> T:
    """Run a plan in a transaction, again where it met another transaction."""
    for attempt in range(_TRIES):
        try:
            return await database.transact(plan())
        except _TRANSIENT:
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


class Batches:
    """What the coalescers run."""

    def __init__(self, database: AsyncDatabase, store: Store) -> None:
        self._database = database
        self._store = store

    async def read(self, wanted: Sequence[Wanted]) -> list[Stored | BaseException | None]:
        """Rows by type and id, one statement a type and subject; the audit is committed first.

        The two statements commit by themselves: a read needs no common snapshot with its entry.
        """
        return await self._database.read(self._read(wanted))

    def _read(self, wanted: Sequence[Wanted]) -> Plan[list[Stored | BaseException | None]]:
        groups: dict[int, tuple[Context, list[tuple[str, str]]]] = {}
        for kind, name, context in wanted:
            group = groups.setdefault(id(context.access), (context, []))
            group[1].append((kind, name))
        found: dict[tuple[int, str, str], Stored] = {}
        for key, (context, keys) in groups.items():
            rows = yield from self._store.read_many(keys, context)
            found.update(((key, row.type, row.id), row) for row in rows)
        results: list[Stored | BaseException | None] = []
        entries: list[audit.Entry | audit.Listing] = []
        shown: dict[int, list[audit.Target]] = {key: [] for key in groups}
        for kind, name, context in wanted:
            row = found.get((id(context.access), kind, name))
            results.append(row)
            if row is None:
                entries.append(read_entry(context.access, "read", kind, name, None))
            else:
                target = audit.Target(kind, name, row.patient)
                shown[id(context.access)].append(target)
        for key, targets in shown.items():
            if targets:
                entries.append(audit.Listing.of(groups[key][0].access, "read", targets, ""))
        yield from audit.append(entries)
        return results

    async def write(self, writes: Sequence[tuple[Write, Context]]) -> list[Outcome | BaseException]:
        """Writes of many requests in one commit; where one fails, each by itself."""
        try:
            return list(await transact(self._database, lambda: self._store.write_each(writes)))
        except Exception as error:
            if len(writes) == 1:
                return [error]
        results: list[Outcome | BaseException] = []
        for each in writes:
            results.append(await self.write_one(each))
        return results

    async def write_one(self, each: tuple[Write, Context]) -> Outcome | BaseException:
        """One write in a transaction of its own; its error as the result."""
        try:
            outcomes = await transact(self._database, lambda: self._store.write_each([each]))
        except Exception as error:
            return error
        return outcomes[0]


def read_entry(
    access: Access, action: str, kind: str, name: str | None, row: Stored | None
) -> audit.Entry:
    """The audit entry of one row that was asked for."""
    return audit.Entry.of(
        access,
        action,
        patient=row.patient if row else None,
        type=kind,
        id=name,
        outcome="ok" if row else "not-found",
    )


def refusal_entry(access: Access, action: str, kind: str, error: StoreError) -> audit.Entry:
    """The audit entry of a request that was refused."""
    return audit.Entry.of(access, action, type=kind, outcome=error.code)
