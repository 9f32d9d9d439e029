"""Filtering and projection: where, select, repeat, aggregate, iif (FHIRPath 5.2, 5.8, 7)."""

from __future__ import annotations

from collections.abc import Hashable

from lanh.core.fhir.path.comparison import identity
from lanh.core.fhir.path.nodes import Items, PathError, single, truth
from lanh.core.fhir.path.scope import Arguments, Function, Scope


def _where(items: Items, scope: Scope, arguments: Arguments) -> Items:
    rule = arguments[0]
    return [i for n, i in enumerate(items) if truth(rule([i], scope.inner(i, n))) is True]


def _select(items: Items, scope: Scope, arguments: Arguments) -> Items:
    project = arguments[0]
    found: Items = []
    for index, item in enumerate(items):
        found += project([item], scope.inner(item, index))
    scope.run.spend(len(found))
    return found


def _repeat(items: Items, scope: Scope, arguments: Arguments) -> Items:
    project = arguments[0]
    found: Items = []
    known: set[Hashable] = set()
    level = items
    while level:
        below = _select(level, scope, (project,))
        level = []
        for item in below:
            key = identity(item)
            if key not in known:
                known.add(key)
                level.append(item)
        found += level
    return found


def _aggregate(items: Items, scope: Scope, arguments: Arguments) -> Items:
    total = arguments[1](items, scope) if len(arguments) > 1 else []
    for index, item in enumerate(items):
        inner = scope.inner(item, index, total)
        inner.total = total
        total = arguments[0]([item], inner)
    return total


def _iif(items: Items, scope: Scope, arguments: Arguments) -> Items:
    if len(items) > 1:
        raise PathError("iif() needs a single value")
    inner = scope.inner(items[0], scope.index) if items else scope
    found = arguments[0](items, inner)
    if found and type(single(found)) is not bool:
        raise PathError("iif() needs a boolean")
    if truth(found) is True:
        return arguments[1](items, inner)
    return arguments[2](items, inner) if len(arguments) > 2 else []


def _trace(items: Items, scope: Scope, arguments: Arguments) -> Items:
    write = scope.run.environment.trace
    if write is not None:
        name = single(arguments[0]([scope.this], scope))
        shown = _select(items, scope, arguments[1:]) if len(arguments) > 1 else items
        write(str(name), shown)
    return items


FILTERING: dict[str, tuple[Function, int, int]] = {
    "where": (_where, 1, 1),
    "select": (_select, 1, 1),
    "repeat": (_repeat, 1, 1),
    "aggregate": (_aggregate, 1, 2),
    "iif": (_iif, 2, 3),
    "trace": (_trace, 1, 2),
}
