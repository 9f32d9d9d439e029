"""FHIRPath to typed SQL expressions: the subset of SQL on FHIR v2, and a little more."""

from __future__ import annotations

from decimal import Decimal

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import PathSyntaxError, Temporal, parse, syntax
from lanh.core.warehouse.views.expressions import (
    Array,
    Call,
    Case,
    Cast,
    Constant,
    Keep,
    Name,
    Operation,
    Sql,
    first,
    present,
    size,
)
from lanh.core.warehouse.views.values import (
    MOMENTS,
    NUMBERS,
    Choice,
    Scope,
    Value,
    ViewError,
    as_list,
    mapped,
    number,
    single,
    step,
    truth,
)

_COMPARE = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC = frozenset({"+", "-", "*", "/", "div", "mod"})


def compile_path(text: str, scope: Scope) -> Value | Choice:
    """The value of a path. Raises ViewError for a fault or for what is not supported."""
    if not isinstance(text, str) or not text.strip():
        raise ViewError(f"a path must be a text, not {text!r}")
    try:
        tree = parse(text)
    except PathSyntaxError as error:
        raise ViewError(f"path {text!r}: {error}") from error
    try:
        return evaluate(tree, scope)
    except ViewError as error:
        raise ViewError(f"path {text!r}: {error}") from error


def compile_value(text: str, scope: Scope) -> Value:
    """The value of a path that must have a type; a choice of one type is taken as that type."""
    return typed(compile_path(text, scope))


def typed(value: Value | Choice) -> Value:
    """A choice element as a value: only where it has a single type."""
    if isinstance(value, Value):
        return value
    if len(value.options) == 1:
        return value.alternatives()[0]
    names = ", ".join(code for _, code in value.options[:6])
    raise ViewError(f"choose a type with ofType(): {names}")


def evaluate(tree: syntax.Expression, scope: Scope) -> Value | Choice:
    """The value of a syntax tree."""
    match tree:
        case syntax.Literal(written):
            return _literal(written)
        case syntax.Empty():
            return Value(Constant(None), "string")
        case syntax.Special("$this" | "this"):
            return scope.focus
        case syntax.External(name):
            return _variable(name, scope)
        case syntax.Member(source, name):
            if source is None and name == scope.root.type and scope.focus is scope.root:
                return scope.root
            return member(evaluate(source, scope) if source else scope.focus, name)
        case syntax.Index(source, index):
            found = typed(evaluate(source, scope))
            place = number(typed(evaluate(index, scope)))
            return Value(Call("at", (as_list(found), place)), found.type, False, found.shape)
        case syntax.Unary(operator, operand):
            value = typed(evaluate(operand, scope))
            if operator == "+":
                return value
            return Value(Operation("-", Constant(0), number(value)), value.type)
        case syntax.Binary(operator, left, right):
            return _binary(operator, left, right, scope)
        case syntax.TypeTest(operator, operand, name):
            return of_type(evaluate(operand, scope), name)
        case syntax.Call(source, name, arguments):
            from lanh.core.warehouse.views.functions import call

            focus = evaluate(source, scope) if source else scope.focus
            return call(name, focus, arguments, scope)
        case _:
            raise ViewError(f"{tree} is not supported")


def _literal(value: bool | str | int | Decimal | Temporal) -> Value:
    if isinstance(value, bool):
        return Value(Constant(value), "boolean")
    if isinstance(value, int):
        return Value(Constant(value), "integer")
    if isinstance(value, Decimal):
        return Value(Constant(str(value)), "decimal")
    if isinstance(value, str):
        return Value(Constant(value), "string")
    return Value(Constant(str(getattr(value, "text", value))), "dateTime")


def _variable(name: str, scope: Scope) -> Value:
    if name == "rowIndex":
        return Value(scope.index, "integer")
    if name in ("resource", "rootResource", "context"):
        return scope.root
    if name not in scope.constants:
        raise ViewError(f"%{name} is not defined")
    return scope.constants[name]


def member(value: Value | Choice, name: str) -> Value | Choice:
    """The children of a name. Raises ViewError where the type has no such element."""
    owner = typed(value)
    tables = definitions()
    structure = owner.type
    element = None
    while structure and tables.has(structure) and element is None:
        found = tables.structure(structure)
        element = found.element(name)
        structure = found.base or ""
    if element is None:
        choice = _spelled_out(owner, name)
        if choice is not None:
            return choice
        raise ViewError(f"{owner.type} has no element {name}")
    if element.is_choice:
        return Choice(owner, tuple((json, option.code) for json, option in element.json_names()))
    return step(owner, name, element.types[0].code, element.is_list)


def _spelled_out(owner: Value, name: str) -> Value | None:
    """`valueQuantity` where FHIRPath would say `value.ofType(Quantity)`."""
    tables = definitions()
    if not tables.has(owner.type):
        return None
    for element in tables.structure(owner.type).elements:
        if element.is_choice:
            for json_name, option in element.json_names():
                if json_name == name:
                    return step(owner, json_name, option.code, False)
    return None


def of_type(value: Value | Choice, name: str) -> Value:
    """The value where it has a type; known when the view is compiled."""
    plain = name.removeprefix("FHIR.").removeprefix("System.")
    if isinstance(value, Choice):
        return value.of_type(plain)
    if value.type.lower() == plain.lower():
        return value
    return Value(Array(()) if value.many else Constant(None), plain, value.many)


def _binary(
    operator: str, left: syntax.Expression, right: syntax.Expression, scope: Scope
) -> Value | Choice:
    if operator == ".":
        return evaluate(right, scope.at(typed(evaluate(left, scope))))
    one, other = evaluate(left, scope), evaluate(right, scope)
    if operator in ("and", "or"):
        return Value(Operation(operator, truth(one), truth(other)), "boolean")
    if operator == "xor":
        return Value(Operation("<>", truth(one), truth(other)), "boolean")
    if operator == "implies":
        negated = Call("not", (truth(one),))
        return Value(Operation("or", negated, truth(other)), "boolean")
    return _of_values(operator, typed(one), typed(other))


def _of_values(operator: str, left: Value, right: Value) -> Value:
    if operator in _COMPARE:
        return Value(_compare(_COMPARE[operator], left, right), "boolean")
    if operator == "&":
        return Value(Operation("||", _text_or_empty(left), _text_or_empty(right)), "string")
    if operator == "|":
        both = Call("concat", (as_list(left), as_list(right)))
        return Value(Call("distinct", (both,)), left.type, True, left.shape)
    if operator in ("in", "contains"):
        item, many = (left, right) if operator == "in" else (right, left)
        return _membership(item, many)
    if operator in _ARITHMETIC:
        return _arithmetic(operator, left, right)
    raise ViewError(f"the operator {operator} is not supported")


def _text_or_empty(value: Value) -> Sql:
    return Call("coalesce", (Cast(single(value).sql, "text"), Constant("")))


def _membership(item: Value, many: Value) -> Value:
    found = mapped(
        Value(as_list(many), many.type, True, many.shape),
        lambda each: Value(_compare("=", each, item), "boolean"),
    )
    hits = Keep(found.sql, "hit", Name("hit"))
    held = Operation(">", size(hits), Constant(0))
    return Value(Case(((present(single(item).sql), held),), Constant(None)), "boolean")


def _arithmetic(operator: str, one: Value, other: Value) -> Value:
    numeric = one.type in NUMBERS and other.type in NUMBERS
    if operator == "+" and not numeric:
        return Value(Operation("||", single(one).sql, single(other).sql), "string")
    if not numeric:
        raise ViewError(f"{one.type} {operator} {other.type} cannot be computed")
    left, right = number(one), number(other)
    if operator in ("/", "div", "mod"):
        zero = Operation("=", right, Constant(0))
        right = Case(((zero, Constant(None)),), right)
    if operator == "/":
        ratio = Operation("/", Cast(left, "operand"), Cast(right, "operand"))
        return Value(Cast(ratio, "decimal"), "decimal")
    if operator == "div":
        # Of numbers that are not negative, as those of views are.
        quotient = Call("floor", (Operation("/", left, right),))
        return Value(Cast(quotient, "integer"), "integer")
    result = Operation("%" if operator == "mod" else operator, left, right)
    if "decimal" in (one.type, other.type):
        return Value(Cast(result, "decimal"), "decimal")
    return Value(result, "integer")


def _compare(operator: str, one: Value, other: Value) -> Sql:
    """A comparison; NULL where a side is empty. Two collections of one element are compared."""
    if operator in ("=", "<>") and one.many and not other.many:
        return _equals_collection(operator, one, other)
    left, right = single(one), single(other)
    if left.type in NUMBERS and right.type in NUMBERS:
        return Operation(operator, number(left), number(right))
    if left.type in MOMENTS or right.type in MOMENTS:
        return _compare_moments(operator, left.sql, right.sql)
    return Operation(operator, left.sql, right.sql)


def _equals_collection(operator: str, many: Value, one: Value) -> Sql:
    item = Value(first(many.sql), many.type)
    several = Operation(">", size(many.sql), Constant(1))
    return Case(((several, Constant(operator == "<>")),), _compare(operator, item, one))


def _compare_moments(operator: str, left: Sql, right: Sql) -> Sql:
    """Dates and times as FHIRPath compares them: unlike precision decides only where it can."""
    shortest = Call("least", (Call("length", (left,)), Call("length", (right,))))
    ten = Constant(10)
    both_times = Operation(">", shortest, ten)
    same = Operation("=", Call("length", (left,)), Call("length", (right,)))
    starts = [Call("substring", (side, Constant(0), Call("least", (shortest, ten))))
              for side in (left, right)]  # fmt: skip
    return Case(
        (
            (
                both_times,
                Operation(operator, Cast(left, "timestamp", True), Cast(right, "timestamp", True)),
            ),
            (same, Operation(operator, left, right)),
            (Operation("<>", starts[0], starts[1]), Operation(operator, starts[0], starts[1])),
        ),
        Constant(None),
    )
