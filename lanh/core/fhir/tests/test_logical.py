"""Logical models: records of our own kinds are judged as FHIR's are."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.fhir import Profiles, Unusable, validate_logical
from lanh.core.fhir.tests.profiling import BASE, Row, element, rule, sliced

MODEL: Row = {
    "resourceType": "StructureDefinition",
    "url": BASE + "BedReport",
    "name": "BedReport",
    "status": "active",
    "kind": "logical",
    "abstract": False,
    "type": BASE + "BedReport",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/DomainResource",
    "derivation": "specialization",
    "differential": {
        "element": [
            element("BedReport", constraint=[
                rule("bed-1", "row.where(beds > %resource.total).empty()")]),
            element("BedReport.day", min=1, max="1", type=[{"code": "date"}]),
            element("BedReport.total", min=1, max="1", type=[{"code": "integer"}]),
            element("BedReport.facility", min=0, max="1", type=[
                {"code": "Reference",
                 "targetProfile": ["http://hl7.org/fhir/StructureDefinition/Organization"]}]),
            element("BedReport.note[x]", min=0, max="1",
                    type=[{"code": "string"}, {"code": "CodeableConcept"}]),
            element("BedReport.state", min=0, max="1", type=[{"code": "code"}],
                    binding={"strength": "required",
                             "valueSet": "http://hl7.org/fhir/ValueSet/publication-status"}),
            element("BedReport.row", min=0, max="*", type=[{"code": "BackboneElement"}],
                    constraint=[rule("bed-2", "kind.exists() or beds = 0")]),
            element("BedReport.row.kind", min=0, max="1", type=[{"code": "Coding"}]),
            element("BedReport.row.beds", min=1, max="1", type=[{"code": "unsignedInt"}],
                    maxValueUnsignedInt=5000),
            element("BedReport.row.part", min=0, max="*", contentReference="#BedReport.row"),
        ]
    },
}  # fmt: skip


def report(**changes: Any) -> Row:
    """A valid instance with changes; None removes."""
    row: Row = {"kind": {"system": "urn:kind", "code": "icu"}, "beds": 3}
    made: Row = {"resourceType": "BedReport", "id": "b1", "day": "2026-01-31", "total": 10,
                 "facility": {"reference": "Organization/o1"}, "state": "active",
                 "noteString": "đủ", "row": [row]}  # fmt: skip
    made |= changes
    return {key: value for key, value in made.items() if value is not None}


CASES: list[tuple[str, Row, list[tuple[str, str]]]] = [
    ("valid", {}, []),
    ("without resourceType", {"resourceType": None}, []),
    ("other type", {"resourceType": "Patient"}, [("structure", "BedReport.resourceType")]),
    ("missing", {"day": None}, [("required", "BedReport.day")]),
    ("unknown field", {"colour": "x"}, [("structure", "BedReport.colour")]),
    ("malformed date", {"day": "31/01/2026"}, [("value", "BedReport.day")]),
    ("text for number", {"total": "10"}, [("structure", "BedReport.total")]),
    ("two types of a choice", {"noteCodeableConcept": {"text": "x"}},
     [("structure", "BedReport.note")]),
    ("code outside", {"state": "x"}, [("code-invalid", "BedReport.state")]),
    ("wrong target", {"facility": {"reference": "Patient/1"}},
     [("value", "BedReport.facility.reference")]),
    ("rule of the whole", {"total": 2}, [("invariant", "BedReport")]),
    ("rule of a row", {"row": [{"beds": 1}]}, [("invariant", "BedReport.row[0]")]),
    ("missing in a row", {"row": [{"kind": {"code": "x"}}]},
     [("required", "BedReport.row[0].beds")]),
    ("missing in a row of a row",
     {"row": [{"beds": 0, "part": [{"kind": {"code": "x"}}]}]},
     [("required", "BedReport.row[0].part[0].beds")]),
    ("greatest value", {"total": 9999, "row": [{"kind": {"code": "x"}, "beds": 5001}]},
     [("value", "BedReport.row[0].beds")]),
    ("object for list", {"row": {"beds": 0}}, [("structure", "BedReport.row")]),
    ("what every resource has", {"meta": {"versionId": "1"}, "language": "vi"}, []),
    ("fault in a data type", {"row": [{"kind": {"code": " x"}, "beds": 1}]},
     [("value", "BedReport.row[0].kind.code")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "changes", "expected"), CASES, ids=[c[0] for c in CASES])
def test_each_fault_is_found(what: str, changes: Row, expected: list[tuple[str, str]]) -> None:
    issues = validate_logical(MODEL, report(**changes))
    assert [(issue.code, issue.expression) for issue in issues] == expected


def test_a_model_is_found_by_its_address() -> None:
    known = Profiles([MODEL])
    assert validate_logical(BASE + "BedReport", report(), profiles=known) == []
    with pytest.raises(Unusable):
        validate_logical(BASE + "Nothing", report(), profiles=known)


def test_a_changed_model_judges_by_what_it_says_now() -> None:
    rows = [*MODEL["differential"]["element"], element("BedReport.more", min=1, max="1",
                                                       type=[{"code": "string"}])]  # fmt: skip
    changed = MODEL | {"differential": {"element": rows}}
    assert [i.expression for i in validate_logical(changed, report())] == ["BedReport.more"]
    assert validate_logical(MODEL, report()) == []


def test_a_model_may_have_slices() -> None:
    rows = [
        *MODEL["differential"]["element"],
        sliced("BedReport.row", ("value", "kind.code"), rules="closed"),
        element("BedReport.row:icu", min=1),
        element("BedReport.row:icu.kind.code", fixedCode="icu"),
    ]
    model = MODEL | {"differential": {"element": rows}}
    assert validate_logical(model, report()) == []
    other = [{"kind": {"code": "ward"}, "beds": 1}]
    told = validate_logical(model, report(row=other))
    assert [i.expression for i in told] == ["BedReport.row[0]", "BedReport.row"]


def test_a_model_may_use_another() -> None:
    outer: Row = MODEL | {
        "url": BASE + "Reports",
        "name": "Reports",
        "type": BASE + "Reports",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Element",
        "differential": {"element": [
            element("Reports"),
            element("Reports.first", min=1, max="1", type=[{"code": BASE + "BedReport"}]),
        ]},
    }  # fmt: skip
    known = Profiles([MODEL, outer])
    inner = report(resourceType=None)
    assert validate_logical(outer, {"first": inner}, profiles=known) == []
    told = validate_logical(outer, {"first": {"total": 1}}, profiles=known)
    assert [i.expression for i in told] == ["Reports.first.day"]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "resource"},
        {"baseDefinition": "http://example.vn/nothing", "derivation": "constraint"},
        {"differential": {"element": [element("X"), element("X.a.b", type=[{"code": "string"}])]}},
        {"differential": {"element": [element("X"), element("X.a", type=[{"code": "Wrong"}])]}},
        {"differential": {"element": [
            element("X", constraint=[rule("x-1", "this is no path (")])]}},
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_understood_is_refused(change: Row) -> None:
    with pytest.raises(Unusable):
        validate_logical(MODEL | change, {"day": "2026"})
