"""The CapabilityStatement, told from what the interface really answers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lanh.core import fhir
from lanh.core.api.fhir.exchange import WORDS
from lanh.core.api.fhir.operations import Operations
from lanh.core.api.fhir.routing import INTERACTIONS
from lanh.core.store import Invalid, check_parameter, layout

_DATE = "2026-11-22"
_WEBSOCKET = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket"
_SECURITY = {
    "service": [
        {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                    "code": "SMART-on-FHIR",
                }
            ]
        }
    ]
}


@lru_cache(maxsize=8)
def capability_statement(base: str, operations: Operations, websocket: bool = False) -> bytes:
    """The statement of the interface at `base`, as JSON; with its websocket, if there is one."""
    rest: dict[str, Any] = {}
    if websocket:
        address = f"ws{base.removeprefix('http')}/websocket"
        rest["extension"] = [{"url": _WEBSOCKET, "valueUri": address}]
    rest |= {
        "mode": "server",
        "documentation": WORDS.message("api.limits").en,
        "security": _SECURITY,
        "resource": [_resource(name, operations) for name in sorted(fhir.RESOURCE_TYPES)],
        "interaction": [{"code": code} for code in (*_codes("system"), "batch")],
        "searchParam": [
            {"name": name, "type": kind, "documentation": WORDS.message(f"api.{name[1:]}").en}
            for name, kind in (("_type", "special"), ("_list", "special"))
        ],
        "compartment": [
            f"http://hl7.org/fhir/CompartmentDefinition/{code.lower()}"
            for code in sorted(fhir.COMPARTMENTS)
        ],
    }
    listed = [{"name": each.name, "definition": each.definition} for each in operations.at_system()]
    if listed:
        rest["operation"] = listed
    return fhir.dumps(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": _DATE,
            "kind": "instance",
            "software": {"name": "Lành"},
            "implementation": {"description": "Lành FHIR R4", "url": base},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "application/fhir+xml", "json", "xml"],
            "patchFormat": ["application/json-patch+json", "application/fhir+json"],
            "rest": [rest],
        }
    )


def _resource(name: str, operations: Operations) -> dict[str, Any]:
    parameters = [
        {"name": each.name, "definition": each.url, "type": each.kind}
        for each in answered_parameters(name)
    ]
    references = [each["name"] for each in parameters if each["type"] == "reference"]
    described: dict[str, Any] = {
        "type": name,
        "interaction": [{"code": code} for code in _codes("type")],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal"],
    }
    if references:
        described["searchInclude"] = ["*", *(f"{name}:{each}" for each in references)]
    reverse = _reverse().get(name)
    if reverse:
        described["searchRevInclude"] = reverse
    if parameters:
        described["searchParam"] = parameters
    listed = [
        {"name": each.name, "definition": each.definition} for each in operations.of_type(name)
    ]
    if listed:
        described["operation"] = listed
    return described


@lru_cache(maxsize=1)
def _reverse() -> dict[str, list[str]]:
    """By type: the reference parameters of every type that may lead to it."""
    found: dict[str, list[str]] = {}
    for kind in sorted(fhir.RESOURCE_TYPES):
        for name, targets in layout(kind).targets.items():
            # One that may lead anywhere would stand in every list.
            for target in targets if len(targets) < len(fhir.RESOURCE_TYPES) - 1 else ():
                found.setdefault(target, []).append(f"{kind}:{name}")
    return found


def _codes(level: str) -> list[str]:
    """The codes of the interactions of the system or of a type and its rows, each once."""
    return list(dict.fromkeys(each.code for each in INTERACTIONS if each.level == level))


def answered_parameters(name: str) -> list[fhir.SearchParameter]:
    """The default search parameters of a type that are answered."""
    return [each for each in fhir.search_parameters(name) if _answered(name, each.name)]


def _answered(name: str, parameter: str) -> bool:
    try:
        check_parameter(layout(name), parameter, None)
    except Invalid:
        return False
    return True
