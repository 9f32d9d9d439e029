"""The operators of FHIRPath as closures (FHIRPath 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lanh.core.fhir.path.arithmetic import calculate, joined
from lanh.core.fhir.path.comparison import compare, contains, distinct, equal, equivalent
from lanh.core.fhir.path.nodes import TEMPORAL, Items, Node, PathError, Quantity, single, truth
from lanh.core.fhir.path.scope import Evaluate, Scope

_LONG = 1_000


def unary(operator: str, operand: Evaluate) -> Evaluate:
    """The closure of `+` or `-` before a value."""

    def evaluate(items: Items, scope: Scope) -> Items:
        value = single(operand(items, scope))
        if value is None or operator == "+":
            return [] if value is None else [value]
        if isinstance(value, Quantity):
            return [Quantity(-value.value, value.unit)]
        return [calculate("-", 0, value)]

    return evaluate


def equals_text(left: Evaluate, text: str) -> Evaluate:
    """The closure of `left = 'text'`, the most frequent comparison by far."""
    right = [text]

    def evaluate(items: Items, scope: Scope) -> Items:
        found = left(items, scope)
        if len(found) == 1:
            one = found[0]
            value = one.value if type(one) is Node else one
            if type(value) is str and (one is value or one.type not in TEMPORAL):
                return [value == text]
        answer = equal(found, right)
        return [] if answer is None else [answer]

    return evaluate


def binary(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    """The closure of a binary operator. Raises KeyError on an unknown one."""
    if operator == ".":
        return lambda items, scope: [
            found
            for index, item in enumerate(left(items, scope))
            for found in right([item], scope.inner(item, index))
        ]
    if operator in _LOGIC:
        return _logic(operator, left, right)
    if operator in _ON_ITEMS:
        on_items = _ON_ITEMS[operator]

        def whole(items: Items, scope: Scope) -> Items:
            one, two = left(items, scope), right(items, scope)
            if len(one) + len(two) > 2:
                scope.run.spend(len(one) + len(two))
            found = on_items(one, two)
            return [] if found is None else found if type(found) is list else [found]

        return whole
    if operator in _ORDER:
        accepted = _ORDER[operator]

        def ordered(items: Items, scope: Scope) -> Items:
            one, two = single(left(items, scope)), single(right(items, scope))
            if one is None or two is None:
                return []
            order = compare(one, two)
            return [] if order is None else [order in accepted]

        return ordered

    def arithmetic(items: Items, scope: Scope) -> Items:
        one, two = single(left(items, scope)), single(right(items, scope))
        if operator == "&":
            value = joined(_text(one), _text(two))
        elif one is None or two is None:
            return []
        else:
            value = calculate(operator, one, two)
        if type(value) is str and len(value) > _LONG:
            scope.run.spend(len(value) // _LONG)
        return [] if value is None else [value]

    return arithmetic


def _text(value: Any) -> str:
    if value is None:
        return ""
    if type(value) is not str:
        raise PathError("& joins texts")
    return value


_ORDER: dict[str, tuple[int, ...]] = {"<": (-1,), ">": (1,), "<=": (-1, 0), ">=": (0, 1)}
_LOGIC = frozenset(("and", "or", "xor", "implies"))


def _negated(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _in(left: Items, right: Items) -> bool | None:
    if not left:
        return None
    if len(left) > 1:
        raise PathError("in needs a single value")
    return contains(right, left[0])


_ON_ITEMS: dict[str, Callable[[Items, Items], Any]] = {
    "=": equal,
    "!=": lambda left, right: _negated(equal(left, right)),
    "~": equivalent,
    "!~": lambda left, right: not equivalent(left, right),
    "|": lambda left, right: distinct(left + right),
    "in": _in,
    "contains": lambda left, right: _in(right, left),
}


def _logic(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    def evaluate(items: Items, scope: Scope) -> Items:
        one = truth(left(items, scope))
        if operator == "and" and one is False:
            return [False]
        if operator == "or" and one is True:
            return [True]
        if operator == "implies" and one is False:
            return [True]
        two = truth(right(items, scope))
        found = _decide(operator, one, two)
        return [] if found is None else [found]

    return evaluate


def _decide(operator: str, one: bool | None, two: bool | None) -> bool | None:
    if operator == "and":
        return False if two is False else None if None in (one, two) else True
    if operator == "or":
        return True if two is True else None if None in (one, two) else False
    if operator == "xor":
        return None if one is None or two is None else one is not two
    if one is None:
        return True if two is True else None
    return two
