"""Occupancy of beds from daily reports, by place under both sets of boundaries."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from lanh.core.access import Everything
from lanh.core.warehouse import Period, Ports, Warehouse, refresh
from lanh.core.warehouse.tests.feed import FakeFeed, Reader
from lanh.nation import naming
from lanh.nation.indicators import national_definitions
from lanh.nation.indicators.tests.examples import HANOI, NORTH


def _report(id_: str, day: str, status: str, *lines: tuple[str, int, int]) -> dict[str, Any]:
    def stratum(kind: str, staffed: int, occupied: int) -> dict[str, Any]:
        counts = {"staffed": staffed, "occupied": occupied}
        return {
            "value": {"coding": [{"system": naming.BED_TYPE, "code": kind}]},
            "population": [
                {"code": {"coding": [{"system": naming.BED_COUNT, "code": name}]}, "count": count}
                for name, count in counts.items()
            ],
        }

    return {
        "resourceType": "MeasureReport",
        "id": id_,
        "status": status,
        "type": "summary",
        "measure": naming.DAILY_BEDS,
        "period": {"start": day, "end": day},
        "group": [{"stratifier": [{"stratum": [stratum(*line)]}]} for line in lines],
    }


def test_occupancy_by_place_and_period(tmp_path: Path) -> None:
    feed = FakeFeed()
    feed.put(_report("r1", "2026-03-02", "complete", ("icu", 4, 4), ("general", 16, 8)), **HANOI)
    feed.put(_report("r2", "2026-03-03", "complete", ("general", 20, 16)), **HANOI)
    feed.put(_report("r3", "2026-03-03", "complete", ("general", 10, 1)), **NORTH)
    feed.put(_report("r4", "2026-03-04", "pending"), **HANOI)
    definitions = national_definitions()
    refresh(Reader(), tmp_path, Ports(feed, definitions))
    warehouse = Warehouse(tmp_path, definitions)
    march = Period.parse("2026-03")

    def value(key: str, area: str, boundaries: Any = "34") -> Decimal | None:
        found = warehouse.figure(key, area, march, boundaries=boundaries).value
        return None if found is None else round(Decimal(found), 1)

    assert value("bed_occupancy", "01") == Decimal("70.0")
    assert value("bed_occupancy", "VN") == Decimal("58.0")
    assert value("bed_occupancy", "08") == value("bed_occupancy", "02", "63") == Decimal("10.0")
    assert value("icu_occupancy", "01") == Decimal("100.0")
    assert value("bed_days", "01") == 28
    page = warehouse.records_behind(
        "bed_occupancy", "01", march, boundaries="34", allowed=lambda _: Everything()
    )
    assert {record.id for record in page.records} == {"r1", "r2"}
