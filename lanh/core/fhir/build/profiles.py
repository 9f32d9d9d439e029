"""Profiles and extensions that FHIR publishes, kept as differentials."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_KEPT = (
    "url",
    "version",
    "name",
    "type",
    "kind",
    "baseDefinition",
    "derivation",
    "abstract",
    "context",
    "contextInvariant",
)
_ELEMENT = frozenset(
    {
        "id",
        "path",
        "sliceName",
        "slicing",
        "min",
        "max",
        "type",
        "maxLength",
        "binding",
        "constraint",
        "mustSupport",
        "isModifier",
    }
)
_VALUES = ("fixed", "pattern", "minValue", "maxValue")


def profiles(definitions: list[Json]) -> list[Json]:
    """The constraining StructureDefinitions with what judges an instance, without their texts."""
    return [
        {
            **{key: definition[key] for key in _KEPT if key in definition},
            "differential": {
                "element": [_element(row) for row in definition["differential"]["element"]]
            },
        }
        for definition in sorted(definitions, key=lambda d: str(d["url"]))
        if definition.get("derivation") == "constraint"
    ]


def _element(row: Json) -> Json:
    kept = {k: v for k, v in row.items() if k in _ELEMENT or k.startswith(_VALUES)}
    if "binding" in kept:
        kept["binding"] = {
            k: v for k, v in kept["binding"].items() if k in ("strength", "valueSet")
        }
    if "constraint" in kept:
        kept["constraint"] = [
            {k: rule[k] for k in ("key", "severity", "human", "expression") if k in rule}
            for rule in kept["constraint"]
        ]
    return kept
