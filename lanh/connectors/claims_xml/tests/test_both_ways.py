"""A visit that a hospital tells by HL7 v2 and claims by XML1: one record, counted once."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from lanh.connectors.claims_xml.tests.sample import package, tables
from lanh.connectors.fhir.tests.support import make_intake, make_sender, send, stored
from lanh.connectors.hl7v2 import write
from lanh.connectors.hl7v2.tests.sample import header, person, visit
from lanh.core import store
from lanh.core.database import SyncDatabase
from lanh.core.warehouse import Period, Ports, Warehouse, refresh
from lanh.nation import naming
from lanh.nation.indicators import national_definitions

MARCH = Period.parse("2026-03")
HL7, XML = "application/hl7-v2", "application/xml"


def _event(event: str, hour: int, **fields: Any) -> bytes:
    at = datetime(2026, 3, 1, hour - 7, 5, tzinfo=UTC)
    # What the ward wrote differs from the claim in class, times and reason.
    spot = visit(
        "LK1", "E", PV1_3=["K01"], PV1_4="E", PV1_14=["7"], PV1_44="202603010755", **fields
    )
    doctor = ["000000", "LÊ", "VĂN MẪU"]
    spot[7] = doctor
    more: list[list[Any]] = [
        ["PV2", None, None, [None, "Sốt cao"]],
        ["DG1", 1, None, ["J18.9", "Viêm phổi", "I10"], None, at, "F"],
    ]
    start = [header(f"ADT^{event}", event), ["EVN", event, at], person("BN001"), spot]
    return write([*start, *more])


MESSAGES = {
    "arrival": (_event("A04", 8), HL7),
    "leaving": (_event("A03", 15, PV1_45="202603011510", PV1_36="01"), HL7),
    "claim": (package(), XML),
}
ORDERS = [
    order for order in permutations(MESSAGES) if order.index("arrival") < order.index("leaving")
]


def _send(database: SyncDatabase, *names: str) -> None:
    for name in names:
        assert send(database, *MESSAGES[name])["state"] == "accepted"


def _encounter(database: SyncDatabase) -> dict[str, Any]:
    [(name, _, deleted)] = stored(database, "Encounter")
    assert not deleted
    context = store.Context(make_sender().access)
    row = database.read(make_intake().ports.store.read("Encounter", name, context))
    assert row is not None
    return {key: value for key, value in row.resource().items() if key != "meta"}


@pytest.mark.parametrize("order", ORDERS)
def test_it_is_one_encounter_with_what_both_told(
    database: SyncDatabase, order: tuple[str, ...]
) -> None:
    _send(database, *order)
    found = _encounter(database)
    # The claim decides; what only the ward knows stays.
    assert (found["status"], found["class"]["code"]) == ("finished", "AMB")
    assert found["period"] == {
        "start": "2026-03-01T08:00:00+07:00", "end": "2026-03-01T16:00:00+07:00",
    }  # fmt: skip
    assert found["reasonCode"] == [{"text": "Sốt cao"}]
    assert found["participant"][0]["individual"]["display"] == "LÊ VĂN MẪU"
    stay = found["hospitalization"]
    assert stay["admitSource"]["coding"][0]["code"] == "7"
    assert stay["dischargeDisposition"]["coding"][0]["code"] == "home"
    systems = [concept["coding"][0].get("system") for concept in found["type"]]
    assert systems[:2] == [naming.CARE_TYPE, naming.PATIENT_TYPE] and len(systems) == 3
    assert len(found["diagnosis"]) == 3
    [number] = found["identifier"]
    assert (number["system"], number["value"]) == (naming.visit_number("97001"), "LK1")
    assert number["type"]["coding"][0]["code"] == "VN"


@pytest.mark.parametrize("order", ORDERS)
def test_it_is_counted_once(database: SyncDatabase, tmp_path: Path, order: tuple[str, ...]) -> None:
    _send(database, *order)
    definitions = national_definitions()
    refresh(database, tmp_path, Ports(make_intake().ports.store, definitions))
    lake = Warehouse(tmp_path, definitions)
    assert lake.figure("visits", "VN", MARCH, boundaries="34").value == 1
    assert lake.figure("admissions", "VN", MARCH, boundaries="34").value == 0


def test_a_corrected_claim_keeps_what_the_ward_told(database: SyncDatabase) -> None:
    _send(database, "arrival", "claim", "leaving")
    rows = tables()
    rows["XML1"][0] |= {"NGAY_RA": "202603011700", "LY_DO_VV": "", "MA_BENH_KT": "I10"}
    corrected = send(database, package(rows), XML)
    assert corrected["state"] == "accepted", corrected["issues"]
    found = _encounter(database)
    assert found["period"]["end"] == "2026-03-01T17:00:00+07:00"
    assert found["reasonCode"] == [{"text": "Sốt cao"}] and len(found["diagnosis"]) == 2
    assert found["participant"]


def test_a_batch_names_its_facility_as_a_message_does(database: SyncDatabase) -> None:
    """The client speaks for two facilities: whose the visits are is said by MSH-4."""
    several = make_sender("network", None, more=("97001", "97002"))
    arrival, leaving = MESSAGES["arrival"][0], MESSAGES["leaving"][0]
    batch = b"BHS|^~\\&|HIS|97001\r" + arrival + leaving + b"BTS|2\r"
    assert send(database, batch, HL7, sender=several)["state"] == "accepted"
    assert send(database, package(), XML, sender=several)["state"] == "accepted"
    assert _encounter(database)["status"] == "finished"


def test_an_emergency_that_was_admitted_is_an_admission(
    database: SyncDatabase, tmp_path: Path
) -> None:
    rows = tables()
    rows["XML1"][0] |= {"MA_DOITUONG_KCB": "2", "MA_LOAI_KCB": "03"}
    assert send(database, package(rows), XML)["state"] == "accepted"
    assert _encounter(database)["class"]["code"] == "IMP"
    definitions = national_definitions()
    refresh(database, tmp_path, Ports(make_intake().ports.store, definitions))
    lake = Warehouse(tmp_path, definitions)
    assert lake.figure("admissions", "VN", MARCH, boundaries="34").value == 1
    assert lake.figure("visits", "VN", MARCH, boundaries="34").value == 0
