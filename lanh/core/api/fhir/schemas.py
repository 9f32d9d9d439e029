"""JSON Schemas of R4's types, made of the packaged definitions.

Structure, cardinality and the patterns of data types; bindings, invariants and profiles are for
validation to judge. Inside extensions and contained resources everything may stand.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from lanh.core import fhir
from lanh.core.fhir.definitions import definitions

Schema = dict[str, Any]

REF = "#/components/schemas/"
# Described by themselves: what they hold may be of any type.
OPEN: dict[str, Schema] = {
    "Resource": {
        "type": "object",
        "properties": {"resourceType": {"type": "string"}, "id": {"$ref": f"{REF}id"}},
        "required": ["resourceType"],
    },
    "Extension": {
        "type": "object",
        "properties": {"url": {"type": "string"}},
        "required": ["url"],
    },
    "Element": {"type": "object", "properties": {"id": {"type": "string"}}},
}
_NUMBERS: dict[str, Schema] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "positiveInt": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    "unsignedInt": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    "decimal": {"type": "number"},
}


# R4's own pattern of these leaves open which signs are spaces: what they may not hold is clear.
_TEXTS = frozenset({"string", "markdown"})
_TEXT_PATTERN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]+$"


def primitive(name: str) -> Schema:
    """The schema of a primitive type."""
    if name in _NUMBERS:
        return _NUMBERS[name]
    if name in _TEXTS:
        return {"type": "string", "pattern": _TEXT_PATTERN}
    pattern = definitions().structure(name).pattern
    if pattern is None:
        return {"type": "string", "minLength": 1}
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


@lru_cache(maxsize=16)
def described(*names: str) -> dict[str, Schema]:
    """The schemas of types and of all that stands in them, by name."""
    tables = definitions()
    found: dict[str, Schema] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name in OPEN:
            found[name] = OPEN[name]
            waiting += ["id"] if name == "Resource" else []
        elif name in tables.primitives:
            found[name] = primitive(name)
        else:
            found[name], inner = _structure(name)
            waiting += inner
    return dict(sorted(found.items()))


def _structure(name: str) -> tuple[Schema, list[str]]:
    """The schema of a structure, and the names of what stands in it."""
    tables = definitions()
    structure = tables.structure(name)
    properties: dict[str, Schema] = {}
    required: list[str] = []
    inner: list[str] = []
    if name in fhir.RESOURCE_TYPES:
        properties["resourceType"] = {"const": name}
        required.append("resourceType")
    for element in structure.elements:
        for key, option in element.json_names():
            code = "Resource" if option.code in fhir.RESOURCE_TYPES else option.code
            properties[key] = _several(element.is_list, {"$ref": REF + code})
            inner.append(code)
            if code not in tables.primitives:
                continue
            # What cannot be said may have an extension in its place.
            extended: Schema = {"$ref": f"{REF}Element"}
            if element.is_list:
                extended = {"anyOf": [extended, {"type": "null"}]}
                properties[key]["items"] = {"anyOf": [{"$ref": REF + code}, {"type": "null"}]}
            properties[f"_{key}"] = _several(element.is_list, extended)
            inner.append("Element")
        if element.minimum > 0 and not element.is_choice:
            code = element.types[0].code
            if code not in tables.primitives:
                required.append(element.name)
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    return schema, inner


def _several(many: bool, schema: Schema) -> Schema:
    return {"type": "array", "items": schema, "minItems": 1} if many else dict(schema)
