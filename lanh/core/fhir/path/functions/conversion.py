"""Conversions between types, and the clock (FHIRPath 5.5, 5.9)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lanh.core.fhir.path.nodes import Items, Quantity, single
from lanh.core.fhir.path.quantities import converted
from lanh.core.fhir.path.scope import Arguments, Function, Scope
from lanh.core.fhir.path.temporal import Temporal, parse_temporal

_TRUE = frozenset(("true", "t", "yes", "y", "1", "1.0"))
_FALSE = frozenset(("false", "f", "no", "n", "0", "0.0"))
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_QUANTITY = re.compile(
    r"([+-]?\d+(?:\.\d+)?)\s*(?:'([^']+)'|"
    r"((?:year|month|week|day|hour|minute|second|millisecond)s?))?",
    re.ASCII,
)


def _boolean(value: Any) -> bool | None:
    if type(value) is bool:
        return value
    text = str(value).lower() if type(value) in (str, int, Decimal) else ""
    if type(value) is Decimal and value in (0, 1):
        return value == 1
    return True if text in _TRUE else False if text in _FALSE else None


def _integer(value: Any) -> int | None:
    if type(value) in (bool, int):
        return int(value)
    return int(value) if type(value) is str and _INTEGER.fullmatch(value) else None


def _decimal(value: Any) -> Decimal | None:
    if type(value) in (bool, int, Decimal):
        return Decimal(value)
    return Decimal(value) if type(value) is str and _DECIMAL.fullmatch(value) else None


def text_of(value: Any) -> str | None:
    """The text of a plain value, None of anything else."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is Decimal:
        return format(value, "f")
    return str(value) if isinstance(value, str | int | Temporal | Quantity) else None


def _quantity(value: Any) -> Quantity | None:
    if type(value) is Quantity:
        return value
    if type(value) in (bool, int, Decimal):
        return Quantity(Decimal(value), "1")
    found = _QUANTITY.fullmatch(value) if type(value) is str else None
    if found is None:
        return None
    return Quantity(Decimal(found[1]), found[2] or (found[3] or "1").rstrip("s"))


def _temporal(kind: str) -> Callable[[Any], Temporal | None]:
    def convert(value: Any) -> Temporal | None:
        if type(value) is str:
            try:
                value = parse_temporal(value)
            except ValueError:
                return None
        if type(value) is not Temporal:
            return None
        if value.kind == kind:
            return value
        if kind == "date" and value.kind == "dateTime":
            return Temporal("date", value.fields[:3])
        if kind == "dateTime" and value.kind == "date":
            return Temporal("dateTime", value.fields)
        return None

    return convert


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "Boolean": _boolean,
    "Integer": _integer,
    "Decimal": _decimal,
    "String": text_of,
    "Date": _temporal("date"),
    "DateTime": _temporal("dateTime"),
    "Time": _temporal("time"),
}


def _to(convert: Callable[[Any], Any]) -> Function:
    def function(items: Items, scope: Scope, arguments: Arguments) -> Items:
        value = single(items)
        found = None if value is None else convert(value)
        return [] if found is None else [found]

    return function


def _converts(convert: Callable[[Any], Any]) -> Function:
    def function(items: Items, scope: Scope, arguments: Arguments) -> Items:
        value = single(items)
        return [] if value is None else [convert(value) is not None]

    return function


def _to_quantity(items: Items, scope: Scope, arguments: Arguments) -> Items:
    found = _quantity(single(items))
    if found is None or not arguments:
        return [] if found is None else [found]
    unit = single(arguments[0]([scope.this], scope))
    if type(unit) is not str:
        return []
    wanted = converted(found, unit)
    return [] if wanted is None else [wanted]


def _converts_to_quantity(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [bool(_to_quantity(items, scope, arguments))] if items else []


def _now(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [scope.run.moment]


def _today(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [Temporal("date", scope.run.moment.fields[:3])]


def _time_of_day(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [Temporal("time", (1, 1, 1, *scope.run.moment.fields[3:]))]


CONVERSION: dict[str, tuple[Function, int, int]] = {
    **{"to" + name: (_to(convert), 0, 0) for name, convert in _CONVERTERS.items()},
    **{"convertsTo" + name: (_converts(convert), 0, 0) for name, convert in _CONVERTERS.items()},
    "toQuantity": (_to_quantity, 0, 1),
    "convertsToQuantity": (_converts_to_quantity, 0, 1),
    "now": (_now, 0, 0),
    "today": (_today, 0, 0),
    "timeOfDay": (_time_of_day, 0, 0),
}
