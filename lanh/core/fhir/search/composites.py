"""The instances of composite parameters: values that stand together in one element (R4 3.1.1.4.13).

Where a resource has one such element, its components' own parameters tell the same; so instances
are given only where there are several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lanh.core.fhir.path.parser import parse
from lanh.core.fhir.search.convert import CONVERTERS, Convert
from lanh.core.fhir.search.parameters import search_parameter, search_parameters
from lanh.core.fhir.search.routes import Route, routes

_FROM_ROOT = "%resource."


@dataclass(frozen=True, slots=True)
class _Part:
    """One component: its values from an instance, or from the resource."""

    from_root: bool
    ways: tuple[tuple[tuple[str, ...], Convert], ...]


@dataclass(frozen=True, slots=True)
class _Composite:
    name: str
    element: str
    parts: tuple[_Part, ...]


def composites(kind: str, resource: dict[str, Any]) -> dict[str, list[list[list[Any]]]]:
    """By composite parameter: its instances, where the repeated element occurs more than once.

    An instance holds, for each component in order, its values as the component's kind gives them
    (see SearchValues). Instances that lack a component are left out.
    """
    found: dict[str, list[list[list[Any]]]] = {}
    for each in _composites(kind):
        elements = resource.get(each.element)
        if type(elements) is not list or len(elements) < 2:
            continue
        instances = []
        for element in elements:
            values = [_values(part, resource if part.from_root else element) for part in each.parts]
            if all(values):
                instances.append(values)
        found[each.name] = instances
    return found


def _values(part: _Part, start: Any) -> list[Any]:
    found: list[Any] = []
    for names, convert in part.ways:
        items = [start]
        for name in names:
            items = _step(items, name)
        for item in items:
            convert(item, found)
    return found


def _step(items: Sequence[Any], name: str) -> list[Any]:
    found: list[Any] = []
    for item in items:
        inner = item.get(name) if type(item) is dict else None
        if type(inner) is list:
            found += inner
        elif inner is not None:
            found.append(inner)
    return found


def repeated(kind: str, name: str) -> bool:
    """Whether a composite parameter stands in an element that can occur more than once."""
    return any(each.name == name for each in _composites(kind))


@lru_cache(maxsize=256)
def _composites(kind: str) -> tuple[_Composite, ...]:
    found = []
    for parameter in search_parameters(kind):
        if parameter.kind != "composite" or parameter.expression is None:
            continue
        context = routes(parse(parameter.expression), kind)
        # Those at the root, and those that combine root and component, need no instances.
        if len(context) != 1 or len(context[0].steps) != 1 or not context[0].steps[0].many:
            continue
        parts = tuple(
            _part(kind, name, expression, context[0]) for name, expression in parameter.components
        )
        found.append(_Composite(parameter.name, context[0].steps[0].name, parts))
    return tuple(found)


def _part(kind: str, name: str, expression: str, context: Route) -> _Part:
    from_root = expression.startswith(_FROM_ROOT)
    component = search_parameter(kind, name)
    if component is None:
        raise LookupError(f"{kind} has no parameter {name}")
    start = kind if from_root else context.type
    ways = []
    for route in routes(parse(expression.removeprefix(_FROM_ROOT)), start):
        convert = CONVERTERS.get((component.kind, route.type))
        if convert is not None:
            steps = tuple(step.name for step in route.steps if step.kind == "key")
            ways.append((steps, convert))
    return _Part(from_root, tuple(ways))
