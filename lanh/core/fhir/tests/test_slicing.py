"""Slicing: discriminators, rules, order, least and greatest numbers, slices of slices."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.fhir import Profiles, validate
from lanh.core.fhir.tests.profiling import (
    BASE,
    CORE,
    Row,
    element,
    extension,
    found,
    profile,
    sliced,
)
from lanh.core.fhir.tests.samples import sample

OK: list[tuple[str, str]] = []
CARD, BHYT = "urn:cccd", "urn:bhyt"


def ids(*systems: str, **more: Any) -> Row:
    """A Patient with an identifier of each system."""
    rows = [{"system": system, "value": str(n)} for n, system in enumerate(systems)]
    return {"resourceType": "Patient", "identifier": rows, **more}


def cards(**how: Any) -> list[Row]:
    """Identifiers sliced by system: one card at least, one insurance number at most."""
    return [
        sliced("Patient.identifier", ("value", "system"), **how),
        element("Patient.identifier:card", min=1),
        element("Patient.identifier:card.system", fixedUri=CARD, min=1),
        element("Patient.identifier:bhyt", max="1"),
        element("Patient.identifier:bhyt.system", fixedUri=BHYT, min=1),
        element("Patient.identifier:bhyt.period", min=1),
    ]


PERIOD = ("required", "Patient.identifier[1].period")
CASES: list[tuple[str, list[Row], Row, list[tuple[str, str]]]] = [
    ("slice there", cards(), ids(CARD), OK),
    ("slice absent", cards(), ids("urn:x"), [("required", "Patient.identifier")]),
    ("no values at all", cards(), {"resourceType": "Patient", "active": True},
     [("required", "Patient.identifier")]),
    ("others are allowed", cards(), ids(CARD, "urn:x"), OK),
    ("closed", cards(rules="closed"), ids(CARD, "urn:x"), [("structure", "Patient.identifier[1]")]),
    ("closed, all known", cards(rules="closed"), ids(CARD), OK),
    ("open at the end", cards(rules="openAtEnd"), ids(CARD, "urn:x"), OK),
    ("open at the end, not before", cards(rules="openAtEnd"), ids("urn:x", CARD),
     [("structure", "Patient.identifier[1]")]),
    ("in order", cards(ordered=True), ids(CARD, CARD), OK),
    ("out of order", cards(ordered=True)[:5], ids(BHYT, CARD),
     [("structure", "Patient.identifier[1]")]),
    ("any order", cards()[:5], ids(BHYT, CARD), OK),
    ("what a slice asks for", cards(), ids(CARD, BHYT), [PERIOD]),
    ("too many of a slice", cards()[:5], ids(CARD, BHYT, BHYT),
     [("structure", "Patient.identifier")]),
    ("by pattern", [
        sliced("Patient.maritalStatus.coding", ("pattern", "$this")),
        element("Patient.maritalStatus.coding:a", patternCoding={"system": "urn:a"}, min=1)],
     {"resourceType": "Patient", "maritalStatus": {"coding": [{"system": "urn:a", "code": "1"}]}},
     OK),
    ("by pattern, absent", [
        sliced("Patient.maritalStatus.coding", ("pattern", "$this")),
        element("Patient.maritalStatus.coding:a", patternCoding={"system": "urn:a"}, min=1)],
     {"resourceType": "Patient", "maritalStatus": {"coding": [{"system": "urn:b", "code": "1"}]}},
     [("required", "Patient.maritalStatus.coding")]),
    ("by a pattern further out than the path", [
        sliced("Patient.identifier", ("value", "type.coding.code")),
        element("Patient.identifier:mr", max="0"),
        element("Patient.identifier:mr.type",
                patternCodeableConcept={"coding": [{"code": "MR"}]})],
     {"resourceType": "Patient", "identifier": [{"value": "1", "type": {"coding": [
         {"code": "MR"}]}}, {"value": "2"}]}, [("structure", "Patient.identifier")]),
    ("by a required set", [
        sliced("Patient.telecom", ("value", "use")),
        element("Patient.telecom:home", max="1"),
        element("Patient.telecom:home.use", binding={
            "strength": "required", "valueSet": "http://hl7.org/fhir/ValueSet/contact-point-use"})],
     {"resourceType": "Patient", "telecom": [{"use": "home"}, {"use": "work"}, {"rank": 1}]},
     [("structure", "Patient.telecom")]),
    ("by presence", [
        sliced("Patient.name", ("exists", "period")),
        element("Patient.name:dated", max="1"), element("Patient.name:dated.period", min=1),
        element("Patient.name:plain"), element("Patient.name:plain.period", max="0"),
        element("Patient.name:plain.text", min=1)],
     {"resourceType": "Patient", "name": [{"family": "x", "period": {"start": "2026"}},
                                          {"family": "y"}]},
     [("required", "Patient.name[1].text")]),
    ("by type of a choice", [
        sliced("Observation.value[x]", ("type", "$this")),
        element("Observation.value[x]:valueQuantity", type=[{"code": "Quantity"}]),
        element("Observation.value[x]:valueQuantity.code", min=1)],
     {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
      "valueQuantity": {"value": 1}}, [("required", "Observation.value.code")]),
    ("by type of a choice, another type", [
        sliced("Observation.value[x]", ("type", "$this")),
        element("Observation.value[x]:valueQuantity", type=[{"code": "Quantity"}]),
        element("Observation.value[x]:valueQuantity.code", min=1)],
     {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
      "valueString": "y"}, OK),
    ("by type of a choice, closed", [
        sliced("Observation.value[x]", ("type", "$this"), rules="closed"),
        element("Observation.value[x]:valueQuantity", type=[{"code": "Quantity"}])],
     {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
      "valueString": "y"}, [("structure", "Observation.value")]),
    ("by type of the target", [
        sliced("Patient.generalPractitioner", ("type", "resolve()")),
        element("Patient.generalPractitioner:doctor", max="1", type=[
            {"code": "Reference", "targetProfile": [CORE + "Practitioner"]}])],
     {"resourceType": "Patient", "generalPractitioner": [
         {"reference": "Practitioner/1"}, {"reference": "Practitioner/2"},
         {"reference": "Organization/1"}]}, [("structure", "Patient.generalPractitioner")]),
    ("by a value inside a contained target", [
        sliced("Patient.generalPractitioner", ("value", "resolve().active")),
        element("Patient.generalPractitioner:on", min=1, type=[
            {"code": "Reference", "targetProfile": [BASE + "Active"]}])],
     {"resourceType": "Patient",
      "contained": [{"resourceType": "Practitioner", "id": "d", "active": True}],
      "generalPractitioner": [{"reference": "#d"}]}, OK),
    ("by profile", [
        sliced("Patient.generalPractitioner", ("profile", "resolve()")),
        element("Patient.generalPractitioner:on", min=1, type=[
            {"code": "Reference", "targetProfile": [BASE + "Active"]}])],
     {"resourceType": "Patient",
      "contained": [{"resourceType": "Practitioner", "id": "d", "active": False}],
      "generalPractitioner": [{"reference": "#d"}]},
     [("required", "Patient.generalPractitioner")]),
    ("by an extension", [
        sliced("Patient.name", ("value", "extension('http://example.vn/kind').value")),
        element("Patient.name:x", max="0"),
        element("Patient.name:x.extension:kind", min=1,
                type=[{"code": "Extension", "profile": [BASE + "Kind"]}])],
     {"resourceType": "Patient", "name": [{"family": "x"}]}, OK),
    ("by two discriminators", [
        sliced("Patient.telecom", ("value", "system"), ("value", "use")),
        element("Patient.telecom:w", max="0"),
        element("Patient.telecom:w.system", fixedCode="phone"),
        element("Patient.telecom:w.use", fixedCode="work")],
     {"resourceType": "Patient", "telecom": [{"system": "phone", "use": "home"},
                                             {"system": "fax", "use": "work"}]}, OK),
    ("by nothing: where it fits", [
        element("Patient.name", slicing={"rules": "open", "description": "any"}),
        element("Patient.name:full", min=1), element("Patient.name:full.family", min=1)],
     {"resourceType": "Patient", "name": [{"text": "x"}]}, [("required", "Patient.name")]),
    ("in two slices at once", [
        sliced("Patient.maritalStatus", ("value", "coding.code")),
        element("Patient.maritalStatus:a"),
        element("Patient.maritalStatus:a.coding.code", fixedCode="a"),
        element("Patient.maritalStatus:b"),
        element("Patient.maritalStatus:b.coding.code", fixedCode="b")],
     {"resourceType": "Patient", "maritalStatus": {"coding": [{"code": "a"}, {"code": "b"}]}},
     [("structure", "Patient.maritalStatus"), ("value", "Patient.maritalStatus.coding[1].code")]),
    ("slices of a slice", [
        sliced("Patient.identifier", ("value", "system")),
        element("Patient.identifier:a", slicing={
            "discriminator": [{"type": "value", "path": "use"}], "rules": "open"}),
        element("Patient.identifier:a.system", fixedUri=CARD),
        element("Patient.identifier:a/old", max="1"),
        element("Patient.identifier:a/old.use", fixedCode="old")],
     {"resourceType": "Patient", "identifier": [
         {"system": CARD, "use": "old"}, {"system": CARD, "use": "old"},
         {"system": BHYT, "use": "old"}, {"system": BHYT, "use": "old"}]},
     [("structure", "Patient.identifier")]),
    ("what belongs to no slice", [
        sliced("Patient.identifier", ("value", "system")),
        element("Patient.identifier:a"),
        element("Patient.identifier:a.system", fixedUri=CARD),
        element("Patient.identifier:@default"),
        element("Patient.identifier:@default.use", min=1)],
     ids(CARD, BHYT), [("required", "Patient.identifier[1].use")]),
    ("what the element asks counts in slices too", [
        element("Patient.identifier.value", min=1), *cards()[:3]],
     {"resourceType": "Patient", "identifier": [{"system": CARD}]},
     [("required", "Patient.identifier[0].value")]),
]  # fmt: skip

ACTIVE = profile("Active", element("Practitioner.active", min=1, fixedBoolean=True),
                 of="Practitioner")  # fmt: skip
KIND = extension("Kind", element("Extension.value[x]", min=1, fixedCode="k",
                                 type=[{"code": "code"}]), context="HumanName")  # fmt: skip


@pytest.mark.parametrize(("what", "rows", "resource", "expected"), CASES,
                         ids=[case[0] for case in CASES])  # fmt: skip
def test_each_slicing_is_judged(
    what: str, rows: list[Row], resource: Row, expected: list[tuple[str, str]]
) -> None:
    made = profile("P", *rows, of=resource["resourceType"])
    assert found(resource, made, ACTIVE, KIND) == expected


def blood() -> list[Row]:
    return [
        element("Patient.extension:blood", min=1, max="1",
                type=[{"code": "Extension", "profile": [BASE + "Blood"]}]),
    ]  # fmt: skip


def test_extensions_are_sliced_by_their_address() -> None:
    known = extension("Blood", element("Extension.value[x]", min=1, type=[{"code": "code"}]))
    resource = sample("Patient")
    told = found(resource, profile("P", *blood()), known)
    assert told == [("required", "Patient.extension")]
    good = {"url": BASE + "Blood", "valueCode": "A"}
    resource["extension"].append(good)
    assert found(resource, profile("P", *blood()), known) == OK
    resource["extension"].append(good)
    assert found(resource, profile("P", *blood()), known) == [("structure", "Patient.extension")]


def test_parts_of_an_extension_are_slices() -> None:
    known = extension(
        "Pair",
        sliced("Extension.extension", ("value", "url")),
        element("Extension.extension:a", min=1, max="1"),
        element("Extension.extension:a.url", fixedUri="a"),
        element("Extension.extension:a.value[x]", min=1, type=[{"code": "integer"}]),
        element("Extension.value[x]", max="0"),
    )
    resource = sample("Patient")
    resource["extension"] = [{"url": BASE + "Pair", "extension": [{"url": "a", "valueInteger": 1}]}]
    assert found(resource, profile("P"), known) == OK
    resource["extension"][0]["extension"] = [{"url": "a", "valueString": "1"}]
    told = found(resource, profile("P"), known)
    assert told == [("structure", "Patient.extension[0].extension[0].value")]
    resource["extension"][0]["extension"] = [{"url": "b", "valueString": "1"}]
    assert found(resource, profile("P"), known) == [("required", "Patient.extension[0].extension")]


def test_slices_may_be_named_without_ids() -> None:
    """Older differentials say by `sliceName` and order alone which slice a row belongs to."""
    rows = cards()
    for row in rows:
        del row["id"]
        if row["path"] != "Patient.identifier":
            row.pop("sliceName", None)
    made = profile("P", *rows)
    assert found(ids(CARD, BHYT), made) == [PERIOD]
    assert ("required", "Patient.identifier[0].period") in found(ids(BHYT), made)


def test_a_derived_profile_narrows_a_slice_of_its_base() -> None:
    base = profile("A", *cards()[:3])
    derived = profile("B", element("Patient.identifier:card.use", min=1), base=BASE + "A")
    assert found(ids(CARD, BHYT), derived, base) == [("required", "Patient.identifier[0].use")]


def test_a_slice_that_nothing_tells_is_a_doubt() -> None:
    rows = [sliced("Patient.name", ("value", "use")), element("Patient.name:a", max="0")]
    made = profile("P", *rows)
    resource = sample("Patient")
    assert found(resource, made) == OK
    assert ("processing", "Patient") in found(resource, made, warnings=True)


@pytest.mark.parametrize(
    ("component", "expected"),
    [
        (2, []),
        (1, ["Observation.component", "Observation.component"]),
    ],
)
def test_the_published_profile_of_blood_pressure(component: int, expected: list[str]) -> None:
    def part(code: str) -> Row:
        return {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": 120, "unit": "mmHg",
                              "system": "http://unitsofmeasure.org", "code": "mm[Hg]"},
        }  # fmt: skip

    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category",
            "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-01-31",
        "component": [part("8480-6"), part("8462-4")][:component],
    }  # fmt: skip
    assert validate(resource) == []  # told by its code alone: doubts, no faults
    doubts = [i.expression for i in validate(resource, warnings=True) if i.severity == "warning"]
    assert [each for each in doubts if each.startswith("Observation.component")] == expected
    resource["meta"] = {"profile": ["http://hl7.org/fhir/StructureDefinition/bp"]}
    assert [issue.expression for issue in validate(resource)] == expected


def test_a_profile_bound_to_a_type_judges_every_resource_of_it() -> None:
    registry = Profiles([profile("P", element("Patient.photo", min=1))])
    assert validate(sample("Patient"), profiles=registry) == []
    registry.bind("Patient", BASE + "P")
    told = validate(sample("Patient"), profiles=registry)
    assert [issue.expression for issue in told] == ["Patient.photo"]
    assert validate(sample("Observation"), profiles=registry) == []


def test_a_profile_named_in_a_resource_judges_it() -> None:
    registry = Profiles([profile("P", element("Patient.photo", min=1))])
    resource = sample("Patient")
    for url, count in ((BASE + "P", 1), (BASE + "P|1.0.0", 1), (BASE + "P|2", 0), (BASE, 0)):
        resource["meta"] = {"profile": [url]}
        assert len(validate(resource, profiles=registry)) == count
