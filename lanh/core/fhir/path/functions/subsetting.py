"""Subsetting and combining: first, skip, intersect, union and the like (FHIRPath 5.3, 5.4)."""

from __future__ import annotations

from lanh.core.fhir.path.comparison import distinct, identity
from lanh.core.fhir.path.nodes import Items, PathError, single
from lanh.core.fhir.path.scope import Arguments, Evaluate, Function, Scope


def _single(items: Items, scope: Scope, arguments: Arguments) -> Items:
    if len(items) > 1:
        raise PathError("single() found several items")
    return items


def _amount(scope: Scope, items: Items, argument: Evaluate) -> int:
    amount = single(argument(items, scope))
    if type(amount) is not int:
        raise PathError("a whole number was expected")
    return max(0, amount)


def _skip(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return items[_amount(scope, items, arguments[0]) :]


def _take(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return items[: _amount(scope, items, arguments[0])]


def _other(scope: Scope, argument: Evaluate) -> Items:
    return argument([scope.this], scope)


def _intersect(items: Items, scope: Scope, arguments: Arguments) -> Items:
    known = {identity(item) for item in _other(scope, arguments[0])}
    return distinct([item for item in items if identity(item) in known])


def _exclude(items: Items, scope: Scope, arguments: Arguments) -> Items:
    known = {identity(item) for item in _other(scope, arguments[0])}
    return [item for item in items if identity(item) not in known]


def _union(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return distinct(_combine(items, scope, arguments))


def _combine(items: Items, scope: Scope, arguments: Arguments) -> Items:
    other = _other(scope, arguments[0])
    scope.run.spend(len(items) + len(other))
    return items + other


SUBSETTING: dict[str, tuple[Function, int, int]] = {
    "single": (_single, 0, 0),
    "first": (lambda i, s, a: i[:1], 0, 0),
    "last": (lambda i, s, a: i[-1:], 0, 0),
    "tail": (lambda i, s, a: i[1:], 0, 0),
    "skip": (_skip, 1, 1),
    "take": (_take, 1, 1),
    "intersect": (_intersect, 1, 1),
    "exclude": (_exclude, 1, 1),
    "union": (_union, 1, 1),
    "combine": (_combine, 1, 1),
}
