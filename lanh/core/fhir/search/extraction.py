"""Extraction: one plan per resource type, run over the properties a resource has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path.parser import parse
from lanh.core.fhir.search.composites import composites
from lanh.core.fhir.search.convert import (
    CONVERTERS,
    IDENTIFIER_OF_REFERENCE,
    TEXTS,
    TYPED,
    Convert,
    reference_identifier,
)
from lanh.core.fhir.search.parameters import search_parameters
from lanh.core.fhir.search.ranges import countable
from lanh.core.fhir.search.routes import NotPlain, Route, Step, routes
from lanh.core.fhir.search.values import FIELDS, SearchValues
from lanh.core.fhir.validation.reference import reference_type

# From the value of a first property to the values at the end of a route.
Follow: TypeAlias = Callable[[Any], Sequence[Any]]

# What a token parameter gives beside its tokens.
_BESIDE = (("texts", TEXTS), ("typed", TYPED))
# A Reference gives tokens too, under `name:identifier`.
_HAS_IDENTIFIER = ("reference", "Reference")


class _Branch:
    """One place in a resource: how to get there, and each conversion of what stands there with
    the parameters (table, name) it is for."""

    __slots__ = ("follow", "identified", "outputs")

    def __init__(self, follow: Follow | None) -> None:
        self.follow = follow
        self.identified: list[str] = []
        self.outputs: list[tuple[Convert, list[tuple[int, str]]]] = []

    def names(self, convert: Convert) -> list[tuple[int, str]]:
        """The parameters of a conversion, added where it is new here."""
        for known, names in self.outputs:
            if known is convert:
                return names
        fresh: list[tuple[int, str]] = []
        self.outputs.append((convert, fresh))
        return fresh


_ORDER = (*FIELDS.values(), "texts", "typed")
Plan: TypeAlias = dict[str, list[_Branch]]


def extract(resource: dict[str, Any]) -> SearchValues:
    """The search values of a resource by all default R4 parameters of its type.

    `_text`, `_content`, `_filter` and `_query` give none. The resource should be valid; values of
    a wrong JSON type are passed over. Raises KeyError where the type is unknown.
    """
    values = SearchValues()
    tables: tuple[dict[str, Any], ...] = (
        values.tokens,
        values.references,
        values.strings,
        values.dates,
        values.numbers,
        values.quantities,
        values.uris,
        values.texts,
        values.typed,
    )
    kind = resource["resourceType"]
    plan = _PLANS.get(kind) or _plan(kind)
    for key, value in resource.items():
        branches = plan.get(key)
        if branches is None:
            continue
        for branch in branches:
            follow = branch.follow
            items = (value,) if follow is None else follow(value)
            if not items:
                continue
            for convert, names in branch.outputs:
                found: list[Any] = []
                for item in items:
                    convert(item, found)
                if found:
                    for table, name in names:
                        into = tables[table]
                        into[name] = into[name] + found if name in into else found
            if branch.identified:
                for item in items:
                    # Rare, so looked for before any work is done.
                    if type(item) is dict and "identifier" in item:
                        _identify(values, branch.identified, item)
    if kind == "Patient":
        values.tokens["deceased"] = [(None, "true" if _deceased(resource) else "false")]
    elif kind == "Location":
        _position(values, resource.get("position"))
    values.composites = composites(kind, resource)
    return values


def _position(values: SearchValues, position: Any) -> None:
    if type(position) is dict:
        latitude, longitude = position.get("latitude"), position.get("longitude")
        if isinstance(latitude, int | Decimal) and isinstance(longitude, int | Decimal):
            place = (Decimal(latitude), Decimal(longitude))
            if all(map(countable, place)):
                values.positions = [place]


def _identify(values: SearchValues, names: list[str], reference: dict[str, Any]) -> None:
    found: list[Any] = []
    reference_identifier(reference, found)
    for name in names if found else ():
        values.tokens[name] = values.tokens.get(name, []) + found


def _deceased(patient: dict[str, Any]) -> bool:
    """`Patient.deceased.exists() and Patient.deceased != false`, the only expression of R4 that
    is a condition rather than a path."""
    return patient.get("deceasedBoolean") is True or "deceasedDateTime" in patient


_PLANS: dict[str, Plan] = {}


def _plan(kind: str) -> Plan:
    if kind not in definitions().resource_types:
        raise KeyError(kind)
    plan: Plan = {}
    made: dict[tuple[Step, ...], _Branch] = {}

    def add(route: Route, convert: Convert, field: str, name: str) -> _Branch:
        branch = made.get(route.steps)
        if branch is None:
            branch = made[route.steps] = _Branch(follow_route(route.steps))
            plan.setdefault(route.steps[0].name, []).append(branch)
        names = branch.names(convert)
        target = (_ORDER.index(field), name)
        if target not in names:
            names.append(target)
        return branch

    for parameter in search_parameters(kind):
        if parameter.kind not in FIELDS or parameter.expression is None:
            continue
        try:
            found = routes(parse(parameter.expression), kind)
        except NotPlain:
            continue
        for route in found:
            convert = CONVERTERS.get((parameter.kind, route.type))
            if convert is None:
                continue
            branch = add(route, convert, FIELDS[parameter.kind], parameter.name)
            for field, converters in _BESIDE if parameter.kind == "token" else ():
                beside = converters.get(route.type)
                if beside is not None:
                    add(route, beside, field, parameter.name)
            name = f"{parameter.name}:{IDENTIFIER_OF_REFERENCE}"
            if (parameter.kind, route.type) == _HAS_IDENTIFIER and name not in branch.identified:
                branch.identified.append(name)
    _PLANS[kind] = plan
    return plan


def follow_route(steps: tuple[Step, ...]) -> Follow | None:
    """The function from the first property's value to the end; None where that value is it."""
    first, rest = steps[0], steps[1:]
    if not rest and not first.many:
        return None
    moves = [_move(step) for step in rest]

    def follow(value: Any) -> list[Any]:
        items = value if first.many and type(value) is list else [value]
        for move in moves:
            items = move(items)
            if not items:
                break
        return items

    return follow


def _move(step: Step) -> Callable[[list[Any]], list[Any]]:
    name, value = step.name, step.value
    if step.kind == "key" and step.many:

        def through(items: list[Any]) -> list[Any]:
            found: list[Any] = []
            for item in items:
                if type(item) is dict:
                    inner = item.get(name)
                    if type(inner) is list:
                        found += inner
            return found

        return through
    if step.kind == "key":
        return lambda items: [i[name] for i in items if type(i) is dict and name in i]
    if step.kind == "equal":
        return lambda items: [i for i in items if type(i) is dict and i.get(name) == value]
    if step.kind == "index":
        at = int(value)
        return lambda items: items[at : at + 1]
    return lambda items: [item for item in items if _refers_to(item, value)]


def _refers_to(item: Any, kind: str) -> bool:
    if type(item) is not dict:
        return False
    text = item.get("reference")
    if type(text) is str:
        named = reference_type(text)
        if named is not None:
            return named == kind
    return item.get("type") == kind


@lru_cache(maxsize=1)
def not_extracted() -> dict[tuple[str, str], str]:
    """(type, parameter) -> expression of those that are no plain path: a test holds the list."""
    found = {}
    for kind in definitions().resource_types:
        for parameter in search_parameters(kind):
            if parameter.kind in FIELDS and parameter.expression is not None:
                try:
                    routes(parse(parameter.expression), kind)
                except NotPlain:
                    found[kind, parameter.name] = parameter.expression
    return found
