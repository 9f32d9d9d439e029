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
    """`+x` or `-x`; in the arguments of sort() also `x desc`."""

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


def parts(node: Expression) -> list[Expression]:
    """The expressions that a node is made of."""
    match node:
        case Member(source, _):
            return [source] if source is not None else []
        case Call(source, _, arguments):
            return [source, *arguments] if source is not None else list(arguments)
        case Index(source, index):
            return [source, index]
        case Unary(_, operand) | TypeTest(_, operand, _):
            return [operand]
        case Binary(_, left, right):
            return [left, right]
    return []
