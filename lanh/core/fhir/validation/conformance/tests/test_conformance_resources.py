"""Definitions judged against the definitions that they name."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.fhir import Profiles, ValidationOptions, validate
from lanh.core.fhir.tests.profiling import BASE, CORE, Row, element, extension, profile, sliced

OK: list[tuple[str, str]] = []
SEARCH = "http://hl7.org/fhir/SearchParameter/"


def told(resource: Row, *known: Row, **asked: Any) -> list[tuple[str, str]]:
    """(code, expression) of each error, the definition given with `known` beside it."""
    registry = Profiles()
    for each in known:
        if each["resourceType"] == "StructureDefinition":
            registry.add(each)
        else:
            registry.keep(each)
    issues = validate(resource, profiles=registry, options=ValidationOptions(**asked))
    assert all(issue.message.vi != issue.message.en for issue in issues)
    return [(issue.code, issue.expression) for issue in issues]


AT = "StructureDefinition.differential.element[0]"
TYPE = [{"code": "Quantity", "profile": [CORE + "Count"]}]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([element("Observation.subject", min=1)], OK),
        ([element("Observation.valueQuantity")], OK),
        ([element("Observation.component:a.code")], OK),
        ([element("Observation.valueBla")], [("business-rule", AT)]),
        ([element("Observation.subject.bla")], [("business-rule", AT)]),
        ([element("Observation.code", min=0)], [("business-rule", AT)]),
        ([element("Observation.code", max="2")], [("business-rule", AT)]),
        ([element("Observation.code", max="*")], [("business-rule", AT)]),
        ([element("Observation.component:a", min=0)], OK),
        ([element("Observation.valueQuantity", type=TYPE)],
         [("value", f"{AT}.type[0].profile[0]")]),
        ([element("Observation.valueQuantity",
                  type=[{"code": "Quantity", "profile": [CORE + "SimpleQuantity"]}])], OK),
        ([element("Observation.subject",
                  type=[{"code": "Reference", "targetProfile": [CORE + "Group"]}])], OK),
        ([sliced("Observation.component", ("value", "code"))], OK),
        ([sliced("Observation.component", ("pattern", "code.coding.code"))], OK),
        ([sliced("Observation.component", ("value", "$this"))], OK),
        ([sliced("Observation.component", ("value", "colour"))],
         [("value", f"{AT}.slicing.discriminator[0].path")]),
        ([sliced("Observation.extension", ("value", "url"))], OK),
        ([sliced("Observation.extension", ("value", "type"))],
         [("value", f"{AT}.slicing.discriminator[0].path")]),
        ([sliced("Observation.performer", ("profile", "resolve()"))], OK),
        ([sliced("Observation.value[x]", ("type", "$this"))], OK),
    ],
)  # fmt: skip
def test_what_a_differential_may_say_of_its_base(
    rows: list[Row], expected: list[tuple[str, str]]
) -> None:
    assert told(profile("O", *rows, of="Observation")) == expected


def test_a_fixed_value_cannot_be_fixed_again() -> None:
    first = profile("A", element("Patient.active", fixedBoolean=True))
    other = profile("B", element("Patient.active", fixedBoolean=False), base=first["url"])
    assert told(other, first) == [("business-rule", AT)]
    other["differential"]["element"][0]["fixedBoolean"] = True
    assert told(other, first) == OK


def test_a_definition_and_its_base() -> None:
    circle = profile("A", base=BASE + "A")
    assert told(circle) == [("invariant", "StructureDefinition.baseDefinition")]
    assert told(profile("A", base=BASE + "unknown")) == OK
    other = profile("A", element("Observation"), of="Observation", base=CORE + "Patient")
    assert told(other) == [("invariant", "StructureDefinition.type")]


def test_the_address_of_an_extension_is_its_fixed_url() -> None:
    right = extension("e", element("Extension.value[x]", type=[{"code": "string"}]))
    assert told(right) == OK
    wrong = right | {"url": BASE + "f"}
    assert told(wrong) == [("value", "StructureDefinition.url")]


def model(**changes: Any) -> Row:
    made = profile("M", element("M"), element("M.a", min=0, max="1", type=[{"code": "string"}]))
    return made | {
        "kind": "logical", "type": BASE + "M", "derivation": "specialization",
        "baseDefinition": CORE + "Element",
    } | changes  # fmt: skip


def test_the_type_of_a_logical_model() -> None:
    assert told(model(), strict=True) == OK
    assert told(model(type="M")) == OK
    where = [("value", "StructureDefinition.type")]
    assert told(model(type="M"), strict=True) == where
    path = [("value", f"StructureDefinition.differential.element[{n}].path") for n in (0, 1)]
    assert told(model(type=BASE + "N"), strict=True) == path
    base = model(url=BASE + "N") | {"differential": {"element": [element("M")]}}
    derived = model(baseDefinition=BASE + "N")
    assert told(derived, base, strict=True) == [("invariant", "StructureDefinition.type")]


def parameter(**changes: Any) -> Row:
    return {
        "resourceType": "SearchParameter", "url": "http://a.vn/s", "name": "Name", "code": "name",
        "status": "active", "description": "x", "type": "string", "base": ["Organization"],
        "derivedFrom": SEARCH + "Organization-name", "expression": "Organization.name",
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, OK),
        ({"type": "token"}, [("business-rule", "SearchParameter.type")]),
        ({"base": ["Organization", "Patient"]}, [("business-rule", "SearchParameter.base[1]")]),
        ({"derivedFrom": "http://a.vn/unknown", "type": "token"}, OK),
        ({"derivedFrom": SEARCH + "Resource-id", "type": "token", "base": ["Patient"]}, OK),
    ],
)
def test_a_derived_search_parameter(changes: Row, expected: list[tuple[str, str]]) -> None:
    assert told(parameter(**changes)) == expected


def test_search_parameters_that_a_server_states() -> None:
    stated = {"name": "name", "definition": SEARCH + "Organization-name", "type": "date"}
    server: Row = {
        "resourceType": "CapabilityStatement", "status": "active", "date": "2026-01-31",
        "kind": "requirements", "fhirVersion": "4.0.1", "format": ["json"], "description": "x",
        "rest": [{"mode": "server", "resource": [{"type": "Organization",
                                                  "searchParam": [stated]}]}],
    }  # fmt: skip
    where = "CapabilityStatement.rest[0].resource[0].searchParam[0].type"
    assert told(server) == [("business-rule", where)]
    stated["type"] = "string"
    assert told(server) == OK
    stated["definition"], own = "http://a.vn/s", parameter(type="token")
    assert told(server, own) == [("business-rule", where)]


def test_the_codes_of_a_concept_map() -> None:
    codes: Row = {"resourceType": "CodeSystem", "url": "http://a.vn/c", "status": "active",
                  "content": "complete", "concept": [{"code": "a"}, {"code": "b"}]}  # fmt: skip
    some: Row = {"resourceType": "ValueSet", "url": "http://a.vn/v", "status": "active",
                 "compose": {"include": [{"system": "http://a.vn/c",
                                          "concept": [{"code": "a"}]}]}}  # fmt: skip
    row: Row = {"code": "a", "target": [{"code": "x", "equivalence": "equal"}]}
    made: Row = {
        "resourceType": "ConceptMap", "status": "active", "sourceCanonical": "http://a.vn/v",
        "group": [{"source": "http://a.vn/c", "target": "http://a.vn/other", "element": [row]}],
    }  # fmt: skip
    where = [("code-invalid", "ConceptMap.group[0].element[0].code")]
    assert told(made, codes, some) == OK
    row["code"] = "b"
    assert told(made, codes, some) == where
    assert told(made, some) == OK
    row["code"] = "c"
    assert told(made, codes) == where


@pytest.mark.parametrize(("value", "good"), [("true", True), ("1", False)])
def test_properties_that_r4_defines_for_every_system(value: str, good: bool) -> None:
    made: Row = {
        "resourceType": "ValueSet", "status": "active",
        "compose": {"include": [{"system": "http://a.vn/unknown", "filter": [
            {"property": "notSelectable", "op": "=", "value": value}]}]},
    }  # fmt: skip
    assert bool(told(made)) is not good


def test_a_profile_does_not_say_what_absence_means() -> None:
    rows = element("Patient.active", meaningWhenMissing="x")
    assert told(profile("P", rows)) == [("business-rule", f"{AT}.meaningWhenMissing")]
