"""What is kept under grants of its own is recognised by label and by diagnosis."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.nation import naming
from lanh.nation.sensitivity import sensitivity

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def icd(code: str) -> dict[str, Any]:
    return {"coding": [{"system": naming.ICD10, "code": code}]}


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({"resourceType": "Condition", "code": icd("B20.1")}, "HIV"),
        ({"resourceType": "Condition", "code": icd("F32.9")}, "PSY"),
        ({"resourceType": "Condition", "code": icd("I10")}, ""),
        ({"resourceType": "Encounter", "reasonCode": [icd("I10"), icd("Z21")]}, "HIV"),
        (
            {"resourceType": "Claim", "diagnosis": [{"diagnosisCodeableConcept": icd("F20.0")}]},
            "PSY",
        ),
        ({"meta": {"security": [{"system": ACT_CODE, "code": "GDIS"}]}}, "GDIS"),
        ({"meta": {"security": [{"system": "urn:other", "code": "HIV"}]}}, ""),
        ({"resourceType": "Patient"}, ""),
        ({"code": {"coding": [{"system": "urn:other", "code": "B20"}]}}, ""),
    ],
)
def test_sensitivity(resource: dict[str, Any], expected: str) -> None:
    assert sensitivity(resource) == expected
