"""Wards with beds, and a list of the beds: what the tests of lists share."""

from __future__ import annotations

from typing import Any

from lanh.core.access import (
    Access,
    CustodianIn,
    Everything,
    Grant,
    Predicate,
    Purpose,
    Subject,
    system_access,
)
from lanh.core.database import Plan, SyncDatabase
from lanh.core.lists import Column, Filter, ListDefinition, Row, SavedView
from lanh.core.store import Context, Store, Write
from lanh.core.text import Language, Words

SYSTEM = Context(system_access("test"), custodian="97001", commune="00004")
KINDS = "http://example.org/bed-kind"
STATUSES = "http://terminology.hl7.org/CodeSystem/v2-0116"
FREE, TAKEN = f"{STATUSES}|U", f"{STATUSES}|O"


def reader(scope: Predicate | None = None, *types: str) -> Access:
    """Somebody who may read and search rows of a scope."""
    kinds = frozenset(types) or None
    grant = Grant("nurse", frozenset({"read", "search"}), kinds, scope or Everything())
    return Access(Subject("person", "7", "Test"), Purpose.OPERATIONS, (grant,))


def words(text: str) -> Words:
    return Words(f"{text} (vi)", text)


def bed(number: int, *, ward: str = "w1", kind: str = "adult", free: bool = True) -> dict[str, Any]:
    return {
        "resourceType": "Location",
        "id": f"bed-{number}",
        "name": f"Giường số {number:03}",
        "status": "active",
        "operationalStatus": {"system": STATUSES, "code": "U" if free else "O"},
        "type": [{"coding": [{"system": KINDS, "code": kind}]}],
        "partOf": {"reference": f"Location/{ward}"},
    }


def ward(name: str, title: str) -> dict[str, Any]:
    return {"resourceType": "Location", "id": name, "name": title, "status": "active",
            "type": [{"coding": [{"system": KINDS, "code": "ward"}]}]}  # fmt: skip


def keep(database: SyncDatabase, *resources: dict[str, Any], context: Context = SYSTEM) -> None:
    writes = [Write("update", each["resourceType"], each["id"], each) for each in resources]
    database.transact(Store().write(writes, context))


def thirty(database: SyncDatabase) -> None:
    """Two wards and thirty beds, every third one taken, every tenth for children."""
    beds = [
        bed(at, ward="w2" if at > 20 else "w1", free=at % 3 != 0,
            kind="child" if at % 10 == 0 else "adult")
        for at in range(1, 31)
    ]  # fmt: skip
    keep(database, ward("w1", "Khoa Nội"), ward("w2", "Khoa Hồi sức"))
    keep(database, *beds)


def _ward(row: Row, language: Language) -> str | None:
    held = row[1].get(row[0].get("partOf", {}).get("reference", ""))
    return held["name"] if held else None


def _status(row: Row, language: Language) -> str | None:
    free = row[0].get("operationalStatus", {}).get("code") == "U"
    return words("free" if free else "taken").say(language)


def _places(code: str) -> Plan[list[str]]:
    yield from ()
    return {"north": ["w1", "w2"], "east": ["w2"]}.get(code, [])


BEDS = ListDefinition(
    key="beds",
    title=words("beds"),
    columns=(
        Column("name", words("bed"), lambda row, _: row[0]["name"], sort="name", main=True),
        Column("ward", words("ward"), _ward),
        Column("status", words("status"), _status, sort="operational-status"),
        Column("id", words("id"), lambda row, _: row[0]["id"], shown=False),
    ),
    resource_type="Location",
    fixed=(("type:not", f"{KINDS}|ward"),),
    include=("Location:partof",),
    filters=(
        Filter("name", words("name"), "name:contains"),
        Filter("status", words("status"), "operational-status", "choice",
               ((FREE, words("free")), (TAKEN, words("taken")))),
        Filter("changed", words("changed"), "_lastUpdated", "date"),
        Filter("near", words("place"), "partof", "place", expand=_places),
        Filter("ward", words("ward's name"), "partof.name"),
    ),
    views=(
        SavedView("free", words("free beds"), {"status": FREE}),
        SavedView("icu", words("intensive care"), {"near": "east"}, counted=False),
    ),
    order="name",
    page=8,
)  # fmt: skip

OF_97001 = CustodianIn(frozenset({"97001"}))
