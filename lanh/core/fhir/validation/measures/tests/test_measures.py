"""Reports judged by their measure, and measures by the libraries that they name."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from lanh.core.fhir import Profiles, validate
from lanh.core.fhir.tests.profiling import Row

OK: list[tuple[str, str]] = []
URL = "http://a.vn/Measure/m"


def told(resource: Row, *known: Row) -> list[tuple[str, str]]:
    registry = Profiles()
    for each in known:
        registry.keep(each)
    issues = validate(resource, profiles=registry)
    assert all(issue.message.vi != issue.message.en for issue in issues)
    return [(issue.code, issue.expression) for issue in issues]


def concept(code: str) -> Row:
    return {"coding": [{"system": "urn:c", "code": code}]}


def measure(scoring: str = "cohort", **group: Any) -> Row:
    criteria = {"language": "text/cql", "expression": "A"}
    whole = {
        "population": [{"code": concept(code), "criteria": criteria} for code in ("p", "q")],
        "stratifier": [{"code": {"text": "sex"}, "criteria": criteria}],
    } | group
    return {"resourceType": "Measure", "url": URL, "status": "active", "group": [whole],
            "scoring": concept(scoring)}  # fmt: skip


def report(*codes: str, **group: Any) -> Row:
    rows = [{"code": concept(code), "count": 1} for code in codes or ("p", "q")]
    strata = [{"code": [{"text": "sex"}], "stratum": [{"value": {"text": "f"}}]}]
    whole = {"population": rows, "stratifier": strata} | group
    return {
        "resourceType": "MeasureReport", "status": "complete", "type": "summary", "measure": URL,
        "period": {"start": "2026-01-01", "end": "2026-01-31"},
        "group": [{k: v for k, v in whole.items() if v is not None}],
    }  # fmt: skip


AT = "MeasureReport.group[0]"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (report(), OK),
        (report("p"), [("required", AT)]),
        (report("p", "q", "r"), [("code-invalid", f"{AT}.population[2]")]),
        (report("p", "q", "q"), [("duplicate", f"{AT}.population[2]")]),
        (report(stratifier=None), [("required", AT)]),
        (report(stratifier=[{"stratum": [{"value": {"text": "f"}}]}]),
         [("required", f"{AT}.stratifier[0]"), ("required", AT)]),
        (report(stratifier=[{"code": [{"text": "age"}], "stratum": [{"value": {"text": "f"}}]}]),
         [("code-invalid", f"{AT}.stratifier[0]"), ("required", AT)]),
        (report(measureScore={"value": 1}), [("business-rule", f"{AT}.measureScore")]),
    ],
)  # fmt: skip
def test_groups_are_reported_as_the_measure_defines_them(
    given: Row, expected: list[tuple[str, str]]
) -> None:
    assert told(given) == OK
    assert told(given, measure()) == expected


def test_what_is_under_way_may_lack_parts() -> None:
    assert told(report("p") | {"status": "pending"}, measure()) == OK


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ({"value": 1}, OK),
        (None, [("required", AT)]),
        ({"value": 2}, [("value", f"{AT}.measureScore.value")]),
        ({"value": 1, "unit": "x"}, [("business-rule", f"{AT}.measureScore")]),
    ],
)
def test_the_score_of_a_proportion(score: Row | None, expected: list[tuple[str, str]]) -> None:
    assert told(report(measureScore=score), measure("proportion")) == expected


def test_several_groups_are_told_by_their_codes() -> None:
    asked = measure()
    asked["group"] = [asked["group"][0] | {"code": concept(code)} for code in ("a", "b")]
    given = report()
    given["group"] = [given["group"][0] | {"code": concept(code)} for code in ("b", "a")]
    assert told(given, asked) == OK
    given["group"][1]["code"] = concept("c")
    assert told(given, asked) == [
        ("code-invalid", "MeasureReport.group[1]"),
        ("required", "MeasureReport"),
    ]


def test_subjects_stand_in_lists_of_subjects() -> None:
    rows = [{"code": concept(c), "subjectResults": {"reference": "List/1"}} for c in ("p", "q")]
    given = report(population=rows)
    where = [("business-rule", f"{AT}.population[{n}].subjectResults") for n in (0, 1)]
    assert told(given, measure()) == where
    assert told(given | {"type": "subject-list"}, measure()) == OK


@pytest.mark.parametrize(
    ("expression", "good"),
    [("A", True), ("Lib.A", True), ('"B c"', True), ("Other.A", False), ("D", False),
     ("A and B", True)],
)  # fmt: skip
def test_criteria_name_what_the_library_defines(expression: str, good: bool) -> None:
    text = "library Lib version '1'\ndefine A: 1\ndefine \"B c\":\n  2\n"
    data = base64.b64encode(text.encode()).decode()
    library: Row = {
        "resourceType": "Library", "url": "http://a.vn/l", "name": "Lib", "status": "active",
        "type": concept("x"), "content": [{"contentType": "text/cql", "data": data}],
    }  # fmt: skip
    made = measure() | {"library": ["http://a.vn/l"]}
    made["group"][0]["population"][0]["criteria"]["expression"] = expression
    made["group"][0]["population"] = made["group"][0]["population"][:1]
    made["group"][0]["stratifier"] = []
    del made["group"][0]["stratifier"]
    where = "Measure.group[0].population[0].criteria.expression"
    assert told(made, library) == (OK if good else [("invalid", where)])
    assert told(made) == OK
