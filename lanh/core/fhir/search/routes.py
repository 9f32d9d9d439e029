"""Routes: search expressions that are plain paths, resolved against the definitions.

Most expressions walk from the resource to some elements, choose a type or filter by a fixed value.
Such an expression becomes a list of routes, each a row of JSON property names, so that following
it needs no evaluation. What is no plain path raises NotPlain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal as Lit

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path.syntax import (
    Binary,
    Call,
    Expression,
    Index,
    Literal,
    Member,
    TypeTest,
)


class NotPlain(Exception):
    """The expression is no plain path."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `key` follows a property (a list where `many`), `equal` keeps objects whose
    property has a text, `type` keeps references to a resource type, `index` takes one item."""

    kind: Lit["key", "equal", "type", "index"]
    name: str
    value: str = ""
    many: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Steps from the root of a resource to values of one FHIR type."""

    steps: tuple[Step, ...]
    type: str

    def then(self, step: Step, type_name: str | None = None) -> Route:
        """The route one step longer."""
        return replace(self, steps=(*self.steps, step), type=type_name or self.type)


def routes(expression: Expression, root: str) -> list[Route]:
    """The routes of an expression for resources of type `root`. Raises NotPlain."""
    if isinstance(expression, Binary) and expression.operator == "|":
        return routes(expression.left, root) + routes(expression.right, root)
    if isinstance(expression, Member):
        return _member(expression, root)
    if isinstance(expression, TypeTest) and expression.operator == "as":
        return _of_type(routes(expression.operand, root), expression.type)
    if isinstance(expression, Index) and isinstance(expression.index, Literal):
        step = Step("index", "", str(expression.index.value))
        return [route.then(step) for route in routes(expression.source, root)]
    if isinstance(expression, Call) and expression.source is not None:
        return _call(expression, expression.source, root)
    raise NotPlain


def _member(member: Member, root: str) -> list[Route]:
    if member.source is None:
        if member.name in (root, "Resource", "DomainResource"):
            return [Route((), root)]
        if member.name[0].isupper():
            return []
        return _children([Route((), root)], member.name)
    return _children(routes(member.source, root), member.name)


def _children(sources: list[Route], name: str) -> list[Route]:
    found = []
    for route in sources:
        tables = definitions()
        if not tables.has(route.type):
            raise NotPlain
        element = tables.structure(route.type).element(name)
        if element is None:
            if tables.structure(route.type).abstract:
                raise NotPlain
            continue
        for json_name, option in element.json_names():
            step = Step("key", json_name, many=element.is_list)
            found.append(route.then(step, option.code))
    return found


def _of_type(found: list[Route], name: str) -> list[Route]:
    name = name.rpartition(".")[2]
    exact = [route for route in found if route.type == name]
    return exact or [route for route in found if _derives(route.type, name)]


def _derives(name: str, ancestor: str) -> bool:
    base: str | None = name
    while base is not None and definitions().has(base):
        base = definitions().structure(base).base
        if base == ancestor:
            return True
    return False


def _call(call: Call, source: Expression, root: str) -> list[Route]:
    arguments = call.arguments
    if call.name in ("as", "ofType") and len(arguments) == 1:
        if isinstance(arguments[0], Member) and arguments[0].source is None:
            return _of_type(routes(source, root), arguments[0].name)
        raise NotPlain
    if call.name == "extension" and isinstance(arguments[0], Literal):
        step = Step("equal", "url", str(arguments[0].value))
        return [r.then(step) for r in _children(routes(source, root), "extension")]
    if call.name == "where" and len(arguments) == 1:
        step = _filter(arguments[0])
        return [route.then(step) for route in routes(source, root)]
    raise NotPlain


def _filter(condition: Expression) -> Step:
    if isinstance(condition, TypeTest) and condition.operator == "is":
        operand = condition.operand
        if isinstance(operand, Call) and operand.name == "resolve" and operand.source is None:
            return Step("type", "", condition.type.rpartition(".")[2])
    if isinstance(condition, Binary) and condition.operator == "=":
        left, right = condition.left, condition.right
        if not isinstance(left, Member) or left.source is not None:
            raise NotPlain
        if isinstance(right, Literal) and isinstance(right.value, str):
            return Step("equal", left.name, right.value)
    raise NotPlain
