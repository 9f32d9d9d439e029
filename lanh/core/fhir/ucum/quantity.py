"""Amounts in canonical units, exact as far as a decimal can be."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction

from lanh.core.fhir.ucum.expression import parse_unit
from lanh.core.fhir.ucum.unit import UnitError

DIGITS = 40
"""Significant digits of what cannot be written exactly (a third of a millimetre)."""
_MAX_SIZE = 400
_CONTEXT = Context(prec=DIGITS)


def canonical_quantity(value: Decimal, unit: str) -> tuple[Decimal, str] | None:
    """The amount in base units and the canonical unit: 1 `mg/dL` is (10, `g.m-3`).

    Two amounts of the same canonical unit are comparable, and equal amounts give equal numbers
    however they are written. None where the unit is not UCUM or the number is out of all bounds.
    A larger amount always gives a larger number. Annotations do not count: `{beats}/min` is
    `/min`.
    """
    try:
        meant = parse_unit(unit)
    except UnitError:
        return None
    exact = _exact(value)
    if exact is None:
        return None
    return to_decimal(exact * meant.factor + meant.offset), meant.canonical


def convert(value: Decimal, unit: str, wanted: str) -> Decimal | None:
    """The amount in another unit, or None where the units are not commensurable.

    Raises UnitError where a text is no unit.
    """
    source, target = parse_unit(unit), parse_unit(wanted)
    exact = _exact(value)
    if source.dimension != target.dimension or exact is None:
        return None
    return to_decimal((exact * source.factor + source.offset - target.offset) / target.factor)


def to_decimal(number: Fraction) -> Decimal:
    """The number as a decimal: exact, or rounded to 40 significant digits."""
    return _CONTEXT.divide(Decimal(number.numerator), Decimal(number.denominator))


def _exact(value: Decimal) -> Fraction | None:
    if not value.is_finite() or (value and abs(value.adjusted()) > _MAX_SIZE):
        return None
    return Fraction(value)
