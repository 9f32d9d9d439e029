"""Functions of numbers (FHIRPath 5.7)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
)
from typing import Any

from lanh.core.fhir.path.arithmetic import short, whole
from lanh.core.fhir.path.boundaries import decimals
from lanh.core.fhir.path.nodes import Items, PathError, Quantity, single
from lanh.core.fhir.path.scope import Arguments, Function, Scope

_CONTEXT = Context(prec=200)
_MOST_PLACES = 100


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
        except (DecimalException, ZeroDivisionError):
            return []
        except TypeError as error:
            # Logarithms and powers of amounts, or by something else than a number.
            raise PathError("a number was expected") from error
        return [] if found is None else [found]

    return function, least, most


def _on_amount(work: Callable[..., Any]) -> Callable[..., Any]:
    """Work on a number that an amount keeps its unit in."""

    def function(value: Any, *given: Any) -> Any:
        if type(value) is not Quantity:
            return work(value, *given)
        found = work(value.value, *given)
        return None if found is None else Quantity(Decimal(found), value.unit)

    return function


def _rounded(rounding: str) -> Callable[[Any], int | None]:
    return lambda value: whole(int(Decimal(value).to_integral_value(rounding)))


def _power(value: Any, exponent: Any) -> Any:
    if type(value) is int and type(exponent) is int and exponent >= 0:
        if value.bit_length() * exponent > 10_000:
            return None
        return whole(value**exponent)
    return short(Decimal(value) ** Decimal(exponent))


def _round(value: Any, places: int = 0) -> Any:
    if type(places) is not int or not 0 <= places <= _MOST_PLACES:
        raise PathError("round() takes a whole number of digits, 0 to 100")
    exact = Decimal(value)
    if places >= decimals(exact):
        return exact
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _CONTEXT)


def _log(value: Any, radix: Any) -> Decimal:
    return short(Decimal(value).ln() / Decimal(radix).ln())


NUMBERS: dict[str, tuple[Function, int, int]] = {
    "abs": _on_number(_on_amount(abs), 0, 0),
    "ceiling": _on_number(_on_amount(_rounded(ROUND_CEILING)), 0, 0),
    "floor": _on_number(_on_amount(_rounded(ROUND_FLOOR)), 0, 0),
    "truncate": _on_number(_on_amount(_rounded(ROUND_DOWN)), 0, 0),
    "round": _on_number(_on_amount(_round), 0, 1),
    "exp": _on_number(lambda v: short(Decimal(v).exp()), 0, 0),
    "ln": _on_number(lambda v: short(Decimal(v).ln()), 0, 0),
    "log": _on_number(_log, 1, 1),
    "power": _on_number(_power, 1, 1),
    "sqrt": _on_number(lambda v: short(Decimal(v).sqrt()), 0, 0),
}
