"""Functions of numbers (FHIRPath 5.7)."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from lanh.core.fhir.path.arithmetic import short
from lanh.core.fhir.path.nodes import Items, PathError, Quantity, single
from lanh.core.fhir.path.scope import Arguments, Function, Scope


def _on_number(work: Callable[..., Any], least: int, most: int) -> tuple[Function, int, int]:
    """A function of one number and further arguments, empty where any of them is empty."""

    def function(items: Items, scope: Scope, arguments: Arguments) -> Items:
        value = single(items)
        given = [single(argument([scope.this], scope)) for argument in arguments]
        if value is None or None in given:
            return []
        if type(value) not in (int, Decimal, Quantity):
            raise PathError("a number was expected")
        try:
            found = work(value, *given)
        except (InvalidOperation, OverflowError, ValueError, ZeroDivisionError):
            return []
        return [] if found is None else [found]

    return function, least, most


def _abs(value: Any) -> Any:
    return Quantity(abs(value.value), value.unit) if type(value) is Quantity else abs(value)


def _power(value: Any, exponent: Any) -> Any:
    if type(value) is int and type(exponent) is int and exponent >= 0:
        if value.bit_length() * exponent > 10_000:
            return None
        return value**exponent
    return short(Decimal(value) ** Decimal(exponent))


def _round(value: Any, places: int = 0) -> Any:
    if type(value) is Quantity:
        return None
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _log(value: Any, radix: Any) -> Decimal:
    return short(Decimal(value).ln() / Decimal(radix).ln())


NUMBERS: dict[str, tuple[Function, int, int]] = {
    "abs": _on_number(_abs, 0, 0),
    "ceiling": _on_number(lambda v: int(Decimal(v).to_integral_value(ROUND_CEILING)), 0, 0),
    "floor": _on_number(lambda v: int(Decimal(v).to_integral_value(ROUND_FLOOR)), 0, 0),
    "truncate": _on_number(math.trunc, 0, 0),
    "exp": _on_number(lambda v: short(Decimal(v).exp()), 0, 0),
    "ln": _on_number(lambda v: short(Decimal(v).ln()), 0, 0),
    "log": _on_number(_log, 1, 1),
    "power": _on_number(_power, 1, 1),
    "round": _on_number(_round, 0, 1),
    "sqrt": _on_number(lambda v: short(Decimal(v).sqrt()), 0, 0),
}
