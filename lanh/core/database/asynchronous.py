"""The asynchronous runner: plans on asyncpg, for the ASGI process and the workers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg

from lanh.core.database.plan import Copy, Plan, Row

T = TypeVar("T")

# PostgreSQL keeps plans and what it knows of tables for each connection and gives none of it back:
# connections that never end grow for hours.
LIFETIME = 120.0

# What the drivers raise while there is no server, or before it takes connections.
_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
)


class _KeepState(asyncpg.Connection):  # type: ignore[misc]
    """A pooled connection that is not reset on release.

    The pool's default reset is a second round trip for every use; our plans leave no session
    state behind (no LISTEN, no SET outside a transaction, no advisory session locks).
    """

    async def reset(self, *, timeout: float | None = None) -> None:
        """Leave the session as it is."""


async def drive(connection: Any, plan: Plan[T]) -> T:
    """Run `plan` on an open asyncpg connection, in whatever transaction is current."""
    rows: list[Row] | None = None
    error: Exception | None = None
    try:
        while True:
            if error is not None:
                step = plan.throw(error)
            else:
                step = next(plan) if rows is None else plan.send(rows)
            error = None
            try:
                rows = await _step(connection, step)
            except Exception as caught:
                error = caught
    except StopIteration as stop:
        result: T = stop.value
        return result


async def _step(connection: Any, step: Any) -> list[Row]:
    if isinstance(step, Copy):
        await connection.copy_records_to_table(
            step.table, schema_name=step.schema, columns=list(step.columns), records=step.rows
        )
        return []
    rows: list[Row] = await connection.fetch(step.sql, *step.args)
    return rows


class AsyncDatabase:
    """A pool of asyncpg connections that runs plans."""

    def __init__(self, pool: Any, *, patience: float = 10.0) -> None:
        self.pool = pool
        self.patience = patience
        self._renewal = time.monotonic() + LIFETIME

    @classmethod
    async def connect(cls, url: str, *, min_size: int = 1, max_size: int = 8) -> AsyncDatabase:
        """Open a pool on a `postgresql://` URL. Raises asyncpg errors where it cannot."""
        pool = await asyncpg.create_pool(
            url,
            min_size=min_size,
            max_size=max_size,
            connection_class=_KeepState,
            server_settings={"jit": "off", "timezone": "UTC"},
        )
        return cls(pool)

    async def transact(self, plan: Plan[T]) -> T:
        """Run `plan` in one transaction: all of it commits, or none of it.

        Where the server is away (it was killed and starts again) the beginning is tried again for
        `patience` seconds; once a transaction has begun nothing is repeated.
        """
        connection, transaction = await self._begin()
        try:
            result = await drive(connection, plan)
            await transaction.commit()
            return result
        except Exception:
            with contextlib.suppress(*_LOST):
                await transaction.rollback()
            raise
        except BaseException:
            # A task that is stopped may not wait for a rollback; the end of the session is one.
            connection.terminate()
            raise
        finally:
            await self._release(connection)

    async def read(self, plan: Plan[T]) -> T:
        """Run a plan of one statement, or of reads that need no common snapshot."""
        connection = await self._patiently(self._acquire)
        try:
            return await drive(connection, plan)
        finally:
            await self._release(connection)

    async def _acquire(self) -> Any:
        """A connection; every `LIFETIME` seconds the pool gets new ones."""
        if time.monotonic() > self._renewal:
            self._renewal = time.monotonic() + LIFETIME
            await self.pool.expire_connections()
        return await self.pool.acquire()

    async def _release(self, connection: Any) -> None:
        """Give a connection back, never with an open transaction: what the next user commits would
        be a part of it, and lost with it."""
        try:
            still_open = connection.is_in_transaction()
        except asyncpg.InterfaceError:
            return  # it was ended, and has left the pool by that
        if still_open:
            connection.terminate()
        else:
            await self.pool.release(connection)

    async def _begin(self) -> tuple[Any, Any]:
        return await self._patiently(self._try_to_begin)

    async def _try_to_begin(self) -> tuple[Any, Any]:
        connection = await self._acquire()
        transaction = connection.transaction()
        try:
            await transaction.start()
        except BaseException:
            connection.terminate()
            raise
        return connection, transaction

    async def _patiently(self, act: Callable[[], Awaitable[T]]) -> T:
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return await act()
            except _LOST:
                if self.pool.is_closing() or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()
