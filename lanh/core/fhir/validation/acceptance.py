"""Fast acceptance: most valid resources pass a compiled JSON Schema and a few checks after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lanh.core.fhir.definitions import Structure, definitions
from lanh.core.fhir.validation.narrative import narrative_fault
from lanh.core.fhir.validation.period import period_in_order
from lanh.core.fhir.validation.schema import SchemaMaker
from lanh.core.fhir.validation.whole import locals_in_order

# Their entries are judged one by one, so the exact check has little to do for them.
_NEVER_FAST = frozenset({"Bundle", "Parameters"})


class _Gate:
    """The acceptance of one resource type."""

    __slots__ = ("_accepts", "_periods")

    def __init__(self, name: str, *, local: bool) -> None:
        # Only what validates needs the library, which takes a while to load.
        import jsonschema_rs

        schema = SchemaMaker(definitions(), local=local).resource(name)
        self._accepts: Callable[[Any], bool] = jsonschema_rs.Draft4Validator(schema).is_valid
        self._periods = tuple(_period_places(definitions().structure(name), ()))

    def passes(self, resource: dict[str, Any]) -> bool:
        try:
            if not self._accepts(resource):
                return False
        except (ValueError, RecursionError, OverflowError):
            return False
        text = resource.get("text")
        if text is not None and narrative_fault(text["div"]) is not None:
            return False
        return all(
            period_in_order(period)
            for place in self._periods
            if place[0] in resource
            for period in _at(resource, place)
        )


def _period_places(
    structure: Structure, above: tuple[str, ...], seen: frozenset[str] = frozenset()
) -> Iterator[tuple[str, ...]]:
    """Where Periods stand in the resource itself; those in data types the schema refuses."""
    for element in structure.elements:
        for name, option in element.json_names():
            if option.code == "Period":
                yield (*above, name)
            elif option.code not in seen and "." in option.code:
                nested = definitions().structure(option.code)
                yield from _period_places(nested, (*above, name), seen | {option.code})


def _at(value: Any, place: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The objects at a place; values are known to have the shape that the schema asks for."""
    inner = value.get(place[0])
    if inner is None:
        return
    items = inner if type(inner) is list else (inner,)
    if len(place) == 1:
        yield from items
        return
    for item in items:
        yield from _at(item, place[1:])


_GATES: dict[tuple[str, bool], _Gate] = {}


def _gate(name: str, *, local: bool) -> _Gate:
    gate = _GATES.get((name, local))
    if gate is None:
        gate = _GATES[name, local] = _Gate(name, local=local)
    return gate


def accepted(name: str, resource: dict[str, Any]) -> bool:
    """Whether a resource of a known type is certainly valid; False says nothing."""
    if name in _NEVER_FAST:
        return False
    if "contained" not in resource:
        return _gate(name, local=False).passes(resource)
    return _gate(name, local=True).passes(resource) and _contained_accepted(resource)


def _contained_accepted(resource: dict[str, Any]) -> bool:
    known = definitions().resource_types
    for part in resource["contained"]:
        name = part.get("resourceType")
        if type(name) is not str or name not in known or name in _NEVER_FAST:
            return False
        if not _gate(name, local=True).passes(part):
            return False
    return locals_in_order(resource)
