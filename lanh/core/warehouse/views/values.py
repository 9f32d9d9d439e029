"""Typed values: a SQL expression with its FHIR type and whether it is a collection."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from lanh.core.fhir.definitions import definitions
from lanh.core.warehouse.views.expressions import (
    Array,
    Call,
    Case,
    Cast,
    Constant,
    Keep,
    Kind,
    Map,
    Member,
    Name,
    Operation,
    Shape,
    Sql,
    first,
    flatten,
    present,
    size,
)

_KINDS: dict[str, Kind] = {
    "boolean": "boolean", "integer": "integer", "positiveInt": "integer", "unsignedInt": "integer",
    "integer64": "integer",
}  # fmt: skip
NUMBERS = frozenset({"integer", "positiveInt", "unsignedInt", "integer64", "decimal"})
MOMENTS = frozenset({"dateTime", "instant"})
_JSON = "JSON"


class ViewError(ValueError):
    """A ViewDefinition that is not valid, or uses what the compiler does not know."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`value` of an element that FHIR spells valueString, valueQuantity, ...: not yet one type."""

    parent: Value
    options: tuple[tuple[str, str], ...]  # (JSON property, type)

    def of_type(self, name: str) -> Value:
        """The choice where it has a type; empty where that type is not one of its options."""
        for json_name, code in self.options:
            if code == name:
                return step(self.parent, json_name, code, False)
        # Resources of another FHIR version may use types that R4 does not list here.
        prefix = self.options[0][0][: -len(self.options[0][1])]
        return step(self.parent, prefix + name[0].upper() + name[1:], name, False)

    def alternatives(self) -> list[Value]:
        """The value of each possible type, of which at most one is there."""
        return [step(self.parent, name, code, False) for name, code in self.options]


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression yields: NULL or an empty list is FHIRPath's empty collection.

    A decimal is kept as the text of the resource until it is computed with, so that 1.00 keeps
    its precision. `shape` is what is read of an object so far.
    """

    sql: Sql
    type: str
    many: bool = False
    shape: Shape | None = None


@dataclass(slots=True)
class Scope:
    """Where a path is read: focus, root, row index, constants, and fresh variable names."""

    focus: Value
    root: Value
    index: Sql
    constants: dict[str, Value]
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def variable(self) -> str:
        """A name that no other lambda of the view uses."""
        return f"v{next(self.numbers)}"

    def at(self, focus: Value, index: Sql | None = None) -> Scope:
        """The same scope with another focus."""
        return replace(self, focus=focus, index=self.index if index is None else index)


def leaf_kind(code: str) -> Kind | None:
    """How a primitive is read from JSON; None for an object."""
    if code == _JSON:
        return "json"
    tables = definitions()
    if code in tables.primitives or code == "integer64":
        return _KINDS.get(code, "text")
    return None


_names = itertools.count()


def _fresh() -> str:
    return f"w{next(_names)}"


def step(value: Value, json_name: str, code: str, many: bool) -> Value:
    """The value of a JSON property, of each element where `value` is a collection."""
    kind = leaf_kind(code)
    inner: Shape | None = None
    if value.shape is not None:
        known = value.shape.members.get(json_name)
        if known is None:
            known = value.shape.members[json_name] = (kind or Shape(), many)
        elif isinstance(known[0], str) != (kind is not None):
            raise ViewError(f"{json_name} is read both whole and in parts")
        inner = known[0] if isinstance(known[0], Shape) else None
    if not value.many:
        found: Sql = Member(value.sql, json_name)
        if many and kind is not None:
            found = _kept(found)
        return Value(found, code, many, inner)
    name = _fresh()
    mapped = Map(value.sql, name, Member(Name(name), json_name))
    kept = _kept(mapped)
    if many:
        kept = flatten(kept)
        if kind is not None:
            kept = _kept(kept)
    return Value(kept, code, True, inner)


def _kept(source: Sql) -> Sql:
    name = _fresh()
    return Keep(source, name, present(Name(name)))


def mapped(value: Value, change: Callable[[Value], Value]) -> Value:
    """`change` applied to the value, or to each element of the collection."""
    if not value.many:
        return change(value)
    name = _fresh()
    inner = change(replace(value, sql=Name(name), many=False))
    kept = _kept(Map(value.sql, name, inner.sql))
    if inner.many:
        kept = flatten(kept)
    return Value(kept, inner.type, True, inner.shape)


def single(value: Value) -> Value:
    """The one element of a collection; a collection of more is an error of the data."""
    if not value.many:
        return value
    fault = Call("raise", (Constant("a path that must give one value gave several"),))
    several = Operation(">", size(value.sql), Constant(1))
    return replace(value, sql=Case(((several, fault),), first(value.sql)), many=False)


def existing(value: Value | Choice) -> Sql:
    """Whether the collection has an element: never NULL."""
    if isinstance(value, Choice):
        conditions = [existing(option) for option in value.alternatives()]
        joined = conditions[0]
        for condition in conditions[1:]:
            joined = Operation("or", joined, condition)
        return joined
    if value.many:
        return Operation(">", size(value.sql), Constant(0))
    return present(value.sql)


def truth(value: Value | Choice) -> Sql:
    """The value as a condition: singleton evaluation, where one non-boolean counts as true."""
    if isinstance(value, Choice) or value.type != "boolean":
        return existing(value)
    return single(value).sql


def number(value: Value) -> Sql:
    """The value as a number to compute with."""
    one = single(value)
    return one.sql if one.type != "decimal" else Cast(one.sql, "operand")


def as_list(value: Value) -> Sql:
    """The value as a list without NULL, empty where there is nothing."""
    return value.sql if value.many else _kept(Array((value.sql,)))
