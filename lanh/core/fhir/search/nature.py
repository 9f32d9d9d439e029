"""What is known of a parameter's values from the definitions alone."""

from __future__ import annotations

from functools import lru_cache

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path.parser import parse
from lanh.core.fhir.search.convert import CONVERTERS
from lanh.core.fhir.search.parameters import search_parameter
from lanh.core.fhir.search.routes import NotPlain, Route, routes

_HL7 = "http://hl7.org/fhir/"


def _routes(kind: str, name: str) -> list[Route]:
    parameter = search_parameter(kind, name)
    if parameter is None or parameter.expression is None:
        return []
    try:
        found = routes(parse(parameter.expression), kind)
    except NotPlain:
        return []
    return [route for route in found if (parameter.kind, route.type) in CONVERTERS]


@lru_cache(maxsize=4096)
def single(kind: str, name: str) -> bool:
    """Whether a resource has at most one value of a date, number or quantity parameter."""
    elements = set()
    found = _routes(kind, name)
    for route in found:
        if any(step.many for step in route.steps):
            return False
        *before, last = [step.name for step in route.steps]
        elements.add((*before, last.removesuffix(route.type[0].upper() + route.type[1:])))
    return len(elements) == 1


@lru_cache(maxsize=4096)
def value_types(kind: str, name: str) -> frozenset[str]:
    """The FHIR types of the values of a parameter, as in {"CodeableConcept"}."""
    if (kind, name) == ("Patient", "deceased"):
        return frozenset({"boolean"})
    return frozenset(route.type for route in _routes(kind, name))


@lru_cache(maxsize=4096)
def reference_targets(kind: str, name: str) -> tuple[str, ...]:
    """The types that a reference parameter can lead to: as its expression limits its targets.

    `Observation.subject.where(resolve() is Patient)` leads to Patients, though the parameter,
    which many types share, names Group too.
    """
    parameter = search_parameter(kind, name)
    if parameter is None:
        return ()
    limits = [
        {step.value for step in route.steps if step.kind == "type"} for route in _routes(kind, name)
    ]
    if not limits or not all(limits):
        return parameter.targets
    allowed = set().union(*limits)
    return tuple(each for each in parameter.targets if each in allowed) or tuple(sorted(allowed))


@lru_cache(maxsize=4096)
def implied_systems(kind: str, name: str) -> frozenset[str]:
    """The code systems that the codes of a parameter of type `code` come from by their binding.

    Told by the name, which for HL7's own sets is that of the system: the value set
    http://hl7.org/fhir/ValueSet/observation-status is http://hl7.org/fhir/observation-status.
    """
    systems = set()
    for route in _routes(kind, name):
        if route.type != "code":
            continue
        place = kind
        for step in route.steps:
            element = definitions().structure(place).element(step.name)
            if element is None:
                break
            place = f"{place}.{step.name}"
            if element.value_set and element.value_set.startswith(f"{_HL7}ValueSet/"):
                bare = element.value_set.partition("|")[0]
                systems.add(_HL7 + bare.rpartition("/")[2])
            if not definitions().has(place):
                place = element.types[0].code if element.types else ""
                if not definitions().has(place):
                    break
    return frozenset(systems)
