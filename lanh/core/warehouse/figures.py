"""Figures, series, places and the records behind them, read from a lake."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import duckdb

from lanh.core.warehouse.indicators import Definitions, Dimension, Indicator
from lanh.core.warehouse.lake import Lake
from lanh.core.warehouse.lineage import Allowed, RecordsPage, records_page
from lanh.core.warehouse.period import Granularity, Period
from lanh.core.warehouse.queries import Area, Question, by_area, total
from lanh.core.warehouse.reader import NotRefreshed, State
from lanh.core.warehouse.withholding import is_withheld, withheld_below

T = TypeVar("T")

# A sender counts as expected where it sent something in this time before the end of a period.
_EXPECTED_WITHIN = timedelta(days=92)
_HUNDRED = Decimal(100)
_ATTEMPTS = 4


class UnknownArea(KeyError):
    """A code that is no province or commune under the set of boundaries asked for."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value for an area and a period. A share is in per cent.

    `value` is None where there is nothing to divide by. `records` is the number of records behind
    it. What is `withheld` by the rule of small counts has none of these. `completeness` is the
    share (0 to 1) of the area's senders of the last three months that have data in the period;
    None where there were none. `data_until` is the time up to which every change is in the figure.
    """

    indicator: str
    area: str
    period: Period
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    records: int | None
    data_until: datetime | None
    completeness: Decimal | None = None
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class PlaceFigure:
    """The value of one place; code "" gathers what lies in no known place."""

    code: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    records: int | None
    withheld: bool = False


class Warehouse:
    """A lake for readers: many threads, no writes, always one committed state at a time.

    A refresh by another process is noticed at the next call.
    """

    def __init__(self, folder: Path, definitions: Definitions) -> None:
        self.lake = Lake(folder)
        self.definitions = definitions
        self._lock = threading.Lock()
        self._state: State | None = None
        self._stamp: tuple[int, int] | None = None

    def indicator(self, key: str) -> Indicator:
        """The indicator of a key. Raises KeyError."""
        return self.definitions.by_key[key]

    def data_until(self) -> datetime | None:
        """Up to when the figures hold every change; None before the first refresh."""
        try:
            return self._current().until
        except NotRefreshed:
            return None

    def days(self) -> tuple[date, date] | None:
        """The first and the last day on which anything was sent; None where nothing was."""
        found = self._read(lambda state: state.rows("SELECT min(day), max(day) FROM activity"))
        return None if found[0][0] is None else (found[0][0], found[0][1])

    def figure(
        self,
        indicator: str,
        area: str,
        period: Period,
        *,
        boundaries: str,
        within: frozenset[str] | None = None,
        dimension: Dimension | None = None,
    ) -> Figure:
        """One figure. `within` limits it to records placed in these commune codes (None: all).

        Raises KeyError for an unknown indicator, UnknownArea, NotRefreshed.
        """

        def read(state: State) -> Figure:
            question = self._question(state, indicator, area, period, boundaries, within, dimension)
            key = ("figure", question)
            if key not in state.answers:
                state.answers[key] = _figure(state, question, area)
            found: Figure = state.answers[key]
            return found

        return self._read(read)

    def series(
        self,
        indicator: str,
        area: str,
        granularity: Granularity,
        count: int,
        *,
        until: date,
        boundaries: str,
        within: frozenset[str] | None = None,
        dimension: Dimension | None = None,
    ) -> list[Figure]:
        """The figures of the last `count` periods, the one that holds `until` last."""
        return [
            self.figure(
                indicator, area, period, boundaries=boundaries, within=within, dimension=dimension
            )
            for period in Period.containing(until, granularity).last(count)
        ]

    def by_place(
        self,
        indicator: str,
        area: str,
        period: Period,
        *,
        boundaries: str,
        within: frozenset[str] | None = None,
        dimension: Dimension | None = None,
    ) -> list[PlaceFigure]:
        """The figures of the places directly below an area, in the order of their codes.

        Provinces of the country, communes of a province; a commune has none. Places without a
        record are left out, but where their figure is withheld.
        """

        def read(state: State) -> list[PlaceFigure]:
            question = self._question(state, indicator, area, period, boundaries, within, dimension)
            key = ("places", question)
            if key not in state.answers:
                state.answers[key] = _place_figures(state, question)
            found: list[PlaceFigure] = state.answers[key]
            return found

        return self._read(read)

    def records_behind(
        self,
        indicator: str,
        area: str,
        period: Period,
        *,
        boundaries: str,
        allowed: Allowed,
        limit: int = 50,
        cursor: str | None = None,
        dimension: Dimension | None = None,
    ) -> RecordsPage:
        """The records that a figure counts, newest first, as far as `allowed` says.

        `allowed` gives the predicate of a record type: an indicator may count several types. With
        `Everything()` for all, their number (`total`) is the `records` of the figure. Of a figure
        that is withheld none are listed. Raises ValueError for a cursor that is not ours.
        """

        def read(state: State) -> RecordsPage:
            question = self._question(state, indicator, area, period, boundaries, None, dimension)
            if is_withheld(state, question):
                return RecordsPage([], 0, None, withheld=True)
            return records_page(state, question, allowed, limit, cursor)

        return self._read(read)

    def _question(
        self,
        state: State,
        indicator: str,
        area: str,
        period: Period,
        boundaries: str,
        within: frozenset[str] | None,
        dimension: Dimension | None,
    ) -> Question:
        defined = self.definitions.by_key[indicator]
        if area == self.definitions.country:
            place = Area()
        elif (boundaries, "province", area) in state.areas:
            place = Area(province=area)
        elif (boundaries, "commune", area) in state.areas:
            place = Area(province=state.areas[boundaries, "commune", area], commune=area)
        else:
            raise UnknownArea(area)
        return Question(defined, place, period, boundaries, within, dimension or defined.place)

    def _current(self) -> State:
        stat = None
        try:
            stat = self.lake.manifest_path.stat()
        except FileNotFoundError as error:
            raise NotRefreshed(f"{self.lake.folder} must be refreshed") from error
        stamp = (stat.st_ino, stat.st_mtime_ns)
        with self._lock:
            if self._state is None or stamp != self._stamp:
                manifest = self.lake.manifest()
                held = self._state.manifest if self._state is not None else None
                if (
                    self._state is not None
                    and held is not None
                    and held.sequence == manifest.sequence
                    and held.types == manifest.types
                ):
                    self._state.manifest = manifest
                    self._state.answers.clear()
                else:
                    self._state = State(self.lake, manifest, self.definitions)
                self._stamp = stamp
            return self._state

    def _read(self, question: Callable[[State], T]) -> T:
        """Answer on the current state; again where a refresh removed its files meanwhile."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return question(self._current())
            except duckdb.IOException:
                with self._lock:
                    self._state = None
        return question(self._current())


def _figure(state: State, question: Question, area: str) -> Figure:
    indicator, period = question.indicator, question.period
    complete = _completeness(state, question)
    if is_withheld(state, question):
        return Figure(
            indicator.key, area, period, None, None, None, None, state.until, complete, True
        )
    numerator, denominator, records = total(state, question)
    value = _value(indicator, numerator, denominator)
    base = denominator if indicator.measure == "share" else None
    return Figure(
        indicator.key, area, period, value, numerator, base, records, state.until, complete
    )


def _place_figures(state: State, question: Question) -> list[PlaceFigure]:
    indicator = question.indicator
    hidden = withheld_below(state, question)
    found = [
        PlaceFigure(
            code,
            _value(indicator, numerator, denominator),
            numerator,
            denominator if indicator.measure == "share" else None,
            records,
        )
        for code, numerator, denominator, records in by_area(state, question)
        if code not in hidden
    ]
    found += [PlaceFigure(code, None, None, None, None, True) for code in hidden if code]
    return sorted(found, key=lambda each: each.code)


def _value(indicator: Indicator, numerator: Decimal, denominator: Decimal) -> Decimal | None:
    if indicator.measure != "share":
        return numerator
    return numerator * _HUNDRED / denominator if denominator else None


def _completeness(state: State, question: Question) -> Decimal | None:
    where, arguments = question.area.condition()
    period = question.period
    rows = state.rows(
        "SELECT count(DISTINCT custodian) FILTER (day >= ?), count(DISTINCT custodian)"  # noqa: S608
        f" FROM sent WHERE boundaries = ? AND day >= ? AND day < ? AND {where}",
        [
            period.start,
            question.boundaries,
            min(period.start, period.end - _EXPECTED_WITHIN),
            period.end,
            *arguments,
        ],
    )
    reporting, expected = rows[0]
    return Decimal(reporting) / Decimal(expected) if expected else None
