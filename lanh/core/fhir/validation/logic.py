"""Invariants as JSON Schema: a condition that suffices for an invariant to hold.

Acceptance needs only that what the schema accepts keeps the rule. What cannot be expressed is
therefore left out where another branch may still hold, and else becomes NEVER, which sends the
object to the exact check.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

from lanh.core.fhir.definitions import Element, definitions
from lanh.core.fhir.path.syntax import Binary, Call, Expression, External, Literal, Member

Schema: TypeAlias = dict[str, Any]
NEVER: Schema = {"not": {}}
_CONSTANTS = {"ucum": "http://unitsofmeasure.org"}


class Inexpressible(Exception):
    """The expression has no schema."""


def sufficient(expression: Expression, type_name: str) -> Schema:
    """A schema for objects of a type that suffices for an expression to be true."""
    return _schema(expression, type_name, True, strict=False)


def _schema(expression: Expression, type_name: str, want: bool, *, strict: bool) -> Schema:
    """Objects for which an expression is definitely `want`; all of them where `strict`."""
    try:
        return _known(expression, type_name, want, strict)
    except Inexpressible:
        if strict:
            raise
        return NEVER


def _known(expression: Expression, type_name: str, want: bool, strict: bool) -> Schema:
    if isinstance(expression, Binary):
        return _binary(expression, type_name, want, strict)
    if isinstance(expression, Call) and expression.source is not None:
        if expression.name == "not":
            return _schema(expression.source, type_name, not want, strict=strict)
        if expression.name in ("exists", "hasValue") and not expression.arguments:
            return _existence(expression.source, type_name, want, strict)
        if expression.name == "empty":
            return _existence(expression.source, type_name, not want, strict)
    raise Inexpressible


def _binary(node: Binary, type_name: str, want: bool, strict: bool) -> Schema:
    operator, left, right = node.operator, node.left, node.right

    def side(part: Expression, wanted: bool) -> Schema:
        return _schema(part, type_name, wanted, strict=strict)

    if operator in ("and", "or"):
        both = (operator == "and") is want
        return (_all if both else _any)(side(left, want), side(right, want))
    if operator == "implies":
        if want:
            return _any(side(left, False), side(right, True))
        return _all(side(left, True), side(right, False))
    if operator == "xor" or (operator in ("=", "!=") and _is_test(left) and _is_test(right)):
        alike = want is (operator == "=")
        return _any(
            _all(side(left, True), side(right, alike)),
            _all(side(left, False), side(right, not alike)),
        )
    if operator in ("=", "!="):
        return _literal(left, right, type_name, want is (operator == "="))
    return _amount(node, type_name, want)


def _is_test(part: Expression) -> bool:
    return isinstance(part, Call) and part.name in ("exists", "empty")


def _all(*parts: Schema) -> Schema:
    return NEVER if NEVER in parts else {"allOf": list(parts)}


def _any(*parts: Schema) -> Schema:
    left = [part for part in parts if part != NEVER]
    return {"anyOf": left} if left else NEVER


def _element(type_name: str, name: str) -> Element:
    if not definitions().has(type_name):
        raise Inexpressible
    element = definitions().structure(type_name).element(name)
    if element is None:
        raise Inexpressible
    return element


def _literal(left: Expression, right: Expression, type_name: str, alike: bool) -> Schema:
    """`name = 'text'` of a single primitive of the object itself."""
    if isinstance(right, External) and right.name in _CONSTANTS:
        right = Literal(_CONSTANTS[right.name])
    if not isinstance(left, Member) or left.source is not None or not isinstance(right, Literal):
        raise Inexpressible
    element = _element(type_name, left.name)
    if element.is_choice or element.is_list or not isinstance(right.value, bool | str):
        raise Inexpressible
    value: Schema = {"enum": [right.value]}
    return {
        "required": [left.name],
        "properties": {left.name: value if alike else {"not": value}},
    }


def _amount(node: Binary, type_name: str, want: bool) -> Schema:
    """`number >= 0` of a single number, and `(a.count() + b.count()) > 0`."""
    if not want or not isinstance(node.right, Literal) or node.operator not in (">", ">="):
        raise Inexpressible
    limit = node.right.value
    if isinstance(limit, bool) or not isinstance(limit, int | Decimal):
        raise Inexpressible
    if node.operator == ">" and limit == 0 and (counted := _counted(node.left)):
        return _any(*(_existence(part, type_name, True, False) for part in counted))
    if not isinstance(node.left, Member) or node.left.source is not None:
        raise Inexpressible
    element = _element(type_name, node.left.name)
    if element.is_choice or element.is_list:
        raise Inexpressible
    value: Schema = {"minimum": int(limit), "exclusiveMinimum": node.operator == ">"}
    return {"required": [node.left.name], "properties": {node.left.name: value}}


def _counted(part: Expression) -> list[Expression]:
    if isinstance(part, Binary) and part.operator == "+":
        left, right = _counted(part.left), _counted(part.right)
        return left + right if left and right else []
    if isinstance(part, Call) and part.name == "count" and part.source is not None:
        return [part.source]
    return []


def _existence(path: Expression, type_name: str, want: bool, strict: bool) -> Schema:
    """Whether a path finds something: a path of names with `where` between them."""
    if want or strict:
        found = _found(path, type_name, {}, strict=strict, loose=False)
        return found if want else {"not": found}
    return {"not": _found(path, type_name, {}, strict=False, loose=True)}


def _found(path: Expression, type_name: str, inner: Schema, *, strict: bool, loose: bool) -> Schema:
    """Objects from which a path reaches something that fits `inner`.

    Where `loose`, a filter that cannot be expressed exactly is dropped, so that more is found
    than the path finds; else less may be found.
    """
    if isinstance(path, Call) and path.name == "where":
        context = type_name if path.source is None else _type_at(path.source, type_name)
        try:
            kept = _schema(path.arguments[0], context, True, strict=strict or loose)
        except Inexpressible:
            if not loose:
                raise
            kept = {}
        if path.source is None:
            return _both(inner, kept)
        return _found(path.source, type_name, _both(inner, kept), strict=strict, loose=loose)
    if not isinstance(path, Member):
        raise Inexpressible
    owner = type_name if path.source is None else _type_at(path.source, type_name)
    here = _holding(_element(owner, path.name), inner)
    if path.source is None:
        return here
    return _found(path.source, type_name, here, strict=strict, loose=loose)


def _both(one: Schema, two: Schema) -> Schema:
    if not one or not two:
        return one or two
    return {"allOf": [one, two]}


def _holding(element: Element, inner: Schema) -> Schema:
    found = []
    for name, _ in element.json_names():
        value = {"not": {"items": {"not": inner}}} if element.is_list else inner
        row: Schema = {"required": [name]}
        if inner:
            row["properties"] = {name: value}
        found.append(row)
    return found[0] if len(found) == 1 else {"anyOf": found}


def _type_at(path: Expression, type_name: str) -> str:
    if isinstance(path, Call) and path.name == "where" and path.source is not None:
        return _type_at(path.source, type_name)
    if not isinstance(path, Member):
        raise Inexpressible
    owner = type_name if path.source is None else _type_at(path.source, type_name)
    element = _element(owner, path.name)
    if len(element.types) != 1:
        raise Inexpressible
    return element.types[0].code
