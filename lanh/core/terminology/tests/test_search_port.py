"""Searches by value sets and hierarchies, as the store asks the terminology for them."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core import access
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Invalid, Store, Write
from lanh.core.terminology import SearchTerminology, Terminology
from lanh.core.terminology.tests.samples import CARE, CARES, DAY, value_set

CONTEXT = Context(access.system_access("test"))
SERVICE = Terminology(lambda: DAY)
STORE: Store = Store(hooks=(SERVICE.hook,), terminology=SearchTerminology(SERVICE))


@pytest.fixture
def filled(database: SyncDatabase) -> SyncDatabase:
    """A code system, value sets over it, and a row for each of some codes."""
    above = {"property": "concept", "op": "is-a", "value": "in"}
    sets = [
        value_set("urn:all", {"system": CARE}),
        value_set("urn:inside", {"system": CARE, "filter": [above]}),
        value_set("urn:snomed", {"system": "http://snomed.info/sct"}),
    ]
    rows: list[dict[str, Any]] = [{**CARES, "id": "cares"}]
    rows += [{**each, "id": each["url"].replace(":", "-")} for each in sets]
    rows += [_basic(code) for code in ("in", "in-icu", "out")]
    rows.append({**_basic("in-icu"), "id": "elsewhere", "code": {"coding": [
        {"system": "urn:other", "code": "in-icu"}]}})  # fmt: skip
    writes = [Write("update", row["resourceType"], row["id"], row) for row in rows]
    database.transact(STORE.write(writes, CONTEXT))
    return database


def _basic(code: str) -> dict[str, Any]:
    coding = {"system": CARE, "code": code}
    return {"resourceType": "Basic", "id": code, "code": {"coding": [coding]}}


def _found(database: SyncDatabase, name: str, value: str) -> list[str]:
    search, _ = database.read(STORE.parse("Basic", [(name, value)]))
    return sorted(row.id for row in database.read(STORE.search(search, CONTEXT)).entries)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("code:in", "urn:all", ["in", "in-icu", "out"]),
        ("code:in", "urn:inside", ["in", "in-icu"]),
        ("code:in", "ValueSet/urn-inside", ["in", "in-icu"]),
        ("code:not-in", "urn:inside", ["elsewhere", "out"]),
        ("code:below", f"{CARE}|in", ["in", "in-icu"]),
        ("code:below", f"{CARE}|in-icu", ["in-icu"]),
        ("code:above", f"{CARE}|in-icu", ["in", "in-icu"]),
        ("code:above", f"{CARE}|in", ["in"]),
    ],
)
def test_codes_by_sets_and_hierarchies(
    filled: SyncDatabase, name: str, value: str, expected: list[str]
) -> None:
    assert _found(filled, name, value) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code:in", "urn:none"),
        ("code:in", "ValueSet/none"),
        ("code:below", "urn:none|a"),
        ("code:above", "a"),
        ("code:in", "urn:snomed"),
    ],
)
def test_what_is_not_known_is_said(filled: SyncDatabase, name: str, value: str) -> None:
    with pytest.raises(Invalid):
        _found(filled, name, value)


def test_a_search_goes_by_the_set_as_it_is_now(filled: SyncDatabase) -> None:
    changed = {**value_set("urn:all", {"system": CARE, "concept": [{"code": "out"}]})}
    write = Write("update", "ValueSet", "urn-all", {**changed, "id": "urn-all"})
    filled.transact(STORE.write([write], CONTEXT))
    assert _found(filled, "code:in", "urn:all") == ["out"]
