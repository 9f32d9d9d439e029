"""Composite parameters (R4 3.1.1.4.14): values that must stand together in one element."""

from __future__ import annotations

from lanh.core import fhir
from lanh.core.store.compiling.ranges import by_name, of_entry, tests_of
from lanh.core.store.compiling.references import reference
from lanh.core.store.compiling.scope import Hashes, Scope, array
from lanh.core.store.compiling.strings import string
from lanh.core.store.compiling.tokens import token, token_hashes, wanted_tokens
from lanh.core.store.hashing import reference_hash
from lanh.core.store.layout import COMBINED_COMPOSITES
from lanh.core.store.query import bad_value, split_components, unescape
from lanh.core.store.records import Parameter


def composite(scope: Scope, parameter: Parameter) -> str:
    """The condition of a composite parameter. Raises Invalid."""
    if not parameter.values:
        raise bad_value(parameter.name, "", "value$value")
    names = COMBINED_COMPOSITES.get((scope.shape.type, parameter.name), (parameter.name,))
    found = [_one(scope, name, value) for name in names for value in parameter.values]
    return f"({' OR '.join(found)})"


def _one(scope: Scope, name: str, value: str) -> str:
    definition = fhir.search_parameter(scope.shape.type, name)
    if definition is None:
        raise bad_value(name, value, "composite")
    names = [part for part, _ in definition.components]
    values = split_components(value)
    if len(values) != len(names) or not all(values):
        raise bad_value(name, value, "$".join(names))
    # In a row with one such element its values stand together; so do those at the root.
    together = " AND ".join(
        _component(scope, part, text) for part, text in zip(names, values, strict=True)
    )
    if not fhir.repeated(scope.shape.type, name):
        return f"({together})"
    key = scope.arguments.add(name, "text")
    each = scope.shared.alias()
    entry = " AND ".join(
        _entry(scope, each, place, part, text)
        for place, (part, text) in enumerate(zip(names, values, strict=True))
    )
    return (
        f"({_first(scope, names, values)} AND CASE WHEN {scope.alias}.parts ? {key} THEN"  # noqa: S608
        f" EXISTS (SELECT 1 FROM jsonb_array_elements({scope.alias}.parts -> {key})"
        f" AS {each} (e) WHERE {entry}) ELSE {together} END)"
    )


def _first(scope: Scope, names: list[str], values: list[str]) -> str:
    """What every row that answers meets, by the index where a component is a token."""
    for name, value in zip(names, values, strict=True):
        if scope.kind(name) == "token":
            return _component(scope, name, value)
    return "true"


def _component(scope: Scope, name: str, value: str) -> str:
    parameter = Parameter(name, (value,))
    match scope.kind(name):
        case "token":
            return token(scope, parameter)
        case "string":
            return string(scope, parameter)
        case "reference":
            return reference(scope, parameter)
        case _:
            return by_name(scope, name, tests_of(scope, name, value))


def _entry(scope: Scope, alias: str, place: int, name: str, value: str) -> str:
    """A component of one instance in `parts`."""
    kind = scope.kind(name)
    if kind in ("date", "number", "quantity"):
        tests = tests_of(scope, name, value)
        found = (of_entry(scope, alias, test, f"e -> {place}") for test in tests)
        return f"({' OR '.join(found)})"
    if kind == "reference":
        text = unescape(value)
        targets = [text] if "/" in text else [
            f"{each}/{text}" for each in scope.shared.names.targets(scope.shape, name)
        ]  # fmt: skip
        hashes = Hashes([reference_hash(name, target) for target in targets])
    else:
        hashes = token_hashes(scope, name, wanted_tokens(Parameter(name, (value,))))
    return f"({alias}.e -> {place}) ?| {array(scope, hashes, 'text')}"
