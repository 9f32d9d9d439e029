"""How long something may take, and the calendar that says when that time is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Unit(StrEnum):
    """What a term is counted in. Hours run day and night; days end with a day."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_HOURS = "working-hours"
    WORKING_DAYS = "working-days"


@dataclass(frozen=True, slots=True)
class Term:
    """A span of time that a rule gives: 4 working hours, 5 working days. Never negative."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError(f"a term is not negative: {self.amount} {self.unit}")


class CalendarGap(ValueError):
    """The calendar does not know the days that were asked for: their year must be given first."""


class Calendar(Protocol):
    """Working time as an installation keeps it. Every moment has a zone.

    What needs days that the calendar does not know raises CalendarGap.
    """

    def add_working_hours(self, moment: datetime, span: timedelta) -> datetime:
        """The first moment at which `span` of working time has passed since `moment`."""

    def add_working_days(self, moment: datetime, days: int) -> datetime:
        """The end of the last of `days` working days after the day of `moment`."""

    def add_days(self, moment: datetime, days: int) -> datetime:
        """The end of the last of `days` days after the day of `moment`, or of the working day
        that follows where that one is none."""

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """The working time between two moments; nothing where `end` is not after `start`."""

    def certain(self, start: datetime, end: datetime) -> bool:
        """Whether all days from `start` to `end` are settled, by decisions that were published."""


def end_of(term: Term, since: datetime, calendar: Calendar) -> datetime:
    """The last moment of a term that runs since a moment. Raises ValueError without a zone."""
    if since.tzinfo is None:
        raise ValueError("a moment needs a zone")
    match term.unit:
        case Unit.HOURS:
            return since + timedelta(hours=term.amount)
        case Unit.DAYS:
            return calendar.add_days(since, term.amount)
        case Unit.WORKING_HOURS:
            return calendar.add_working_hours(since, timedelta(hours=term.amount))
        case Unit.WORKING_DAYS:
            return calendar.add_working_days(since, term.amount)
