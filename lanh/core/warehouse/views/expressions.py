"""SQL expressions without a dialect: what a view computes, before DuckDB or Spark is chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["text", "json", "boolean", "integer", "decimal", "date", "timestamp"]


@dataclass(slots=True)
class Shape:
    """The part of a JSON object that a view reads; it grows while paths are compiled.

    `members` maps a property to what is read of it and whether it is a list. A leaf is the kind
    of its value. An object of which no property is read is read as JSON text.
    """

    members: dict[str, tuple[Shape | Kind, bool]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Name:
    """A column of the source or the variable of a lambda; `counts` marks an index variable."""

    name: str
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a struct."""

    source: Sql
    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal; None is NULL. A decimal is given as `Cast(Constant(text), "decimal")`."""

    value: str | int | bool | None


@dataclass(frozen=True, slots=True)
class Operation:
    """A binary operator: = <> < <= > >= and or + - * / % ||."""

    operator: str
    left: Sql
    right: Sql


@dataclass(frozen=True, slots=True)
class Call:
    """A scalar function by the name that the dialects agree on (see `dialects`)."""

    name: str
    arguments: tuple[Sql, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """A conversion; where `lenient`, a value that cannot be converted becomes NULL."""

    source: Sql
    kind: str
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """The value of the first condition that holds, else `otherwise`."""

    branches: tuple[tuple[Sql, Sql], ...]
    otherwise: Sql


@dataclass(frozen=True, slots=True)
class Map:
    """Each element of a list, changed; `index` names the variable that counts from 0."""

    source: Sql
    variable: str
    body: Sql
    index: str | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """The elements of a list for which the body is true."""

    source: Sql
    variable: str
    body: Sql


@dataclass(frozen=True, slots=True)
class Array:
    """A list of given elements."""

    elements: tuple[Sql, ...]


@dataclass(frozen=True, slots=True)
class Struct:
    """A struct of named fields."""

    fields: tuple[tuple[str, Sql], ...]


@dataclass(frozen=True, slots=True)
class Parse:
    """A JSON text read into the struct of a shape."""

    source: Sql
    shape: Shape


Sql: TypeAlias = (
    Name | Member | Constant | Operation | Call | Cast | Case | Map | Keep | Array | Struct | Parse
)

NULL = Constant(None)


def is_null(source: Sql) -> Sql:
    """Whether a value is missing."""
    return Call("is_null", (source,))


def present(source: Sql) -> Sql:
    """Whether a value is there."""
    return Call("not", (is_null(source),))


def size(source: Sql) -> Sql:
    """The length of a list; 0 where it is missing."""
    return Call("size", (source,))


def first(source: Sql) -> Sql:
    """The first element of a list, or NULL."""
    return Call("at", (source, Constant(0)))


def flatten(source: Sql) -> Sql:
    """A list of lists as one list."""
    return Call("flatten", (source,))


def all_of(conditions: list[Sql]) -> Sql:
    """The conditions joined by AND; true where there is none."""
    if not conditions:
        return Constant(True)
    joined = conditions[0]
    for condition in conditions[1:]:
        joined = Operation("and", joined, condition)
    return joined
