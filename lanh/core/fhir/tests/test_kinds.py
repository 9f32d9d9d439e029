"""Rules that definitions only put in words: code lists, Bundles, codings and attachments."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core import fhir

Row = dict[str, Any]
SYSTEM: Row = {
    "resourceType": "CodeSystem", "status": "active", "url": "http://example.vn/s",
    "content": "complete", "concept": [{"code": "a", "concept": [{"code": "b"}]}],
}  # fmt: skip


def basic(code: str, system: str = "http://example.vn/s") -> Row:
    return {"resourceType": "Basic", "code": {"coding": [{"system": system, "code": code}]}}


def value_set(**part: Any) -> Row:
    return {"resourceType": "ValueSet", "status": "active", "compose": {"include": [part]}}


def bundle(kind: str, *entries: Row, **more: Any) -> Row:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries), **more}


def found(resource: Row, *beside: Row, strict: bool = False) -> list[str]:
    profiles = fhir.Profiles()
    for other in beside:
        profiles.keep(other)
    issues = fhir.validate(resource, profiles=profiles, strict=strict)
    return [issue.expression.partition(".")[2] for issue in issues]


@pytest.mark.parametrize(("code", "expected"), [("b", []), ("c", ["code.coding[0].code"])])
def test_codes_of_a_system_at_hand(code: str, expected: list[str]) -> None:
    assert found(basic(code), SYSTEM) == expected
    assert found(basic("c")) == []


def test_a_supplement_is_no_system() -> None:
    supplement = {**SYSTEM, "content": "supplement", "supplements": "http://example.vn/t"}
    assert found(basic("a"), supplement) == ["code.coding[0].system"]


def test_code_systems_that_contradict_themselves() -> None:
    assert found({**SYSTEM, "content": "not-present"}) == ["concept"]
    typed = {
        "property": [{"code": "p", "type": "integer"}, {"code": "p", "type": "integer"}],
        "concept": [{"code": "a", "property": [{"code": "p", "valueString": "x"}]}],
    }
    assert found({**SYSTEM, **typed}) == ["property[1]", "concept[0].property[0]"]


def test_value_sets_by_the_systems_at_hand() -> None:
    assert found(value_set(system="s")) == ["compose.include[0].system"]
    wrong = value_set(system="http://example.vn/s", concept=[{"code": "b"}, {"code": "c"}])
    assert found(wrong, SYSTEM) == ["compose.include[0].concept[1].code"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (bundle("collection", {"fullUrl": "Basic/1", "resource": basic("a")}),
         ["entry[0].fullUrl"]),
        (bundle("collection", {"fullUrl": "http://x.vn/Basic/1", "resource": basic("a")}),
         ["entry[0].fullUrl"]),
        (bundle("searchset", {"resource": basic("a"), "search": {"mode": "match"}}),
         ["entry[0].resource"]),
        (bundle("searchset", {"resource": basic("a") | {"id": "1"}, "search": {"mode": "match"}},
                link=[{"relation": "self", "url": "http://x.vn/Patient?_count=1"}]),
         ["entry[0].resource"]),
        (bundle("searchset", {"resource": basic("a") | {"id": "1"}, "search": {"mode": "match"}},
                link=[{"relation": "self", "url": "http://x.vn/Basic"}]), []),
    ],
)  # fmt: skip
def test_entries_by_the_kind_of_bundle(given: Row, expected: list[str]) -> None:
    assert found(given) == expected


def test_sizes_and_systems_are_what_they_say() -> None:
    media = {"resourceType": "Media", "status": "completed",
             "content": {"contentType": "text/plain", "data": "YWJj", "size": 4}}  # fmt: skip
    assert found(media) == ["content.size"]
    assert (
        found({**media, "content": {"contentType": "text/plain", "data": "YWJj", "size": 3}}) == []
    )
    assert found(basic("a", "local")) == ["code.coding[0].system"]


def test_unknown_extensions_are_errors_where_strictness_is_asked_for() -> None:
    extended = {**basic("a"), "extension": [{"url": "http://x.vn/e", "valueCode": "a"}]}
    assert found(extended) == []
    assert found(extended, strict=True) == ["extension[0]"]


def test_a_definition_repeats_the_ids_of_its_differential() -> None:
    rows = [{"id": "Patient", "path": "Patient", "min": 0, "max": "*", "short": "x",
             "definition": "x", "base": {"path": "Patient", "min": 0, "max": "*"}}]  # fmt: skip
    definition = {
        "resourceType": "StructureDefinition", "url": "http://x.vn/p", "name": "P",
        "status": "draft", "kind": "resource", "abstract": False, "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation": "constraint", "snapshot": {"element": rows},
        "differential": {"element": [{"id": "Patient", "path": "Patient"}]},
    }  # fmt: skip
    assert [e for e in found(definition) if e.endswith(".id")] == []
