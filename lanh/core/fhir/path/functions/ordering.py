"""Sorting (FHIRPath STU 5.3: sort)."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any, TypeAlias

from lanh.core.fhir.path.comparison import compare
from lanh.core.fhir.path.nodes import Items, single
from lanh.core.fhir.path.scope import Evaluate, Scope

Ranked: TypeAlias = tuple[list[Any], Any]


def sort(source: Evaluate | None, keys: list[tuple[Evaluate, str]]) -> Evaluate:
    """The closure of `sort(key, …)`. Each key comes with its way:

    empty    ascending, nothing first
    `-`      by the key turned round, nothing first (`-` also turns texts and dates round)
    `desc`   descending, nothing last

    It raises PathError on values that have no order.
    """
    ways = [way for _, way in keys] or [""]

    def evaluate(items: Items, scope: Scope) -> Items:
        found = source(items, scope) if source is not None else items
        ranked: list[Ranked] = []
        for index, item in enumerate(found):
            inner = scope.inner(item, index)
            own = [single(key([item], inner)) for key, _ in keys] or [single([item])]
            ranked.append((own, item))
        scope.run.spend(len(ranked) * len(ranked).bit_length())
        ranked.sort(key=cmp_to_key(order))
        return [item for _, item in ranked]

    def order(one: Ranked, two: Ranked) -> int:
        return _order(one[0], two[0], ways)

    return evaluate


def _order(one: list[Any], two: list[Any], ways: list[str]) -> int:
    for left, right, way in zip(one, two, ways, strict=True):
        if left is None or right is None:
            found = int(left is not None) - int(right is not None)
            found = -found if way == "desc" else found
        else:
            found = compare(left, right) or 0
            found = -found if way else found
        if found:
            return found
    return 0
