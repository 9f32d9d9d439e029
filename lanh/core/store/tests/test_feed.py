"""The change feed: complete, in order, and never past a transaction that is still running."""

from __future__ import annotations

import psycopg

from lanh.core.database import SyncDatabase, drive_sync
from lanh.core.store import Change, Position, Store, Write
from lanh.core.store.tests.conftest import SYSTEM, Desk, observation, patient


def _all(desk: Desk, limit: int) -> list[Change]:
    found: list[Change] = []
    position = Position()
    while True:
        changes, after = desk.database.read(desk.store.changes(position, limit))
        assert len(changes) <= limit
        if not changes:
            assert after == position
            return found
        assert after == changes[-1].position
        found += changes
        position = after


def test_every_change_once_whatever_the_page(desk: Desk) -> None:
    desk.write(*[Write("update", "Patient", f"p{at}", patient(number=str(at))) for at in range(5)])
    desk.put("p1", patient("Lê Thị Cúc"))
    desk.put("p1", patient("Lê Thị Cúc"))
    desk.write(
        Write("delete", "Patient", "p2"), Write("update", "Observation", "o", observation("p1"))
    )
    expected = [("Patient", f"p{at}", 1, "create") for at in range(5)]
    expected += [
        ("Patient", "p1", 2, "update"),
        ("Patient", "p2", 2, "delete"),
        ("Observation", "o", 1, "create"),
    ]
    for limit in (1, 2, 3, 100):
        found = _all(desk, limit)
        assert [(c.type, c.id, c.version, c.operation) for c in found] == expected


def test_bodies_are_the_current_state(desk: Desk) -> None:
    desk.put("p1", patient())
    desk.put("p1", patient("Lê Thị Cúc"))
    desk.put("p2", patient())
    desk.write(Write("delete", "Patient", "p2"))
    changes, _ = desk.database.read(desk.store.changes(Position()))
    rows = {row.id: row for row in desk.database.read(desk.store.bodies(changes))}
    assert rows["p1"].version == 2 and rows["p2"].deleted


def test_a_slow_transaction_is_not_passed_over(desk: Desk, database_url: str) -> None:
    """The slow one began first and commits last: whoever read by number alone would lose it."""
    store = Store()
    options = "-c timezone=UTC"
    with psycopg.connect(database_url, options=options, cursor_factory=psycopg.RawCursor) as slow:
        drive_sync(slow, store.write([Write("update", "Patient", "slow", patient())], SYSTEM))
        desk.put("quick", patient())
        changes, position = desk.database.read(desk.store.changes(Position()))
        assert changes == [] and position == Position()
        slow.commit()
    changes, position = desk.database.read(desk.store.changes(position))
    assert [change.id for change in changes] == ["slow", "quick"]


def test_a_transaction_that_is_rolled_back_leaves_nothing(
    desk: Desk, database: SyncDatabase
) -> None:
    with database.pool.connection() as connection:
        connection.execute("BEGIN")
        plan = desk.store.write([Write("update", "Patient", "p1", patient())], SYSTEM)
        drive_sync(connection, plan)
        connection.execute("ROLLBACK")
    desk.put("p2", patient())
    assert [change.id for change in _all(desk, 10)] == ["p2"]


def test_transactions_are_told_by_number_not_by_spelling(desk: Desk) -> None:
    with desk.database.pool.connection() as connection:
        for xid in (9, 10, 98, 101):
            connection.execute(
                "INSERT INTO store.feed (xid, at, type, entries)"
                f" SELECT '{xid}', now(), number, 'c1:t{xid}' FROM store.type"
                " WHERE name = 'Patient'".encode()
            )
    told: list[str] = []
    position = Position()
    while True:
        changes, position = desk.database.read(desk.store.changes(position, 1))
        if not changes:
            break
        told += [change.id for change in changes]
    assert told == ["t9", "t10", "t98", "t101"]
