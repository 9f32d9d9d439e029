"""Searches by value sets and hierarchies, with the terminology of the installation."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from lanh.core.access import system_access
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Invalid, Write
from lanh.site.wiring import open_records

SYSTEM = Context(system_access("test"), custodian="97001")
OWN = "http://example.vn/tree"


def _rows() -> list[dict[str, Any]]:
    tree = [{"code": "a", "concept": [{"code": "b", "concept": [{"code": "c"}]}, {"code": "d"}]}]
    codes = {"resourceType": "CodeSystem", "id": "tree", "url": OWN, "status": "active",
             "content": "complete", "hierarchyMeaning": "is-a", "concept": tree}  # fmt: skip
    found: list[dict[str, Any]] = [codes]
    for code in "abcd":
        coding = [{"system": OWN, "code": code}]
        found.append({"resourceType": "Observation", "id": f"o{code}", "status": "final",
                      "code": {"coding": coding}})  # fmt: skip
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"code:below={OWN}|b", {"ob", "oc"}),
        (f"code:above={OWN}|b", {"oa", "ob"}),
        ("status:in=http://hl7.org/fhir/ValueSet/observation-status", {"oa", "ob", "oc", "od"}),
        ("status:not-in=http://hl7.org/fhir/ValueSet/observation-status", set()),
    ],
)
def test_codes_of_the_terminology(database: SyncDatabase, query: str, expected: set[str]) -> None:
    store = open_records().store
    writes = [Write("update", row["resourceType"], row["id"], row) for row in _rows()]
    database.transact(store.write(writes, SYSTEM))
    wanted, _ = database.read(store.parse("Observation", parse_qsl(query)))
    page = database.read(store.search(wanted, SYSTEM))
    assert {row.id for row in page.entries} == expected


def test_a_set_that_is_not_known_is_refused(database: SyncDatabase) -> None:
    store = open_records().store
    wanted, _ = database.read(store.parse("Observation", [("code:in", "http://example.vn/no")]))
    with pytest.raises(Invalid) as caught:
        database.read(store.search(wanted, SYSTEM))
    assert "http://example.vn/no" in str(caught.value)
