"""Profiles: parts of other profiles, versions, bounds in time, entries, aggregation, variables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lanh.core.fhir import PathEnvironment, Profiles, ValidationOptions, validate
from lanh.core.fhir.tests.profiling import BASE, CORE, Row, element, found, profile, rule, sliced
from lanh.core.fhir.tests.samples import sample

OK: list[tuple[str, str]] = []
ELEMENT = CORE + "elementdefinition-profile-element"


def told(resource: Row, *known: Row, **asked: Any) -> list[tuple[str, str]]:
    """(code, expression) of each error by the first profile."""
    environment = asked.pop("outside", PathEnvironment())
    issues = validate(
        resource, profiles=Profiles(known), named=[known[0]["url"]], outside=environment,
        options=ValidationOptions(**asked),
    )  # fmt: skip
    return [(issue.code, issue.expression) for issue in issues]


def paper(*codes: str) -> Row:
    return {
        "resourceType": "Composition", "status": "final", "type": {"text": "x"}, "title": "x",
        "date": "2026-01-31", "author": [{"display": "x"}],
        "section": [
            {"title": "x", "code": {"text": code}, "entry": [{"display": "x"}]} for code in codes
        ],
    }  # fmt: skip


def test_a_slice_may_be_an_element_of_another_profile() -> None:
    library = profile(
        "Sections",
        sliced("Composition.section", ("pattern", "code")),
        element("Composition.section:a"),
        element("Composition.section:a.code", min=1, patternCodeableConcept={"text": "a"}),
        element("Composition.section:a.title", min=1),
        of="Composition",
    )
    part = {"extension": [{"url": ELEMENT, "valueString": "Composition.section:a"}]}
    kind = {"code": "BackboneElement", "profile": [library["url"]], "_profile": [part]}
    whole = profile(
        "Paper",
        sliced("Composition.section", ("pattern", "code"), rules="closed"),
        element("Composition.section:first", min=1, type=[kind]),
        of="Composition",
    )
    resource = paper("a")
    assert found(resource, whole, library) == OK
    del resource["section"][0]["title"]
    assert ("required", "Composition.section[0].title") in found(resource, whole, library)
    resource["section"][0]["code"] = {"text": "b"}
    assert ("required", "Composition.section") in found(resource, whole, library)


@pytest.mark.parametrize(("asked", "most"), [("0.2", 0), ("0.10", 0), ("0.1", 1), ("0.1.3", 1)])
def test_a_profile_asked_for_by_part_of_its_version(asked: str, most: int) -> None:
    old = profile("V", element("Patient.name", max="1")) | {"version": "0.1.3"}
    new = profile("V", element("Patient.name", max="0")) | {"version": "0.2.1"}
    newest = profile("V", element("Patient.name", max="0")) | {"version": "0.10.0"}
    resource = sample("Patient") | {"meta": {"profile": [f"{BASE}V|{asked}"]}}
    issues = validate(resource, profiles=Profiles([newest, new, old]))
    assert bool(issues) is (most == 0)


def test_what_any_resource_in_a_place_is_to_be() -> None:
    kind = [{"code": "Resource", "profile": [BASE + "N"]}]
    inside = profile("P", element("Parameters.parameter.resource", type=kind), of="Parameters")
    named = profile("N", element("Patient.photo", min=1))
    parameters: Row = {
        "resourceType": "Parameters",
        "parameter": [{"name": "a", "resource": sample("Patient")}],
    }
    where = "Parameters.parameter[0].resource"
    assert found(parameters, inside, named) == [("required", f"{where}.photo")]
    kind[0]["profile"] = [CORE + "Observation"]
    assert found(parameters, inside) == [("structure", where)]
    kind[0]["profile"] = [CORE + "Patient"]
    assert found(parameters, inside) == OK


def test_the_least_length_of_a_text() -> None:
    limit = {"url": CORE + "minLength", "valueInteger": 3}
    rows = element("Patient.name.text", extension=[limit])
    assert found(sample("Patient") | {"name": [{"text": "abc"}]}, profile("P", rows)) == OK
    short = found(sample("Patient") | {"name": [{"text": "ab"}]}, profile("P", rows))
    assert short == [("value", "Patient.name[0].text")]


@pytest.mark.parametrize(
    ("bound", "day", "kept"),
    [
        ({"minValueQuantity": {"value": 100, "code": "a"}}, "1926-02-01", True),
        ({"minValueQuantity": {"value": 100, "code": "a"}}, "1925-12-31", False),
        ({"minValueDuration": {"value": 10, "code": "d"}}, "2026-01-20", False),
        ({"maxValueQuantity": {"value": 1, "code": "mo"}}, "2026-02-27", True),
        ({"maxValueQuantity": {"value": 1, "code": "mo"}}, "2026-03-02", False),
        ({"maxValueQuantity": {"value": 1, "code": "mo"}}, "2026", True),
    ],
)
def test_bounds_that_are_lengths_of_time_count_from_now(bound: Row, day: str, kept: bool) -> None:
    clock = PathEnvironment(clock=lambda: datetime(2026, 1, 31, 5, tzinfo=UTC))
    rows = element("Patient.birthDate", **bound)
    faults = told(sample("Patient") | {"birthDate": day}, profile("P", rows), outside=clock)
    assert faults == (OK if kept else [("value", "Patient.birthDate")])


def test_where_what_a_reference_leads_to_may_stand() -> None:
    kind = {"code": "Reference", "targetProfile": [CORE + "Patient"], "aggregation": ["bundled"]}
    own = profile("O", element("Observation.subject", type=[kind]), of="Observation")
    rows = element("Bundle.entry.resource", type=[{"code": "Observation", "profile": [own["url"]]}])
    resource: Row = {
        "resourceType": "Observation", "status": "final", "code": {"text": "x"},
        "subject": {"reference": "Patient/p"}, "meta": {"profile": [own["url"]]},
    }  # fmt: skip
    assert told(resource, own) == OK
    assert told(resource, own, strict=True) == [("structure", "Observation.subject.reference")]
    held: Row = {
        "resourceType": "Bundle", "type": "collection",
        "entry": [{"fullUrl": "http://a.vn/Observation/o", "resource": resource | {"id": "o"}}],
    }  # fmt: skip
    whole = profile("B", element("Bundle.id"), of="Bundle")
    where = "Bundle.entry[0].resource.subject.reference"
    assert rows["path"] == "Bundle.entry.resource"
    assert told(held, whole, own) == [("structure", where)]
    person = {"resourceType": "Patient", "id": "p", "name": [{"text": "x"}]}
    held["entry"].append({"fullUrl": "http://a.vn/Patient/p", "resource": person})
    assert told(held, whole, own) == OK
    kind["aggregation"] = ["contained"]
    assert told(held, whole, own) == [("structure", where)]


def test_the_variables_of_a_rule_inside_what_is_contained() -> None:
    text = "%resource.type().name = 'Practitioner' and %rootResource.type().name = 'Patient'"
    rows = [
        element("Patient.contained", type=[{"code": "Practitioner"}]),
        element("Patient.contained.name", constraint=[rule("r-1", text)]),
    ]
    resource = sample("Patient") | {
        "contained": [{"resourceType": "Practitioner", "id": "d", "name": [{"text": "x"}]}],
        "generalPractitioner": [{"reference": "#d"}],
    }
    assert found(resource, profile("P", *rows)) == OK


def test_a_rule_may_name_a_primitive_by_the_type_of_fhirpath() -> None:
    rows = element("Patient", constraint=[rule("r-1", "(name.first().text as String) = 'a'")])
    assert found(sample("Patient") | {"name": [{"text": "a"}]}, profile("P", rows)) == OK
    refused = found(sample("Patient") | {"name": [{"text": "b"}]}, profile("P", rows))
    assert refused == [("invariant", "Patient")]


LATER = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition."


def test_a_value_that_must_be_there_and_what_may_stand_in_its_place() -> None:
    masked = {"extension": [{"url": "http://a.vn/masked", "valueCode": "x"}]}
    resource = {k: v for k, v in sample("Patient").items() if k != "birthDate"}
    resource["_birthDate"] = masked
    must = element("Patient.birthDate", extension=[{"url": LATER + "mustHaveValue",
                                                    "valueBoolean": True}])  # fmt: skip
    assert found(resource, profile("P", must)) == [("required", "Patient.birthDate")]
    assert found(sample("Patient"), profile("P", must)) == OK
    instead = {"url": LATER + "valueAlternatives", "valueCanonical": "http://a.vn/other"}
    other = element("Patient.birthDate", extension=[instead])
    assert found(resource, profile("P", other)) == [("required", "Patient.birthDate")]
    instead["valueCanonical"] = "http://a.vn/masked"
    assert found(resource, profile("P", other)) == OK


@pytest.mark.parametrize(
    "more",
    [
        {"url": CORE + "elementdefinition-maxValueSet",
         "valueCanonical": "http://hl7.org/fhir/ValueSet/marital-status"},
        *({"url": url, "extension": [
            {"url": "purpose", "valueCode": "required"},
            {"url": "valueSet", "valueCanonical": "http://hl7.org/fhir/ValueSet/marital-status"}]}
          for url in ("http://hl7.org/fhir/tools/StructureDefinition/additional-binding",
                      LATER + "binding.additional")),
    ],
)  # fmt: skip
def test_sets_beside_that_of_the_binding(more: Row) -> None:
    rows = element(
        "Patient.maritalStatus",
        binding={"strength": "extensible", "extension": [more],
                 "valueSet": "http://hl7.org/fhir/ValueSet/marital-status"},
    )  # fmt: skip
    system = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
    resource = sample("Patient") | {"maritalStatus": {"coding": [{"system": system, "code": "M"}]}}
    assert found(resource, profile("P", rows)) == OK
    resource["maritalStatus"] = {"coding": [{"system": "urn:other", "code": "M"}]}
    assert found(resource, profile("P", rows)) == [("code-invalid", "Patient.maritalStatus")]


def test_what_a_profile_asks_for_and_nobody_knows() -> None:
    kind = [{"code": "HumanName", "profile": [BASE + "unknown"]}]
    rows = profile("P", element("Patient.name", type=kind))
    assert told(sample("Patient"), rows) == OK
    strict = told(sample("Patient") | {"meta": {}, "extension": []}, rows, strict=True)
    assert ("not-found", "Patient.name[0]") in strict
