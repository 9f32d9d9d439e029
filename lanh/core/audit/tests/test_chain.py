"""The audit: append-only, sealed, and what was tampered with is found."""

from __future__ import annotations

import psycopg
import pytest

from lanh.core import audit
from lanh.core.audit import Entry
from lanh.core.database import SyncDatabase


def _entries(count: int, action: str = "read") -> list[Entry]:
    return [
        Entry(action, "person:7", "TREAT", patient=f"p{place}", type="Patient", id=f"p{place}")
        for place in range(count)
    ]


def _tamper(url: str, statement: str) -> None:
    """What somebody with the database's own superuser could do."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement.encode())


def _sealed(database: SyncDatabase) -> None:
    for action in ("read", "search", "update", "read", "delete"):
        database.transact(audit.append(_entries(2, action)))
    assert database.transact(audit.seal()) == 5
    database.transact(audit.append(_entries(1)))
    assert database.transact(audit.seal()) == 1
    assert database.transact(audit.seal()) == 0
    verification = database.read(audit.verify())
    assert verification.sound
    assert (verification.seals, verification.entries) == (2, 6)


def test_entries_that_differ_only_in_target_share_a_row(database: SyncDatabase) -> None:
    database.transact(audit.append([*_entries(3), Entry("login", "person:7", "TREAT")]))
    with database.pool.connection() as connection:
        rows = connection.execute("SELECT action, types, ids, patients FROM audit.entry").fetchall()
    assert rows == [("read", "Patient", "p0,p1,p2", ["p0", "p1", "p2"]), ("login", "", "", [])]


def test_a_patient_sees_who_looked(database: SyncDatabase) -> None:
    database.transact(audit.append(_entries(3)))
    database.transact(audit.append([Entry("update", "system:his", "TREAT", patient="p1")]))
    seen = database.read(audit.of_patient("p1"))
    assert [(each.action, each.subject) for each in seen] == [
        ("update", "system:his"),
        ("read", "person:7"),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit.entry SET subject = 'person:8'",
        "DELETE FROM audit.entry",
        "TRUNCATE audit.entry",
        "DELETE FROM audit.seal",
    ],
)
def test_the_database_refuses_changes(database: SyncDatabase, statement: str) -> None:
    database.transact(audit.append(_entries(1)))
    with (
        database.pool.connection() as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE audit.entry SET subject = 'person:8' WHERE number = 2", "altered"),
        ("UPDATE audit.entry SET patients = '{}' WHERE number = 3", "altered"),
        ("UPDATE audit.entry SET at = at - interval '1 second' WHERE number = 3", "altered"),
        ("DELETE FROM audit.entry WHERE number = 2", "removed"),
        (
            "INSERT INTO audit.entry OVERRIDING SYSTEM VALUE"
            " SELECT xid, 99, at, action, subject, purpose, on_behalf_of, detail, outcome, types,"
            " ids, patients FROM audit.entry WHERE number = 2",
            "added",
        ),
        ("UPDATE audit.seal SET links = '\\x00' || links WHERE number = 1", "seal"),
        ("DELETE FROM audit.seal WHERE number = 1", "seal"),
    ],
)
def test_tampering_is_found(
    database: SyncDatabase, database_url: str, statement: str, kind: str
) -> None:
    _sealed(database)
    _tamper(database_url, statement)
    verification = database.read(audit.verify())
    assert not verification.sound
    assert kind in {fault.kind for fault in verification.faults}


def test_an_altered_entry_is_named(database: SyncDatabase, database_url: str) -> None:
    _sealed(database)
    _tamper(database_url, "UPDATE audit.entry SET subject = 'person:8' WHERE number = 2")
    (fault,) = database.read(audit.verify()).faults
    assert (fault.kind, fault.number) == ("altered", 2)


def test_entries_that_change_places_are_found(database: SyncDatabase, database_url: str) -> None:
    """Two acts told in the other order: every text stays, only who came first is a lie."""
    _sealed(database)
    _tamper(
        database_url,
        "ALTER TABLE audit.entry ALTER COLUMN number DROP IDENTITY;"
        "ALTER TABLE audit.entry DROP CONSTRAINT entry_pkey;"
        "UPDATE audit.entry SET number = 3 - number WHERE number IN (1, 2);"
        "UPDATE audit.entry a SET xid = b.xid FROM audit.entry b"
        " WHERE a.number + b.number = 3 AND a.number IN (1, 2)",
    )
    assert not database.read(audit.verify()).sound


def test_the_sealer_waits_for_a_running_transaction(
    database: SyncDatabase, database_url: str
) -> None:
    with psycopg.connect(database_url) as slow:
        slow.execute(
            "INSERT INTO audit.entry (action, subject, purpose, detail, outcome, types, ids,"
            " patients) VALUES ('read', 'person:1', 'TREAT', '', 'ok', '', '', '{}')"
        )
        database.transact(audit.append(_entries(1)))
        assert database.transact(audit.seal()) == 0
        slow.commit()
    assert database.transact(audit.seal()) == 2
    assert database.read(audit.verify()).sound


def test_transactions_are_chained_by_number_not_by_spelling(database: SyncDatabase) -> None:
    with database.pool.connection() as connection:
        for xid in (9, 10, 98, 101):
            connection.execute(
                "INSERT INTO audit.entry (xid, action, subject, purpose, detail, outcome, types,"
                f" ids, patients) VALUES ('{xid}', 'read', 'person:7', 'TREAT', '', 'ok', '', '',"
                " '{}')".encode()
            )
    sealed = [database.transact(audit.seal(limit=2)) for _ in range(3)]
    assert sealed == [2, 2, 0]
    verification = database.read(audit.verify())
    assert verification.sound
    assert verification.entries == 4
