"""Fast acceptance: most valid resources pass a compiled JSON Schema and a few checks after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.validation.narrative import narrative_fault
from lanh.core.fhir.validation.period import period_in_order
from lanh.core.fhir.validation.schema import SchemaMaker
from lanh.core.fhir.validation.whole import locals_in_order

# Their entries are judged one by one, so the exact check has little to do for them.
_NEVER_FAST = frozenset({"Bundle", "Parameters"})


# Places by property: a check at the end, or the places below; cyclic where a type holds itself.
_Places: TypeAlias = "dict[str, Callable[[dict[str, Any]], bool] | _Places]"


def _narrative_clean(narrative: dict[str, Any]) -> bool:
    return narrative_fault(narrative["div"]) is None


_AFTERWARDS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "Period": period_in_order,
    "Narrative": _narrative_clean,
}


class _Gate:
    """The acceptance of one resource type."""

    __slots__ = ("_accepts", "_places")

    def __init__(self, name: str, *, local: bool) -> None:
        # Only what validates needs the library, which takes a while to load.
        import jsonschema_rs

        schema = SchemaMaker(definitions(), local=local).resource(name)
        self._accepts: Callable[[Any], bool] = jsonschema_rs.Draft4Validator(schema).is_valid
        self._places = _places(name, {})

    def passes(self, resource: dict[str, Any]) -> bool:
        try:
            if not self._accepts(resource):
                return False
        except (ValueError, RecursionError, OverflowError):
            return False
        return _clean(resource, self._places)


def _places(name: str, known: dict[str, _Places]) -> _Places:
    """Where types checked afterwards stand in a resource itself; the schema refuses the values
    in question where they stand inside data types."""
    if name in known:
        return known[name]
    found = known[name] = {}
    for element in definitions().structure(name).elements:
        for json_name, option in element.json_names():
            check = _AFTERWARDS.get(option.code)
            if check is not None:
                found[json_name] = check
            elif "." in option.code and _reaches(option.code, set()):
                found[json_name] = _places(option.code, known)
    return found


def _reaches(name: str, seen: set[str]) -> bool:
    """Whether a type checked afterwards stands somewhere below a nested element."""
    if name in seen:
        return False
    seen.add(name)
    return any(
        option.code in _AFTERWARDS or ("." in option.code and _reaches(option.code, seen))
        for element in definitions().structure(name).elements
        for option in element.types
    )


def _clean(holder: dict[str, Any], places: _Places) -> bool:
    """Whether the checks at all places hold; values have the shape that the schema asks for."""
    for name, below in places.items():
        value = holder.get(name)
        if value is None:
            continue
        for item in value if type(value) is list else (value,):
            if not (_clean(item, below) if isinstance(below, dict) else below(item)):
                return False
    return True


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
