"""Arithmetic of FHIRPath: numbers, texts, quantities, and dates with amounts of time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lanh.core.fhir.path.nodes import PathError, Quantity
from lanh.core.fhir.path.temporal import Temporal, shift

_PRECISION = Decimal("0.00000001")
_SINGULAR = {
    u + "s": u for u in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
} | {"s": "second", "ms": "millisecond", "min": "minute", "h": "hour", "d": "day", "wk": "week"}
_TIMES = frozenset(("year", "month", "week", "day", "hour", "minute", "second", "millisecond"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and type(value) is not bool


def calculate(operator: str, left: Any, right: Any) -> Any:
    """The value of a binary operator on two plain values; None for empty. Raises PathError."""
    if operator in "+-" and isinstance(left, Temporal):
        return _moved(operator, left, right)
    if operator == "+" and type(left) is str and type(right) is str:
        return left + right
    if isinstance(left, Quantity) or isinstance(right, Quantity):
        return _quantities(operator, left, right)
    if not (_is_number(left) and _is_number(right)):
        raise PathError(f"{operator} cannot be used on {left!r} and {right!r}")
    return _numbers(operator, left, right)


def _numbers(operator: str, left: Any, right: Any) -> Any:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if right == 0:
        return None
    if operator == "/":
        return short(Decimal(left) / Decimal(right))
    quotient = int(Decimal(left) / Decimal(right))
    return quotient if operator == "div" else left - quotient * right


def short(value: Decimal) -> Decimal:
    """A calculated number at eight decimal places, without idle zeros."""
    rounded = value.quantize(_PRECISION) if abs(value) < Decimal(10) ** 18 else value
    exact = rounded.normalize()
    exponent = exact.as_tuple().exponent
    return exact.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else exact


def _moved(operator: str, moment: Temporal, amount: Any) -> Temporal:
    if not isinstance(amount, Quantity):
        raise PathError(f"{amount!r} is no amount of time")
    unit = _SINGULAR.get(amount.unit, amount.unit)
    if unit not in _TIMES:
        raise PathError(f"{amount.unit!r} is no unit of calendar time")
    try:
        return shift(moment, amount.value if operator == "+" else -amount.value, unit)
    except ValueError as error:
        raise PathError(str(error)) from error


def _quantities(operator: str, left: Any, right: Any) -> Any:
    if operator in "+-":
        if isinstance(left, Quantity) and isinstance(right, Quantity) and left.unit == right.unit:
            return Quantity(_numbers(operator, left.value, right.value), left.unit)
        return None
    if operator in "*/":
        one = left if isinstance(left, Quantity) else Quantity(Decimal(left), "1")
        two = right if isinstance(right, Quantity) else Quantity(Decimal(right), "1")
        value = _numbers(operator, one.value, two.value)
        return None if value is None else Quantity(value, _unit(operator, one.unit, two.unit))
    raise PathError(f"{operator} cannot be used on quantities")


def _unit(operator: str, one: str, two: str) -> str:
    if operator == "*":
        if "1" in (one, two):
            return two if one == "1" else one
        return one + "2" if one == two else f"{one}.{two}"
    if two == "1":
        return one
    return "1" if one == two else f"{one}/{two}"
