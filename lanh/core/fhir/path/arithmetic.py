"""Arithmetic of FHIRPath: numbers, texts, quantities, and dates with amounts of time."""

from __future__ import annotations

from decimal import Decimal, DecimalException
from typing import Any

from lanh.core.fhir.path.nodes import PathError, Quantity
from lanh.core.fhir.path.quantities import WORD_OF_CODE, WORDS, product, total
from lanh.core.fhir.path.temporal import Temporal, shift

MAX_TEXT = 2_000_000
"""Characters of the longest text that an expression may build."""
_PRECISION = Decimal("0.00000001")
_LEAST, _MOST = -(2**31), 2**31 - 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and type(value) is not bool


def calculate(operator: str, left: Any, right: Any) -> Any:
    """The value of a binary operator on two plain values; None for empty. Raises PathError."""
    if operator in "+-" and isinstance(left, Temporal):
        return _moved(operator, left, right)
    if operator == "+" and type(left) is str and type(right) is str:
        return joined(left, right)
    try:
        if isinstance(left, Quantity) or isinstance(right, Quantity):
            return _quantities(operator, left, right)
        if not (_is_number(left) and _is_number(right)):
            raise PathError(f"{operator} cannot be used on {shown(left)} and {shown(right)}")
        return _numbers(operator, left, right)
    except DecimalException:
        # Overflow is empty (FHIRPath 6.6).
        return None


def shown(value: Any) -> str:
    """The kind of a value for a message: never the value, which may be about a person."""
    return value.kind if isinstance(value, Temporal) else type(value).__name__.lower()


def joined(left: str, right: str) -> str:
    """One text after the other. Raises PathError where it becomes too long."""
    if len(left) + len(right) > MAX_TEXT:
        raise PathError("the text becomes too long")
    return left + right


def whole(value: int) -> int | None:
    """The Integer, or None where it leaves the 32 bits of FHIRPath's Integer."""
    return value if _LEAST <= value <= _MOST else None


def _numbers(operator: str, left: Any, right: Any) -> Any:
    found: Any
    if operator == "+":
        found = left + right
    elif operator == "-":
        found = left - right
    elif operator == "*":
        found = left * right
    elif right == 0:
        return None
    elif operator == "/":
        return short(Decimal(left) / Decimal(right))
    else:
        quotient = int(Decimal(left) / Decimal(right))
        found = quotient if operator == "div" else left - quotient * right
    return whole(found) if type(found) is int else found


def short(value: Decimal) -> Decimal:
    """A calculated number at eight decimal places, without idle zeros."""
    rounded = value.quantize(_PRECISION) if abs(value) < Decimal(10) ** 18 else value
    exact = rounded.normalize()
    exponent = exact.as_tuple().exponent
    return exact.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else exact


def _moved(operator: str, moment: Temporal, amount: Any) -> Temporal:
    if not isinstance(amount, Quantity):
        raise PathError(f"{shown(amount)} is no amount of time")
    unit = WORDS.get(amount.unit) or WORD_OF_CODE.get(amount.unit)
    if unit is None or amount.unit in ("a", "mo"):
        raise PathError(f"{amount.unit!r} is no unit of calendar time")
    try:
        return shift(moment, amount.value if operator == "+" else -amount.value, unit)
    except ValueError as error:
        raise PathError(str(error)) from error


def _quantities(operator: str, left: Any, right: Any) -> Any:
    one, two = _quantity(left), _quantity(right)
    if operator in "+-":
        return total(one, two, 1 if operator == "+" else -1)
    if operator == "*":
        return product(one, two, 1)
    if operator == "/":
        return None if two.value == 0 else product(one, two, -1)
    raise PathError(f"{operator} cannot be used on quantities")


def _quantity(value: Any) -> Quantity:
    if isinstance(value, Quantity):
        return value
    if not _is_number(value):
        raise PathError(f"{shown(value)} is no amount")
    return Quantity(Decimal(value), "1")
