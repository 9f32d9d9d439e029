"""Judging a resource and the resources inside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.issues import Issue
from lanh.core.fhir.path.nodes import Node
from lanh.core.fhir.validation.acceptance import accepted
from lanh.core.fhir.validation.faults import Fault, Faults, Scope, issue, kind_of, shown
from lanh.core.fhir.validation.shapes import shapes
from lanh.core.fhir.validation.whole import whole_faults

MAX_ISSUES = 100


def validate(resource: Any) -> list[Issue]:
    """What is wrong with a resource; an empty list means valid R4 (4.0.1).

    Judged are types, cardinality, lexical form and existence of dates, choices, required
    bindings, reference targets, contained resources, extensions and the invariants of severity
    error that the definitions state. Profiles and the content of other bindings are not. At most
    MAX_ISSUES issues are told.
    """
    if type(resource) is not dict:
        fault = Fault("structure", "resource-expected", got=kind_of(resource))
        return [issue(fault, "Resource")]
    name = resource.get("resourceType")
    if type(name) is not str or name not in definitions().resource_types:
        return [issue(_unknown_type(name), "Resource")]
    if accepted(name, resource):
        return []
    faults = _faults(name, resource, contained=False)
    return [issue(fault, name) for fault in faults[:MAX_ISSUES]] if faults else []


def exact_faults(name: str, resource: dict[str, Any]) -> Faults:
    """The faults of a resource by the exact check alone, without fast acceptance of itself."""
    return _faults(name, resource, contained=False) or []


def _unknown_type(name: Any) -> Fault:
    if name is None:
        return Fault("required", "resource-type-missing").at("resourceType")
    return Fault("structure", "resource-type-unknown", value=shown(name)).at("resourceType")


def _faults(name: str, resource: dict[str, Any], *, contained: bool) -> Faults | None:
    scope = Scope(Node(resource, name))
    faults = shapes().resource(name)(resource, scope)
    if not contained and (scope.local or "contained" in resource):
        whole = _locals_of_contained(resource, scope)
        faults = (faults or []) + whole if whole else faults
    for path, inner in _inner(name, resource):
        found = _inner_faults(path, inner)
        if found:
            for fault in found:
                fault.path.extend(path)
            faults = (faults or []) + found
    return faults


def _inner_faults(path: tuple[str | int, ...], inner: dict[str, Any]) -> Faults | None:
    name = inner.get("resourceType")
    if type(name) is not str or name not in definitions().resource_types:
        return [_unknown_type(name)]
    contained = path[-1] == "contained"
    if not contained and accepted(name, inner):
        return None
    return _faults(name, inner, contained=contained)


def _locals_of_contained(resource: dict[str, Any], scope: Scope) -> Faults:
    """Whole-resource faults, with the local references made inside contained resources."""
    for _, part in _inner("", resource):
        name = part.get("resourceType")
        if type(name) is str and name in definitions().resource_types:
            shapes().resource(name)(part, scope)
    return whole_faults(resource, scope)


def _inner(
    name: str, resource: dict[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """The resources directly inside a resource, with their path from the inside out."""
    contained = resource.get("contained")
    if type(contained) is list:
        for index, part in enumerate(contained):
            if type(part) is dict:
                yield (index, "contained"), part
    if name == "Bundle":
        yield from _entries(resource)
    elif name == "Parameters":
        yield from _parameters(resource.get("parameter"), ("parameter",))


def _entries(bundle: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    entries = bundle.get("entry")
    for index, entry in enumerate(entries if type(entries) is list else ()):
        if type(entry) is not dict:
            continue
        if type(entry.get("resource")) is dict:
            yield ("resource", index, "entry"), entry["resource"]
        response = entry.get("response")
        if type(response) is dict and type(response.get("outcome")) is dict:
            yield ("outcome", "response", index, "entry"), response["outcome"]


def _parameters(
    rows: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    for index, row in enumerate(rows if type(rows) is list else ()):
        if type(row) is dict:
            if type(row.get("resource")) is dict:
                yield ("resource", index, *path), row["resource"]
            yield from _parameters(row.get("part"), ("part", index, *path))
