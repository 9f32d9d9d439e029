"""Ranges that dates and numbers of a written precision stand for (R4 3.1.1.4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from lanh.core.fhir.search.values import DateRange, NumberRange

# A date, or a time without zone, is Vietnamese legal time: UTC+7 without summer time.
LOCAL_ZONE = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

_LARGEST = 1_000  # digits before or after the point

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_parse = datetime.fromisoformat
_is_date = re.compile(
    r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
).fullmatch


@lru_cache(maxsize=4_096)  # what was measured at a visit bears its moment
def date_range(text: str) -> DateRange | None:
    """[lo, hi) of a date, dateTime or instant by its precision; None where it is none.

    `2020` is the year, `2020-02-03T10:15` the minute, `…:30.123` the millisecond. A value without
    zone is in LOCAL_ZONE. What lies, in UTC, before EARLIEST or after LATEST is told as these.
    """
    found = _range(text)
    if found is None or 1 < found[0].year < 9998:
        return found
    low, high = (min(max(each, EARLIEST), LATEST) for each in found)
    return low, high


def _range(text: str) -> DateRange | None:
    size = len(text)
    if _is_date(text) is None:
        return None
    try:
        if size > 16:
            return _moment(text)
        if size == 10:
            low = datetime(int(text[:4]), int(text[5:7]), int(text[8:10]), tzinfo=LOCAL_ZONE)
            return low, _later(low, _DAY)
        if size == 4:
            year = int(text)
            low = datetime(year, 1, 1, tzinfo=LOCAL_ZONE)
            return low, datetime(year + 1, 1, 1, tzinfo=LOCAL_ZONE) if year < 9999 else LATEST
        if size == 7:
            return _month(int(text[:4]), int(text[5:7]))
        low = _parse(text)
        low = low if low.tzinfo else low.replace(tzinfo=LOCAL_ZONE)
        return low, _later(low, _MINUTE)
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> DateRange | None:
    if text[17:19] == "60":
        # A leap second belongs to the minute that it ends.
        text = text[:17] + "59" + text[19:]
    low = _parse(text)
    if low.tzinfo is None:
        low = low.replace(tzinfo=LOCAL_ZONE)
    if len(text) > 19 and text[19] == ".":
        digits = 0
        for character in text[20:]:
            if not character.isdigit():
                break
            digits += 1
        return low, _later(low, timedelta(microseconds=10 ** max(0, 6 - digits)))
    if len(text) > 16 and text[16] != ":":
        return low, _later(low, _MINUTE)
    return low, _later(low, _SECOND)


def _month(year: int, month: int) -> DateRange:
    low = datetime(year, month, 1, tzinfo=LOCAL_ZONE)
    if month < 12:
        return low, datetime(year, month + 1, 1, tzinfo=LOCAL_ZONE)
    return low, datetime(year + 1, 1, 1, tzinfo=LOCAL_ZONE) if year < 9999 else LATEST


def _later(low: datetime, step: timedelta) -> datetime:
    try:
        return low + step
    except OverflowError:
        return LATEST


def countable(value: Decimal) -> bool:
    """Whether a number can be compared with others: of a size that an index holds."""
    return -_LARGEST < value.adjusted() < _LARGEST and len(str(value)) < 2 * _LARGEST


def number_range(value: Decimal | int) -> NumberRange:
    """[lo, hi) that a number searched for stands for by its precision (R4 3.1.1.4.6).

    100 is [99.5, 100.5), 100.00 is [99.995, 100.005), 1e2 is [95, 105).
    """
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError("NaN and Infinity have no range")
    # R4 gives 1e2 one digit more than it shows: [95, 105), not [50, 150).
    half = Decimal(5).scaleb(exponent - (2 if exponent > 0 else 1))
    return number - half, number + half
