"""Amounts with UCUM and calendar units: conversion, comparison and arithmetic (FHIRPath 2.4, 6.6).

Calendar words (`day`, `months`) stand beside UCUM's definite durations (`d`, `mo`): they are the
same from the week down, while a calendar year and month compare only with each other, with other
calendar words by 365 and 30 days, and are only equivalent to `a` and `mo`.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from lanh.core.fhir.path.nodes import Quantity
from lanh.core.fhir.ucum import Unit, UnitError, parse_unit
from lanh.core.fhir.ucum.product import combined
from lanh.core.fhir.ucum.quantity import to_decimal

SECONDS: dict[str, Fraction] = {
    "year": Fraction(365 * 86400),
    "month": Fraction(30 * 86400),
    "week": Fraction(7 * 86400),
    "day": Fraction(86400),
    "hour": Fraction(3600),
    "minute": Fraction(60),
    "second": Fraction(1),
    "millisecond": Fraction(1, 1000),
}
"""The calendar words, coarsest first, by the seconds that conversion between them counts."""
WORDS: dict[str, str] = {w: w for w in SECONDS} | {w + "s": w for w in SECONDS}
"""Every calendar word, singular and plural -> its singular."""
_CODES = {
    "year": "a",
    "month": "mo",
    "week": "wk",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
    "millisecond": "ms",
}
WORD_OF_CODE = {code: word for word, code in _CODES.items()}
"""UCUM's durations -> the calendar word that they correspond to."""
_LOOSE = ("year", "month")
_MAX_ADJUSTED = 400


def common(
    left: Quantity, right: Quantity, loose: bool = False
) -> tuple[Fraction, Fraction] | None:
    """Both values in the coarser of the two units; None where they cannot be compared.

    `loose`, for equivalence: a calendar year counts as `a`, a month as `mo`.
    """
    first, second = exact(left.value), exact(right.value)
    if first is None or second is None:
        return None
    if left.unit == right.unit:
        return first, second
    one, two = WORDS.get(left.unit), WORDS.get(right.unit)
    if one and two:
        factor = _words(one, two)
        return (first, second * factor) if factor <= 1 else (first / factor, second)
    if not loose and (_apart(one, right.unit) or _apart(two, left.unit)):
        return None
    units = _units(left, right)
    if units is None:
        return None
    here, there = units
    if here.factor >= there.factor:
        return first, (second * there.factor + there.offset - here.offset) / here.factor
    return (first * here.factor + here.offset - there.offset) / there.factor, second


def _apart(word: str | None, other: str) -> bool:
    """Whether a calendar word stands against a unit of the other system it is not the same as."""
    return word in _LOOSE or (word is not None and other in ("a", "mo"))


def _words(one: str, two: str) -> Fraction:
    """How many of one word make one of the other."""
    if {one, two} == {"year", "month"}:
        return Fraction(1, 12) if one == "year" else Fraction(12)
    return SECONDS[two] / SECONDS[one]


def _code(unit: str) -> str:
    word = WORDS.get(unit)
    return _CODES[word] if word else unit


def _units(left: Quantity, right: Quantity) -> tuple[Unit, Unit] | None:
    try:
        here, there = parse_unit(_code(left.unit)), parse_unit(_code(right.unit))
    except UnitError:
        return None
    return (here, there) if here.dimension == there.dimension else None


def exact(value: Decimal) -> Fraction | None:
    """The number as a fraction; None where it is out of all bounds."""
    if not value.is_finite() or (value and abs(value.adjusted()) > _MAX_ADJUSTED):
        return None
    return Fraction(value)


def converted(quantity: Quantity, unit: str) -> Quantity | None:
    """The amount in another unit; None where there is no conversion (FHIRPath 5.5.7)."""
    value = exact(quantity.value)
    if value is None or quantity.unit == unit:
        return None if value is None else quantity
    own, wanted = WORDS.get(quantity.unit), WORDS.get(unit)
    # Between the two systems the amount is converted within its own and then renamed.
    target = wanted or (WORD_OF_CODE.get(unit) if own else None)
    if own and target:
        return Quantity(to_decimal(value * _words(target, own)), unit)
    units = _units(quantity, Quantity(Decimal(1), unit))
    if units is None:
        return None
    here, there = units
    return Quantity(
        to_decimal((value * here.factor + here.offset - there.offset) / there.factor), unit
    )


def total(left: Quantity, right: Quantity, sign: int) -> Quantity | None:
    """The sum or difference, in the finer of the two units; None where there is none."""
    one, two = WORDS.get(left.unit), WORDS.get(right.unit)
    units = _units(left, right)
    if left.unit == right.unit and not (units and units[0].alone):
        return Quantity(left.value + sign * right.value, left.unit)
    if _apart(one, right.unit) or _apart(two, left.unit):
        return None
    first, second = exact(left.value), exact(right.value)
    if units is None or first is None or second is None or units[0].alone:
        return None
    here, there = units
    finer, unit = (here, left.unit) if here.factor <= there.factor else (there, right.unit)
    found = to_decimal((first * here.factor + sign * second * there.factor) / finer.factor)
    if one or two:
        unit = WORD_OF_CODE.get(unit, unit)
    return Quantity(found, unit)


def product(left: Quantity, right: Quantity, sign: int) -> Quantity | None:
    """The product, or with sign -1 the quotient; None of calendar words and special units."""
    if left.unit in WORDS or right.unit in WORDS:
        # A plain number scales any amount.
        if right.unit == "1":
            value = left.value * right.value if sign > 0 else left.value / right.value
            return Quantity(value, left.unit)
        if left.unit == "1" and sign > 0:
            return Quantity(left.value * right.value, right.unit)
        return None
    try:
        factor, unit = combined(left.unit, right.unit, sign)
    except UnitError:
        return None
    value = left.value * right.value if sign > 0 else left.value / right.value
    scaled = exact(value)
    return None if scaled is None else Quantity(to_decimal(scaled * factor), unit)


def measure(quantity: Quantity) -> tuple[str, Fraction | Decimal]:
    """A dimension and a value in it: the same for equal amounts, so that they can be looked up."""
    value = exact(quantity.value)
    word = WORDS.get(quantity.unit)
    if value is None:
        return quantity.unit, quantity.value
    if word in _LOOSE:
        return "calendar", value * (12 if word == "year" else 1)
    try:
        unit = parse_unit(_code(quantity.unit))
    except UnitError:
        return quantity.unit, quantity.value
    return unit.canonical, value * unit.factor + unit.offset
