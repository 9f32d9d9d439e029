"""How soon something must be told or done by law: dated data, counted on the working calendar."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import yaml

from lanh.core.workflow import Calendar, Term, Unit, end_of
from lanh.nation.calendar.years import CalendarFault
from lanh.nation.local_time import VIETNAM


@dataclass(frozen=True, slots=True)
class Clock:
    """A term of law, in force from a day until before another (None: not known, or no end)."""

    key: str
    term: Term
    recipient: str
    source: str
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the term is in force on a day."""
        begun = self.since is None or self.since <= day
        return begun and (self.until is None or day < self.until)


def read_clocks(text: str) -> tuple[Clock, ...]:
    """The terms of a YAML text. Raises KeyError, ValueError where one is not whole."""
    return tuple(
        Clock(
            row["key"],
            Term(row["amount"], Unit(row["unit"])),
            row["to"],
            row["source"],
            row.get("from"),
            row.get("until"),
        )
        for row in yaml.safe_load(text)
    )


CLOCKS = read_clocks(Path(__file__).with_name("clocks.yaml").read_text(encoding="utf-8"))


def clock(key: str, on: date, clocks: Collection[Clock] = CLOCKS) -> Clock:
    """The term of a key in force on a day. Raises CalendarFault where there is none."""
    for each in clocks:
        if each.key == key and each.holds_on(on):
            return each
    raise CalendarFault("unknown-clock", key=key, day=on.isoformat())


def due(key: str, since: datetime, calendar: Calendar) -> datetime:
    """When a term of law that begins at a moment is over. Raises CalendarFault."""
    if since.tzinfo is None:
        raise CalendarFault("no-zone", moment=since.isoformat())
    return end_of(clock(key, since.astimezone(VIETNAM).date()).term, since, calendar)
