"""Modifiers and kinds of parameters that a plain search does not show."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from lanh.core.database import Plan, SyncDatabase
from lanh.core.store import Store
from lanh.core.store.tests.conftest import Desk, observation, patient

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


class Sets:
    """A terminology of one value set and one hierarchy."""

    def members(self, value_set: str) -> Plan[Sequence[tuple[str, str]] | None]:
        yield from ()
        known = {
            "http://example.vn/blood": [(LOINC, "718-7"), (LOINC, "8480-6")],
            "http://example.vn/none": [],
        }
        return known.get(value_set)

    def below(self, system: str, code: str) -> Plan[Sequence[tuple[str, str]] | None]:
        yield from ()
        return [(LOINC, "718-7"), (LOINC, "2345-7")] if (system, code) == (LOINC, "LP1") else None

    def above(self, system: str, code: str) -> Plan[Sequence[tuple[str, str]] | None]:
        yield from ()
        return [(LOINC, "LP1"), (system, code)]


def concept(code: str, system: str | None = LOINC, **more: Any) -> dict[str, Any]:
    """A CodeableConcept of one coding."""
    coding = {"code": code, **more}
    return {"coding": [coding if system is None else {"system": system, **coding}]}


def measured(value: str, unit: str, system: str | None = UCUM) -> dict[str, Any]:
    """A Quantity."""
    found: dict[str, Any] = {"value": Decimal(value), "unit": unit, "code": unit}
    return found if system is None else {**found, "system": system}


def pressure(high: int, low: int) -> dict[str, Any]:
    """A blood pressure: two components."""
    return observation(
        "p1",
        code=concept("85354-9"),
        valueQuantity=None,
        component=[
            {"code": concept("8480-6"), "valueQuantity": measured(str(high), "mm[Hg]")},
            {"code": concept("8462-4"), "valueQuantity": measured(str(low), "mm[Hg]")},
        ],
    )


def bare(body: dict[str, Any]) -> dict[str, Any]:
    """A resource without the properties that are None."""
    return {key: value for key, value in body.items() if value is not None}


@pytest.fixture
def shelf(database: SyncDatabase) -> Desk:
    """Patients, measurements, places, and definitions of many kinds."""
    desk = Desk(database, Store(terminology=Sets()))
    kind = concept("MR", "http://terminology.hl7.org/CodeSystem/v2-0203", display="Số hồ sơ")
    desk.put(
        "p1",
        patient(
            "Nguyễn Văn An",
            identifier=[{"system": "urn:mr", "value": "12", "type": kind}, {"value": "34"}],
            address=[{"text": "Xã Trà Bồng, Quảng Ngãi", "city": "Quảng Ngãi"}],
            telecom=[{"system": "phone", "value": "0900000000"}],
            generalPractitioner=[{"identifier": {"system": "urn:gp", "value": "7"}}],
            text={"status": "generated", "div": "<div><b>Bệnh nhân</b> mãn tính</div>"},
        ),
    )
    desk.put("p2", patient("Nguyễn Văn Ân", active=True))
    desk.put("o1", observation("p1", "180", code=concept("718-7", display="Huyết sắc tố"),
                               valueQuantity=measured("180", "mg/dL")))  # fmt: skip
    desk.put("o2", observation("p1", code=concept("2345-7", "urn:x", display="Glucose máu"),
                               valueQuantity=measured("1.8", "g/L")))  # fmt: skip
    code = {"coding": [{"code": "718-7"}], "text": "Ghi tay: đường huyết"}
    desk.put("o3", observation("p1", code=code, valueQuantity=measured("180", "mg/dL", "urn:u")))
    desk.put("b1", bare(pressure(150, 95)))
    desk.put("b2", bare(pressure(120, 160)))
    one = bare(pressure(130, 80))
    desk.put("b3", {**one, "component": one["component"][:1]})
    desk.put("t1", bare(observation("p2", code=concept("8310-5"),
                                    valueQuantity=measured("37", "Cel"))))  # fmt: skip
    desk.put("c1", bare(observation("p2", code=concept("883-9"), valueQuantity=None,
                                    valueCodeableConcept=concept("A", "urn:abo"))))  # fmt: skip
    for name, lat, lon in (("hanoi", "21.0285", "105.8542"), ("hue", "16.4637", "107.5909")):
        position = {"latitude": Decimal(lat), "longitude": Decimal(lon)}
        desk.put(name, {"resourceType": "Location", "name": name, "position": position})
    desk.put("nowhere", {"resourceType": "Location", "name": "nowhere"})
    for name, version, focus in (("v1", "1", "F"), ("v2", "2", "M")):
        contexts = [
            {"code": {"system": "urn:t", "code": "focus"},
             "valueCodeableConcept": concept(focus, "urn:f")},
            {"code": {"system": "urn:t", "code": "gender"},
             "valueCodeableConcept": concept("F", "urn:f")},
            {"code": {"system": "urn:t", "code": "age"}, "valueQuantity": measured("5", "a")},
        ]  # fmt: skip
        desk.put(name, {"resourceType": "ValueSet", "status": "active", "useContext": contexts,
                        "url": f"http://example.vn/fhir/{name}", "version": version})  # fmt: skip
    desk.put("q1", {"resourceType": "QuestionnaireResponse", "status": "completed",
                    "questionnaire": "http://example.vn/fhir/form|2"})  # fmt: skip
    desk.put("d1", {"resourceType": "DocumentReference", "status": "current", "content": [],
                    "relatesTo": [
                        {"code": "replaces", "target": {"reference": "DocumentReference/x"}},
                        {"code": "appends", "target": {"reference": "DocumentReference/y"}},
                    ]})  # fmt: skip
    return desk


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        # tokens
        ("Observation", f"code={LOINC}|718-7", {"o1"}),
        ("Observation", "code=718-7", {"o1", "o3"}),
        ("Observation", "code=|718-7", {"o3"}),
        ("Observation", f"code={LOINC}|", {"o1", "b1", "b2", "b3", "t1", "c1"}),
        ("Observation", "code=urn:x|", {"o2"}),
        ("Observation", "code:not=718-7", {"o2", "b1", "b2", "b3", "t1", "c1"}),
        ("Observation", "code:text=huyet sac", {"o1"}),
        ("Observation", "code:text=sắc tố", {"o1"}),
        ("Observation", "code:text=uyet", set()),
        ("Observation", "combo-code:text=duong huyet,sac to", {"o1", "o3"}),
        ("Observation", "code:text=duong huyet", {"o3"}),
        ("Observation", "code:in=http://example.vn/blood", {"o1"}),
        ("Observation", "code:in=http://example.vn/none", set()),
        ("Observation", "code:not-in=http://example.vn/blood",
         {"o2", "o3", "b1", "b2", "b3", "t1", "c1"}),
        ("Observation", f"code:below={LOINC}|LP1", {"o1"}),
        ("Observation", f"code:above={LOINC}|718-7", {"o1"}),
        ("Observation", "status=http://hl7.org/fhir/observation-status|final",
         {"o1", "o2", "o3", "b1", "b2", "b3", "t1", "c1"}),
        ("Observation", "status=http://example.vn/other|final", set()),
        ("Observation", "value-concept:missing=false", {"c1"}),
        ("Observation", "component-code:missing=false&combo-code=8462-4", {"b1", "b2"}),
        ("Observation", "specimen:missing=true&code=718-7", {"o1", "o3"}),
        ("Patient", "active:missing=true", {"p1"}),
        ("Patient", "active:missing=false", {"p2"}),
        ("Patient", "identifier=|34", {"p1"}),
        ("Patient", "identifier=urn:mr|", {"p1"}),
        ("Patient", "identifier:not=urn:mr|12", {"p2"}),
        ("Patient", "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|12",
         {"p1"}),
        ("Patient", "identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|34",
         set()),
        ("Patient", "identifier:text=so ho so", {"p1"}),
        ("Patient", "phone=0900000000", {"p1"}),
        ("Patient", "phone=|0900000000", {"p1"}),
        ("Patient", "general-practitioner:identifier=urn:gp|7", {"p1"}),
        ("Patient", "general-practitioner:identifier=7", {"p1"}),
        ("Patient", "general-practitioner:identifier=urn:other|7", set()),
        ("Patient", "general-practitioner:missing=false", set()),
        ("Patient", "_id:not=p1", {"p2"}),
        # strings
        ("Patient", "name:exact=Nguyễn Văn An", {"p1"}),
        ("Patient", "name:exact=Nguyễn Văn Ân", {"p2"}),
        ("Patient", "name:exact=Văn", {"p1", "p2"}),
        ("Patient", "given:exact=Ân", {"p2"}),
        ("Patient", "address-city:exact=Quảng Ngãi", {"p1"}),
        ("Patient", "address-city:exact=Quảng", set()),
        ("Patient", "address=tra bong", {"p1"}),
        ("Patient", "address:contains=gai", {"p1"}),
        ("Patient", "phonetic=an", {"p1", "p2"}),
        ("Patient", "address:missing=true", {"p2"}),
        # quantities
        ("Observation", f"value-quantity=180|{UCUM}|mg/dL", {"o1", "o2"}),
        ("Observation", f"value-quantity=1.80|{UCUM}|g/L", {"o1", "o2"}),
        ("Observation", f"value-quantity=gt179|{UCUM}|mg/dL", {"o1", "o2"}),
        ("Observation", f"value-quantity=gt1.8|{UCUM}|g/L", set()),
        ("Observation", f"value-quantity=98.6|{UCUM}|[degF]", {"t1"}),
        ("Observation", f"value-quantity=gt310|{UCUM}|K", {"t1"}),
        ("Observation", "value-quantity=180||mg/dL", {"o1", "o3"}),
        ("Observation", "value-quantity=180|urn:u|mg/dL", {"o3"}),
        ("Observation", "value-quantity=180", {"o1", "o3"}),
        ("Observation", f"value-quantity=180|{UCUM}|kPa", set()),
        ("Observation", f"combo-value-quantity=gt155|{UCUM}|mm[Hg]", {"b2"}),
        ("Observation", f"component-value-quantity=gt19|{UCUM}|kPa", {"b1", "b2"}),
        ("Observation", "component-value-quantity=135", set()),
        ("Observation", "component-value-quantity=150", {"b1"}),
        ("Observation", "value-quantity:missing=false&component-code=8480-6", set()),
        # composites
        ("Observation", f"code-value-quantity={LOINC}|718-7$gt100", {"o1"}),
        ("Observation", "code-value-quantity=718-7$180||mg/dL,2345-7$lt2", {"o1", "o2", "o3"}),
        ("Observation", "code-value-concept=883-9$urn:abo|A", {"c1"}),
        ("Observation", "code-value-concept=883-9$urn:abo|B", set()),
        ("Observation", "component-code-value-quantity=8480-6$gt140", {"b1"}),
        ("Observation", f"component-code-value-quantity={LOINC}|8462-4$gt140", {"b2"}),
        ("Observation", f"component-code-value-quantity={LOINC}|8480-6$gt17|{UCUM}|kPa",
         {"b1", "b3"}),
        ("Observation", "combo-code-value-quantity=8480-6$lt140", {"b2", "b3"}),
        ("Observation", "combo-code-value-quantity=718-7$180", {"o1", "o3"}),
        ("ValueSet", "context-type-value=focus$urn:f|F", {"v1"}),
        ("ValueSet", "context-type-value=urn:t|gender$F", {"v1", "v2"}),
        ("ValueSet", "context-type-value=urn:t|gender$M", set()),
        ("ValueSet", "context-type-quantity=age$5", {"v1", "v2"}),
        ("ValueSet", "context-quantity=gt5", set()),
        ("DocumentReference", "relationship=DocumentReference/x$replaces", {"d1"}),
        ("DocumentReference", "relationship=DocumentReference/x$appends", set()),
        # uris and canonical references
        ("ValueSet", "url=http://example.vn/fhir/v1", {"v1"}),
        ("ValueSet", "url:below=http://example.vn/fhir", {"v1", "v2"}),
        ("ValueSet", "url:below=http://example.vn/fhir/v1/more", set()),
        ("ValueSet", "url:above=http://example.vn/fhir/v1/_history/5", {"v1"}),
        ("ValueSet", "url:missing=true", set()),
        ("QuestionnaireResponse", "questionnaire=http://example.vn/fhir/form", {"q1"}),
        ("QuestionnaireResponse", "questionnaire=http://example.vn/fhir/form|2", {"q1"}),
        ("QuestionnaireResponse", "questionnaire=http://example.vn/fhir/form|1", set()),
        # places and words
        ("Location", "near=21.03|105.85", {"hanoi"}),
        ("Location", "near=21.03|105.85|700|km", {"hanoi", "hue"}),
        ("Location", "near=21.03|105.85|100|m", set()),
        ("Location", "near=21.03|105.85|300|[mi_i]", {"hanoi"}),
        ("Patient", "_text=man tinh", {"p1"}),
        ("Patient", "_text=quang ngai", set()),
        ("Patient", "_content=quang ngai", {"p1"}),
        ("Patient", "_content=mãn quảng", {"p1"}),
        ("Patient", "_content=nguyen", {"p1", "p2"}),
        ("Patient", "_text=div", set()),
    ],
)  # fmt: skip
def test_kinds(shelf: Desk, kind: str, query: str, expected: set[str]) -> None:
    page = shelf.page(kind, query)
    assert {row.id for row in page.entries} == expected
    assert shelf.page(kind, f"{query}&_summary=count").total == len(expected)
    ids = [row.id for row in page.entries]
    paged: list[str] = []
    cursor = ""
    while True:
        page = shelf.page(kind, f"{query}&_count=2{cursor}")
        paged += [row.id for row in page.entries]
        if page.next_cursor is None:
            break
        cursor = f"&_cursor={page.next_cursor}"
    assert paged == ids
