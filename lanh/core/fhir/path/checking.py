"""Checking an expression against the types it would meet, before any resource is there.

Only what the definitions decide is refused: an element that a type lacks, a step on a wrong root, a
type that does not exist, an order that nobody defined. Where the types are open (an extension's
value, a contained resource, a variable), nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path.compiler import compile_path
from lanh.core.fhir.path.nodes import PathError, Quantity, fields_of, type_chain, type_name
from lanh.core.fhir.path.parser import parse
from lanh.core.fhir.path.syntax import (
    Binary,
    Call,
    Empty,
    Expression,
    External,
    Index,
    Literal,
    Member,
    QuantityLiteral,
    Special,
    TypeTest,
    Unary,
)


class PathSemanticError(PathError):
    """An expression cannot mean anything on the type it is written for."""


Types: TypeAlias = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class _Meant:
    """What an expression may give: its types (None if open), whether of several items, ordered."""

    types: Types = None
    several: bool = True
    ordered: bool = True


_OPEN = _Meant()
_BOOLEAN = _Meant(frozenset({"Boolean"}), several=False)
_TEXT = _Meant(frozenset({"String"}), several=False)
_INTEGER = _Meant(frozenset({"Integer"}), several=False)
# Types that any resource or element may stand behind.
_ABSTRACT = frozenset({"Resource", "DomainResource", "Element", "BackboneElement", "Any"})
_ON_ORDER = frozenset({"first", "last", "tail", "skip", "take"})
_ON_TEXT = frozenset({
    "startsWith", "endsWith", "matches", "matchesFull", "indexOf", "lastIndexOf", "substring",
    "upper", "lower", "replace", "replaceMatches", "length", "toChars", "trim", "split",
})  # fmt: skip
_SAME = frozenset({"where", "trace", "distinct", "sort", "exclude", "intersect", "checkModifiers"})
_ONE_OF = frozenset({"first", "last", "single"})
_BOOLEAN_CALLS = frozenset({
    "empty", "exists", "all", "not", "hasValue", "allTrue", "anyTrue", "allFalse", "anyFalse",
    "subsetOf", "supersetOf", "isDistinct", "hasExtension", "startsWith", "endsWith", "matches",
    "matchesFull", "conformsTo", "memberOf", "subsumes", "subsumedBy", "htmlChecks",
    "comparable", "is",
})  # fmt: skip
_RESULTS: dict[str, _Meant] = {
    **dict.fromkeys(_BOOLEAN_CALLS, _BOOLEAN),
    **dict.fromkeys(
        ("count", "length", "indexOf", "lastIndexOf", "toInteger", "precision"), _INTEGER
    ),
    **dict.fromkeys(("toString", "join", "upper", "lower", "replace", "encode", "trim"), _TEXT),
    **dict.fromkeys(("substring", "replaceMatches", "decode", "escape", "unescape"), _TEXT),
    "extension": _Meant(frozenset({"Extension"})),
}
_COMPARING = frozenset(("=", "!=", "~", "!~", "<", ">", "<=", ">=", "in", "contains"))
_LOGIC = frozenset(("and", "or", "xor", "implies"))


def check_path(expression: str, type_name: str) -> None:
    """Checks that an expression has a meaning on values of a type (`Patient`, `HumanName`).

    Raises PathSyntaxError where it is not FHIRPath, PathSemanticError where the type lacks what it
    asks for, PathError on an unknown function or type.
    """
    compile_path(expression)
    start = _Meant(frozenset({type_name}), several=False)
    _meant(parse(expression), start, start)


def _meant(node: Expression, here: _Meant, this: _Meant) -> _Meant:
    """What a node gives on `here`; `this` is what `$this` and a call without source stand on."""
    match node:
        case Literal(value):
            return _Meant(frozenset({type_name(value)[1]}), several=False)
        case QuantityLiteral(value, unit):
            return _Meant(frozenset({type_name(Quantity(value, unit))[1]}), several=False)
        case Empty() | External():
            return _OPEN
        case Special(name):
            return this if name == "$this" else _INTEGER if name == "$index" else _OPEN
        case Member():
            return _member(node, here, this)
        case Call():
            return _call(node, here, this)
        case Index(source, index):
            found = _meant(source, here, this)
            _ordered(found, "[]")
            _meant(index, here, this)
            return _Meant(found.types, several=False)
        case Unary(_, operand):
            return _meant(operand, here, this)
        case TypeTest(operator, operand, wanted):
            found = _meant(operand, here, this)
            return _BOOLEAN if operator == "is" else _narrowed(found, wanted)
        case Binary(operator, left, right):
            return _binary(operator, left, right, here, this)


def _member(node: Member, here: _Meant, this: _Meant) -> _Meant:
    if node.source is None:
        if node.name[0].isupper() and here.types is not None and not here.types & _ABSTRACT:
            if any(node.name in type_chain(own) for own in here.types):
                return here
            if definitions().has(node.name):
                raise PathSemanticError(f"the path begins with {node.name}, not {_names(here)}")
        elif node.name[0].isupper() and definitions().has(node.name):
            return _Meant(frozenset({node.name}), here.several)
        source = here
    else:
        source = _meant(node.source, here, this)
    return _child(source, node.name)


def _child(source: _Meant, name: str) -> _Meant:
    if source.types is None or source.types & _ABSTRACT:
        return _OPEN
    found: set[str] = set()
    several, known = source.several, False
    for own in source.types:
        row = fields_of(own).get(name)
        if row is not None:
            known = True
            found.update(kind for _, kind, _ in row)
            several = several or _repeats(own, name)
    if not known:
        raise PathSemanticError(f"{_names(source)} has no element {name}")
    open_ended = found & _ABSTRACT
    return _Meant(None if open_ended else frozenset(found), several, source.ordered)


def _repeats(own: str, name: str) -> bool:
    if not definitions().has(own):
        return False
    element = definitions().structure(own).element(name)
    return element is None or element.is_list


def _names(meant: _Meant) -> str:
    return " | ".join(sorted(meant.types)) if meant.types else "anything"


def _ordered(found: _Meant, name: str) -> None:
    if not found.ordered:
        raise PathSemanticError(f"{name} needs an order, which children have not")


def _narrowed(found: _Meant, wanted: str) -> _Meant:
    name = wanted.rpartition(".")[2]
    return _Meant(frozenset({name}), found.several, found.ordered)


def _binary(
    operator: str, left: Expression, right: Expression, here: _Meant, this: _Meant
) -> _Meant:
    one = _meant(left, here, this)
    if operator == ".":
        return _meant(right, one, one)
    two = _meant(right, here, this)
    if operator in _COMPARING or operator in _LOGIC:
        return _BOOLEAN
    if operator == "|":
        both = one.types | two.types if one.types is not None and two.types is not None else None
        return _Meant(both)
    if operator == "&":
        return _TEXT
    dates = frozenset({"Date", "DateTime", "Time", "date", "dateTime", "instant", "time"})
    numbers = frozenset({"Integer", "Decimal", "integer", "decimal"})
    if operator in "+-" and one.types and two.types and one.types <= dates and two.types <= numbers:
        raise PathSemanticError("a plain number is no amount of time: write its unit")
    return _Meant(one.types if one.types == two.types else None, several=False)


def _call(node: Call, here: _Meant, this: _Meant) -> _Meant:
    source = _meant(node.source, here, this) if node.source is not None else here
    name = node.name
    if name in _ON_ORDER:
        _ordered(source, f"{name}()")
    if name in _ON_TEXT and source.types is not None:
        _text_like(source, name)
    if name in ("ofType", "as"):
        return _narrowed(source, _type_text(node.arguments[0]))
    if name == "is":
        return _BOOLEAN
    if name in ("children", "descendants"):
        return _Meant(None, several=True, ordered=False)
    item = _Meant(source.types, several=False, ordered=source.ordered)
    given = [_meant(each, item, item) for each in node.arguments if name in _PER_ITEM]
    if name == "iif":
        return _choice(given)
    if name in ("select", "repeat"):
        return _Meant(given[0].types if name == "select" else None, ordered=source.ordered)
    if name in _ONE_OF:
        return _Meant(source.types, several=False)
    if name in _SAME or name in _ON_ORDER:
        return source
    return _RESULTS.get(name, _OPEN)


_PER_ITEM = frozenset({"where", "exists", "all", "select", "iif", "sort"})


def _type_text(expression: Expression) -> str:
    return expression.name if isinstance(expression, Member) else ""


def _text_like(source: _Meant, name: str) -> None:
    plain = definitions().primitives | {"String"}
    own = source.types or frozenset()
    if own and not any(each in plain or not definitions().has(each) for each in own):
        raise PathSemanticError(f"{name}() needs a text, not {_names(source)}")


def _choice(given: list[_Meant]) -> _Meant:
    criterion = given[0]
    wrong = criterion.types is not None and not criterion.types & {"Boolean", "boolean"}
    if wrong:
        raise PathSemanticError(f"iif() needs a boolean, not {_names(criterion)}")
    types = [each.types for each in given[1:]]
    if any(each is None for each in types):
        return _OPEN
    return _Meant(frozenset().union(*(each for each in types if each is not None)))
