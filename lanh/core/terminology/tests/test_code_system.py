"""Strict reading of a FHIR CodeSystem."""

from __future__ import annotations

import copy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lanh.core import terminology

DRUGS: dict[str, Any] = {
    "resourceType": "CodeSystem",
    "url": "urn:test:drugs",
    "version": "1",
    "name": "Drugs",
    "title": "Thuốc",
    "_title": {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/translation",
                "extension": [
                    {"url": "lang", "valueCode": "en"},
                    {"url": "content", "valueString": "Drugs"},
                ],
            }
        ]
    },
    "status": "active",
    "date": "2024-01-01",
    "language": "vi",
    "content": "complete",
    "property": [
        {"code": "price", "type": "decimal"},
        {"code": "validTo", "type": "dateTime"},
        {"code": "counted", "type": "integer"},
    ],
    "concept": [
        {
            "code": "40.1",
            "display": "Nước cất",
            "designation": [{"language": "en", "value": "Water"}],
            "property": [{"code": "price", "valueDecimal": "1500.50"}],
        },
        {
            "code": "40.2",
            "display": "Đường",
            "designation": [{"language": "en", "value": "Sugar"}],
            "property": [{"code": "validTo", "valueDateTime": "2025-01-01"}],
        },
    ],
}
DRUGS["concept"][0]["property"][0]["valueDecimal"] = Decimal("1500.50")


def test_reads_titles_properties_and_validity() -> None:
    system = terminology.parse(DRUGS)
    assert (system.title.vi, system.title.en) == ("Thuốc", "Drugs")
    assert system["40.1"].properties["price"] == Decimal("1500.50")
    assert system["40.2"].valid_to == date(2025, 1, 1)
    assert "validTo" not in system["40.2"].properties


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda r: r["concept"][0].update(display=""), "English designation"),
        (lambda r: r["concept"][0].update(designation=[]), "English designation"),
        (lambda r: r["concept"][0].update(dsplay="x"), "not allowed: dsplay"),
        (lambda r: r["concept"][1].update(code="40.1"), "stands twice"),
        (lambda r: r["concept"][0]["property"][0].update(code="cost"), "not allowed: cost"),
        (lambda r: r["concept"][0]["property"][0].update(valueDecimal="dear"), "type decimal"),
        (lambda r: r["concept"][1]["property"][0].update(valueDateTime="soon"), "soon is not"),
        (lambda r: r.pop("version"), "version is missing"),
        (lambda r: r.pop("_title"), "English designation"),
        (lambda r: r.update(resourceType="ValueSet"), "not a FHIR R4 CodeSystem"),
    ],
)
def test_a_fault_is_refused_and_named(damage: Any, says: str) -> None:
    broken = copy.deepcopy(DRUGS)
    damage(broken)
    with pytest.raises(terminology.CodeSystemError) as caught:
        terminology.parse(broken)
    assert says in caught.value.problem.en
    assert caught.value.problem.vi != caught.value.problem.en
