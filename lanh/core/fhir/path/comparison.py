"""Equality, equivalence and order of FHIRPath items."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lanh.core.fhir.path.nodes import Items, Node, PathError, Quantity, system
from lanh.core.fhir.path.temporal import Temporal

# Units that convert into each other: dimension and factor to its first unit.
_UNITS: dict[str, tuple[str, Decimal]] = {
    **{
        u: ("time", Decimal(f))
        for u, f in {
            "ms": "0.001",
            "millisecond": "0.001",
            "s": "1",
            "second": "1",
            "min": "60",
            "minute": "60",
            "h": "3600",
            "hour": "3600",
            "d": "86400",
            "day": "86400",
            "wk": "604800",
            "week": "604800",
        }.items()
    },
    **{u: ("calendar", Decimal(f)) for u, f in {"month": "1", "year": "12"}.items()},
    **{
        u: ("mass", Decimal(f))
        for u, f in {
            "ng": "0.000000001",
            "ug": "0.000001",
            "mg": "0.001",
            "g": "1",
            "kg": "1000",
            "[oz_av]": "28.349523125",
            "[lb_av]": "453.59237",
        }.items()
    },
    **{
        u: ("length", Decimal(f))
        for u, f in {
            "um": "0.000001",
            "mm": "0.001",
            "cm": "0.01",
            "m": "1",
            "km": "1000",
            "[in_i]": "0.0254",
            "[ft_i]": "0.3048",
        }.items()
    },
    **{
        u: ("volume", Decimal(f))
        for u, f in {"uL": "0.000001", "mL": "0.001", "dL": "0.1", "L": "1"}.items()
    },
}
_PLURALS = {u + "s": u for u in ("year", "month", "week", "day", "hour", "minute", "second")}


def canonical(quantity: Quantity) -> tuple[str, Decimal]:
    """The dimension (or the unit itself, where unknown) and the value in its first unit."""
    unit = _PLURALS.get(quantity.unit, quantity.unit)
    dimension, factor = _UNITS.get(unit, (unit, Decimal(1)))
    return dimension, quantity.value * factor


def equal(left: Items, right: Items) -> bool | None:
    """`=`: None where a side is empty or a precision leaves it open."""
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
        order = left.compare(right)
        if order is None:
            return None
        return order == 0
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
        return _same_content(left.value, right.value) and left.sibling == right.sibling
    return type(left) is type(right) and left == right


def _equal_quantities(left: Any, right: Any) -> bool | None:
    left, right = _as_quantity(left), _as_quantity(right)
    if type(left) is not Quantity or type(right) is not Quantity:
        return False
    (one, first), (two, second) = canonical(left), canonical(right)
    return first == second if one == two else None


def _as_quantity(value: Any) -> Any:
    if isinstance(value, int | Decimal) and type(value) is not bool:
        return Quantity(Decimal(value), "1")
    return value


def _same_content(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        drop = {"id"}
        one = {k: v for k, v in left.items() if k not in drop}
        two = {k: v for k, v in right.items() if k not in drop}
        return one.keys() == two.keys() and all(_same_content(v, two[k]) for k, v in one.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(
            _same_content(a, b) for a, b in zip(left, right, strict=True)
        )
    return bool(left == right)


def equivalent(left: Items, right: Items) -> bool:
    """`~`: order does not count, case and blanks of texts neither."""
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
        return " ".join(left.casefold().split()) == " ".join(right.casefold().split())
    if type(left) is Temporal and type(right) is Temporal:
        return left.kind == right.kind and left.compare(right) == 0
    if type(left) is Quantity and type(right) is Quantity:
        return _equivalent_quantities(left, right)
    if (
        isinstance(left, int | Decimal)
        and isinstance(right, int | Decimal)
        and bool not in (type(left), type(right))
    ):
        return _rounded_equal(Decimal(left), Decimal(right))
    if type(left) is Node and type(right) is Node:
        return _equivalent_content(left.value, right.value)
    return equal_items(left, right) is True


def _equivalent_quantities(left: Quantity, right: Quantity) -> bool:
    (one, first), (two, second) = canonical(left), canonical(right)
    return one == two and _rounded_equal(first, second)


def _rounded_equal(left: Decimal, right: Decimal) -> bool:
    places = min(_places(left), _places(right))
    quantum = Decimal(1).scaleb(-places)
    return left.quantize(quantum) == right.quantize(quantum)


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


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
    """-1, 0 or 1 of two plain values; None where precision leaves it open. Raises PathError."""
    if type(left) is Quantity or type(right) is Quantity:
        left, right = _as_quantity(left), _as_quantity(right)
        if type(left) is Quantity and type(right) is Quantity:
            (one, first), (two, second) = canonical(left), canonical(right)
            return _order(first, second) if one == two else None
    if type(left) is Temporal and type(right) is Temporal:
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
    found: Items = []
    seen: set[Any] = set()
    for item in items:
        value = system(item)
        # Texts are by far the most common and can be looked up; the rest is compared.
        if type(value) is str:
            if value in seen:
                continue
            seen.add(value)
            found.append(item)
        elif not any(equal_items(value, other) for other in found):
            found.append(item)
    return found


def contains(items: Items, item: Any) -> bool:
    """Whether an equal item is among the items."""
    return any(equal_items(item, other) for other in items)
