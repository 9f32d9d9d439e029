"""Worked examples: a handful of people and events, each there for one rule."""

from __future__ import annotations

from typing import Any

from lanh.core.warehouse.tests.feed import FakeFeed
from lanh.nation import naming

# Facilities: (code, commune at the time). 00004 is in Hà Nội under both sets; 00691 was in Hà
# Giang (02) and is in Tuyên Quang (08).
HANOI = {"custodian": "ZZ001", "commune": "00004"}
NORTH = {"custodian": "ZZ002", "commune": "00691"}


def patient(feed: FakeFeed, id_: str, home: str, **more: Any) -> None:
    """A source Patient who lives in a commune."""
    number = more.pop("number", None)
    body: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id_,
        "gender": "female",
        "birthDate": "1985-02-03",
        "address": [
            {
                "extension": [
                    {
                        "url": naming.COMMUNE_EXTENSION,
                        "valueCoding": {"system": naming.COMMUNE, "code": home},
                    }
                ]
            }
        ],
    }
    if number:
        body["identifier"] = [{"system": naming.PERSONAL_NUMBER, "value": number}]
    feed.put({**body, **more}, patient=id_, **HANOI)


def person(feed: FakeFeed, id_: str, *patients: str) -> None:
    """The Person of some source Patients."""
    links = [{"target": {"reference": f"Patient/{p}"}} for p in patients]
    feed.put({"resourceType": "Person", "id": id_, "link": links})


def event(feed: FakeFeed, kind: str, id_: str, of: str, place: dict[str, str], **body: Any) -> None:
    """A record about a patient, sent by a facility."""
    subject = "patient" if kind in ("Immunization", "Claim") else "subject"
    reference = {subject: {"reference": f"Patient/{of}"}}
    feed.put({"resourceType": kind, "id": id_, **reference, **body}, patient=of, **place)


def visit(feed: FakeFeed, id_: str, of: str, place: dict[str, str], day: str, **more: Any) -> None:
    """An Encounter that begins on a day."""
    body = {
        "status": "finished",
        "class": {"code": more.pop("kind", "AMB")},
        "period": {"start": f"{day}T09:00:00+07:00"},
    }
    event(feed, "Encounter", id_, of, place, **{**body, **more})


def example_feed() -> FakeFeed:
    """The example: three humans in four Patients, two facilities, March 2026."""
    feed = FakeFeed()
    patient(feed, "a1", "00004", number="097185000001")  # agrees: female 19xx, born 85
    patient(feed, "a2", "00691", number="097085000001")  # the sex digit is a man's
    patient(feed, "b", "00691", number="09718500")  # too short
    patient(feed, "c", "00691", deceasedDateTime="2026-03-31T18:30:00Z")  # 1 April in Viet Nam
    person(feed, "A", "a1", "a2")
    person(feed, "B", "b")
    person(feed, "C", "c")
    visit(feed, "v1", "a1", HANOI, "2026-03-02")
    visit(feed, "v2", "a2", NORTH, "2026-03-05", kind="EMER")
    visit(feed, "v3", "b", NORTH, "2026-03-05", kind="IMP")
    visit(feed, "v4", "b", NORTH, "2026-03-06", status="cancelled")
    visit(feed, "v5", "b", NORTH, "2026-03-06", status="entered-in-error")
    visit(feed, "v6", "b", NORTH, "2025-06-10")
    vaccine = {"vaccineCode": {"coding": [{"system": naming.CVX, "code": "08"}]}}
    for id_, status in (("d1", "completed"), ("d2", "not-done")):
        event(feed, "Immunization", id_, "b", NORTH, status=status, **vaccine,
              occurrenceDateTime="2026-03-07")  # fmt: skip
    laboratory = {"category": [{"coding": [{"code": "laboratory"}]}], "code": {"text": "Glucose"}}
    for id_, status, more in (
        ("o1", "final", {"effectiveDateTime": "2026-03-07T08:00:00+07:00"}),
        ("o2", "corrected", {"effectivePeriod": {"start": "2026-03-08"}}),
        ("o3", "preliminary", {"effectiveDateTime": "2026-03-07"}),
        ("o4", "final", {"issued": "2026-03-31T17:30:00Z"}),  # 1 April in Viet Nam
        ("o5", "final", {"effectiveDateTime": "2026-03-07", "category": [
            {"coding": [{"code": "vital-signs"}]}]}),
    ):  # fmt: skip
        event(feed, "Observation", id_, "a1", HANOI, **{**laboratory, "status": status, **more})
    for id_, status in (("m1", "completed"), ("m2", "stopped")):
        event(feed, "MedicationDispense", id_, "a1", HANOI, status=status,
              whenHandedOver="2026-03-02T10:00:00+07:00")  # fmt: skip
    for id_, amount in (("k1", "123456.78"), ("k2", "0.22")):
        paid = {
            "url": "urn:lanh:extension:claim-figure:T_BHTT",
            "valueMoney": {"value": float(amount), "currency": "VND"},
        }
        event(feed, "Claim", id_, "a1", HANOI, status="active", extension=[paid],
              billablePeriod={"end": "2026-03-02T11:00:00+07:00"})  # fmt: skip
    return feed
