"""Functions of precision and comparability (FHIRPath STU: lowBoundary, precision, comparable)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lanh.core.fhir.path.boundaries import boundary, precision
from lanh.core.fhir.path.nodes import Items, PathError, Quantity, single
from lanh.core.fhir.path.quantities import common
from lanh.core.fhir.path.scope import Arguments, Function, Scope


def _boundary(high: bool) -> Function:
    def function(items: Items, scope: Scope, arguments: Arguments) -> Items:
        value = single(items)
        digits = single(arguments[0]([scope.this], scope)) if arguments else None
        if value is None:
            return []
        if digits is not None and type(digits) is not int:
            raise PathError("a precision is a whole number")
        found = boundary(value, digits, high)
        return [] if found is None else [found]

    return function


def _precision(items: Items, scope: Scope, arguments: Arguments) -> Items:
    value = single(items)
    return [] if value is None else [precision(value)]


def _comparable(items: Items, scope: Scope, arguments: Arguments) -> Items:
    left = _quantity(single(items))
    right = _quantity(single(arguments[0]([scope.this], scope)))
    if left is None or right is None:
        return []
    return [common(left, right) is not None]


def _quantity(value: Any) -> Quantity | None:
    if type(value) in (int, Decimal):
        return Quantity(Decimal(value), "1")
    return value if type(value) is Quantity else None


BOUNDARY: dict[str, tuple[Function, int, int]] = {
    "lowBoundary": (_boundary(high=False), 0, 1),
    "highBoundary": (_boundary(high=True), 0, 1),
    "precision": (_precision, 0, 0),
    "comparable": (_comparable, 1, 1),
}
"""Name -> function, least and most arguments."""
