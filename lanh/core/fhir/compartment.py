"""The compartments of R4 (CompartmentDefinition), above all the patient's."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path.parser import parse
from lanh.core.fhir.references import parse_reference
from lanh.core.fhir.search.extraction import Follow, follow_route
from lanh.core.fhir.search.parameters import search_parameter
from lanh.core.fhir.search.routes import routes

COMPARTMENTS = frozenset({"Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"})
"""The types of which R4 defines a compartment (R4 compartmentdefinition.html)."""

# Whom a resource is about comes before who made it: a patient may be author of another's record.
_ABOUT = ("patient", "subject", "beneficiary", "individual", "participant", "actor", "entity")


def _order(name: str) -> int:
    return _ABOUT.index(name) if name in _ABOUT else len(_ABOUT)


@lru_cache(maxsize=256)
def _ways(kind: str) -> tuple[tuple[str, Follow | None], ...]:
    names = definitions().compartment("Patient").get(kind, [])
    ways = []
    for name in sorted(names, key=_order):
        parameter = search_parameter(kind, name)
        if parameter is None or parameter.expression is None:
            continue
        for route in routes(parse(parameter.expression), kind):
            if route.type == "Reference":
                ways.append((route.steps[0].name, follow_route(route.steps)))
    return tuple(ways)


@lru_cache(maxsize=512)
def compartment_parameters(code: str, kind: str) -> tuple[str, ...] | None:
    """The reference parameters by which rows of a type belong to a compartment; None where none do.

    The type of the compartment itself belongs to it by its id, and by these parameters if any.
    """
    found = definitions().compartment(code).get(kind)
    if found is None:
        return () if kind == code else None
    return tuple(name for name in found if not name.startswith("{"))


def patient_of(
    resource: dict[str, Any], mapping: Callable[[str], str | None] | None = None
) -> str | None:
    """The logical id of the Patient whose compartment a resource is in; a Patient is in its own.

    Where several parameters of the compartment name Patients, the one the resource is about
    counts (patient, subject, beneficiary before actor, author, performer). Only literal references
    `Patient/id` count; `mapping` may give the text that stands for another, None where none does.
    """
    kind = resource.get("resourceType")
    if kind == "Patient":
        return resource.get("id")
    if type(kind) is not str or kind not in definitions().resource_types:
        return None
    for key, follow in _ways(kind):
        value = resource.get(key)
        if value is None:
            continue
        if mapping is not None:  # before it is followed: the way may ask for the type referred to
            value = _standing_for(value, mapping)
        for item in follow(value) if follow is not None else (value,):
            text = item.get("reference") if type(item) is dict else None
            found = parse_reference(text) if type(text) is str else None
            if found is not None and found[0] == "Patient":
                return found[1]
    return None


def _standing_for(value: Any, mapping: Callable[[str], str | None]) -> Any:
    """A value with its references replaced by what they stand for."""
    if type(value) is list:
        return [_standing_for(each, mapping) for each in value]
    if type(value) is not dict:
        return value
    return {
        key: (mapping(each) or each)
        if key == "reference" and type(each) is str
        else _standing_for(each, mapping)
        for key, each in value.items()
    }
