"""Search parameter and compartment tables."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_PREFIX = "http://hl7.org/fhir/SearchParameter/"


def search_parameters(resources: list[Json]) -> list[Json]:
    """The default parameters of R4: without examples and those made for single extensions."""
    rows = []
    for resource in sorted(resources, key=lambda r: str(r.get("url"))):
        name = str(resource.get("url", "")).removeprefix(_PREFIX)
        if "base" not in resource or name.startswith("example"):
            continue
        if "-extensions-" in name or "-genetic-" in name:
            continue
        rows.append(
            {
                "name": resource["code"],
                "kind": resource["type"],
                "base": resource["base"],
                "url": resource["url"],
                "expression": resource.get("expression"),
                "targets": sorted(resource.get("target", ())),
                "components": [
                    [part["definition"], part["expression"]]
                    for part in resource.get("component", ())
                ],
            }
        )
    return rows


def compartments(resources: list[Json]) -> Json:
    """Compartment code -> resource type -> the parameters by which a resource belongs to it."""
    return {
        resource["code"]: {
            row["code"]: row["param"] for row in resource["resource"] if row.get("param")
        }
        for resource in resources
        if resource["id"] != "example"
    }
