"""FHIRPath dates, dateTimes and times: partial values that keep their precision."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_FORM = re.compile(
    r"(?:(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?)?"
    r"(?:(?P<mark>T)(?:(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}(?:\.\d+)?))?)?"
    r"(?P<zone>Z|[+-]\d{2}:\d{2})?)?)?",
    re.ASCII,
)
UNITS = ("year", "month", "day", "hour", "minute", "second")
_LOWEST = (1, 1, 1, 0, 0, Decimal(0))
_WIDEST = 14 * 60


@dataclass(frozen=True, slots=True)
class Temporal:
    """A date, dateTime or time. `fields` holds as many of UNITS as are known, in order.

    A time starts at the hour: its first three fields are (1, 1, 1). `zone` is minutes east of
    UTC, or None where none was written.
    """

    kind: str
    fields: tuple[int | Decimal, ...]
    zone: int | None = None

    def __str__(self) -> str:
        names = [_shown(index, value) for index, value in enumerate(self.fields)]
        clock = ":".join(names[3:])
        if self.kind == "time":
            return clock
        text = "-".join(names[:3])
        return f"{text}T{clock}{_zone_text(self.zone)}" if clock else text

    def compare(self, other: Temporal) -> int | None:
        """-1, 0 or 1; None where the precision of one leaves the answer open, or one is a time."""
        left, right = self, other
        if left.kind != right.kind and "time" in (left.kind, right.kind):
            return None
        if left.zone is not None and right.zone is not None and left.zone != right.zone:
            left, right = left.in_utc(), right.in_utc()
        elif (left.zone is None) != (right.zone is None) and min(
            len(left.fields), len(right.fields)
        ) > 3:
            return None
        for one, two in zip(left.fields, right.fields, strict=False):
            if one != two:
                return -1 if one < two else 1
        return 0 if len(left.fields) == len(right.fields) else None

    def in_utc(self) -> Temporal:
        """The same moment at zone 0; unchanged where it is not known precisely enough."""
        known = len(self.fields)
        if not self.zone or known < 4 or (known == 4 and self.zone % 60):
            return self
        try:
            moved = shift(self, -self.zone, "minute")
        except ValueError:
            # Beyond the first or last day of the calendar no zone matters.
            return Temporal(self.kind, self.fields, 0)
        return Temporal(self.kind, moved.fields, 0)


def _shown(index: int, value: int | Decimal) -> str:
    if index == 0:
        return f"{int(value):04d}"
    if index < 5:
        return f"{int(value):02d}"
    whole, point, fraction = str(value).partition(".")
    return f"{int(whole):02d}{point}{fraction}"


def _zone_text(zone: int | None) -> str:
    if zone is None:
        return ""
    if zone == 0:
        return "Z"
    return f"{'-' if zone < 0 else '+'}{abs(zone) // 60:02d}:{abs(zone) % 60:02d}"


def parse_temporal(text: str) -> Temporal:
    """A date `2015-02`, dateTime `2015T` or time `T14:30` (also without T). Raises ValueError."""
    if re.match(r"\d{2}:|\d{2}$", text):
        text = "T" + text
    found = _FORM.fullmatch(text)
    if found is None or (found["year"] is None and found["mark"] is None):
        raise ValueError(f"not a date or time: {text}")
    known: list[int | Decimal] = []
    for unit in UNITS:
        part = found[unit]
        if part is None and unit in UNITS[:3] and found["year"] is None:
            known.append(1)
        elif part is not None:
            known.append(Decimal(part) if unit == "second" else int(part))
    _check(known, text)
    kind = "time" if found["year"] is None else "dateTime" if found["mark"] else "date"
    return Temporal(kind, tuple(known), _zone(found["zone"]))


def _zone(text: str | None) -> int | None:
    if text is None:
        return None
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[4:6])
    if minutes > _WIDEST or int(text[4:6]) > 59:
        raise ValueError(f"no such zone: {text}")
    return -minutes if text[0] == "-" else minutes


def _check(known: list[int | Decimal], text: str) -> None:
    limits = [(1, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 60)]
    for value, (low, high) in zip(known, limits, strict=False):
        if not low <= value <= high:
            raise ValueError(f"not a date or time: {text}")
    if len(known) > 2 and known[2] > monthrange(int(known[0]), int(known[1]))[1]:
        raise ValueError(f"no such day: {text}")


_SECONDS = {"year": 31536000, "month": 2592000, "day": 86400, "hour": 3600, "minute": 60}
_SECONDS["second"] = 1
_LONGEST = 10**12


def shift(moment: Temporal, amount: int | Decimal, unit: str) -> Temporal:
    """The moment an amount of calendar units later; the precision stays.

    Only seconds have a fraction, other amounts count by their whole part. An amount finer than
    the moment is first turned into the finest unit that the moment has: a year has 365 days and
    a month 30 (FHIRPath 6.7). Raises ValueError where the result leaves the calendar, or days are
    added to a time.
    """
    if not -_LONGEST <= amount <= _LONGEST:
        raise ValueError("the date leaves the calendar")
    if unit == "week":
        amount, unit = int(amount) * 7, "day"
    elif unit == "millisecond":
        amount, unit = Decimal(amount) / 1000, "second"
    elif unit != "second":
        amount = int(amount)
    if moment.kind == "time" and UNITS.index(unit) < 3:
        raise ValueError(f"a {unit} cannot be added to a time")
    known = len(moment.fields)
    if UNITS.index(unit) >= known:
        own = UNITS[known - 1]
        ratio = (1, 12) if unit == "month" else (_SECONDS[unit], _SECONDS[own])
        amount, unit = int(Decimal(amount) * ratio[0] / ratio[1]), own
    full = list(moment.fields) + list(_LOWEST[known:])
    if unit in ("year", "month"):
        _add_months(full, int(amount) * (12 if unit == "year" else 1))
    else:
        _add_seconds(full, Decimal(amount) * _SECONDS[unit], moment.kind == "time")
    return Temporal(moment.kind, tuple(full[:known]), moment.zone)


def _add_months(full: list[int | Decimal], months: int) -> None:
    year, month = divmod(int(full[0]) * 12 + int(full[1]) - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError("the date leaves the calendar")
    full[:3] = year, month + 1, min(int(full[2]), monthrange(year, month + 1)[1])


def _add_seconds(full: list[int | Decimal], amount: Decimal, cyclic: bool) -> None:
    seconds = int(full[3]) * 3600 + int(full[4]) * 60 + Decimal(full[5])
    days = (seconds + amount) // 86400
    rest = seconds + amount - days * 86400
    if rest < 0:
        # Decimal division rounds towards zero.
        days, rest = days - 1, rest + 86400
    if not cyclic:
        first = date(int(full[0]), int(full[1]), int(full[2])).toordinal()
        try:
            moved = date.fromordinal(first + int(days))
        except (ValueError, OverflowError) as error:
            raise ValueError("the date leaves the calendar") from error
        full[:3] = moved.year, moved.month, moved.day
    hour, left = divmod(rest, 3600)
    minute, second = divmod(left, 60)
    full[3:] = int(hour), int(minute), second
