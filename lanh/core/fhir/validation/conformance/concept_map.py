"""A ConceptMap's codes against the value sets and code systems that it names (R4 4.10)."""

from __future__ import annotations

from collections.abc import Iterator

from lanh.core.fhir.issues import Severity
from lanh.core.fhir.validation.conformance.rows import Json, rows
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Profiles


def map_faults(resource: Json, registry: Profiles, options: Options) -> Faults:
    """The faults of codes that a value set or code system at hand does not have."""
    faults: Faults = []
    for number, group in rows(resource, "group"):
        for index, row in rows(group, "element"):
            here = (index, "element", number, "group")
            for fault in _of_code(resource, "source", group, row, registry):
                faults.append(fault.at("code", *here))
            for place, target in rows(row, "target"):
                for fault in _of_code(resource, "target", group, target, registry):
                    faults.append(fault.at("code", place, "target", *here))
    return faults


def _of_code(
    resource: Json, side: str, group: Json, row: Json, registry: Profiles
) -> Iterator[Fault]:
    system, code = group.get(side), row.get("code")
    if type(system) is not str or type(code) is not str:
        return
    codes = registry.codes_of(system)
    if codes is not None and code not in codes:
        yield Fault("code-invalid", "code-not-of-system", system=shown(system), value=shown(code))
        return
    url = resource.get(side + "Canonical") or resource.get(side + "Uri")
    if type(url) is str and registry.is_member(url.partition("|")[0], system, code) is False:
        # Of a system that is not wholly at hand the set may be older than the code.
        doubt: Severity = "error" if codes is not None else "warning"
        yield Fault("code-invalid", "map-code", doubt, value=shown(code), set=shown(url))
