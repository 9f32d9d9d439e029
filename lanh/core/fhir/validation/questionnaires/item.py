"""An item of a Questionnaire as its answers are judged by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

_CORE = "http://hl7.org/fhir/StructureDefinition/"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
_PLACES = {
    name: prefix + name
    for prefix, names in {
        _CORE: ("minValue", "maxValue", "minLength", "maxDecimalPlaces", "mimeType", "maxSize",
                "regex"),
        _CORE + "questionnaire-": ("minOccurs", "maxOccurs", "unitOption", "unitValueSet",
                                   "optionExclusive", "referenceResource"),
        _SDC: ("minQuantity", "maxQuantity"),
    }.items()
    for name in names
}  # fmt: skip

STRUCTURAL = frozenset({"group", "display", "question"})
"""Types of items that hold no answers."""


def rows(holder: Any, name: str) -> list[Json]:
    """The objects of a list in an object; what is none is left to the check of structure."""
    found = holder.get(name) if type(holder) is dict else None
    return [row for row in found if type(row) is dict] if type(found) is list else []


def value_of(holder: Json) -> tuple[str, Any] | None:
    """A choice `value[x]`: its type as written (`Coding`, `DateTime`) and the value."""
    for key, value in holder.items():
        if key.startswith("value") and key != "value":
            return key[5:], value
    return None


def extension(holder: Json, name: str) -> list[Any]:
    """The values of an extension of HL7 on an item or option, by its short name."""
    url = _PLACES[name]
    found = (value_of(row) for row in rows(holder, "extension") if row.get("url") == url)
    return [value[1] for value in found if value is not None]


def every(items: list[Json]) -> Iterator[Json]:
    """All items of a form or response, those under answers too, outer before inner."""
    for item in items:
        yield item
        if "item" in item:
            yield from every(rows(item, "item"))
        for answer in rows(item, "answer") if "answer" in item else ():
            if "item" in answer:
                yield from every(rows(answer, "item"))


def answers_of(item: Json) -> list[Json]:
    """The answers of a response's item that hold a value."""
    return [answer for answer in rows(item, "answer") if value_of(answer) is not None]
