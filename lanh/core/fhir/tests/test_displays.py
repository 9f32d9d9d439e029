"""Displays: what a code may be called, by code systems and value sets at hand and by the port."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.fhir import Profiles, ValidationOptions, validate
from lanh.core.fhir.tests.profiling import Row, element, profile

SYSTEM = "http://a.vn/c"
CODES: Row = {
    "resourceType": "CodeSystem", "url": SYSTEM, "status": "active", "content": "complete",
    "concept": [{"code": "a", "display": "First One",
                 "designation": [{"language": "vi", "value": "Thứ nhất"}]}],
}  # fmt: skip
SET: Row = {
    "resourceType": "ValueSet", "url": "http://a.vn/v", "status": "active",
    "compose": {"include": [{"system": SYSTEM, "concept": [{"code": "a", "display": "Number 1"}]}]},
    "expansion": {"timestamp": "2026-01-31", "contains": [
        {"system": SYSTEM, "code": "a", "designation": [{"value": "Nr. 1"}]}]},
}  # fmt: skip


def told(registry: Profiles, display: str, **asked: Any) -> list[tuple[str, str]]:
    coding = {"system": SYSTEM, "code": "a", "display": display}
    resource: Row = {"resourceType": "Basic", "code": {"coding": [coding]}}
    issues = validate(resource, profiles=registry, options=ValidationOptions(**asked))
    return [(issue.severity, issue.expression) for issue in issues if "dom-6" not in str(issue)]


WHERE = "Basic.code.coding[0].display"


@pytest.mark.parametrize("display", ["First One", "first  one", "Thứ nhất", "THỨ NHẤT"])
def test_names_of_the_code_system(display: str) -> None:
    registry = Profiles()
    registry.keep(CODES)
    assert told(registry, display, strict=True) == []


def test_another_name_is_a_doubt_unless_strict() -> None:
    registry = Profiles()
    registry.keep(CODES)
    assert told(registry, "Second") == []
    assert told(registry, "Second", warnings=True) == [("warning", WHERE)]
    assert told(registry, "Second", strict=True) == [("error", WHERE)]


@pytest.mark.parametrize("display", ["Number 1", "Nr. 1"])
def test_names_of_value_sets_count_too(display: str) -> None:
    registry = Profiles()
    registry.keep(CODES)
    assert told(registry, display, strict=True) == [("error", WHERE)]
    registry.keep(SET)
    assert told(registry, display, strict=True) == []
    holder = Profiles([profile("P", element("Basic.code")) | {"contained": [SET | {"id": "v"}]}])
    holder.keep(CODES)
    assert told(holder, display, strict=True) == []


def test_names_by_the_port() -> None:
    registry = Profiles(displays=lambda system, code: frozenset({"One"}) if code == "a" else None)
    assert told(registry, "One", strict=True) == []
    assert told(registry, "Two", strict=True) == [("error", WHERE)]
    assert told(registry, "Two") == []
