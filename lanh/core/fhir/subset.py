"""Parts of resources: `_summary` and `_elements` (R4 3.1.1.5.8, 3.1.1.5.9)."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from lanh.core.fhir.definitions import MODIFIER, SUMMARY, Element, definitions

SummaryKind: TypeAlias = Literal["true", "text", "data"]

SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
# What changes the meaning of the rest is never left out.
_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})


def has_element(resource_type: str, name: str) -> bool:
    """Whether a type has an element of this name, a choice with its type or without. Raises
    KeyError for no type."""
    return any(
        name == element.name or any(name == json_name for json_name, _ in element.json_names())
        for element in definitions().structure(resource_type).elements
    )


def summarised(resource: dict[str, Any], kind: SummaryKind) -> dict[str, Any]:
    """A resource by `_summary`, tagged SUBSETTED.

    "true": the elements that the definitions mark as summary, inside others too, and those that
    must be there. "text": narrative, id, meta and what must be there. "data": all but narrative.
    """
    name = str(resource.get("resourceType"))
    if kind == "data":
        return _tagged({key: value for key, value in resource.items() if key != "text"})
    if kind == "text":
        return _tagged(_only(resource, _ALWAYS | {"text"} | _required(name)))
    return _tagged(_summary(resource, name))


def with_elements(resource: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A resource with the elements named and those that must be there, tagged SUBSETTED.

    A choice may be named without its type (`value`) or with it (`valueQuantity`).
    """
    kept = set(_ALWAYS | _required(str(resource.get("resourceType"))))
    for element in definitions().structure(str(resource.get("resourceType"))).elements:
        json_names = [name for name, _ in element.json_names()]
        if element.name in names:
            kept.update(json_names)
        kept.update(name for name in json_names if name in names)
    return _tagged(_only(resource, kept))


@lru_cache(maxsize=256)
def _required(name: str) -> frozenset[str]:
    return frozenset(
        json_name
        for element in definitions().structure(name).elements
        if element.minimum
        for json_name, _ in element.json_names()
    )


def _only(resource: dict[str, Any], kept: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key.lstrip("_") in kept}


@lru_cache(maxsize=1024)
def _marked(type_name: str, *, root: bool) -> dict[str, str]:
    """JSON name -> type, of the elements of a type that a summary keeps."""

    def keeps(element: Element) -> bool:
        if element.flags & SUMMARY or element.minimum:
            return True
        return not root and bool(element.flags & MODIFIER)

    return {
        json_name: option.code
        for element in definitions().structure(type_name).elements
        if keeps(element) or element.name == "id" or (root and element.name in _ALWAYS)
        for json_name, option in element.json_names()
    }


def _summary(value: dict[str, Any], type_name: str, *, root: bool = True) -> dict[str, Any]:
    marked = _marked(type_name, root=root)
    found: dict[str, Any] = {}
    for key, item in value.items():
        if key == "resourceType":
            found[key] = item
            continue
        code = marked.get(key.lstrip("_"))
        if code is None:
            continue
        # Backbone elements have marks of their own; data types are kept whole.
        if "." in code and not key.startswith("_"):
            item = (
                [_summary(each, code, root=False) for each in item]
                if isinstance(item, list)
                else _summary(item, code, root=False)
            )
        found[key] = item
    return found


def _tagged(resource: dict[str, Any]) -> dict[str, Any]:
    meta = dict(resource.get("meta") or {})
    tags = [tag for tag in meta.get("tag") or () if tag.get("code") != SUBSETTED["code"]]
    meta["tag"] = [*tags, SUBSETTED]
    head: dict[str, Any] = {key: resource[key] for key in ("resourceType", "id") if key in resource}
    return {**head, "meta": meta, **{k: v for k, v in resource.items() if k != "meta"}}
