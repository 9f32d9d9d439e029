"""The terminology operations, Parameters in and a resource out: a table of cases for each."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core import access
from lanh.core.api.terminology import OPERATIONS, Call, answer
from lanh.core.api.terminology_parameters import from_query
from lanh.core.database import SyncDatabase, fetch
from lanh.core.fhir import validate
from lanh.core.terminology import Terminology, TerminologyError
from lanh.core.terminology.tests.samples import (
    CARE,
    CARES,
    DAY,
    held_nowhere,
    rule,
    value_set,
)

Json = dict[str, Any]
ALL = value_set("urn:v", {"system": CARE}, version="2")
GENDER = "http://hl7.org/fhir/administrative-gender"
GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"
V3 = "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0001"
_KINDS = {bool: "valueBoolean", int: "valueInteger"}


def call(kind: str, name: str, *inline: Json, id: str | None = None, **given: Any) -> Json:
    """The answer to a call; underscores in names stand for hyphens, dicts for Coding and such."""
    rows: list[Json] = [{"name": "tx-resource", "resource": each} for each in inline]
    for key, values in given.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, dict):
                slot = "resource" if "resourceType" in value else (
                    "valueCodeableConcept" if "coding" in value else "valueCoding")  # fmt: skip
            else:
                slot = _KINDS.get(type(value), "valueString")
            rows.append({"name": key.replace("_", "-"), slot: value})
    parameters = {"resourceType": "Parameters", "parameter": rows}
    service = Terminology(lambda: DAY)
    found = held_nowhere(OPERATIONS[kind, name](service, Call(parameters, id, "en")))
    assert [i for i in validate(found) if i.severity in ("fatal", "error")] == []
    return found


def told(found: Json) -> Json:
    """The parameters of an answer by name (the last of several)."""
    return {
        row["name"]: next((v for k, v in row.items() if k != "name"), None)
        for row in found["parameter"]
    }


def listed(found: Json) -> list[str]:
    return [row["code"] for row in found["expansion"].get("contains", ())]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"url": "urn:v"}, ["in", "in-day", "in-icu", "in-icu-new", "out", "old"]),
        ({"url": "urn:v|2", "count": 2, "offset": 1}, ["in-day", "in-icu"]),
        ({"url": "urn:v", "valueSetVersion": "2", "count": 1}, ["in"]),
        ({"url": "urn:v", "filter": "hoi suc"}, ["in-icu", "in-icu-new"]),
        ({"url": "urn:v", "filter": "Hồi sức", "count": "1"}, ["in-icu"]),
        ({"url": "urn:v", "activeOnly": True, "excludeNotForUI": "true"},
         ["in-day", "in-icu", "in-icu-new", "out"]),
        ({"valueSet": value_set("urn:x", {"system": CARE, "filter": [
            rule("concept", "is-a", "out")]})}, ["out", "old"]),
        ({"url": GENDERS}, ["male", "female", "other", "unknown"]),
        ({"url": "urn:v", "exclude_system": CARE}, []),
    ],
)  # fmt: skip
def test_expand(given: Json, expected: list[str]) -> None:
    found = call("ValueSet", "expand", CARES, ALL, **given)
    assert found["resourceType"] == "ValueSet" and listed(found) == expected


def test_expand_of_an_instance_and_of_a_value_set_sent_bare() -> None:
    found = call("ValueSet", "expand", id="administrative-gender")
    assert listed(found) == ["male", "female", "other", "unknown"]
    bare = value_set("urn:x", {"system": GENDER, "concept": [{"code": "male"}]})
    service = Terminology(lambda: DAY)
    made = held_nowhere(OPERATIONS["ValueSet", "expand"](service, Call(bare)))
    assert listed(made) == ["male"]
    asked = from_query([("url", GENDERS), ("count", "1"), ("_format", "json")])
    made = held_nowhere(OPERATIONS["ValueSet", "expand"](service, Call(asked)))
    assert listed(made) == ["male"] and made["expansion"]["total"] == 4


def test_expand_says_what_it_was_made_under() -> None:
    found = call("ValueSet", "expand", CARES, ALL, url="urn:v", count=10**12, filter="in",
                 displayLanguage="en-GB, vi;q=0.5", includeDesignations=True)  # fmt: skip
    notes = {row["name"]: row for row in found["expansion"]["parameter"]}
    assert notes["count"]["valueInteger"] == 10_000
    assert notes["filter"]["valueString"] == "in"
    assert notes["used-codesystem"]["valueUri"] == f"{CARE}|1.0.0"
    assert notes["used-valueset"]["valueUri"] == "urn:v|2"
    first = found["expansion"]["contains"][0]
    assert first["display"] == "Inpatient" and first["abstract"] is True
    assert {"language": "vi", "value": "Nội trú"} in first["designation"]


CODING = {"system": CARE, "code": "out"}


@pytest.mark.parametrize(
    ("given", "result", "says"),
    [
        ({"code": "out", "system": CARE}, True, None),
        ({"coding": CODING}, True, None),
        ({"coding": {**CODING, "display": "Ngoại trú"}}, True, None),
        ({"coding": {**CODING, "display": "Outpatient"}}, True, None),
        ({"coding": {**CODING, "display": "ngoẠi trÚ"}}, True, None),
        ({"coding": {**CODING, "display": "Ngoai tru"}}, False, "“Ngoại trú”"),
        (
            {"coding": {**CODING, "display": "Nhầm"}, "lenient_display_validation": True},
            True,
            "“Ngoại trú”",
        ),
        (
            {"coding": {**CODING, "display": "Ngoại trú"}, "displayLanguage": "en"},
            False,
            "Outpatient",
        ),
        ({"coding": {**CODING, "version": "1.0.0"}}, True, None),
        ({"coding": {**CODING, "version": "7"}}, False, "|7 is not held here"),
        ({"coding": {"system": CARE, "code": "none"}}, False, "does not exist"),
        ({"coding": {"system": "urn:else", "code": "out"}}, False, "is not held here"),
        ({"coding": {"code": "out"}}, False, "has no system"),
        ({"code": "out", "inferSystem": True}, True, None),
        (
            {"codeableConcept": {"coding": [{"system": CARE, "code": "none"}, CODING]}},
            True,
            "'none'",
        ),
        ({"codeableConcept": {"coding": [{"system": CARE, "code": "none"}]}}, False, "'none'"),
        ({"codeableConcept": {"coding": []}}, False, "no code to judge"),
        ({"code": "old", "system": CARE}, True, "no longer in use"),
        ({"code": "old", "system": CARE, "activeOnly": True}, False, "no longer in use"),
        ({"code": "in", "system": CARE, "abstract": True}, True, None),
        ({"code": "in", "system": CARE, "abstract": False}, False, "only groups"),
        ({"code": "in", "system": CARE}, True, None),
    ],
)
def test_validate_in_a_value_set(given: Json, result: bool, says: str | None) -> None:
    found = told(call("ValueSet", "validate-code", CARES, ALL, url="urn:v", **given))
    assert found["result"] is result
    assert says is None or says in found["message"]
    assert (says is None) is ("message" not in found)
    if result:
        assert found["system"] == CARE and found["version"] == "1.0.0"


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"url": CARE, "code": "out"}, True),
        ({"url": CARE, "code": "none"}, False),
        ({"url": CARE, "code": "out", "display": "Ngoại trú"}, True),
        ({"url": CARE, "code": "out", "display": "Khác"}, False),
        ({"url": CARE, "version": "1.0.0", "code": "out"}, True),
        ({"url": CARE, "version": "2", "code": "out"}, False),
        ({"url": CARE, "coding": CODING}, True),
        ({"url": "urn:else", "coding": CODING}, False),
        ({"coding": CODING}, True),
        ({"coding": {"system": "http://unitsofmeasure.org", "code": "mg/dL"}}, True),
        ({"coding": {"system": "http://unitsofmeasure.org", "code": "mgg"}}, False),
        ({"coding": {"system": "urn:iso:std:iso:3166", "code": "VN"}}, True),
        ({"coding": {"system": "urn:iso:std:iso:4217", "code": "VND"}}, True),
        ({"coding": {"system": "urn:ietf:bcp:47", "code": "vi-VN"}}, True),
        ({"coding": {"system": "urn:ietf:bcp:47", "code": "vi_VN"}}, False),
    ],
)
def test_validate_in_a_code_system(given: Json, result: bool) -> None:
    assert told(call("CodeSystem", "validate-code", CARES, **given))["result"] is result


def test_case_counts_only_where_the_system_says_so() -> None:
    loose = {**CARES, "caseSensitive": False}
    found = told(call("CodeSystem", "validate-code", loose, url=CARE, code="OUT"))
    assert found["result"] is True and found["code"] == "out"
    strict = told(call("CodeSystem", "validate-code", CARES, url=CARE, code="OUT"))
    assert strict["result"] is False


def _properties(found: Json) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {}
    for row in found["parameter"]:
        if row["name"] == "property":
            parts = {part["name"]: part for part in row["part"]}
            value = next(v for k, v in parts["value"].items() if k != "name")
            rows.setdefault(parts["code"]["valueCode"], []).append(value)
    return rows


def test_lookup_tells_what_is_known() -> None:
    found = call("CodeSystem", "lookup", CARES, system=CARE, code="in-icu")
    plain = told(found)
    assert (plain["name"], plain["version"], plain["display"]) == (
        "Test", "1.0.0", "Hồi sức tích cực")  # fmt: skip
    assert _properties(found) == {
        "inactive": [False], "parent": ["in"], "child": ["in-icu-new"], "beds": [2],
    }  # fmt: skip
    english = call("CodeSystem", "lookup", CARES, coding={"system": CARE, "code": "out"},
                   displayLanguage="en", property=["inactive"])  # fmt: skip
    assert told(english)["display"] == "Outpatient"
    assert _properties(english) == {"inactive": [False]}
    male = told(call("CodeSystem", "lookup", system=GENDER, code="male", version="4.0.1"))
    assert male["display"] == "Male"


@pytest.mark.parametrize(
    ("one", "other", "outcome"),
    [
        ("in", "in-icu-new", "subsumes"), ("in-icu-new", "in", "subsumed-by"),
        ("out", "out", "equivalent"), ("in", "out", "not-subsumed"),
        ("out", "old", "subsumes"), ("in-day", "in-icu", "not-subsumed"),
    ],
)  # fmt: skip
def test_subsumes(one: str, other: str, outcome: str) -> None:
    by_code = call("CodeSystem", "subsumes", CARES, system=CARE, codeA=one, codeB=other)
    by_coding = call("CodeSystem", "subsumes", CARES, codingA={"system": CARE, "code": one},
                     codingB={"system": CARE, "code": other})  # fmt: skip
    assert told(by_code)["outcome"] == told(by_coding)["outcome"] == outcome


FAR = "urn:test:far"
MAP: Json = {
    "resourceType": "ConceptMap", "url": "urn:m", "version": "1", "status": "active",
    "group": [
        {
            "source": CARE, "target": FAR,
            "element": [
                {"code": "out", "target": [
                    {"code": "o", "equivalence": "equivalent"},
                    {"code": "x", "equivalence": "wider"}]},
                {"code": "old", "target": [{"equivalence": "unmatched"}]},
                {"code": "in", "target": [
                    {"code": "day", "equivalence": "narrower",
                     "dependsOn": [{"property": "urn:length", "value": "short"}]}]},
            ],
        },
        {"source": CARE, "target": "urn:test:other",
         "element": [{"code": "out", "target": [{"code": "z", "equivalence": "inexact"}]}]},
    ],
}  # fmt: skip


def _matches(found: Json) -> list[tuple[str, str | None]]:
    rows = []
    for row in found["parameter"]:
        if row["name"] == "match":
            parts = {part["name"]: part for part in row["part"]}
            concept = parts.get("concept", {}).get("valueCoding", {})
            rows.append((parts["equivalence"]["valueCode"], concept.get("code")))
    return rows


@pytest.mark.parametrize(
    ("given", "result", "expected"),
    [
        ({"url": "urn:m", "code": "out", "system": CARE}, True,
         [("equivalent", "o"), ("wider", "x"), ("inexact", "z")]),
        ({"code": "out", "system": CARE, "targetsystem": FAR}, True,
         [("equivalent", "o"), ("wider", "x")]),
        ({"coding": CODING, "targetsystem": "urn:test:other"}, True, [("inexact", "z")]),
        ({"codeableConcept": {"coding": [CODING]}, "targetsystem": FAR}, True,
         [("equivalent", "o"), ("wider", "x")]),
        ({"url": "urn:m", "code": "old", "system": CARE}, False, [("unmatched", None)]),
        ({"url": "urn:m", "code": "none", "system": CARE}, False, []),
        ({"url": "urn:m", "code": "in", "system": CARE}, False, []),
        ({"url": "urn:m", "code": "o", "system": FAR, "reverse": True}, True,
         [("equivalent", "out")]),
        ({"url": "urn:m", "code": "x", "system": FAR, "reverse": True}, True,
         [("narrower", "out")]),
        ({"conceptMap": MAP, "code": "out", "system": CARE, "targetsystem": FAR}, True,
         [("equivalent", "o"), ("wider", "x")]),
        ({"code": "male", "system": GENDER, "targetsystem": V3}, True, [("equal", "M")]),
        ({"code": "M", "system": V2, "targetsystem": GENDER, "reverse": True}, True,
         [("equal", "male")]),
    ],
)  # fmt: skip
def test_translate(given: Json, result: bool, expected: list[tuple[str, str | None]]) -> None:
    found = call("ConceptMap", "translate", MAP, CARES, **given)
    assert told(found)["result"] is result
    assert _matches(found) == expected


def test_translate_with_a_dependency() -> None:
    service = Terminology(lambda: DAY)
    short = {"coding": [{"code": "short"}]}
    rows = [
        {"name": "conceptMap", "resource": MAP},
        {"name": "code", "valueCode": "in"}, {"name": "system", "valueUri": CARE},
        {"name": "dependency", "part": [
            {"name": "element", "valueUri": "urn:length"},
            {"name": "concept", "valueCodeableConcept": short}]},
    ]  # fmt: skip
    asked = Call({"resourceType": "Parameters", "parameter": rows})
    found = held_nowhere(OPERATIONS["ConceptMap", "translate"](service, asked))
    assert _matches(found) == [("narrower", "day")]


@pytest.mark.parametrize(
    ("unmapped", "expected"),
    [
        ({"mode": "provided"}, [("equal", "in-day")]),
        ({"mode": "fixed", "code": "rest"}, [("relatedto", "rest")]),
        ({"mode": "other-map", "url": "urn:m2"}, [("equivalent", "second")]),
        (None, []),
    ],
)
def test_codes_that_a_map_does_not_name(
    unmapped: Json | None, expected: list[tuple[str, str]]
) -> None:
    group: Json = {"source": CARE, "target": FAR, "element": [{"code": "out"}]}
    first = {"resourceType": "ConceptMap", "url": "urn:m1", "status": "active", "group": [group]}
    if unmapped:
        group["unmapped"] = unmapped
    element = {"code": "in-day", "target": [{"code": "second", "equivalence": "equivalent"}]}
    other = {**group, "unmapped": None, "element": [element]}
    second = {**first, "url": "urn:m2", "group": [other]}
    found = call("ConceptMap", "translate", first, second, url="urn:m1", code="in-day", system=CARE)
    assert _matches(found) == expected


def test_maps_that_lead_in_a_circle_are_refused() -> None:
    def leading(url: str, to: str) -> Json:
        group = {"source": CARE, "target": FAR, "element": [{"code": "x"}],
                 "unmapped": {"mode": "other-map", "url": to}}  # fmt: skip
        return {"resourceType": "ConceptMap", "url": url, "status": "active", "group": [group]}

    with pytest.raises(TerminologyError, match="circle"):
        call("ConceptMap", "translate", leading("urn:a", "urn:b"), leading("urn:b", "urn:a"),
             url="urn:a", code="in", system=CARE)  # fmt: skip


def test_each_answer_leaves_its_audit_entry(database: SyncDatabase) -> None:
    service = Terminology(lambda: DAY)
    who = access.Access(access.Subject("system", "his-01", "HIS"), access.Purpose.OPERATIONS)
    asked = Call(from_query([("url", GENDERS)]))
    found = database.transact(answer(service, who, "ValueSet", "expand", asked))
    assert len(listed(found)) == 4
    rows = database.read(fetch("SELECT subject, detail FROM audit.entry"))
    assert [tuple(row) for row in rows] == [("system:his-01", "ValueSet/$expand")]
