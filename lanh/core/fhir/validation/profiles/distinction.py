"""What tells a slice's values apart, as JSON Schema; and the conditions a profile's values make."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from lanh.core.fhir.validation.logic import NEVER, Schema
from lanh.core.fhir.validation.profiles.compiled import names_of
from lanh.core.fhir.validation.profiles.definition import Definition, Slicing
from lanh.core.fhir.validation.profiles.discriminators import Step, steps_of

Expand = Callable[[Definition], dict[str, Definition]]
_MANY = 4


def distinction(part: Definition, slicing: Slicing | None, expand: Expand) -> Schema | None:
    """A schema that exactly the values of a slice fit, or None where there is none."""
    found: list[Schema] = []
    for kind, path in slicing.discriminators if slicing is not None else ():
        steps = steps_of(path)
        if steps is None or any(step[0] != "child" for step in steps):
            return None
        made = None
        if kind in ("value", "pattern"):
            made = _valued(part, steps, expand)
        elif kind == "exists":
            made = _existing(part, steps, expand)
        if made is None or made == NEVER:
            return None
        found.append(made)
    if not found:
        return None
    return found[0] if len(found) == 1 else {"allOf": found}


def _valued(here: Definition, steps: list[Step], expand: Expand) -> Schema | None:
    if here.fixed is not None:
        return equal_to(here.fixed)
    if here.pattern is not None:
        return like(here.pattern)
    if not steps:
        return None
    child = expand(here).get(steps[0][1])
    if child is None:
        return None
    inner = _valued(child, steps[1:], expand)
    if inner is None:
        for part in child.slices.values():
            inner = _valued(part, steps[1:], expand) if part.minimum > 0 else None
            if inner is not None:
                break
    return None if inner is None or inner == NEVER else holding(child, inner)


def _existing(part: Definition, steps: list[Step], expand: Expand) -> Schema | None:
    way = []
    here = part
    for _, name in steps:
        child = expand(here).get(name)
        if child is None:
            return None
        way.append(child)
        here = child
    inner: Schema = {}
    for child in reversed(way):
        inner = holding(child, inner)
    if here.maximum == 0:
        return {"not": inner}
    return inner if here.minimum > 0 else None


def holding(child: Definition, inner: Schema) -> Schema:
    """Objects with a value of an element that fits."""
    value = {"not": {"items": {"not": inner}}} if child.repeats and inner else inner
    rows: list[Schema] = []
    for name in names_of(child):
        row: Schema = {"required": [name]}
        rows.append(row | {"properties": {name: value}} if value else row)
    return rows[0] if len(rows) == 1 else {"anyOf": rows}


def equal_to(fixed: Any) -> Schema:
    """Exactly a value."""
    return NEVER if _has_fraction(fixed) else {"enum": [fixed]}


def like(pattern: Any) -> Schema:
    """Whatever has all that a pattern has."""
    if isinstance(pattern, dict):
        if not pattern:
            return {"type": "object"}
        inner = {key: like(value) for key, value in pattern.items()}
        if NEVER in inner.values():
            return NEVER
        return {"type": "object", "required": list(pattern), "properties": inner}
    if isinstance(pattern, list):
        parts = [like(item) for item in pattern]
        if NEVER in parts:
            return NEVER
        held = [{"not": {"items": {"not": part}}} for part in parts]
        return {"type": "array", "allOf": held} if held else {"type": "array"}
    return equal_to(pattern)


def _has_fraction(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_fraction(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_fraction(item) for item in value)
    return isinstance(value, Decimal | float)


def coded_in(listed: dict[str, frozenset[str]], type_name: str) -> Schema:
    """Coded values of a type from a listed value set."""
    if type_name not in ("Coding", "CodeableConcept", "Quantity"):
        return {"enum": sorted(frozenset().union(*listed.values()))}
    known = [
        {
            "required": ["system", "code"],
            "properties": {"system": {"enum": [system]}, "code": {"enum": sorted(codes)}},
        }
        for system, codes in listed.items()
        if codes
    ]
    if not known:
        return NEVER
    one = {"anyOf": known}
    if type_name != "CodeableConcept":
        return one
    some = {"not": {"items": {"not": one}}}
    return {"required": ["coding"], "properties": {"coding": some}}


def at_most(limit: int, test: Schema) -> Schema:
    """Lists in which no more than so many values fit: few enough values, or one among a few."""
    if limit == 0:
        return {"items": {"not": test}}
    few: Schema = {"maxItems": limit}
    if limit > 1:
        return few
    other = {"not": test}
    alone = [
        {"items": [*([other] * index), {}], "additionalItems": other} for index in range(_MANY)
    ]
    return {"anyOf": [few, *alone]}
