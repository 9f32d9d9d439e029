"""Figures and places of the made-up small country."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from lanh.core.access import Access
from lanh.core.text import Words
from lanh.core.web import services as ports
from lanh.core.web.services import Figure, PlaceFigure, RecordsBehind, SeriesPoint

NOW = datetime(2026, 10, 20, 2, 30, tzinfo=UTC)

PROVINCES = {"01": "Thành phố Thí Điểm", "02": "Tỉnh Thử Nghiệm", "03": "Tỉnh Chưa Báo Cáo"}
COMMUNES = {"00101": "Xã Mường Thử", "00102": "Phường Bến Thử", "00103": "Đặc khu Đảo Thử"}
INDICATORS = [
    ports.IndicatorName(
        "visits", Words("Lượt khám bệnh", "Visits"), Words("lượt", "visits"),
        Words("Số lượt khám trong kỳ.", "Visits in the period."), "neither",
    ),
    ports.IndicatorName(
        "measles", Words("Trẻ tiêm đủ sởi", "Measles vaccine cover"), Words("%", "%"),
        Words("Trẻ đủ 24 tháng đã tiêm 2 mũi sởi.", "Children of 24 months with 2 doses."), "up", 1,
    ),
    ports.IndicatorName(
        "deaths", Words("Tử vong ghi nhận", "Deaths recorded"), Words("ca", "deaths"),
        Words("Số ca tử vong trong kỳ.", "Deaths in the period."), "down",
    ),
    ports.IndicatorName(
        "deaths-under-5", Words("Tử vong dưới 5 tuổi", "Deaths under five"), Words("ca", "deaths"),
        Words("Số ca tử vong dưới 5 tuổi.", "Deaths of children under five."), "down",
        part_of="deaths",
    ),
]  # fmt: skip
WITHHELD = {("deaths", "00101"), ("deaths", "00102")}


@dataclass
class FakeFigures:
    """Figures made from the names of places; the third province never reports."""

    least = 5

    def indicators(self) -> Sequence[ports.IndicatorName]:
        return INDICATORS

    def periods(self) -> Sequence[str]:
        return ["2026-09", "2026-08", "2026-Q3", "2026"]

    def data_time(self) -> datetime | None:
        return NOW

    def _value(self, indicator: str, place: str | None, period: str) -> Decimal:
        seed = sum(map(ord, f"{indicator}{place}{period}"))
        if indicator == "measles":
            return Decimal(850 + seed % 140) / 10
        return Decimal(seed * (4000 if place is None else 37))

    def figure(
        self, indicator: str, place: str | None, period: str, bounds: ports.Boundaries
    ) -> Figure:
        if (indicator, place) in WITHHELD:
            return Figure(indicator, None, withheld=True)
        value = self._value(indicator, place, period)
        return Figure(indicator, value, self._value(indicator, place, "before"), value)

    def by_place(
        self, indicator: str, place: str | None, period: str, bounds: ports.Boundaries
    ) -> Sequence[PlaceFigure]:
        names = PROVINCES if place is None else COMMUNES
        return [
            PlaceFigure(code, name, None, withheld=True)
            if (indicator, code) in WITHHELD
            else PlaceFigure(code, name, self._value(indicator, code, period))
            for code, name in names.items()
            if code != "03"
        ]

    def series(
        self, indicator: str, place: str | None, period: str, bounds: ports.Boundaries
    ) -> Sequence[SeriesPoint]:
        return [
            SeriesPoint(f"2026-{m:02}", None if m == 3 else self._value(indicator, place, str(m)))
            for m in range(1, 10)
        ]

    def records_behind(
        self, indicator: str, place: str | None, period: str, bounds: ports.Boundaries,
        access: Access, limit: int, cursor: str | None,
    ) -> RecordsBehind:  # fmt: skip
        if (indicator, place) in WITHHELD:
            return RecordsBehind([], 0, withheld=True)
        record = ports.RecordBehind(
            "Encounter", "visit-1", "2026-09-11", "Trạm Y tế xã Mường Thử", "Xã Mường Thử",
            "Khám ngoại trú", "patient-a",
        )  # fmt: skip
        return RecordsBehind([record], 1)


@dataclass(frozen=True)
class FakePlaces:
    """Three square provinces and one with three communes."""

    def name(self, code: str, bounds: ports.Boundaries) -> str | None:
        return (PROVINCES | COMMUNES).get(code)

    def parent(self, code: str, bounds: ports.Boundaries) -> str | None:
        return "01" if code in COMMUNES else None

    def provinces(self, bounds: ports.Boundaries) -> Sequence[ports.PlaceShape]:
        shapes: list[ports.PlaceShape] = []
        for n, (code, name) in enumerate(PROVINCES.items()):
            south = 20.0 - 3 * n
            ring = [(103.0, south), (106.0, south), (106.0, south + 3), (103.0, south + 3)]
            shapes.append(ports.PlaceShape(code, name, [[[*ring, ring[0]]]]))
        return shapes

    def archipelagos(self, bounds: ports.Boundaries) -> Sequence[ports.Archipelago]:
        return [
            ports.Archipelago("Quần đảo Hoàng Sa", "01", [(111.2, 16.5), (112.3, 16.9)]),
            ports.Archipelago("Quần đảo Trường Sa", "02", [(111.9, 8.6), (114.3, 11.4)]),
        ]

    def communes(self, province: str, bounds: ports.Boundaries) -> Sequence[ports.PlacePoint]:
        return [
            ports.PlacePoint(code, name, 104.0 + n, 21.0 + n / 2)
            for n, (code, name) in enumerate(COMMUNES.items())
        ]
