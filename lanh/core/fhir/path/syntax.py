"""The syntax tree of a FHIRPath expression (FHIRPath 2.0 grammar)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from lanh.core.fhir.path.temporal import Temporal


@dataclass(frozen=True, slots=True)
class Literal:
    """A boolean, string, number, date or time as written."""

    value: bool | str | int | Decimal | Temporal


@dataclass(frozen=True, slots=True)
class QuantityLiteral:
    """A number with a unit: `4 days`, `5.4 'mg'`."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Empty:
    """`{}`."""


@dataclass(frozen=True, slots=True)
class Member:
    """The children of a name, of `source` or of the context."""

    source: Expression | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function called on `source` or on the context."""

    source: Expression | None
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Special:
    """`$this`, `$index` or `$total`."""

    name: str


@dataclass(frozen=True, slots=True)
class External:
    """A variable of the environment, `%resource`."""

    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`source[index]`."""

    source: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Unary:
    """`+x` or `-x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and an operator."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`x is T` or `x as T`."""

    operator: str
    operand: Expression
    type: str


Expression: TypeAlias = (
    Literal
    | QuantityLiteral
    | Empty
    | Member
    | Call
    | Special
    | External
    | Index
    | Unary
    | Binary
    | TypeTest
)
