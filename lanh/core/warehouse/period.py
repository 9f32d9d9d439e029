"""Periods of figures: a day, an ISO week, a month, a quarter or a year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

Granularity: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
GRANULARITIES: tuple[Granularity, ...] = ("day", "week", "month", "quarter", "year")

_FORMS: tuple[tuple[Granularity, re.Pattern[str]], ...] = (
    ("day", re.compile(r"(\d{4})-(\d{2})-(\d{2})")),
    ("week", re.compile(r"(\d{4})-W(\d{2})")),
    ("month", re.compile(r"(\d{4})-(\d{2})")),
    ("quarter", re.compile(r"(\d{4})-Q([1-4])")),
    ("year", re.compile(r"(\d{4})")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of local calendar days from `start` up to, not including, `end`."""

    granularity: Granularity
    start: date
    end: date

    @classmethod
    def containing(cls, day: date, granularity: Granularity) -> Period:
        """The period of a granularity in which a day lies; weeks begin on Monday (ISO 8601)."""
        if granularity == "day":
            return cls(granularity, day, day + timedelta(days=1))
        if granularity == "week":
            start = day - timedelta(days=day.weekday())
            return cls(granularity, start, start + timedelta(days=7))
        months = {"month": 1, "quarter": 3, "year": 12}[granularity]
        first = (day.month - 1) // months * months
        after = first + months
        return cls(
            granularity,
            date(day.year, first + 1, 1),
            date(day.year + after // 12, after % 12 + 1, 1),
        )

    @classmethod
    def parse(cls, text: str) -> Period:
        """`2026`, `2026-Q1`, `2026-03`, `2026-W07` or `2026-03-15`. Raises ValueError."""
        for granularity, form in _FORMS:
            match = form.fullmatch(text)
            if match is None:
                continue
            numbers = [int(part) for part in match.groups()]
            year, *rest = numbers
            if granularity == "week":
                day = date.fromisocalendar(year, rest[0], 1)
            elif granularity == "quarter":
                day = date(year, rest[0] * 3 - 2, 1)
            else:
                month, number = [*rest, 1, 1][:2]
                day = date(year, month, number)
            return cls.containing(day, granularity)
        raise ValueError(f"{text!r} is not a period: 2026, 2026-Q1, 2026-03, 2026-W07, 2026-03-15")

    def __str__(self) -> str:
        if self.granularity == "day":
            return self.start.isoformat()
        if self.granularity == "week":
            year, week, _ = self.start.isocalendar()
            return f"{year}-W{week:02d}"
        if self.granularity == "quarter":
            return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        return f"{self.start:%Y-%m}" if self.granularity == "month" else f"{self.start:%Y}"

    def previous(self) -> Period:
        """The period before."""
        return Period.containing(self.start - timedelta(days=1), self.granularity)

    def last(self, count: int) -> list[Period]:
        """`count` periods that end with this one, oldest first."""
        found = [self]
        while len(found) < count:
            found.append(found[-1].previous())
        return found[::-1]

    def of(self, granularity: Granularity, count: int) -> list[Period]:
        """The last `count` periods of another granularity up to the end of this one."""
        return Period.containing(self.end - timedelta(days=1), granularity).last(count)
