"""What the data say of each day and of the hours of the week, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import yaml

from lanh.core.text import Catalogue, Message
from lanh.core.workflow import CalendarGap

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class CalendarFault(ValueError):
    """Data that contradict themselves, a year that nobody gave, a moment without zone."""

    def __init__(self, key: str, /, **parameters: Any) -> None:
        self.key = key
        self.message: Message = MESSAGES.message(key, **parameters)
        super().__init__(self.message.en)


class UnknownYear(CalendarFault, CalendarGap):
    """The calendar of a year is not there: it must be given as data, never guessed."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__("unknown-year", year=year)


@dataclass(frozen=True, slots=True)
class Year:
    """The days of one year that are otherwise than the week says. `holidays` maps to their kind,
    `lieu` to the holiday that a day off stands for, `swaps` to the day worked in exchange."""

    number: int
    settled: bool
    sources: tuple[str, ...]
    holidays: Mapping[date, str]
    lieu: Mapping[date, date]
    swaps: Mapping[date, date]
    unsettled: frozenset[date]

    @property
    def off(self) -> frozenset[date]:
        """Every day off of the year beside weekends."""
        return frozenset(self.holidays) | frozenset(self.lieu) | frozenset(self.swaps)

    @property
    def worked(self) -> frozenset[date]:
        """Weekend days that are worked."""
        return frozenset(self.swaps.values())


@dataclass(frozen=True, slots=True)
class Week:
    """The working hours of the week, in force from a day on. Monday is 1."""

    since: date
    weekdays: frozenset[int]
    hours: tuple[tuple[time, time], ...]


def read_years(text: str) -> dict[int, Year]:
    """The years of a YAML text. Raises CalendarFault, KeyError where an entry is not whole."""
    return {number: _year(number, row) for number, row in (yaml.safe_load(text) or {}).items()}


def _year(number: int, row: Mapping[str, Any]) -> Year:
    year = Year(
        number,
        bool(row["settled"]),
        tuple(row["sources"]),
        row["holidays"],
        row.get("lieu", {}),
        row.get("swaps", {}),
        frozenset(row.get("unsettled", ())),
    )
    for day in [*year.off, *year.unsettled]:
        if day.year != number:
            raise _bad(number, day, "other-year")
    return year


def check_against(weeks: Iterable[Week], year: Year) -> None:
    """See that days in lieu and swaps fit the week. Raises CalendarFault with the first misfit."""
    weeks = tuple(weeks)
    for day, holiday in year.lieu.items():
        if holiday not in year.holidays or _weekday(weeks, holiday):
            raise _bad(year.number, day, "weekend-holiday")
    for day in [*year.lieu, *year.swaps]:
        if not _weekday(weeks, day) or day in year.holidays:
            raise _bad(year.number, day, "not-worked")
    for day in year.worked:
        if _weekday(weeks, day) or day in year.holidays:
            raise _bad(year.number, day, "not-off")


def _weekday(weeks: Iterable[Week], day: date) -> bool:
    return day.isoweekday() in week_of(weeks, day).weekdays


def week_of(weeks: Iterable[Week], day: date) -> Week:
    """The week in force on a day. Raises UnknownYear before the first."""
    found = max((w for w in weeks if w.since <= day), key=lambda w: w.since, default=None)
    if found is None:
        raise UnknownYear(day.year)
    return found


def read_weeks(text: str) -> tuple[Week, ...]:
    """The working hours of a YAML text, by the day from which they hold. Raises CalendarFault."""
    return tuple(
        Week(row["from"], frozenset(row["weekdays"]), _hours(row["hours"]))
        for row in yaml.safe_load(text)
    )


def _hours(texts: Iterable[str]) -> tuple[tuple[time, time], ...]:
    found: list[tuple[time, time]] = []
    for text in texts:
        match = _HOURS.fullmatch(text)
        if match is None:
            raise CalendarFault("bad-hours", text=text)
        a, b, c, d = map(int, match.groups())
        start, end = time(a, b), time(c, d)
        if start >= end or (found and start < found[-1][1]):
            raise CalendarFault("bad-hours", text=text)
        found.append((start, end))
    if not found:
        raise CalendarFault("bad-hours", text="")
    return tuple(found)


def _bad(number: int, day: date, what: str) -> CalendarFault:
    return CalendarFault(f"bad-day.{what}", year=number, day=day.isoformat())
