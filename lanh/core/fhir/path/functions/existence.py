"""Existence: empty, exists, all, count, distinct and the like (FHIRPath 5.1)."""

from __future__ import annotations

from lanh.core.fhir.path.comparison import distinct, identity
from lanh.core.fhir.path.nodes import Items, PathError, has_value, system, truth
from lanh.core.fhir.path.scope import Arguments, Function, Scope


def _empty(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [not items]


def _exists(items: Items, scope: Scope, arguments: Arguments) -> Items:
    if not arguments:
        return [bool(items)]
    rule = arguments[0]
    return [any(truth(rule([i], scope.inner(i, n))) is True for n, i in enumerate(items))]


def _all(items: Items, scope: Scope, arguments: Arguments) -> Items:
    rule = arguments[0]
    return [all(truth(rule([i], scope.inner(i, n))) is True for n, i in enumerate(items))]


def _booleans(items: Items) -> list[bool]:
    values = [system(item) for item in items]
    if any(type(value) is not bool for value in values):
        raise PathError("booleans were expected")
    return values


def _not(items: Items, scope: Scope, arguments: Arguments) -> Items:
    value = truth(items)
    return [] if value is None else [not value]


def _has_value(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [len(items) == 1 and has_value(items[0])]


def _subset(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [_within(items, arguments[0]([scope.this], scope))]


def _superset(items: Items, scope: Scope, arguments: Arguments) -> Items:
    return [_within(arguments[0]([scope.this], scope), items)]


def _within(few: Items, many: Items) -> bool:
    known = {identity(item) for item in many}
    return all(identity(item) in known for item in few)


EXISTENCE: dict[str, tuple[Function, int, int]] = {
    "empty": (_empty, 0, 0),
    "exists": (_exists, 0, 1),
    "all": (_all, 1, 1),
    "not": (_not, 0, 0),
    "hasValue": (_has_value, 0, 0),
    "allTrue": (lambda i, s, a: [all(_booleans(i))], 0, 0),
    "anyTrue": (lambda i, s, a: [any(_booleans(i))], 0, 0),
    "allFalse": (lambda i, s, a: [not any(_booleans(i))], 0, 0),
    "anyFalse": (lambda i, s, a: [not all(_booleans(i))], 0, 0),
    "subsetOf": (_subset, 1, 1),
    "supersetOf": (_superset, 1, 1),
    "count": (lambda i, s, a: [len(i)], 0, 0),
    "distinct": (lambda i, s, a: distinct(i), 0, 0),
    "isDistinct": (lambda i, s, a: [len(distinct(i)) == len(i)], 0, 0),
}
