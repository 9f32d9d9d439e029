"""Deaths by cause: worked examples through views and indicators."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from lanh.core.warehouse import Period, Ports, Warehouse, refresh
from lanh.core.warehouse.tests.feed import FakeFeed, Reader
from lanh.kit import counting
from lanh.nation import naming
from lanh.nation.indicators import national_definitions
from lanh.nation.indicators.tests.examples import HANOI, event, patient, person
from lanh.systems.deaths.mortality import INDICATORS
from lanh.systems.deaths.system import SYSTEM


def death(feed: FakeFeed, number: int, cause: str, status: str = "final") -> None:
    who, loinc = f"d{number}", "http://loinc.org"
    patient(feed, who, "00004")
    person(feed, f"P{number}", who)
    code: dict[str, Any] = {"coding": [{"system": loinc, "code": "80358-5"}]}
    value = {"coding": [{"system": naming.ICD10, "code": cause}]}
    event(feed, "Observation", f"o{number}", who, HANOI, status="final", code=code,
          effectiveDateTime="2026-03-04T07:15:00+07:00", valueCodeableConcept=value)  # fmt: skip
    kind = {"coding": [{"system": loinc, "code": "64297-5"}]}
    event(feed, "Composition", f"c{number}", who, HANOI, status=status, type=kind)


def test_deaths_are_counted_by_the_chapter_of_their_cause(tmp_path: Path) -> None:
    feed = FakeFeed()
    for number, (cause, status) in enumerate(
        (
            ("I21.9", "final"), ("I64", "amended"), ("C34.9", "final"), ("R99", "final"),
            ("I10", "preliminary"), ("V23.4", "entered-in-error"),
        )
    ):  # fmt: skip
        death(feed, number, cause, status)
    definitions = counting(replace(national_definitions(), indicators=()), [SYSTEM])
    refresh(Reader(), tmp_path, Ports(feed, definitions))
    warehouse = Warehouse(tmp_path, definitions)
    month = Period.parse("2026-03")
    found = {
        each.key: warehouse.figure(each.key, "VN", month, boundaries="34").value
        for each in INDICATORS
    }
    assert found["deaths-certified"] == 4
    assert found["deaths-circulatory"] == 2
    assert found["deaths-neoplasms"] == 1
    assert found["deaths-external"] == 0
    assert found["deaths-ill-defined"] == 25
    places = warehouse.by_place("deaths-circulatory", "VN", month, boundaries="34")
    assert ("01", None) in [(each.code, each.value) for each in places if each.withheld]
    told = Warehouse(tmp_path, replace(definitions, least=1))
    places = told.by_place("deaths-circulatory", "VN", month, boundaries="34")
    assert [(each.code, int(each.value)) for each in places if each.value] == [("01", 2)]
