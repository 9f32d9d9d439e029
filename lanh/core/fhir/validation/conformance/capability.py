"""A CapabilityStatement against the search parameters that it names (R4 5.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lanh.core.fhir.validation.conformance.rows import Json, rows
from lanh.core.fhir.validation.conformance.search_parameter import parameter_of
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Profiles


def capability_faults(resource: Json, registry: Profiles, options: Options) -> Faults:
    """The faults of search parameters whose stated type is not that of their definition."""
    faults: Faults = []
    for path, row in _parameters(resource):
        known = parameter_of(row.get("definition"), registry)
        if known is not None and row.get("type") != known.kind:
            fault = Fault(
                "business-rule", "parameter-type", origin=shown(row["definition"]),
                type=known.kind, got=shown(row.get("type")),
            )  # fmt: skip
            faults.append(fault.at("type", *reversed(path)))
    return faults


def _parameters(resource: Json) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for number, rest in rows(resource, "rest"):
        here: tuple[str | int, ...] = ("rest", number)
        for index, row in rows(rest, "searchParam"):
            yield (*here, "searchParam", index), row
        for place, kind in rows(rest, "resource"):
            for index, row in rows(kind, "searchParam"):
                yield (*here, "resource", place, "searchParam", index), row
