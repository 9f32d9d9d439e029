"""The working time of public offices: which days, which hours, and terms counted in them.

Terms in hours begin at once; terms in days leave out the day of the event and end at 24:00 of the
last day, which is a working day (Civil Code 2015 Art. 147, 148).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from lanh.nation.calendar.years import (
    CalendarFault,
    UnknownYear,
    Week,
    Year,
    check_against,
    read_weeks,
    read_years,
    week_of,
)
from lanh.nation.local_time import VIETNAM

_ONE = timedelta(days=1)
_HERE = Path(__file__).parent


class WorkingTime:
    """The calendar of an installation; fulfils the port `Calendar` of the workflow engine.

    Moments need a zone and are answered in that of Vietnam. A year without data raises
    UnknownYear wherever its days are needed.
    """

    def __init__(self, years: Mapping[int, Year], weeks: Sequence[Week]) -> None:
        """Raises CalendarFault where the years do not fit the week."""
        for year in years.values():
            check_against(weeks, year)
        self.years = dict(years)
        self.weeks = tuple(weeks)

    def is_working_day(self, day: date) -> bool:
        """Whether public offices work on a day. Raises UnknownYear."""
        year = self._year(day)
        if day in year.worked:
            return True
        return day.isoweekday() in week_of(self.weeks, day).weekdays and day not in year.off

    def is_settled(self, day: date) -> bool:
        """Whether it was published that the day is a working day, or that it is none."""
        year = self._year(day)
        return year.settled and day not in year.unsettled

    def hours(self, day: date) -> list[tuple[datetime, datetime]]:
        """The spans of working time of a day, in order; none on a day off."""
        if not self.is_working_day(day):
            return []
        return [
            (datetime.combine(day, start, VIETNAM), datetime.combine(day, end, VIETNAM))
            for start, end in week_of(self.weeks, day).hours
        ]

    def add_working_hours(self, moment: datetime, span: timedelta) -> datetime:
        """The first moment at which `span` of working time has passed since `moment`."""
        if span < timedelta():
            raise ValueError("a span of working time is not negative")
        now = _local(moment)
        if not span:
            return now
        for start, end in self._spans(now):
            begun = max(start, now)
            if end - begun >= span:
                return begun + span
            span -= end - begun
        raise AssertionError("days end only by UnknownYear")

    def add_working_days(self, moment: datetime, days: int) -> datetime:
        """24:00 of the last of `days` working days after the day of `moment`.

        With 0 days it is the end of that day itself, or of the next working day.
        """
        if days < 0:
            raise ValueError("a number of days is not negative")
        day = _local(moment).date()
        if days == 0:
            return _midnight_after(self._working_from(day))
        for _ in range(days):
            day = self._working_from(day + _ONE)
        return _midnight_after(day)

    def add_days(self, moment: datetime, days: int) -> datetime:
        """24:00 of the last of `days` days after that of `moment`, or of the next working day."""
        if days < 0:
            raise ValueError("a number of days is not negative")
        return _midnight_after(self._working_from(_local(moment).date() + days * _ONE))

    def working_time(self, start: datetime, end: datetime) -> timedelta:
        """The working time between two moments; nothing where `end` is not after `start`."""
        first, last = _local(start), _local(end)
        total = timedelta()
        if last <= first:
            return total
        for begun, ended in self._spans(first, last.date()):
            total += max(min(ended, last) - max(begun, first), timedelta())
        return total

    def working_days(self, start: date, end: date) -> int:
        """How many working days follow `start`, up to and with `end`."""
        days = (start + n * _ONE for n in range(1, (end - start).days + 1))
        return sum(self.is_working_day(day) for day in days)

    def certain(self, start: datetime, end: datetime) -> bool:
        """Whether all days that two moments touch are settled. Raises UnknownYear."""
        first, last = _local(start), _local(end)
        # 24:00 of a day is 00:00 of the next, which it does not touch.
        until = last.date() if last.time() != time() or last <= first else last.date() - _ONE
        days = (first.date() + n * _ONE for n in range((until - first.date()).days + 1))
        return all(self.is_settled(day) for day in days)

    def _year(self, day: date) -> Year:
        found = self.years.get(day.year)
        if found is None:
            raise UnknownYear(day.year)
        return found

    def _working_from(self, day: date) -> date:
        while not self.is_working_day(day):
            day += _ONE
        return day

    def _spans(
        self, moment: datetime, until: date | None = None
    ) -> Iterator[tuple[datetime, datetime]]:
        """Spans of working time that end after a moment, to a day or to the end of the data."""
        day = moment.date()
        while until is None or day <= until:
            for start, end in self.hours(day):
                if end > moment:
                    yield start, end
            day += _ONE


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise CalendarFault("no-zone", moment=moment.isoformat())
    return moment.astimezone(VIETNAM)


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + _ONE, time(), VIETNAM)


def read_calendar(folder: Path | None = None) -> WorkingTime:
    """The calendar that comes with the platform, under what an installation says in `folder`.

    There `*.yaml` give whole years, of the form of `days.yaml`; a later file name wins.
    `hours.yaml` there replaces the hours. Raises CalendarFault.
    """
    years = read_years((_HERE / "days.yaml").read_text(encoding="utf-8"))
    hours = _HERE / "hours.yaml"
    if folder is not None:
        for path in sorted(folder.glob("*.yaml")):
            if path.name != "hours.yaml":
                years |= read_years(path.read_text(encoding="utf-8"))
        if (folder / "hours.yaml").exists():
            hours = folder / "hours.yaml"
    return WorkingTime(years, read_weeks(hours.read_text(encoding="utf-8")))


@cache
def packaged() -> WorkingTime:
    """The calendar that comes with the platform."""
    return read_calendar()
