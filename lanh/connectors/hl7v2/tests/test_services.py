"""What is ordered, booked, written, given and charged becomes records as the guide maps it."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest

from lanh.connectors.hl7v2 import write
from lanh.connectors.hl7v2.tests import services
from lanh.connectors.hl7v2.tests.sample import header, person
from lanh.connectors.hl7v2.tests.test_hl7v2 import bodies, judge


def errors(content: bytes) -> list[str]:
    issues = judge(content).parts[0].issues
    return [issue.expression for issue in issues if issue.severity in ("error", "fatal")]


@pytest.mark.parametrize(
    ("control", "status"),
    [("NW", "active"), ("XO", "active"), ("CA", "revoked"), ("DC", "revoked"), ("HD", "on-hold")],
)
@pytest.mark.parametrize("kind", ["ORM^O01", "OML^O21", "OMG^O19"])
def test_an_order_is_a_service_request(control: str, status: str, kind: str) -> None:
    specimen = ["SPM", 1, ["S1"], None, ["119297000", "Máu", "SCT"]]
    answer = ["OBX", 1, "ST", ["1", "Có thai", "L"], None, "Không", *[None] * 5, "F"]
    found = bodies(services.order(control, answer, specimen, kind=kind))
    request = found["ServiceRequest"]
    assert (request["status"], request["intent"]) == (status, "order")
    assert request["code"]["coding"][0]["code"] == "24323-8" and request["priority"] == "stat"
    assert request["identifier"][0]["type"]["coding"][0]["code"] == "PLAC"
    assert request["requisition"]["value"] == "G1"
    assert request["requester"]["display"] == "LÊ VĂN THỬ"
    timing = request["occurrenceTiming"]["repeat"]["boundsPeriod"]
    assert timing["start"] == "2026-03-01T09:00:00+07:00"
    assert request["supportingInfo"] and request["specimen"] and found["Specimen"]
    assert ("authoredOn" in request) == (control == "NW")


def test_an_order_without_detail_tells_its_state() -> None:
    content = write([header("ORM^O01", "1"), person(), ["ORC", "CA", "P1"]])
    assert bodies(content)["ServiceRequest"]["status"] == "revoked"
    known = judge(services.order()).parts[0].drafts
    told = judge(content).parts[0].drafts
    ids = [{d.id for d in drafts if d.type == "ServiceRequest"} for drafts in (known, told)]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("event", "told", "status"),
    [("S12", "Booked", "booked"), ("S12", "Pending", "pending"), ("S13", None, "booked"),
     ("S14", "Started", "checked-in"), ("S15", "Booked", "cancelled"), ("S16", None, "cancelled"),
     ("S17", None, "entered-in-error"), ("S26", "Booked", "noshow"),
     ("S22", "Complete", "fulfilled")],
)  # fmt: skip
def test_an_appointment(event: str, told: str | None, status: str) -> None:
    booked = bodies(services.appointment(event, status=told))["Appointment"]
    assert booked["status"] == status
    assert booked["start"] == "2026-03-05T08:30:00+07:00"
    assert booked["end"] == "2026-03-05T09:00:00+07:00" and booked["minutesDuration"] == 30
    assert booked["serviceType"][0]["text"] == "Khám nội"
    actors = [each["actor"].get("display") or "patient" for each in booked["participant"]]
    assert actors == ["patient", "P.101", "LÊ VĂN THỬ"]


def test_an_appointment_needs_its_time_unless_it_is_off() -> None:
    assert errors(services.appointment("S12", timed=False)) == ["AIS-4"]
    assert bodies(services.appointment("S15", timed=False))["Appointment"]["status"] == "cancelled"
    slots = judge(write([header("SIU^S23", "1"), ["SCH", "1"]])).parts[0]
    assert not slots.refused and slots.drafts == []


def test_a_document_and_what_replaces_it() -> None:
    found = bodies(services.document())["DocumentReference"]
    assert (found["status"], found["docStatus"]) == ("current", "final")
    attached = found["content"][0]["attachment"]
    assert base64.b64decode(attached["data"]).decode() == "Dòng một\nDòng hai"
    part = judge(services.document("T10", "TL2", "TL1")).parts[0]
    newer, older = [d for d in part.drafts if d.type == "DocumentReference"][::-1]
    if newer.body is not None and newer.body["status"] == "superseded":
        newer, older = older, newer
    assert newer.body is not None and older.body is not None
    assert newer.body["relatesTo"][0]["code"] == "replaces"
    assert older.body["status"] == "superseded"
    first = judge(services.document()).parts[0].drafts[-1]
    assert older.id == first.id
    gone = bodies(services.document("T11"))["DocumentReference"]
    assert gone["status"] == "entered-in-error"
    assert errors(services.document("T02", "")) == ["TXA-12"]


@pytest.mark.parametrize(
    ("status", "action", "expected"),
    [("CP", "A", "completed"), ("PA", "A", "completed"), ("RE", "A", "not-done"),
     ("NA", "A", "not-done"), ("CP", "D", "entered-in-error")],
)  # fmt: skip
def test_a_vaccine(status: str, action: str, expected: str) -> None:
    given = bodies(services.dose(status, action))["Immunization"]
    assert given["status"] == expected and given["primarySource"] is True
    assert given["vaccineCode"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/cvx"
    assert given["doseQuantity"]["value"] == Decimal("0.5") and given["lotNumber"] == "LO1"
    assert given["expirationDate"] == "2027-01-01"
    assert given["protocolApplied"] == [{"doseNumberPositiveInt": 2}]
    assert given["route"]["text"] == "Tiêm bắp"


def test_nothing_given_makes_no_immunization() -> None:
    part = judge(services.dose(code="998")).parts[0]
    assert not part.refused and [d.type for d in part.drafts] == ["Patient"]


def test_a_prescription_and_what_is_dispensed() -> None:
    asked = bodies(services.prescription())["MedicationRequest"]
    assert (asked["status"], asked["intent"]) == ("active", "order")
    dosage = asked["dosageInstruction"][0]
    assert dosage["text"] == "Uống sau ăn" and dosage["route"]["text"] == "Uống"
    assert dosage["timing"]["repeat"]["boundsDuration"]["value"] == Decimal(7)
    assert dosage["doseAndRate"][0]["doseRange"]["high"]["value"] == Decimal(2)
    assert asked["dispenseRequest"]["numberOfRepeatsAllowed"] == 1
    handed: list[Any] = ["RXD", 1, ["40.11", "Amoxicilin 500 mg", "L"], "20260301100000", 14,
                         ["VIEN", "viên"]]  # fmt: skip
    found = bodies(services.prescription("RE", handed, kind="RDS^O13"))
    dispensed = found["MedicationDispense"]
    assert dispensed["status"] == "completed" and dispensed["quantity"]["value"] == Decimal(14)
    assert dispensed["authorizingPrescription"][0]["reference"].startswith("MedicationRequest/")
    assert bodies(services.prescription("DC"))["MedicationRequest"]["status"] == "stopped"
    assert errors(write([header("RDE^O11", "1"), person(), ["ORC", "NW", "1"]])) == ["RXE"]


def test_a_charge_and_its_account() -> None:
    found = bodies(services.charge())
    item = found["ChargeItem"]
    assert item["priceOverride"] == {"value": Decimal("120000.50"), "currency": "VND"}
    assert str(item["priceOverride"]["value"]) == "120000.50"
    assert item["quantity"] == {"value": Decimal(2)} and item["account"]
    assert found["Account"]["status"] == "active"
    assert bodies(services.charge("CD"))["ChargeItem"]["priceOverride"]["value"] < 0
    assert "ChargeItem" not in bodies(services.charge("PY"))
    assert errors(services.charge(amount=("120.000,50", "VND"))) == ["FT1-11.1"]


def test_a_charge_names_its_order() -> None:
    first, *rest = services.charge().rstrip(b"\r").split(b"\r")
    rest[-1] += b"|" * (23 - rest[-1].count(b"|")) + b"F1"
    item = bodies(b"\r".join([first, *rest]))["ChargeItem"]
    assert item["supportingInformation"][0]["identifier"]["value"] == "F1"


def test_several_patients_of_one_result_message_are_kept_apart() -> None:
    def one(number: str) -> list[list[Any]]:
        return [
            person(number),
            ["OBR", 1, None, f"F{number}", ["1", "x", "L"]],
            ["OBX", 1, "NM", ["2", "y", "L"], None, 5, *[None] * 5, "F"],
        ]

    part = judge(write([header("ORU^R01", "1"), *one("BN1"), *one("BN2")])).parts[0]
    assert not part.refused
    subjects = {
        d.body["subject"]["reference"]
        for d in part.drafts
        if d.body is not None and d.type == "Observation"
    }
    assert len(subjects) == 2
