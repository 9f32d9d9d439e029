"""Both runners tell the same story: one transaction, all or nothing, the same values back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from lanh.core.database import (
    AsyncDatabase,
    Copy,
    Plan,
    SyncDatabase,
    asynchronous,
    execute,
    fetch,
    fetch_one,
)

Transact = Callable[[Callable[[], Plan[Any]]], Any]


@pytest.fixture(params=["synchronous", "asynchronous"])
def transact(request: pytest.FixtureRequest, database_url: str) -> Transact:
    """Runs the plan that a callable makes in one transaction, by either runner."""
    if request.param == "synchronous":

        def run(make: Callable[[], Plan[Any]]) -> Any:
            database = SyncDatabase.connect(database_url, max_size=1)
            try:
                return database.transact(make())
            finally:
                database.close()
    else:

        def run(make: Callable[[], Plan[Any]]) -> Any:
            async def inner() -> Any:
                database = await AsyncDatabase.connect(database_url, max_size=1)
                try:
                    return await database.transact(make())
                finally:
                    await database.close()

            return asyncio.run(inner())

    return run


def _table() -> Plan[None]:
    yield from execute("CREATE TABLE public.thing (id bigint PRIMARY KEY, amount numeric)")


def test_values_come_back_as_they_went_in(transact: Transact) -> None:
    def plan() -> Plan[Any]:
        return (
            yield from fetch(
                "SELECT $1::bigint[], $2::numeric, $3::jsonb, $4::text, $5::bytea",
                [1, 2],
                Decimal("1.00"),
                '{"a": 1.00}',
                "Đặng",
                b"\x00\xff",
            )
        )

    row = transact(plan)[0]

    assert list(row[0]) == [1, 2]
    assert str(row[1]) == "1.00"
    assert row[2] == '{"a": 1.00}'
    assert row[3] == "Đặng"
    assert bytes(row[4]) == b"\x00\xff"


def test_arrays_come_back_as_they_went_in(transact: Transact) -> None:
    moment = datetime(2026, 3, 1, 7, 30, 15, 123000, tzinfo=UTC)
    early = datetime(2, 1, 1, tzinfo=UTC)
    given: dict[str, list[Any]] = {
        "bigint": [1, None, -(2**63)],
        "smallint": [0, 32767],
        "integer": [None, None],
        "boolean": [True, None],
        "text": ["Đặng", 'a "b" {c}, \\', "", "NULL", None],
        "bytea": [b"\x00\xff", b"", None],
        "date": [date(2026, 3, 1), date(1, 1, 1)],
        "timestamptz": [moment, None, early],
        "numeric": [Decimal("1.00"), Decimal("-Infinity"), None],
    }
    casts = ", ".join(f"${at}::{kind}[]" for at, kind in enumerate(given, start=1))

    def plan() -> Plan[Any]:
        yield from execute(f"SELECT {casts}", *([] for _ in given))
        return (yield from fetch(f"SELECT {casts}", *given.values()))

    row = transact(plan)[0]

    assert [list(each) for each in row] == list(given.values())
    assert str(row[-1][0]) == "1.00"


def test_a_synchronous_list_of_other_values_is_cast_by_the_server(database_url: str) -> None:
    database = SyncDatabase.connect(database_url, max_size=1)
    try:
        row = database.read(fetch_one("SELECT $1::text[], $2::numeric[]", [1, None], [1, 2]))
    finally:
        database.close()

    assert row == (["1", None], [1, 2])


def test_a_list_of_texts_may_stand_for_other_types(transact: Transact) -> None:
    def plan() -> Plan[Any]:
        return (
            yield from fetch(
                "SELECT a::text, b::text, $1::text[] FROM"
                " unnest($1::text[]::uuid[], $2::text[]::jsonb[]) AS n (a, b)",
                ["00000000-0000-0000-0000-00000000000a"],
                ['{"a": 1.00}'],
            )
        )

    row = transact(plan)[0]

    assert list(row) == ["00000000-0000-0000-0000-00000000000a", '{"a": 1.00}',
                         ["00000000-0000-0000-0000-00000000000a"]]  # fmt: skip


def test_a_failure_undoes_everything(transact: Transact) -> None:
    transact(_table)

    def plan() -> Plan[None]:
        yield from execute("INSERT INTO public.thing VALUES (1, 1)")
        yield from execute("INSERT INTO public.thing VALUES (1, 2)")

    with pytest.raises(Exception, match="duplicate key"):
        transact(plan)

    def count() -> Plan[Any]:
        return (yield from fetch_one("SELECT count(*) FROM public.thing"))

    assert transact(count)[0] == 0


def test_a_plan_hears_of_the_fault_of_its_statement(transact: Transact) -> None:
    def plan() -> Plan[str]:
        try:
            yield from execute("SELECT 1 / 0")
        except Exception as error:
            return type(error).__name__
        return "no fault"

    assert "DivisionByZero" in transact(plan)


def test_copy_brings_rows_in_bulk(transact: Transact) -> None:
    transact(_table)

    def plan() -> Plan[Any]:
        rows = [(number, Decimal(number) / 4) for number in range(1000)]
        yield Copy("public", "thing", ("id", "amount"), rows, ("int8", "numeric"))
        return (yield from fetch_one("SELECT count(*), sum(amount) FROM public.thing"))

    count, total = transact(plan)
    assert count == 1000
    assert total == Decimal("124875.0")


def test_the_asynchronous_pool_outlives_a_cut_connection(database_url: str) -> None:
    async def inner() -> Any:
        database = await AsyncDatabase.connect(database_url, min_size=2, max_size=2)
        try:
            with psycopg.connect(database_url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            # At once, before the event loop has heard of the cut.
            return await database.transact(fetch_one("SELECT 1"))
        finally:
            await database.close()

    assert asyncio.run(inner())[0] == 1


def test_the_synchronous_pool_outlives_a_cut_connection(database_url: str) -> None:
    database = SyncDatabase.connect(database_url, min_size=2, max_size=2)
    try:
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        row = database.read(fetch_one("SELECT 1"))
    finally:
        database.close()
    assert row is not None
    assert row[0] == 1


def _server() -> Plan[int]:
    row = yield from fetch_one("SELECT pg_backend_pid()")
    assert row is not None
    return int(row[0])


def test_asynchronous_connections_end_when_their_time_is_over(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> list[int]:
        database = await AsyncDatabase.connect(database_url, max_size=1)
        try:
            seen = [await database.read(_server()), await database.read(_server())]
            monkeypatch.setattr(database, "_renewal", time.monotonic() - 1)
            return [*seen, await database.read(_server()), await database.transact(_server())]
        finally:
            await database.close()

    first, second, later, last = asyncio.run(main())
    assert first == second != later == last


def test_synchronous_connections_end_when_their_time_is_over(database_url: str) -> None:
    database = SyncDatabase.connect(database_url, max_size=1)
    try:
        assert database.pool.max_lifetime == asynchronous.LIFETIME
    finally:
        database.close()


@pytest.mark.parametrize("wait", [0.0, 0.05, 0.3])
def test_a_stopped_task_leaves_no_open_transaction_behind(database_url: str, wait: float) -> None:
    """What is committed after it must be committed: it would else be a part of what was stopped."""

    def slow() -> Plan[None]:
        yield from execute("INSERT INTO public.thing VALUES (1, 1)")
        yield from fetch("SELECT pg_sleep(0.2)")
        yield from execute("INSERT INTO public.thing VALUES (2, 2)")
        yield from fetch("SELECT pg_sleep(0.2)")

    async def main() -> None:
        database = await AsyncDatabase.connect(database_url, max_size=1)
        try:
            await database.transact(_table())
            stopped = asyncio.create_task(database.transact(slow()))
            await asyncio.sleep(wait)
            stopped.cancel()
            with pytest.raises(asyncio.CancelledError):
                await stopped
            await database.transact(execute("INSERT INTO public.thing VALUES (3, 3)"))
        finally:
            await database.close()

    asyncio.run(main())
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT id FROM public.thing").fetchall()
    assert found == [(3,)]
