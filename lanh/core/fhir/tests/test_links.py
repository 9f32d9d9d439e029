"""Links: contained resources, Bundles, published extensions, codes of FHIR's own systems."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.fhir import validate
from lanh.core.fhir.tests.profiling import CORE, Row
from lanh.core.fhir.tests.samples import sample

OK: list[tuple[str, str]] = []
URN = "urn:uuid:c757873d-ec9a-4326-a141-556f4323952"


def told(resource: Any, *, warnings: bool = False) -> list[tuple[str, str]]:
    """(code, expression) of each issue."""
    return [(i.code, i.expression) for i in validate(resource, warnings=warnings)]


def entry(number: int, resource: Row, method: str | None = "POST") -> Row:
    made: Row = {"fullUrl": f"{URN}{number}", "resource": resource}
    if method is not None:
        made["request"] = {"method": method, "url": resource["resourceType"]}
    return made


def note(**changes: Any) -> Row:
    """An Observation about the resource of entry 0."""
    made: Row = {"resourceType": "Observation", "status": "final", "code": {"text": "x"},
                 "subject": {"reference": URN + "0"}}  # fmt: skip
    return made | changes


def bundle(kind: str, *entries: Row, **more: Any) -> Row:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)} | more


PERSON: Row = {"resourceType": "Patient", "name": [{"text": "x"}]}
DOCTOR: Row = {"resourceType": "Practitioner", "name": [{"text": "x"}]}
PAPER: Row = {
    "resourceType": "Composition",
    "status": "final",
    "type": {"text": "x"},
    "date": "2026-01-31",
    "author": [{"reference": URN + "1"}],
    "title": "x",
}
DOCUMENT: Row = {"identifier": {"system": "urn:d", "value": "1"}, "timestamp":
                 "2026-01-31T08:00:00+07:00"}  # fmt: skip
CASES: list[tuple[str, Row, list[tuple[str, str]]]] = [
    ("urn inside", bundle("transaction", entry(0, PERSON), entry(1, note())), OK),
    ("urn to nothing", bundle("transaction", entry(1, note())),
     [("not-found", "Bundle.entry[0].resource.subject.reference")]),
    ("urn to nothing in a collection", bundle("collection", entry(1, note(), None)), OK),
    ("urn to a wrong type", bundle("transaction", entry(0, DOCTOR), entry(1, note())),
     [("value", "Bundle.entry[1].resource.subject.reference")]),
    ("urn to a wrong type, in an unusual resource",
     bundle("transaction", entry(0, DOCTOR), entry(1, note(_issued={"id": "a"}))),
     [("structure", "Bundle.entry[1].resource.issued"),
      ("value", "Bundle.entry[1].resource.subject.reference")]),
    ("extension may refer to anything", bundle(
        "transaction", entry(0, DOCTOR), entry(1, PERSON | {"extension": [
            {"url": "http://x", "valueReference": {"reference": URN + "0"}}]})), OK),
    ("id against the address", bundle("collection", {
        "fullUrl": "http://a.vn/fhir/Patient/1", "resource": PERSON | {"id": "2"}}),
     [("value", "Bundle.entry[0].fullUrl")]),
    ("type against the address", bundle("collection", {
        "fullUrl": "http://a.vn/fhir/Group/1", "resource": PERSON | {"id": "1"}}),
     [("value", "Bundle.entry[0].fullUrl")]),
    ("id as the address says", bundle("collection", {
        "fullUrl": "http://a.vn/fhir/Patient/1", "resource": PERSON | {"id": "1"}}), OK),
    ("document", bundle("document", entry(0, PAPER, None), entry(1, DOCTOR, None), **DOCUMENT), OK),
    ("document without author inside", bundle("document", entry(0, PAPER, None), **DOCUMENT),
     [("not-found", "Bundle.entry[0].resource.author[0].reference")]),
    ("document without fullUrl", bundle("document", entry(0, PAPER, None), entry(1, DOCTOR, None),
                                        {"resource": PERSON}, **DOCUMENT),
     [("required", "Bundle.entry[2].fullUrl")]),
    ("document without identifier", bundle("document", entry(0, PAPER, None),
                                           entry(1, DOCTOR, None),
                                           timestamp=DOCUMENT["timestamp"]),
     [("invariant", "Bundle")]),
    ("document without date", bundle("document", entry(0, PAPER, None), entry(1, DOCTOR, None),
                                     identifier=DOCUMENT["identifier"]), [("invariant", "Bundle")]),
    ("document that begins with another", bundle("document", entry(1, DOCTOR, None),
                                                 entry(0, PAPER, None), **DOCUMENT),
     [("invariant", "Bundle")]),
    ("message that begins with another", bundle("message", entry(0, PERSON, None)),
     [("invariant", "Bundle")]),
    ("total outside a search", bundle("collection", entry(0, PERSON, None), total=1),
     [("invariant", "Bundle")]),
    ("search outside a searchset", bundle("collection", entry(0, PERSON, None) | {
        "search": {"mode": "match"}}), [("invariant", "Bundle")]),
    ("request missing", bundle("batch", entry(0, PERSON, None)), [("invariant", "Bundle")]),
    ("response missing", bundle("batch-response", entry(0, PERSON, None)),
     [("invariant", "Bundle")]),
    ("the same address twice", bundle("collection", entry(0, PERSON, None),
                                      entry(0, PERSON, None)), [("invariant", "Bundle")]),
    ("empty entry", bundle("collection", {"fullUrl": URN + "0"}),
     [("invariant", "Bundle.entry[0]")]),
    ("version in the address", bundle("collection", {
        "fullUrl": "http://a.vn/fhir/Patient/1/_history/2", "resource": PERSON}),
     [("invariant", "Bundle.entry[0]")]),
    ("contained of a wrong type", note(contained=[DOCTOR | {"id": "d"}],
                                       subject={"reference": "#d"}),
     [("value", "Observation.subject.reference")]),
    ("contained that refers back", note(
        contained=[{"resourceType": "Provenance", "id": "p", "target": [{"reference": "#"}],
                    "recorded": "2026-01-31T08:00:00Z", "agent": [{"who": {"display": "x"}}]}],
        subject={"display": "x"}), OK),
    ("contained of a right type in a list", note(
        contained=[DOCTOR | {"id": "d"}], subject={"display": "x"},
        performer=[{"reference": "#d"}]), OK),
    ("contained in contained", note(
        contained=[DOCTOR | {"id": "d", "contained": [PERSON | {"id": "p"}]}],
        performer=[{"reference": "#d"}]),
     [("invariant", "Observation.contained[0]")]),
    ("contained with a label", note(
        contained=[DOCTOR | {"id": "d", "meta": {"security": [{"code": "R"}]}}],
        performer=[{"reference": "#d"}]),
     [("invariant", "Observation.contained[0].meta.security")]),
    ("element ids that differ", PERSON | {
        "name": [{"id": "a", "text": "x"}, {"id": "b", "text": "y"}]},
     OK),
    ("an id alone", PERSON | {"name": [{"id": "a"}]}, [("structure", "Patient.name[0]")]),
    ("element id twice", PERSON | {"name": [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]},
     [("invariant", "Patient.name[1].id")]),
    ("element id twice, in a primitive", PERSON | {
        "name": [{"id": "a", "text": "x"}], "gender": "male", "_gender": {"id": "a", "extension": [
            {"url": "http://x", "valueCode": "y"}]}}, [("invariant", "Patient.gender.id")]),
    ("code that FHIR's own system has", note(category=[{"coding": [
        {"system": "http://hl7.org/fhir/observation-status", "code": "final"}]}]), OK),
    ("code that FHIR's own system lacks", note(category=[{"coding": [
        {"system": "http://hl7.org/fhir/observation-status", "code": "finished"}]}]),
     [("code-invalid", "Observation.category[0].coding[0].code")]),
    ("code of another's system under FHIR's address", note(category=[{"coding": [
        {"system": "http://hl7.org/fhir/sid/icd-10", "code": "A90"}]}]), OK),
    ("code that a shared system lacks", note(category=[{"coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/observation-category",
         "code": "new"}]}]), OK),
    ("longest text", PERSON | {"name": [{"text": "x" * (1024 * 1024)}]}, OK),
    ("text too long", PERSON | {"name": [{"text": "x" * (1024 * 1024 + 1)}]},
     [("too-long", "Patient.name[0].text")]),
    ("comparator in a simple quantity", {
        "resourceType": "Claim", "id": "c"} | {k: v for k, v in sample("Claim").items()
                                               if k != "item"} | {
        "item": [{"sequence": 1, "productOrService": {"text": "x"},
                  "quantity": {"value": 1, "comparator": "<"}}]},
     [("invariant", "Claim.item[0].quantity")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "resource", "expected"), CASES, ids=[c[0] for c in CASES])
def test_each_rule(what: str, resource: Row, expected: list[tuple[str, str]]) -> None:
    assert sorted(told(resource)) == sorted(expected)


def ext(name: str, **value: Any) -> Row:
    return {"url": CORE + name, **value}


EXTENSIONS: list[tuple[str, Row, list[tuple[str, str]]]] = [
    ("right type", PERSON | {"extension": [ext("patient-birthPlace",
                                               valueAddress={"city": "x"})]}, OK),
    ("wrong type", PERSON | {"extension": [ext("patient-birthPlace", valueString="x")]},
     [("structure", "Patient.extension[0].value")]),
    ("another place", DOCTOR | {"extension": [ext("patient-birthPlace",
                                                  valueAddress={"city": "x"})]},
     [("structure", "Practitioner.extension[0]")]),
    ("parts", PERSON | {"extension": [ext("patient-nationality", extension=[
        {"url": "code", "valueCodeableConcept": {"text": "VN"}}])]}, OK),
    ("a part of a wrong type", PERSON | {"extension": [ext("patient-nationality", extension=[
        {"url": "code", "valueCode": "VN"}])]},
     [("structure", "Patient.extension[0].extension[0].value")]),
    ("a part twice", PERSON | {"extension": [ext("patient-nationality", extension=[
        {"url": "code", "valueCodeableConcept": {"text": "VN"}}] * 2)]},
     [("structure", "Patient.extension[0].extension")]),
    ("on a primitive", PERSON | {"birthDate": "1980-02-28", "_birthDate": {"extension": [
        ext("patient-birthTime", valueDateTime="1980-02-28T08:00:00Z")]}}, OK),
    ("on another primitive", PERSON | {"gender": "male", "_gender": {"extension": [
        ext("patient-birthTime", valueDateTime="1980-02-28T08:00:00Z")]}},
     [("structure", "Patient.gender.extension[0]")]),
    ("in a data type", {"resourceType": "Patient", "name": [{"text": "x", "extension": [
        ext("humanname-assembly-order", valueCode="?")]}]},
     [("code-invalid", "Patient.name[0].extension[0].value")]),
    ("on a list of primitives", {"resourceType": "Patient", "name": [{
        "given": ["x", "y"], "_given": [None, {"extension": [
            ext("iso21090-EN-qualifier", valueCode="IN")]}]}]}, OK),
    ("anywhere", DOCTOR | {"extension": [ext("rendering-style", valueString="x")]}, OK),
    ("one that modifies among others", PERSON | {"extension": [
        ext("request-doNotPerform", valueBoolean=True)]},
     [("structure", "Patient.extension[0]"), ("structure", "Patient.extension[0]")]),
    ("one that nobody knows", PERSON | {"extension": [ext("nothing", valueString="x")]}, OK),
    ("one without known address", PERSON | {"extension": [
        {"url": "http://example.vn/e", "valueString": "x"}]}, OK),
]  # fmt: skip


@pytest.mark.parametrize(("what", "resource", "expected"), EXTENSIONS,
                         ids=[c[0] for c in EXTENSIONS])  # fmt: skip
def test_each_published_extension(
    what: str, resource: Row, expected: list[tuple[str, str]]
) -> None:
    assert told(resource) == expected


def test_doubts_are_told_only_where_asked_for() -> None:
    resource = PERSON | {
        "meta": {"profile": ["http://example.vn/nothing"]},
        "extension": [ext("nothing", valueString="x")],
        "maritalStatus": {"coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "!"}]},
    }  # fmt: skip
    assert told(resource) == OK
    assert sorted(told(resource, warnings=True)) == [
        ("code-invalid", "Patient.maritalStatus.coding[0].code"),
        ("invariant", "Patient"),
        ("not-found", "Patient"),
        ("not-found", "Patient.extension[0]"),
    ]
    assert {i.severity for i in validate(resource, warnings=True)} == {"warning", "information"}


def test_errors_come_before_doubts() -> None:
    resource = PERSON | {"gender": "x", "meta": {"profile": ["http://example.vn/nothing"]}}
    assert [i.severity for i in validate(resource, warnings=True)] == ["error", "warning"]
