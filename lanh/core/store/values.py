"""The values of search parameters: prefixes, dates, numbers, quantities (R4 3.1.1.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Generic, TypeVar

from lanh.core import fhir
from lanh.core.store.query import bad_value, unescape

T = TypeVar("T", datetime, Decimal)

_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(.*)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """A value searched for: its prefix, the range it stands for, and the number as written.

    For dates `value` is the range's beginning. `system` and `code` are a quantity's unit.
    """

    prefix: str
    low: T
    high: T
    value: T
    system: str | None = None
    code: str | None = None


def wanted_date(name: str, text: str) -> Wanted[datetime]:
    """The date of a value such as `ge2024-05`. Raises Invalid."""
    match = _PREFIX.fullmatch(text)
    prefix, rest = (match.group(1) or "eq", match.group(2)) if match else ("eq", text)
    found = fhir.date_range(unescape(rest).replace(" ", "+"))
    if found is None:
        raise bad_value(name, text, "YYYY[-MM[-DD[Thh:mm[:ss]+zz:zz]]]")
    low, high = found
    if prefix == "ap":
        now = datetime.now(fhir.LOCAL_ZONE)
        slack = max(abs(now - low) / 10, _DAY)
        low, high = _shift(low, -slack), _shift(high, slack)
    return Wanted(prefix, low, high, low)


def _shift(moment: datetime, step: timedelta) -> datetime:
    try:
        return moment + step
    except OverflowError:
        return fhir.EARLIEST if step < timedelta(0) else fhir.LATEST


def wanted_number(name: str, text: str) -> Wanted[Decimal]:
    """The number of a value such as `gt5.40`. Raises Invalid."""
    match = _PREFIX.fullmatch(text)
    prefix, rest = (match.group(1) or "eq", match.group(2)) if match else ("eq", text)
    rest = unescape(rest)
    try:
        if _NUMBER.fullmatch(rest) is None:
            raise bad_value(name, text, "number")
        value = Decimal(rest)
        if not fhir.countable(value):
            raise bad_value(name, text, "number")
    except InvalidOperation as error:
        raise bad_value(name, text, "number") from error
    low, high = fhir.number_range(value)
    if prefix == "ap":
        low, high = value - abs(value) / 10, value + abs(value) / 10
    return Wanted(prefix, low, high, value)


def wanted_quantity(name: str, text: str) -> Wanted[Decimal]:
    """The quantity of a value such as `le5.4|http://unitsofmeasure.org|mg`. Raises Invalid."""
    parts = text.split("|")
    number = wanted_number(name, parts[0])
    if len(parts) == 1:
        return number
    if len(parts) != 3:
        raise bad_value(name, text, "number|system|code")
    return Wanted(
        number.prefix,
        number.low,
        number.high,
        number.value,
        unescape(parts[1]) or None,
        unescape(parts[2]) or None,
    )


def date_holds(wanted: Wanted[datetime], low: datetime, high: datetime) -> bool:
    """Whether [low, high) of a row answers the date searched for.

    A period answers ge and le where any of its moments does.
    """
    match wanted.prefix:
        case "eq":
            return wanted.low <= low and high <= wanted.high
        case "ne":
            return not (wanted.low <= low and high <= wanted.high)
        case "gt":
            return high > wanted.high
        case "lt":
            return low < wanted.low
        case "ge":
            return high > wanted.low
        case "le":
            return low < wanted.high
        case "sa":
            return low >= wanted.high
        case "eb":
            return high <= wanted.low
        case _:
            return low < wanted.high and high > wanted.low


def number_holds(wanted: Wanted[Decimal], low: Decimal, high: Decimal) -> bool:
    """Whether [low, high] of a row answers the number searched for."""
    match wanted.prefix:
        case "eq":
            return wanted.low <= low and high < wanted.high
        case "ne":
            return not (wanted.low <= low and high < wanted.high)
        case "gt":
            return high > wanted.value
        case "lt":
            return low < wanted.value
        case "ge":
            return high >= wanted.value
        case "le":
            return low <= wanted.value
        case "sa":
            return low > wanted.value
        case "eb":
            return high < wanted.value
        case _:
            return low <= wanted.high and high >= wanted.low


# The same as SQL on a pair of columns: {lo} {hi} are columns, {a} {b} {v} low, high and value.
DATE_SQL = {
    "eq": "({lo} >= {a} AND {lo} < {b} AND {hi} <= {b})",
    "ne": "NOT ({lo} >= {a} AND {hi} <= {b})",
    "gt": "{hi} > {b}",
    "lt": "{lo} < {a}",
    "ge": "{hi} > {a}",
    "le": "{lo} < {b}",
    "sa": "{lo} >= {b}",
    "eb": "({lo} < {a} AND {hi} <= {a})",
    "ap": "({lo} < {b} AND {hi} > {a})",
}
NUMBER_SQL = {
    "eq": "({lo} >= {a} AND {hi} < {b})",
    "ne": "NOT ({lo} >= {a} AND {hi} < {b})",
    "gt": "{hi} > {v}",
    "lt": "{lo} < {v}",
    "ge": "{hi} >= {v}",
    "le": "{lo} <= {v}",
    "sa": "{lo} > {v}",
    "eb": "{hi} < {v}",
    "ap": "({lo} <= {b} AND {hi} >= {a})",
}
# Where the columns span several values: a condition that each row with a fitting value meets.
HULL_SQL = {
    "eq": "({lo} <= {b} AND {hi} >= {a})",
    "ne": "{lo} IS NOT NULL",
    "gt": "{hi} >= {v}",
    "lt": "{lo} <= {v}",
    "ge": "{hi} >= {v}",
    "le": "{lo} <= {b}",
    "sa": "{hi} >= {v}",
    "eb": "{lo} <= {v}",
    "ap": "({lo} <= {b} AND {hi} >= {a})",
}
