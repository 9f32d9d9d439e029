"""Erasure: nothing of a person's words is left in the store, and nothing comes back."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from lanh.core.access import system_access
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Gone, Position, Store, Write, compression

CONTEXT = Context(system_access("test"), source="urn:lanh:receipt:m1", custodian="97001")
STORE = Store()
SECRETS = ("Zuân", "zuan", "Ngõ Kín", "ngo kin", "0990000000000042", "rất-kín")


def _patient(name: str = "Nguyễn Thị Zuân") -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:n", "value": "0990000000000042"}],
        "name": [{"text": name, "family": "Nguyễn", "given": ["Thị", "Zuân"]}],
        "address": [{"line": ["Ngõ Kín"]}],
        "birthDate": "1980-01-02",
    }


def _observation(note: str, patient: str = "z1") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "rất-kín"},
        "subject": {"reference": f"Patient/{patient}"},
        "note": [{"text": note}],
    }


def _fill(database: SyncDatabase) -> None:
    def put(kind: str, name: str, body: dict[str, Any]) -> None:
        database.transact(STORE.write([Write("update", kind, name, body)], CONTEXT))

    put("Patient", "z1", _patient())
    put("Patient", "z1", {**_patient(), "gender": "female"})
    put("Patient", "other", {"resourceType": "Patient", "name": [{"text": "Trần Văn Khác"}]})
    put("Observation", "o1", _observation("Zuân"))
    put("Observation", "o1", _observation("Zuân hai"))
    put("Observation", "o2", _observation("Zuân ba"))
    database.transact(STORE.write([Write("delete", "Observation", "o2")], CONTEXT))
    # Written under the wrong patient, then put right: its first version stays about z1.
    put("Observation", "o3", _observation("Zuân bốn"))
    other = _observation("chuyện của người khác", "other") | {"code": {"text": "thường"}}
    put("Observation", "o3", other)
    put("Observation", "o4", other)


def contents(url: str) -> str:
    """Every value of every table of the store, unpacked."""
    texts = []
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'store'::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition"
        ).fetchall()
        for (table,) in tables:
            rows = connection.execute(f'SELECT * FROM store."{table}"'.encode())
            names = [column.name for column in rows.description or ()]
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    if name == "body" and value is not None:
                        number = row[names.index("dictionary")]
                        texts.append(compression.expand(value, number).decode())
                    else:
                        texts.append(str(value))
    return "\n".join(texts)


def _erase(database: SyncDatabase) -> Any:
    database.transact(STORE.forbid(["z1"]))
    assert database.read(STORE.forbidden_for_all(["z1"]))
    return database.transact(STORE.erase(["z1"], CONTEXT))


def test_no_word_is_left_and_others_keep_theirs(database: SyncDatabase, database_url: str) -> None:
    _fill(database)
    before = contents(database_url)
    assert all(secret in before for secret in SECRETS)
    done = _erase(database)
    assert done.records == (
        ("Observation", "o1"), ("Observation", "o2"), ("Patient", "z1"),
    )  # fmt: skip
    assert done.sources == {"urn:lanh:receipt:m1"}
    after = contents(database_url)
    left = [secret for secret in SECRETS if secret in after and secret != "rất-kín"]
    assert left == []
    kept = database.read(STORE.read("Observation", "o4", CONTEXT))
    assert kept is not None
    assert not kept.deleted


def test_tombstones_history_and_feed_stay(database: SyncDatabase) -> None:
    _fill(database)
    _erase(database)
    row = database.read(STORE.read("Patient", "z1", CONTEXT))
    assert row is not None
    assert (row.deleted, row.version, row.body) == (True, 3, b"")
    versions = database.read(STORE.history("Patient", "z1", CONTEXT))
    assert [(each.version, each.deleted, each.body) for each in versions] == [
        (3, True, b""), (2, True, b""), (1, True, b""),
    ]  # fmt: skip
    changes, _ = database.read(STORE.changes(Position()))
    assert ("Patient", "z1", 3, "delete") in [
        (each.type, each.id, each.version, each.operation) for each in changes
    ]


def test_once_more_changes_nothing(database: SyncDatabase, database_url: str) -> None:
    _fill(database)
    _erase(database)
    before = contents(database_url)
    done = _erase(database)
    assert (done.records, done.bodies) == ((), 0)
    assert contents(database_url) == before


@pytest.mark.parametrize(
    ("kind", "name"), [("Patient", "z1"), ("Observation", "o1"), ("Observation", "new")]
)
def test_nothing_about_an_erased_person_is_written_again(
    database: SyncDatabase, database_url: str, kind: str, name: str
) -> None:
    _fill(database)
    _erase(database)
    before = contents(database_url)
    body = _patient() if kind == "Patient" else _observation("lại")
    with pytest.raises(Gone) as refused:
        database.transact(STORE.write([Write("update", kind, name, body)], CONTEXT))
    assert "z1" in refused.value.issues[0].message.vi or "o1" in refused.value.issues[0].message.vi
    assert contents(database_url) == before


def test_a_write_that_began_before_is_waited_for(database: SyncDatabase, database_url: str) -> None:
    """A writer that checked before the order was given may still commit: it must be seen."""
    _fill(database)
    begun, go_on = threading.Event(), threading.Event()

    def write_slowly() -> None:
        def plan() -> Any:
            body = _observation("Zuân chậm")
            yield from STORE.write([Write("update", "Observation", "slow", body)], CONTEXT)
            begun.set()
            go_on.wait(10)

        database.transact(plan())

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert begun.wait(10)
    database.transact(STORE.forbid(["z1"]))
    assert not database.read(STORE.forbidden_for_all(["z1"]))
    go_on.set()
    writer.join()
    done = _erase(database)
    assert ("Observation", "slow") in done.records
    assert "Zuân" not in contents(database_url)


def test_of_a_record_the_past_alone_can_be_emptied(
    database: SyncDatabase, database_url: str
) -> None:
    _fill(database)
    database.transact(
        STORE.write([Write("update", "Patient", "other", {"resourceType": "Patient"})], CONTEXT)
    )
    assert "Trần Văn Khác" in contents(database_url)
    database.transact(STORE.erase([], CONTEXT, past=[("Patient", "other")]))
    assert "Trần Văn Khác" not in contents(database_url)
    row = database.read(STORE.read("Patient", "other", CONTEXT))
    assert row is not None
    assert not row.deleted
