"""The FHIRPath functions that views may call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from lanh.core.fhir.path import syntax
from lanh.core.warehouse.views.boundaries import boundary
from lanh.core.warehouse.views.expressions import (
    NULL,
    Call,
    Case,
    Cast,
    Constant,
    Keep,
    Name,
    Operation,
    Sql,
    first,
    size,
)
from lanh.core.warehouse.views.paths import evaluate, member, of_type, typed
from lanh.core.warehouse.views.values import (
    Choice,
    Scope,
    Value,
    ViewError,
    as_list,
    existing,
    mapped,
    number,
    single,
    truth,
)

Arguments: TypeAlias = tuple[syntax.Expression, ...]
_REFERENCE = r"(?:^|/)([A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]+)?$"
_REFERENCE_ID = 2
_REFERENCE_TYPE = 1


def call(name: str, focus: Value | Choice, arguments: Arguments, scope: Scope) -> Value | Choice:
    """The value of a function call. Raises ViewError for one that is not supported."""
    if name in ("exists", "empty"):
        return _existence(name, focus, arguments, scope)
    if name in ("ofType", "as", "is"):
        found = of_type(focus, _type_name(arguments))
        return found if name != "is" else Value(existing(found), "boolean")
    if name == "not":
        return Value(Call("not", (truth(focus),)), "boolean")
    if name == "hasValue":
        return Value(existing(focus), "boolean")
    if name == "iif":
        return _iif(arguments, scope)
    value = typed(focus)
    if name in _COLLECTION:
        return _COLLECTION[name](value, arguments, scope)
    if name in _TEXT:
        function, count = _TEXT[name]
        if len(arguments) != count:
            raise ViewError(f"{name}() takes {count} arguments")
        return _text(name, function, value, arguments, scope)
    raise ViewError(f"the function {name}() is not supported")


def _type_name(arguments: Arguments) -> str:
    if len(arguments) != 1:
        raise ViewError("a type takes one name")
    named = arguments[0]
    if isinstance(named, syntax.Member):
        return named.name
    raise ViewError("the argument must be the name of a type")


def _criterion(value: Value, criterion: syntax.Expression, scope: Scope) -> Sql:
    """The elements of a value for which a criterion holds, as a list."""
    variable = scope.variable()
    item = Value(Name(variable), value.type, False, value.shape)
    return Keep(as_list(value), variable, truth(evaluate(criterion, scope.at(item))))


def _existence(name: str, focus: Value | Choice, arguments: Arguments, scope: Scope) -> Value:
    found: Value | Choice = focus
    if arguments:
        value = typed(focus)
        found = Value(_criterion(value, arguments[0], scope), value.type, True, value.shape)
    held = existing(found)
    return Value(held if name == "exists" else Call("not", (held,)), "boolean")


def _where(value: Value, arguments: Arguments, scope: Scope) -> Value:
    if len(arguments) != 1:
        raise ViewError("where() takes one criterion")
    kept = _criterion(value, arguments[0], scope)
    if value.many:
        return Value(kept, value.type, True, value.shape)
    return Value(first(kept), value.type, False, value.shape)


def _select(value: Value, arguments: Arguments, scope: Scope) -> Value:
    if len(arguments) != 1:
        raise ViewError("select() takes one projection")
    return mapped(value, lambda item: typed(evaluate(arguments[0], scope.at(item))))


def _all(value: Value, arguments: Arguments, scope: Scope) -> Value:
    kept = size(_criterion(value, arguments[0], scope))
    return Value(Operation("=", kept, size(as_list(value))), "boolean")


def _one(function: str) -> Callable[[Value, Arguments, Scope], Value]:
    def take(value: Value, arguments: Arguments, scope: Scope) -> Value:
        if not value.many:
            return value
        place = (value.sql, Constant(0)) if function == "at" else (value.sql,)
        return Value(Call(function, place), value.type, False, value.shape)

    return take


def _part(function: str) -> Callable[[Value, Arguments, Scope], Value]:
    def take(value: Value, arguments: Arguments, scope: Scope) -> Value:
        places = tuple(number(typed(evaluate(a, scope))) for a in arguments)
        return Value(Call(function, (as_list(value), *places)), value.type, True, value.shape)

    return take


def _count(value: Value, arguments: Arguments, scope: Scope) -> Value:
    return Value(size(as_list(value)), "integer")


def _join(value: Value, arguments: Arguments, scope: Scope) -> Value:
    separator = single(typed(evaluate(arguments[0], scope))).sql if arguments else Constant("")
    return Value(Call("join", (as_list(value), separator)), "string")


def _extension(value: Value, arguments: Arguments, scope: Scope) -> Value:
    if len(arguments) != 1:
        raise ViewError("extension() takes the extension's url")
    url = single(typed(evaluate(arguments[0], scope))).sql
    found = typed(member(value, "extension"))
    variable = scope.variable()
    item = Value(Name(variable), found.type, False, found.shape)
    wanted = Operation("=", typed(member(item, "url")).sql, url)
    return Value(Keep(as_list(found), variable, wanted), found.type, True, found.shape)


def _resource_key(value: Value, arguments: Arguments, scope: Scope) -> Value:
    return typed(member(value, "id"))


def _reference_key(value: Value, arguments: Arguments, scope: Scope) -> Value:
    """The id of a literal reference; empty where it names another type than the one asked for."""
    wanted = _type_name(arguments) if arguments else None
    reference = typed(member(value, "reference"))

    def key(item: Value) -> Value:
        def part(group: int) -> Sql:
            return Call("extract", (item.sql, Constant(_REFERENCE), Constant(group)))

        found = part(_REFERENCE_ID)
        if wanted is not None:
            named = Operation("=", part(_REFERENCE_TYPE), Constant(wanted))
            found = Case(((named, found),), NULL)
        return Value(found, "string")

    return mapped(reference, key)


def _boundary(high: bool) -> Callable[[Value, Arguments, Scope], Value]:
    def at(value: Value, arguments: Arguments, scope: Scope) -> Value:
        if arguments:
            raise ViewError("a boundary of a given precision is not supported")
        return mapped(value, lambda item: boundary(item, high))

    return at


def _iif(arguments: Arguments, scope: Scope) -> Value:
    if len(arguments) not in (2, 3):
        raise ViewError("iif() takes a criterion and one or two results")
    then = single(typed(evaluate(arguments[1], scope)))
    other = single(typed(evaluate(arguments[2], scope))).sql if len(arguments) == 3 else NULL
    condition = truth(evaluate(arguments[0], scope))
    return Value(Case(((condition, then.sql),), other), then.type, False, then.shape)


def _converted(kind: str, code: str) -> Callable[[Value, Arguments, Scope], Value]:
    def convert(value: Value, arguments: Arguments, scope: Scope) -> Value:
        return Value(Cast(single(value).sql, kind, True), code)

    return convert


def _distinct(value: Value, arguments: Arguments, scope: Scope) -> Value:
    return Value(Call("distinct", (as_list(value),)), value.type, True, value.shape)


def _text(name: str, function: str, value: Value, arguments: Arguments, scope: Scope) -> Value:
    given = tuple(single(typed(evaluate(a, scope))).sql for a in arguments)
    result = Call(function, (single(value).sql, *given))
    kinds = {"startsWith": "boolean", "endsWith": "boolean", "contains": "boolean"}
    kinds |= {"matches": "boolean", "length": "integer"}
    return Value(result, kinds.get(name, value.type if name == "abs" else "string"))


def _substring(value: Value, arguments: Arguments, scope: Scope) -> Value:
    places = tuple(number(typed(evaluate(a, scope))) for a in arguments)
    if len(places) not in (1, 2):
        raise ViewError("substring() takes a start and perhaps a length")
    function = "rest" if len(places) == 1 else "substring"
    return Value(Call(function, (single(value).sql, *places)), "string")


_COLLECTION: dict[str, Callable[[Value, Arguments, Scope], Value]] = {
    "where": _where,
    "select": _select,
    "all": _all,
    "first": _one("at"),
    "last": _one("last"),
    "single": lambda value, arguments, scope: single(value),
    "tail": _part("tail"),
    "take": _part("take"),
    "skip": _part("skip"),
    "count": _count,
    "distinct": _distinct,
    "join": _join,
    "extension": _extension,
    "getResourceKey": _resource_key,
    "getReferenceKey": _reference_key,
    "lowBoundary": _boundary(high=False),
    "highBoundary": _boundary(high=True),
    "toString": _converted("text", "string"),
    "toInteger": _converted("integer", "integer"),
    "substring": _substring,
}
_TEXT: dict[str, tuple[str, int]] = {
    "startsWith": ("starts", 1),
    "endsWith": ("ends", 1),
    "contains": ("contains", 1),
    "matches": ("matches", 1),
    "replace": ("replace", 2),
    "length": ("length", 0),
    "upper": ("upper", 0),
    "lower": ("lower", 0),
    "trim": ("trim", 0),
}
