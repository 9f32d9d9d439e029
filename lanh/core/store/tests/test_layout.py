"""The tables are what Python takes them for, and ids say where their rows stand."""

from __future__ import annotations

import re

import pytest

from lanh.core import fhir
from lanh.core.database import SyncDatabase, fetch
from lanh.core.store import compression, statements
from lanh.core.store.hashing import hash64, locator_key, token_hash
from lanh.core.store.identity import bucket_in, bucket_of, new_id, new_person_id, well_formed
from lanh.core.store.layout import NUMBERS, PARTITIONED, layout

_NAMES = {"timestamp with time zone": "timestamptz", "ARRAY": "bigint[]"}


def test_every_type_of_r4_has_its_table(database: SyncDatabase) -> None:
    rows = database.read(
        fetch(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'store'"
        )
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = _NAMES.get(kind) or str(kind)
    assert len(NUMBERS) == 146
    for name in fhir.RESOURCE_TYPES:
        shape = layout(name)
        expected = dict(statements.columns(shape)) | {"txid": "xid8"}
        assert found[name.lower()] == expected, name


def test_type_numbers_are_those_of_the_database(database: SyncDatabase) -> None:
    rows = database.read(fetch("SELECT name, number FROM store.type"))
    assert {row[0]: row[1] for row in rows} == NUMBERS


def test_the_types_with_many_rows_are_partitioned(database: SyncDatabase) -> None:
    rows = database.read(
        fetch("SELECT c.relname FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid")
    )
    assert {row[0] for row in rows} == {name.lower() for name in PARTITIONED} | {"history"}


def test_ids_carry_their_bucket() -> None:
    for bucket in range(64):
        assert bucket_in(new_id(bucket)) == bucket
    identifier, bucket = new_person_id()
    assert bucket_in(identifier) == bucket == bucket_of(identifier)
    assert bucket_in("a-client-chose-this") is None
    assert bucket_in("v" * 24) is None


def test_ids_sort_by_time_and_are_fhir_ids() -> None:
    ids = [new_id(at % 64) for at in range(500)]
    assert len(set(ids)) == 500
    assert all(re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", each) for each in ids)
    assert [each[:9] for each in ids] == sorted(each[:9] for each in ids)
    assert not well_formed("a b") and not well_formed("") and not well_formed("x" * 65)


def test_hashes_and_buckets_never_change() -> None:
    """Rows are found by these: a change would lose every row that stands."""
    assert bucket_of("097-000") == 51
    assert hash64("a", "b") == -8295821830590448064
    assert token_hash("code", "http://loinc.org", "718-7") == -1202678364197885425
    assert locator_key(1, "x") == "4a28031c-b1ad-c57e-19fc-0efba64b7158"


@pytest.mark.parametrize("body", [b"", b"{}", b'{"resourceType":"Patient"}' * 1000])
def test_bodies_come_back(body: bytes) -> None:
    frame = compression.compress(body)
    assert compression.CURRENT == 1
    assert compression.expand(frame, compression.CURRENT) == body
