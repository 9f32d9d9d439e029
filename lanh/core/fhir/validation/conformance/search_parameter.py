"""A SearchParameter against the one that it is derived from (R4 SearchParameter.derivedFrom)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Profiles


class Parameter(NamedTuple):
    """What a search parameter is: its type and the resource types that it is for."""

    kind: str
    bases: frozenset[str]


@lru_cache(maxsize=1)
def _published() -> dict[str, Parameter]:
    return {
        row.url: Parameter(row.kind, frozenset(row.base)) for row in definitions().search_parameters
    }


def parameter_of(canonical: Any, registry: Profiles) -> Parameter | None:
    """The search parameter of an address, among those at hand and those of R4."""
    if type(canonical) is not str:
        return None
    given = registry.resource("SearchParameter", canonical)
    if given is None:
        return _published().get(canonical.partition("|")[0])
    bases = given.get("base")
    names = [b for b in bases if type(b) is str] if type(bases) is list else []
    return Parameter(str(given.get("type")), frozenset(names))


def parameter_faults(resource: dict[str, Any], registry: Profiles, options: Options) -> Faults:
    """The faults of a derived parameter: another type, or resource types that the original is not
    for."""
    origin = parameter_of(resource.get("derivedFrom"), registry)
    if origin is None:
        return []
    faults: Faults = []
    told = shown(resource["derivedFrom"])
    if resource.get("type") != origin.kind:
        got = shown(resource.get("type"))
        fault = Fault("business-rule", "parameter-type", origin=told, type=origin.kind, got=got)
        faults.append(fault.at("type"))
    bases = resource.get("base")
    if origin.bases & {"Resource", "DomainResource"}:
        return faults
    for index, base in enumerate(bases if type(bases) is list else ()):
        if base not in origin.bases:
            fault = Fault("business-rule", "parameter-base", origin=told, got=shown(base))
            faults.append(fault.at(index, "base"))
    return faults
