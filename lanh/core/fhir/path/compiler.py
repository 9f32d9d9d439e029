"""Compiling syntax trees to closures over collections."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lanh.core.fhir.path.nodes import (
    Items,
    Node,
    PathError,
    Quantity,
    is_type,
    known_type,
    named,
    of_type,
    primitive_of,
    root_node,
    single,
    truth,
)
from lanh.core.fhir.path.operators import binary, equals_text, unary
from lanh.core.fhir.path.parser import parse
from lanh.core.fhir.path.ports import NOTHING, Environment
from lanh.core.fhir.path.scope import Evaluate, Run, Scope
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

_CONSTANTS = {
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "ucum": "http://unitsofmeasure.org",
}


def compiled(expression: Expression) -> Evaluate:
    """The closure of a syntax tree. Raises PathError on an unknown function."""
    match expression:
        case Literal(value):
            return lambda items, scope: [value]
        case QuantityLiteral(value, unit):
            quantity = Quantity(value, unit)
            return lambda items, scope: [quantity]
        case Empty():
            return lambda items, scope: []
        case Member():
            return _member(expression)
        case Call():
            return _call(expression)
        case Special(name):
            return _special(name)
        case External(name):
            return _external(name)
        case Index(source, index):
            return _index(compiled(source), compiled(index))
        case Unary(operator, operand):
            return unary(operator, compiled(operand))
        case TypeTest():
            return _type_test(expression)
        case Binary("=", left, Literal(str() as text)):
            return equals_text(compiled(left), text)
        case Binary(operator, left, right):
            return binary(operator, compiled(left), compiled(right))


def _member(member: Member) -> Evaluate:
    name = member.name
    if member.source is None:
        return _typed_first(name) if name[0].isupper() else _plain_first(name)
    source = compiled(member.source)

    def step(items: Items, scope: Scope) -> Items:
        found: Items = []
        for item in source(items, scope):
            found += named(item, name)
        return found

    return step


def _plain_first(name: str) -> Evaluate:
    def evaluate(items: Items, scope: Scope) -> Items:
        if len(items) == 1:
            return named(items[0], name)
        return [found for item in items for found in named(item, name)]

    return evaluate


def _typed_first(name: str) -> Evaluate:
    """The first name of a path that may be the type of the input itself: `Patient.name`."""

    def evaluate(items: Items, scope: Scope) -> Items:
        found: Items = []
        for item in items:
            if type(item) is Node and (item.type == name or is_type(item, name)):
                found.append(item)
            else:
                found += named(item, name)
        return found

    return evaluate


def _call(call: Call) -> Evaluate:
    from lanh.core.fhir.path.functions import FUNCTIONS

    if call.name in ("is", "as", "ofType") and len(call.arguments) == 1:
        return _typed(call)
    if call.name == "sort":
        from lanh.core.fhir.path.functions.ordering import sort

        source = compiled(call.source) if call.source is not None else None
        return sort(source, [(compiled(_key(each)), _way(each)) for each in call.arguments])
    found = FUNCTIONS.get(call.name)
    if found is None:
        raise PathError(f"unknown function {call.name}()")
    function, least, most = found
    if not least <= len(call.arguments) <= most:
        raise PathError(f"{call.name}() takes {least} to {most} arguments")
    source = compiled(call.source) if call.source is not None else None
    arguments = tuple(compiled(argument) for argument in call.arguments)
    if source is None:
        return lambda items, scope: function(items, scope, arguments)
    return lambda items, scope: function(source(items, scope), scope, arguments)


def _key(argument: Expression) -> Expression:
    return argument.operand if _way(argument) and isinstance(argument, Unary) else argument


def _way(argument: Expression) -> str:
    """How a key of sort() counts: as it is, turned round (`-key`) or descending (`key desc`)."""
    turned = isinstance(argument, Unary) and argument.operator in ("-", "desc")
    return argument.operator if turned and isinstance(argument, Unary) else ""


def _type_text(expression: Expression) -> str:
    if isinstance(expression, Member):
        if expression.source is None:
            return expression.name
        return f"{_type_text(expression.source)}.{expression.name}"
    raise PathError("a type name was expected")


def _existing(name: str) -> str:
    if not known_type(name):
        raise PathError(f"there is no type {name}")
    return name


def _typed(call: Call) -> Evaluate:
    name = _existing(_type_text(call.arguments[0]))
    source = compiled(call.source) if call.source is not None else (lambda items, scope: items)
    if call.name == "is":
        return lambda items, scope: _is(source(items, scope), name)
    if call.name == "as":
        return lambda items, scope: _as(source(items, scope), name)
    return lambda items, scope: of_type(source(items, scope), name)


def _type_test(test: TypeTest) -> Evaluate:
    operand, name = compiled(test.operand), _existing(test.type)
    if test.operator == "is":
        return lambda items, scope: _is(operand(items, scope), name)
    # The operator is used on lists by search parameters of R4, so it filters as ofType does. Rules
    # that people write also mean a primitive by the name of FHIRPath's own type: `as String`.
    plain = primitive_of(name)

    def evaluate(items: Items, scope: Scope) -> Items:
        found = operand(items, scope)
        return of_type(found, name) or (of_type(found, plain) if plain is not None else [])

    return evaluate


def _is(items: Items, name: str) -> Items:
    if not items:
        return []
    if len(items) > 1:
        raise PathError("is needs a single value")
    return [is_type(items[0], name)]


def _as(items: Items, name: str) -> Items:
    if len(items) > 1:
        raise PathError("as() needs a single value")
    return of_type(items, name)


def _special(name: str) -> Evaluate:
    if name == "$this":
        return lambda items, scope: [scope.this] if scope.this is not None else items
    if name == "$index":
        return lambda items, scope: [scope.index]
    return lambda items, scope: scope.total


def _external(name: str) -> Evaluate:
    def evaluate(items: Items, scope: Scope) -> Items:
        given = scope.run.variables.get(name)
        if given is not None:
            return given
        if name in _CONSTANTS:
            return [_CONSTANTS[name]]
        if name.startswith("vs-"):
            return [f"http://hl7.org/fhir/ValueSet/{name[3:]}"]
        if name.startswith("ext-"):
            return [f"http://hl7.org/fhir/StructureDefinition/{name[4:]}"]
        raise PathError(f"unknown variable %{name}")

    return evaluate


def _index(source: Evaluate, index: Evaluate) -> Evaluate:
    def evaluate(items: Items, scope: Scope) -> Items:
        found = source(items, scope)
        at = single(index(items, scope))
        if at is None:
            return []
        if type(at) is not int:
            raise PathError("an index must be a whole number")
        return [found[at]] if 0 <= at < len(found) else []

    return evaluate


def _items(value: Any) -> Items:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


class Path:
    """A compiled expression."""

    __slots__ = ("_evaluate", "expression")

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self._evaluate = compiled(parse(expression))

    def nodes(
        self,
        item: Any,
        *,
        root: Any = None,
        resource: Any = None,
        variables: Mapping[str, Items] | None = None,
        environment: Environment = NOTHING,
    ) -> Items:
        """The items found from a node, without turning them into JSON values.

        `root` is `%rootResource` (the node itself, if not given), `resource` is `%resource`: the
        root, or the contained resource or entry that holds the node. Raises PathError.
        """
        top = root if root is not None else item
        near = resource if resource is not None else top
        seen: dict[str, Items] = {"resource": [near], "rootResource": [top], "context": [item]}
        seen.update(variables or {})
        try:
            return self._evaluate([item], Scope(item, Run(seen, environment)))
        except RecursionError as error:
            raise PathError("the expression is nested too deeply") from error

    def __call__(
        self,
        resource: Any,
        variables: Mapping[str, Any] | None = None,
        environment: Environment = NOTHING,
    ) -> list[Any]:
        """The values found in a resource: JSON values of elements, plain values of results."""
        given = {name: _items(value) for name, value in (variables or {}).items()}
        found = self.nodes(root_node(resource), variables=given, environment=environment)
        return [item.value if type(item) is Node else item for item in found]

    def holds(
        self, node: Node, root: Node, resource: Node | None = None, env: Environment = NOTHING
    ) -> bool:
        """Whether a rule is kept; an answer left open (empty) counts as kept."""
        found = self.nodes(node, root=root, resource=resource, environment=env)
        return truth(found) is not False


@lru_cache(maxsize=4096)
def compile_path(expression: str) -> Path:
    """The compiled form of a FHIRPath expression: call it with a resource.

    Raises PathSyntaxError where the text is not FHIRPath, PathError where it uses an unknown
    function or type; calling it raises PathError where it cannot be evaluated.
    """
    return Path(expression)


__all__ = ["Path", "compile_path"]
