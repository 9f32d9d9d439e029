"""The CapabilityStatement, told from what the store really answers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lanh.core import fhir
from lanh.core.store import Invalid, check_parameter, layout

_INTERACTIONS = (
    "read", "vread", "update", "delete", "history-instance", "create", "search-type",
)  # fmt: skip
_DATE = "2026-11-22"


@lru_cache(maxsize=8)
def capability_statement(base: str) -> bytes:
    """The statement of the interface at `base`, as JSON."""
    return fhir.dumps(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": _DATE,
            "kind": "instance",
            "software": {"name": "Lành"},
            "implementation": {"description": "Lành FHIR R4", "url": base},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "json"],
            "rest": [
                {
                    "mode": "server",
                    "security": {
                        "service": [
                            {
                                "coding": [
                                    {
                                        "system": "http://terminology.hl7.org/CodeSystem/"
                                        "restful-security-service",
                                        "code": "SMART-on-FHIR",
                                    }
                                ]
                            }
                        ]
                    },
                    "interaction": [{"code": "transaction"}, {"code": "batch"}],
                    "resource": [_resource(name) for name in sorted(fhir.RESOURCE_TYPES)],
                }
            ],
        }
    )


def _resource(name: str) -> dict[str, Any]:
    parameters = [
        {"name": each.name, "definition": each.url, "type": each.kind}
        for each in fhir.search_parameters(name)
        if _answered(name, each.name)
    ]
    references = [each["name"] for each in parameters if each["type"] == "reference"]
    described: dict[str, Any] = {
        "type": name,
        "interaction": [{"code": code} for code in _INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "not-match",
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "referencePolicy": ["literal"],
        "searchParam": parameters,
    }
    if references:
        described["searchInclude"] = [f"{name}:{each}" for each in references]
    return described


def _answered(name: str, parameter: str) -> bool:
    try:
        check_parameter(layout(name), parameter, None)
    except Invalid:
        return False
    return True
