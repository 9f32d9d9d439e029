"""Links of a resource by the types of its elements: what a transaction replaces (R4 3.1.0.11.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from lanh.core.fhir.xml.fields import Field, element_fields, fields

Mapping = Callable[[str], str | None]

# Elements of type canonical are not replaced (R4 3.1.0.11.2).
_LINK_TYPES = frozenset({"uri", "url", "oid", "uuid"})
_ATTRIBUTE = re.compile(r"""(\s(?:href|src)\s*=\s*)("[^"]*"|'[^']*')""")


def rewrite_links(resource: dict[str, Any], mapping: Mapping) -> int:
    """Replace, in place, links that `mapping` gives a new text for; returns how many.

    It is asked about each `Reference.reference`, each element of type uri, url, oid or uuid, and
    each href and src in narrative. Contained resources are followed; the entries of a Bundle
    inside the resource are not, since their links mean each other. The resource may be invalid:
    what the definitions do not know is left alone.
    """
    kind = resource.get("resourceType")
    try:
        known = fields(kind) if isinstance(kind, str) else {}
    except KeyError:
        return 0
    return 0 if kind == "Bundle" else _object(resource, known, mapping)


def _object(value: dict[str, Any], known: dict[str, Field], mapping: Mapping) -> int:
    replaced = 0
    for key, item in value.items():
        if key.startswith("_"):
            replaced += _each(item, partial(_object, known=element_fields(), mapping=mapping))
            continue
        field = known.get(key)
        if field is None:
            continue
        if field.form == "complex":
            replaced += _each(item, partial(_object, known=fields(field.type), mapping=mapping))
        elif field.form == "resource":
            replaced += _each(item, partial(rewrite_links, mapping=mapping))
        else:
            new = _new(item, field, mapping, is_reference=key == "reference")
            if new is not None and new != item:
                value[key] = new
                replaced += 1
    return replaced


def _each(item: Any, act: Callable[[dict[str, Any]], int]) -> int:
    if isinstance(item, dict):
        return act(item)
    if isinstance(item, list):
        return sum(act(one) for one in item if isinstance(one, dict))
    return 0


def _new(item: Any, field: Field, mapping: Mapping, *, is_reference: bool) -> Any:
    if field.form == "xhtml":
        return _narrative(item, mapping) if isinstance(item, str) else None
    links = field.type in _LINK_TYPES or (is_reference and field.type == "string")
    if not links:
        return None
    if isinstance(item, str):
        return mapping(item)
    if isinstance(item, list):
        return [(mapping(one) or one) if isinstance(one, str) else one for one in item]
    return None


def _narrative(text: str, mapping: Mapping) -> str:
    def put(match: re.Match[str]) -> str:
        mark, address = match.group(2)[0], match.group(2)[1:-1]
        new = mapping(address.replace("&amp;", "&"))
        return match.group() if new is None else f"{match.group(1)}{mark}{new}{mark}"

    return _ATTRIBUTE.sub(put, text)
