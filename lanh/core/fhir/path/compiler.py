"""Compiling syntax trees to closures over collections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from lanh.core.fhir.path.arithmetic import calculate
from lanh.core.fhir.path.comparison import compare, contains, distinct, equal, equivalent
from lanh.core.fhir.path.nodes import (
    Items,
    Node,
    PathError,
    Quantity,
    is_type,
    named,
    of_type,
    root_node,
    single,
    truth,
)
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


class Scope:
    """What an expression sees besides its input: `$this`, `$index`, `$total`, `%variables`."""

    __slots__ = ("index", "this", "total", "variables")

    def __init__(
        self, this: Any, variables: Mapping[str, Items], index: int = 0, total: Items | None = None
    ) -> None:
        self.this = this
        self.variables = variables
        self.index = index
        self.total = total if total is not None else []

    def inner(self, this: Any, index: int, total: Items | None = None) -> Scope:
        """The scope inside a function that goes through items."""
        return Scope(this, self.variables, index, total if total is not None else self.total)


Evaluate: TypeAlias = Callable[[Items, Scope], Items]
Function: TypeAlias = Callable[[Items, Scope, "tuple[Evaluate, ...]"], Items]

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
            return _unary(operator, compiled(operand))
        case TypeTest():
            return _type_test(expression)
        case Binary(operator, left, right):
            return _binary(operator, compiled(left), compiled(right))


def _member(member: Member) -> Evaluate:
    name = member.name
    if member.source is None:
        return lambda items, scope: _first(items, name)
    source = compiled(member.source)

    def step(items: Items, scope: Scope) -> Items:
        found: Items = []
        for item in source(items, scope):
            found += named(item, name)
        return found

    return step


def _first(items: Items, name: str) -> Items:
    """The first name of a path: a child, or the type of the input itself (`Patient.name`)."""
    found: Items = []
    for item in items:
        if type(item) is Node and name[0].isupper() and is_type(item, name):
            found.append(item)
        else:
            found += named(item, name)
    return found


def _call(call: Call) -> Evaluate:
    from lanh.core.fhir.path.functions import FUNCTIONS

    if call.name in ("is", "as", "ofType") and len(call.arguments) == 1:
        return _typed(call)
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


def _type_text(expression: Expression) -> str:
    if isinstance(expression, Member):
        if expression.source is None:
            return expression.name
        return f"{_type_text(expression.source)}.{expression.name}"
    raise PathError("a type name was expected")


def _typed(call: Call) -> Evaluate:
    name = _type_text(call.arguments[0])
    source = compiled(call.source) if call.source is not None else (lambda items, scope: items)
    if call.name == "is":
        return lambda items, scope: _is(source(items, scope), name)
    return lambda items, scope: of_type(source(items, scope), name)


def _type_test(test: TypeTest) -> Evaluate:
    operand, name = compiled(test.operand), test.type
    if test.operator == "is":
        return lambda items, scope: _is(operand(items, scope), name)
    # `as` is used on lists by search parameters of R4, so it filters as ofType does.
    return lambda items, scope: of_type(operand(items, scope), name)


def _is(items: Items, name: str) -> Items:
    if not items:
        return []
    if len(items) > 1:
        raise PathError("is needs a single value")
    return [is_type(items[0], name)]


def _special(name: str) -> Evaluate:
    if name == "$this":
        return lambda items, scope: [scope.this] if scope.this is not None else items
    if name == "$index":
        return lambda items, scope: [scope.index]
    return lambda items, scope: scope.total


def _external(name: str) -> Evaluate:
    def evaluate(items: Items, scope: Scope) -> Items:
        if name in scope.variables:
            return scope.variables[name]
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


def _unary(operator: str, operand: Evaluate) -> Evaluate:
    def evaluate(items: Items, scope: Scope) -> Items:
        value = single(operand(items, scope))
        if value is None or operator == "+":
            return [] if value is None else [value]
        if isinstance(value, Quantity):
            return [Quantity(-value.value, value.unit)]
        return [calculate("-", 0, value)]

    return evaluate


def _binary(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
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
            found = on_items(left(items, scope), right(items, scope))
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
            return [_joined(one) + _joined(two)]
        if one is None or two is None:
            return []
        value = calculate(operator, one, two)
        return [] if value is None else [value]

    return arithmetic


def _joined(value: Any) -> str:
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
        variables: Mapping[str, Items] | None = None,
    ) -> Items:
        """The items found from a node, without turning them into JSON values."""
        top = root if root is not None else item
        seen: dict[str, Items] = {"resource": [top], "rootResource": [top], "context": [item]}
        seen.update(variables or {})
        return self._evaluate([item], Scope(item, seen))

    def __call__(self, resource: Any, variables: Mapping[str, Any] | None = None) -> list[Any]:
        """The values found in a resource: JSON values of elements, plain values of results."""
        given = {k: v if isinstance(v, list) else [v] for k, v in (variables or {}).items()}
        found = self.nodes(root_node(resource), variables=given)
        return [item.value if type(item) is Node else item for item in found]

    def holds(self, node: Node, root: Node) -> bool:
        """Whether a rule is kept; an answer left open (empty) counts as kept."""
        return truth(self.nodes(node, root=root)) is not False


@lru_cache(maxsize=4096)
def compile_path(expression: str) -> Path:
    """The compiled form of a FHIRPath expression: call it with a resource.

    Raises PathSyntaxError where the text is not FHIRPath, PathError where it uses an unknown
    function; calling it raises PathError where it cannot be evaluated.
    """
    return Path(expression)


__all__ = ["Evaluate", "Function", "Path", "Scope", "compile_path"]
