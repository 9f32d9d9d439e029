"""Equality, equivalence and order of FHIRPath items."""

from __future__ import annotations

import re
from collections.abc import Hashable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from lanh.core.fhir.path.boundaries import decimals
from lanh.core.fhir.path.nodes import Items, Node, PathError, Quantity, system
from lanh.core.fhir.path.quantities import common, measure
from lanh.core.fhir.path.temporal import Temporal
from lanh.core.fhir.ucum.quantity import to_decimal

_BLANK = re.compile(r"\s")
_CONTEXT = Context(prec=100, rounding=ROUND_HALF_UP)


def equal(left: Items, right: Items) -> bool | None:
    """`=`: None where a side is empty, or a precision or unit leaves it open."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    answer: bool | None = True
    for one, two in zip(left, right, strict=True):
        found = equal_items(one, two)
        if found is False:
            return False
        if found is None:
            answer = None
    return answer


def equal_items(one: Any, two: Any) -> bool | None:
    """Whether two items are equal."""
    left, right = system(one), system(two)
    if type(left) is Temporal and type(right) is Temporal:
        if left.kind != right.kind and "time" in (left.kind, right.kind):
            return False
        order = left.compare(right)
        return None if order is None else order == 0
    if type(left) is Quantity or type(right) is Quantity:
        return _equal_quantities(left, right)
    if type(left) is bool or type(right) is bool:
        return left is right
    if isinstance(left, int | Decimal) and isinstance(right, int | Decimal):
        return left == right
    if isinstance(left, Temporal) and type(right) is str:
        return str(left) == right
    if type(left) is str and isinstance(right, Temporal):
        return left == str(right)
    if type(left) is Node and type(right) is Node:
        return identity(left) == identity(right)
    return type(left) is type(right) and left == right


def _equal_quantities(left: Any, right: Any) -> bool | None:
    left, right = _as_quantity(left), _as_quantity(right)
    if type(left) is not Quantity or type(right) is not Quantity:
        return False
    if left.unit == right.unit:
        return left.value == right.value
    found = common(left, right)
    return None if found is None else found[0] == found[1]


def _as_quantity(value: Any) -> Any:
    if isinstance(value, int | Decimal) and type(value) is not bool:
        return Quantity(Decimal(value), "1")
    return value


def identity(item: Any) -> Hashable:
    """What equal items share, so that many can be told apart without comparing each with each."""
    value = system(item)
    if type(value) is str or type(value) is Decimal or type(value) is int:
        return value
    if type(value) is bool:
        return "boolean", value
    if type(value) is Quantity:
        return "quantity", *measure(value)
    if type(value) is Temporal:
        moment = value.in_utc()
        shown = "time" if value.kind == "time" else "date"
        return shown, moment.fields, moment.zone is None and len(moment.fields) > 3
    return "node", _content(value.value), _content(value.sibling)


def _content(value: Any) -> Hashable:
    if isinstance(value, dict):
        return frozenset((k, _content(v)) for k, v in value.items())
    if isinstance(value, list):
        return tuple(_content(v) for v in value)
    return ("boolean", value) if type(value) is bool else (value,)


def equivalent(left: Items, right: Items) -> bool:
    """`~`: order does not count, case and kinds of blanks of texts neither."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for one in left:
        for index, two in enumerate(rest):
            if equivalent_items(one, two):
                del rest[index]
                break
        else:
            return False
    return True


def equivalent_items(one: Any, two: Any) -> bool:
    """Whether two items are equivalent."""
    left, right = system(one), system(two)
    if type(left) is str and type(right) is str:
        return _loosely(left) == _loosely(right)
    if type(left) is Temporal and type(right) is Temporal:
        return left.kind == right.kind and left.compare(right) == 0
    if type(left) is Quantity or type(right) is Quantity:
        return _equivalent_quantities(_as_quantity(left), _as_quantity(right))
    if (
        isinstance(left, int | Decimal)
        and isinstance(right, int | Decimal)
        and bool not in (type(left), type(right))
    ):
        return _rounded_equal(Decimal(left), Decimal(right))
    if type(left) is Node and type(right) is Node:
        return _equivalent_content(left.value, right.value) and _equivalent_content(
            left.sibling or {}, right.sibling or {}
        )
    return equal_items(left, right) is True


def _loosely(text: str) -> str:
    return _BLANK.sub(" ", text.casefold())


def _equivalent_quantities(left: Any, right: Any) -> bool:
    if type(left) is not Quantity or type(right) is not Quantity:
        return False
    found = common(left, right, loose=True)
    return found is not None and _rounded_equal(to_decimal(found[0]), to_decimal(found[1]))


def _rounded_equal(left: Decimal, right: Decimal) -> bool:
    places = min(decimals(left.normalize()), decimals(right.normalize()))
    quantum = Decimal(1).scaleb(-places)
    if max(left.adjusted(), right.adjusted()) + places > 90:
        return left == right
    return left.quantize(quantum, context=_CONTEXT) == right.quantize(quantum, context=_CONTEXT)


def _equivalent_content(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        one = {k: v for k, v in left.items() if k != "id"}
        two = {k: v for k, v in right.items() if k != "id"}
        return one.keys() == two.keys() and all(
            _equivalent_content(v, two[k]) for k, v in one.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        rest = list(right)
        for item in left:
            match = next((r for r in rest if _equivalent_content(item, r)), None)
            if match is None:
                return False
            rest.remove(match)
        return not rest
    return equivalent_items(left, right)


def compare(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 of two plain values; None where precision or unit leaves it open.

    Raises PathError on values that have no order.
    """
    if type(left) is Quantity or type(right) is Quantity:
        left, right = _as_quantity(left), _as_quantity(right)
        if type(left) is Quantity and type(right) is Quantity:
            if left.unit == right.unit:
                return _order(left.value, right.value)
            found = common(left, right)
            return None if found is None else _order(*found)
    if type(left) is Temporal and type(right) is Temporal:
        if (left.kind == "time") != (right.kind == "time"):
            raise PathError(f"{left.kind} and {right.kind} have no order")
        return left.compare(right)
    numbers = isinstance(left, int | Decimal) and isinstance(right, int | Decimal)
    if numbers and bool not in (type(left), type(right)):
        return _order(left, right)
    if type(left) is str and type(right) is str:
        return _order(left, right)
    raise PathError(f"{_kind(left)} and {_kind(right)} have no order")


def _kind(value: Any) -> str:
    return value.type if type(value) is Node else type(value).__name__


def _order(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def distinct(items: Items) -> Items:
    """The items without repeats."""
    seen: set[Hashable] = set()
    found: Items = []
    for item in items:
        key = identity(item)
        if key not in seen:
            seen.add(key)
            found.append(item)
    return found


def contains(items: Items, item: Any) -> bool:
    """Whether an equal item is among the items."""
    return any(equal_items(item, other) for other in items)
