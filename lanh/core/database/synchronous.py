"""The synchronous runner: plans on psycopg, for Django pages, commands and tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool

from lanh.core.database.arrays import send_arrays, typed
from lanh.core.database.asynchronous import LIFETIME
from lanh.core.database.plan import Copy, Plan, Row

T = TypeVar("T")


def _as_text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _prepare(connection: psycopg.Connection[Any]) -> None:
    connection.cursor_factory = psycopg.RawCursor
    set_json_loads(_as_text, connection)
    send_arrays(connection)


def drive_sync(connection: psycopg.Connection[Any], plan: Plan[T]) -> T:
    """Run `plan` on an open psycopg connection, in whatever transaction is current."""
    rows: list[Row] | None = None
    error: Exception | None = None
    try:
        with connection.cursor() as cursor:
            while True:
                if error is not None:
                    step = plan.throw(error)
                else:
                    step = next(plan) if rows is None else plan.send(rows)
                error = None
                try:
                    rows = _step(cursor, step)
                except Exception as caught:
                    error = caught
    except StopIteration as stop:
        result: T = stop.value
        return result


def _step(cursor: Any, step: Any) -> list[Row]:
    if isinstance(step, Copy):
        columns = ", ".join(step.columns)
        target = f"COPY {step.schema}.{step.table} ({columns}) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(target) as copy:
            copy.set_types(step.types)
            for row in step.rows:
                copy.write_row(row)
        return []
    cursor.execute(step.sql, typed(step.sql, step.args))
    return cursor.fetchall() if cursor.description else []


class SyncDatabase:
    """A pool of psycopg connections that runs plans."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self.pool = pool

    @classmethod
    def connect(cls, url: str, *, min_size: int = 1, max_size: int = 8) -> SyncDatabase:
        """Open a pool on a `postgresql://` URL; waits up to 30 s for the first connection."""
        pool: ConnectionPool[Any] = ConnectionPool(
            url,
            min_size=min_size,
            max_size=max_size,
            max_lifetime=LIFETIME,
            open=True,
            configure=_prepare,
            # A server that was killed and started again leaves dead connections in the pool.
            check=ConnectionPool.check_connection,
            kwargs={"options": "-c jit=off -c timezone=UTC", "autocommit": True},
        )
        pool.wait(30)
        return cls(pool)

    def transact(self, plan: Plan[T]) -> T:
        """Run `plan` in one transaction: all of it commits, or none of it."""
        with self.pool.connection() as connection, connection.transaction():
            return drive_sync(connection, plan)

    def read(self, plan: Plan[T]) -> T:
        """Run a plan of one statement, or of reads that need no common snapshot."""
        with self.pool.connection() as connection:
            return drive_sync(connection, plan)

    def close(self) -> None:
        """Close every connection."""
        self.pool.close()


@contextmanager
def connected(url: str) -> Iterator[SyncDatabase]:
    """A small pool that is closed at the end of the block."""
    database = SyncDatabase.connect(url, max_size=2)
    try:
        yield database
    finally:
        database.close()
