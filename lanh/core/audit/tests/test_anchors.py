"""Anchors: what a whole chain made anew, or cut off, cannot hide; and the sealer's lag."""

from __future__ import annotations

import psycopg
import pytest

from lanh.core import audit
from lanh.core.audit import AnchorFault, Entry, Head
from lanh.core.database import SyncDatabase


def _write(database: SyncDatabase, *, seal: bool = True) -> None:
    database.transact(audit.append([Entry("read", "person:7", "TREAT", patient="p1")]))
    if seal:
        database.transact(audit.seal())


def _head(database: SyncDatabase) -> Head:
    found = database.read(audit.head())
    assert found is not None
    return found


def _as_owner(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())


def test_without_seals_there_is_no_head(database: SyncDatabase) -> None:
    assert database.read(audit.head()) is None


def test_a_chain_that_grew_still_has_its_anchors(database: SyncDatabase) -> None:
    anchors = []
    for _ in range(3):
        _write(database)
        anchors.append(_head(database))
    assert [each.seal for each in anchors] == [1, 2, 3]
    kept = audit.read_anchors("\n".join(each.line() for each in anchors) + "\n")
    assert kept == anchors
    assert database.read(audit.unlike(kept)) == []


def test_a_chain_cut_off_at_its_end_looks_whole_but_lacks_its_anchor(
    database: SyncDatabase, database_url: str
) -> None:
    _write(database)
    _write(database)
    anchor = _head(database)
    _as_owner(
        database_url,
        "DELETE FROM audit.entry WHERE number = 2",
        "DELETE FROM audit.seal WHERE number = 2",
    )
    assert database.read(audit.verify()).sound
    assert database.read(audit.unlike([anchor])) == [anchor]


def test_a_chain_made_anew_looks_whole_but_lacks_its_anchor(
    database: SyncDatabase, database_url: str
) -> None:
    _write(database)
    anchor = _head(database)
    _as_owner(
        database_url,
        "UPDATE audit.entry SET subject = 'person:8'",
        "DELETE FROM audit.seal",
    )
    database.transact(audit.seal())
    assert database.read(audit.verify()).sound
    assert database.read(audit.unlike([anchor])) == [anchor]


def test_the_lag_counts_what_no_seal_covers(database: SyncDatabase) -> None:
    assert database.read(audit.lag()).entries == 0
    _write(database, seal=False)
    assert database.read(audit.lag()).entries == 1
    database.transact(audit.seal())
    assert database.read(audit.lag()) == audit.Lag(0, 0.0)
    _write(database, seal=False)
    _write(database, seal=False)
    behind = database.read(audit.lag())
    assert behind.entries == 2
    assert behind.seconds > 0


@pytest.mark.parametrize(
    "line", ["x", "[]", "{}", '{"seal": 1, "digest": "zz", "at": "2026-01-01T00:00:00+00:00"}']
)
def test_what_is_no_anchor_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(AnchorFault) as fault:
        audit.read_anchors(f"\n{line}\n")
    assert fault.value.line == 2
