"""What the terminology operations refuse, and that hostile input stays bounded."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.api.tests.test_terminology import CODING, GENDER, GENDERS, call, listed
from lanh.core.terminology import TerminologyError
from lanh.core.terminology.tests.samples import CARE, code_system, rule, value_set

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("kind", "name", "given", "status", "says"),
    [
        ("ValueSet", "expand", {}, 400, "url is missing"),
        ("ValueSet", "expand", {"url": "urn:none"}, 404, "urn:none"),
        ("ValueSet", "expand", {"url": GENDERS, "fitler": "m"}, 400, "no parameter 'fitler'"),
        ("ValueSet", "expand", {"url": GENDERS, "count": -1}, 400, "count"),
        ("ValueSet", "expand", {"url": GENDERS, "count": "ten"}, 400, "count"),
        ("ValueSet", "expand", {"url": GENDERS, "offset": "9" * 30}, 400, "offset"),
        ("ValueSet", "expand", {"url": GENDERS, "activeOnly": "maybe"}, 400, "activeOnly"),
        ("ValueSet", "expand", {"url": GENDERS, "date": "soon"}, 400, "date"),
        ("ValueSet", "expand", {"url": GENDERS, "date": "2026-02-31"}, 400, "date"),
        ("ValueSet", "expand", {"url": GENDERS, "displayLanguage": "v!"}, 400, "displayLanguage"),
        ("ValueSet", "expand", {"context": "Patient.gender"}, 400, "context"),
        ("ValueSet", "expand", {"url": GENDERS, "system_version": "x"}, 400, "system-version"),
        ("ValueSet", "validate-code", {"url": GENDERS}, 400, "code | coding"),
        ("ValueSet", "validate-code", {"url": "urn:none", "coding": CODING}, 404, "urn:none"),
        ("CodeSystem", "lookup", {"code": "male"}, 400, "system is missing"),
        ("CodeSystem", "lookup", {"code": "x", "system": GENDER}, 404, "'x' does not exist"),
        ("CodeSystem", "lookup", {"code": "x", "system": "urn:none"}, 404, "urn:none"),
        ("CodeSystem", "lookup", {"code": "1", "system": "http://snomed.info/sct"}, 422, "licence"),
        ("CodeSystem", "subsumes", {"codeA": "male", "system": GENDER}, 400, "codeB"),
        ("CodeSystem", "subsumes", {"codeA": "male", "codeB": "x", "system": GENDER}, 404, "'x'"),
        ("CodeSystem", "subsumes", {"codeA": "male", "codeB": "female"}, 400, "system"),
        ("ConceptMap", "translate", {"url": "urn:none", "coding": CODING}, 404, "urn:none"),
        ("ConceptMap", "translate", {"system": CARE}, 400, "code | coding"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    kind: str, name: str, given: Json, status: int, says: str
) -> None:
    with pytest.raises(TerminologyError) as caught:
        call(kind, name, **given)
    assert caught.value.status == status
    assert says in caught.value.issue.message.en
    assert caught.value.issue.message.vi != caught.value.issue.message.en


def test_a_hostile_request_is_bounded() -> None:
    twice = [{"code": f"c{n}"} for n in range(3000)] * 2
    hostile = code_system("urn:h", twice, property=[{"code": "parent", "type": "code"}])
    bomb = value_set("urn:b", {"system": "urn:h", "filter": [
        rule("code", "regex", "(c|c)*(c+)+[0-9]*x")]})  # fmt: skip
    assert listed(call("ValueSet", "expand", hostile, valueSet=bomb)) == []
    unsound: list[dict[str, Any]] = [
        {"compose": {"include": [{"system": "urn:h", "filter": [{}]}]}},
        {"compose": {"include": [{"system": "urn:h", "concept": [{}]}]}},
        {"compose": {}},
        {},
    ]
    for broken in unsound:
        sent = {"resourceType": "ValueSet", "status": "active", **broken}
        try:
            assert listed(call("ValueSet", "expand", hostile, valueSet=sent)) == []
        except TerminologyError as error:
            assert error.status == 422
