"""FHIRPath Patch: every operation on single elements, lists, choices, extensions and parts."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from lanh.core import fhir
from lanh.core.fhir.patch import PatchError, apply_path_patch

_ID = [{"system": "urn:a", "value": str(n)} for n in range(4)]
_NAME = {"given": ["A", "B"], "_given": [None, {"id": "b"}], "family": "F", "_family": {"id": "f"}}


def _operation(kind: str, path: str, **parts: Any) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {"name": "type", "valueCode": kind},
        {"name": "path", "valueString": path},
    ]
    for name, value in parts.items():
        rows.append({"name": name, **(value if isinstance(value, dict) else _plain(value))})
    return {"name": "operation", "part": rows}


def _plain(value: Any) -> dict[str, Any]:
    return {"valueInteger": value} if isinstance(value, int) else {"valueString": value}


def _patch(resource: dict[str, Any], *operations: dict[str, Any]) -> dict[str, Any]:
    before = copy.deepcopy(resource)
    parameters = {"resourceType": "Parameters", "parameter": list(operations)}
    found = apply_path_patch(resource, parameters)
    assert resource == before
    return found


def _patient(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", **more}


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ({}, _operation("add", "Patient", name="birthDate", value={"valueDate": "1980"}),
         {"birthDate": "1980"}),
        ({}, _operation("add", "Patient", name="identifier", value={"valueIdentifier": _ID[0]}),
         {"identifier": [_ID[0]]}),
        ({"name": [{"family": "F"}]},
         _operation("add", "Patient.name[0]", name="given", value="A"),
         {"name": [{"family": "F", "given": ["A"]}]}),
        ({}, _operation("add", "Patient", name="deceased", value={"valueBoolean": False}),
         {"deceasedBoolean": False}),
        ({"deceasedBoolean": True},
         _operation("replace", "Patient.deceased", value={"valueDateTime": "2020"}),
         {"deceasedDateTime": "2020"}),
        ({"deceasedBoolean": True}, _operation("delete", "Patient.deceased"), {}),
        ({"birthDate": "1980"},
         _operation("add", "Patient.birthDate", name="extension",
                    value={"valueExtension": {"url": "urn:e", "valueInteger": 1}}),
         {"birthDate": "1980",
          "_birthDate": {"extension": [{"url": "urn:e", "valueInteger": 1}]}}),
        ({"birthDate": "1980", "_birthDate": {"extension": [{"url": "urn:e", "valueInteger": 1}]}},
         _operation("delete", "Patient.birthDate.extension('urn:e')"), {"birthDate": "1980"}),
        ({"identifier": _ID[:3]},
         _operation("insert", "Patient.identifier", index=1, value={"valueIdentifier": _ID[3]}),
         {"identifier": [_ID[0], _ID[3], _ID[1], _ID[2]]}),
        ({}, _operation("insert", "Patient.identifier", index=0, value={"valueIdentifier": _ID[0]}),
         {"identifier": [_ID[0]]}),
        ({"identifier": _ID}, _operation("move", "Patient.identifier", source=0, destination=3),
         {"identifier": [_ID[1], _ID[2], _ID[3], _ID[0]]}),
        ({"identifier": _ID}, _operation("delete", "Patient.identifier.where(value = '2')"),
         {"identifier": [_ID[0], _ID[1], _ID[3]]}),
        ({"identifier": _ID}, _operation("delete", "Patient.identifier.last()"),
         {"identifier": _ID[:3]}),
        ({"identifier": _ID}, _operation("replace", "identifier[1].value", value="x"),
         {"identifier": [_ID[0], {"system": "urn:a", "value": "x"}, _ID[2], _ID[3]]}),
        ({"name": [_NAME]}, _operation("delete", "Patient.name.given[0]"),
         {"name": [{**_NAME, "given": ["B"], "_given": [{"id": "b"}]}]}),
        ({"name": [_NAME]}, _operation("move", "Patient.name.given", source=1, destination=0),
         {"name": [{**_NAME, "given": ["B", "A"], "_given": [{"id": "b"}, None]}]}),
        ({"name": [_NAME]}, _operation("replace", "Patient.name.family", value="G"),
         {"name": [{"given": ["A", "B"], "_given": [None, {"id": "b"}], "family": "G"}]}),
        ({"contact": [{"name": {"text": "x"}}]},
         _operation("delete", "Patient.contact[0].name.text"), {}),
        ({"contact": [{"name": {"text": "x"}}]}, _operation("delete", "Patient.contact[5]"),
         {"contact": [{"name": {"text": "x"}}]}),
        ({}, _operation("add", "Patient", name="contact", value={"part": [
            {"name": "name", "valueHumanName": {"text": "x"}},
            {"name": "telecom", "valueContactPoint": {"value": "1"}},
            {"name": "telecom", "valueContactPoint": {"value": "2"}},
            {"name": "period", "part": [{"name": "start", "valueDateTime": "2020"}]}]}),
         {"contact": [{"name": {"text": "x"}, "telecom": [{"value": "1"}, {"value": "2"}],
                       "period": {"start": "2020"}}]}),
        ({}, _operation("add", "Patient", name="contained",
                        value={"resource": {"resourceType": "Group", "id": "g"}}),
         {"contained": [{"resourceType": "Group", "id": "g"}]}),
    ],
)  # fmt: skip
def test_each_operation(
    before: dict[str, Any], operation: dict[str, Any], after: dict[str, Any]
) -> None:
    assert _patch(_patient(**before), operation) == _patient(**after)


@pytest.mark.parametrize(
    ("operation", "malformed", "words"),
    [
        (_operation("upsert", "Patient.active", value="x"), True, "upsert"),
        ({"name": "other"}, True, "Parameters"),
        (_operation("add", "Patient", value="x"), True, "'name'"),
        (_operation("add", "Patient", name="active"), True, "'value'"),
        (_operation("replace", "Patient.gender or true", value="x"), True, "no FHIRPath"),
        (_operation("replace", "Patient.((", value="x"), True, "no FHIRPath"),
        (_operation("replace", "Patient.descendants()", value="x"), True, "no FHIRPath"),
        (_operation("replace", "a" * 2000, value="x"), True, "no FHIRPath"),
        (_operation("replace", "Patient.birthDate", value={"valueDate": "1"}), False, "0 were"),
        (_operation("replace", "Patient.identifier", value={"valueIdentifier": {}}), False, "4 w"),
        (_operation("delete", "Patient.identifier"), False, "4 were"),
        (_operation("delete", "Patient"), False, "whole resource"),
        (_operation("add", "Patient", name="gender", value={"valueCode": "male"}), False, "alread"),
        (_operation("add", "Patient", name="colour", value="x"), False, "no element 'colour'"),
        (_operation("add", "Patient", name="name", value="x"), False, "no element 'name'"),
        (_operation("insert", "Patient.identifier", index=9,
                    value={"valueIdentifier": {}}), False, "position '9'"),
        (_operation("insert", "Patient.gender", index=0, value="x"), False, "no list"),
        (_operation("move", "Patient.identifier", source=0, destination=4), False, "position '4'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    operation: dict[str, Any], malformed: bool, words: str
) -> None:
    with pytest.raises(PatchError) as caught:
        _patch(_patient(gender="male", identifier=_ID), operation)
    assert caught.value.malformed is malformed
    assert words in caught.value.issue.message.en
    assert caught.value.issue.expression.startswith("Parameters")


def test_operations_build_on_each_other() -> None:
    found = _patch(
        _patient(),
        _operation("add", "Patient", name="name", value={"valueHumanName": {"family": "Thử"}}),
        _operation("add", "Patient.name[0]", name="given", value="An"),
        _operation("insert", "Patient.name[0].given", index=0, value="Bình"),
        _operation("replace", "Patient.name.where(family = 'Thử').given[1]", value="Cúc"),
    )
    assert found["name"] == [{"family": "Thử", "given": ["Bình", "Cúc"]}]
    assert fhir.validate(found) == []
