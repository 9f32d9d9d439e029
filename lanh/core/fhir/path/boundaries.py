"""The range that a value of limited precision stands for (FHIRPath STU: boundaries, precision)."""

from __future__ import annotations

from calendar import monthrange
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from lanh.core.fhir.path.nodes import PathError, Quantity
from lanh.core.fhir.path.temporal import Temporal

_DECIMAL_DIGITS = 8
_MOST_DIGITS = 28
_CONTEXT = Context(prec=100)
_EAST, _WEST = 14 * 60, -12 * 60
# Digits of a date, dateTime or time -> how many of its fields are known.
_DATE = {4: 1, 6: 2, 8: 3, 10: 4, 12: 5, 14: 6, 17: 6}
_TIME = {2: 4, 4: 5, 6: 6, 9: 6}
_MOST = {"date": 8, "dateTime": 17, "time": 9}


def boundary(value: Any, digits: int | None, high: bool) -> Any:
    """The least or greatest value that a number, amount, date or time may stand for.

    `digits` are those after the point of a number, or all those of a date or time; the greatest
    precision if None. None where the precision does not exist. Raises PathError on other values.
    """
    if isinstance(value, Quantity):
        found = _decimal(value.value, digits, high)
        return None if found is None else Quantity(found, value.unit)
    if type(value) is Temporal:
        return _temporal(value, digits, high)
    if type(value) in (int, Decimal):
        return _decimal(Decimal(value), digits, high)
    raise PathError("a boundary is that of a number, an amount, a date or a time")


def _decimal(value: Decimal, digits: int | None, high: bool) -> Decimal | None:
    places = _DECIMAL_DIGITS if digits is None else digits
    if not 0 <= places <= _MOST_DIGITS or abs(value.adjusted()) > _MOST_DIGITS:
        return None
    half = Decimal(5).scaleb(-decimals(value) - 1)
    bound = value + half if high else value - half
    unit = Decimal(1).scaleb(-places)
    if abs(bound) * 2 < unit:
        # What rounds to nothing at that precision is nothing, as the official cases have it.
        return Decimal(0).copy_sign(bound).quantize(unit, context=_CONTEXT)
    return bound.quantize(unit, ROUND_CEILING if high else ROUND_FLOOR, _CONTEXT)


def decimals(value: Decimal) -> int:
    """Digits after the point, as written."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _temporal(value: Temporal, digits: int | None, high: bool) -> Temporal | None:
    wanted = _MOST[value.kind] if digits is None else digits
    fields = (_TIME if value.kind == "time" else _DATE).get(wanted)
    if fields is None or (value.kind == "date" and wanted > _MOST["date"]):
        return None
    known: list[int | Decimal] = list(value.fields)
    if len(known) < 2:
        known.append(12 if high else 1)
    if len(known) < 3:
        known.append(monthrange(int(known[0]), int(known[1]))[1] if high else 1)
    known += [23 if high else 0, 59 if high else 0, Decimal(59 if high else 0)][len(known) - 3 :]
    second = Decimal(known[5])
    if wanted in (9, 17):
        written = len(value.fields) > 5 and decimals(second) > 0
        rest = Decimal("0.999") if high and not written else Decimal(0)
        second = (second + rest).quantize(Decimal("0.001"), ROUND_FLOOR)
    else:
        second = second.quantize(Decimal(1), ROUND_FLOOR)
    known[5] = second
    zone = value.zone
    if zone is None and fields > 3 and value.kind == "dateTime":
        zone = _WEST if high else _EAST
    return Temporal(value.kind, tuple(known[:fields]), zone if fields > 3 else None)


def precision(value: Any) -> int:
    """Digits after the point of a number, or all digits of a date or time, as written."""
    if type(value) is Temporal:
        known = len(value.fields)
        to_the_millisecond = known > 5 and decimals(Decimal(value.fields[5])) > 0
        if value.kind == "time":
            return 9 if to_the_millisecond else (known - 3) * 2
        return 17 if to_the_millisecond else known * 2 + 2
    if isinstance(value, Quantity):
        return decimals(value.value)
    if type(value) in (int, Decimal):
        return decimals(Decimal(value))
    raise PathError("a precision is that of a number, an amount, a date or a time")
