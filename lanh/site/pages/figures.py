"""The port Figures: the warehouse's figures, and the records behind them under an access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lanh.core.access import Access, predicate
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Store
from lanh.core.warehouse import NotRefreshed, Period, RecordsPage, Warehouse
from lanh.core.web.services import (
    Boundaries,
    Figure,
    IndicatorName,
    PlaceFigure,
    RecordBehind,
    RecordsBehind,
    SeriesPoint,
)
from lanh.nation.facility import FacilityNames
from lanh.nation.place import COUNTRY, Places
from lanh.site.pages.places import DAYS

_MONTHS = 24
_NAMED_BY = ("code", "vaccineCode", "medicationCodeableConcept", "type", "class")


@dataclass(frozen=True, slots=True)
class PageFigures:
    """Figures for the pages: those that the warehouse tells."""

    warehouse: Warehouse
    database: SyncDatabase
    store: Store
    places: Places
    facilities: FacilityNames

    @property
    def least(self) -> int:
        """The smallest count above zero that is told of a place, where small ones are withheld."""
        return self.warehouse.definitions.least

    def indicators(self) -> Sequence[IndicatorName]:
        """Those that the pages offer, in their order."""
        return [
            IndicatorName(
                key=indicator.key,
                title=indicator.title,
                unit=indicator.unit,
                description=indicator.description,
                better=indicator.direction,
                decimals=indicator.decimals,
                part_of=indicator.part_of,
            )
            for indicator in self.warehouse.definitions.indicators
        ]

    def periods(self) -> Sequence[str]:
        """Periods that hold data, newest first: years, quarters and months."""
        try:
            days = self.warehouse.days()
        except NotRefreshed:
            return []
        if days is None:
            return []
        first, last = days
        return [
            str(period)
            for granularity in ("year", "quarter", "month")
            for period in _back_to(Period.containing(last, granularity), first)
        ]

    def data_time(self) -> datetime | None:
        """Up to when the figures hold the records; None before the first refresh."""
        return self.warehouse.data_until()

    def figure(self, indicator: str, place: str | None, period: str, bounds: Boundaries) -> Figure:
        """One figure with that of the period before."""
        area, when = place or COUNTRY, Period.parse(period)
        try:
            now = self.warehouse.figure(indicator, area, when, boundaries=bounds)
            before = self.warehouse.figure(indicator, area, when.previous(), boundaries=bounds)
        except NotRefreshed:
            return Figure(indicator, None)
        return Figure(
            indicator, now.value, before.value, now.numerator, now.denominator, now.withheld
        )

    def by_place(
        self, indicator: str, place: str | None, period: str, bounds: Boundaries
    ) -> Sequence[PlaceFigure]:
        """The figures of the places directly below: provinces of the country, or communes."""
        area = place or COUNTRY
        try:
            found = self.warehouse.by_place(
                indicator, area, Period.parse(period), boundaries=bounds
            )
        except NotRefreshed:
            return []
        return [
            PlaceFigure(
                each.code,
                self._name(each.code, DAYS[bounds]),
                each.value,
                each.numerator,
                each.denominator,
                each.withheld,
            )
            for each in found
            if each.code
        ]

    def series(
        self, indicator: str, place: str | None, period: str, bounds: Boundaries
    ) -> Sequence[SeriesPoint]:
        """The months up to the end of `period`, oldest first, at most 24."""
        months = Period.parse(period).of("month", _MONTHS)
        try:
            days = self.warehouse.days()
            held = sum(month.end > days[0] for month in months) if days else 0
            if not held:
                return []
            found = self.warehouse.series(
                indicator,
                place or COUNTRY,
                "month",
                held,
                until=months[-1].start,
                boundaries=bounds,
            )
        except NotRefreshed:
            return []
        return [SeriesPoint(str(each.period), each.value, each.withheld) for each in found]

    def records_behind(
        self,
        indicator: str,
        place: str | None,
        period: str,
        bounds: Boundaries,
        access: Access,
        limit: int,
        cursor: str | None,
    ) -> RecordsBehind:
        """The records that the figure counts, limited to what the access may see."""
        area, when = place or COUNTRY, Period.parse(period)
        try:
            page = self.warehouse.records_behind(
                indicator,
                area,
                when,
                boundaries=bounds,
                allowed=lambda kind: predicate(access, "search", kind),
                limit=limit,
                cursor=cursor,
            )
        except NotRefreshed:
            return RecordsBehind((), 0)
        return RecordsBehind(
            self._described(page, access), page.total, page.next_cursor, page.withheld
        )

    def _described(self, page: RecordsPage, access: Access) -> Sequence[RecordBehind]:
        wanted = [(each.type, each.id) for each in page.records]
        stored = self.database.read(self.store.read_many(wanted, Context(access)))
        resources = {(each.type, each.id): each.resource() for each in stored if not each.deleted}
        names = self.database.read(self.facilities.of(each.custodian for each in page.records))
        return [
            RecordBehind(
                type=each.type,
                id=each.id,
                date=each.day.isoformat(),
                facility_name=names.get(each.custodian or "", ""),
                place_name=self._name(each.commune or "", each.day),
                summary=_summary(resources.get((each.type, each.id), {})),
                patient=each.patient,
            )
            for each in page.records
        ]

    def _name(self, code: str, day: date) -> str:
        level = self.places.province if len(code) == 2 else self.places.commune
        unit = level(code, day) if code else None
        return unit.name if unit else code


def _back_to(period: Period, first: date) -> list[Period]:
    found = [period]
    while found[-1].start > first:
        found.append(found[-1].previous())
    return found


def _summary(resource: Mapping[str, Any]) -> str:
    """What a record is about, by its own coded words; nothing that says who it is about."""
    for name in _NAMED_BY:
        value = resource.get(name)
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, dict):
            codings = first.get("coding") or [first]
            text = first.get("text") or codings[0].get("display")
            if text:
                return str(text)
    return ""
