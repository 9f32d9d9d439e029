"""Links of a resource by the types of its elements: what a transaction replaces (R4 3.1.0.11.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from lanh.core.fhir.xml.fields import fields

Mapping = Callable[[str], str | None]

# Elements of type canonical are not replaced (R4 3.1.0.11.2).
_LINK_TYPES = frozenset({"uri", "url", "oid", "uuid"})
_ATTRIBUTE = re.compile(r"""(\s(?:href|src)\s*=\s*)("[^"]*"|'[^']*')""")
# What stands at an element: a link, a resource, narrative; else the type whose elements to look at.
_LINK: Final = "link"
_RESOURCE: Final = "Resource"
_NARRATIVE: Final = "xhtml"


def rewrite_links(resource: dict[str, Any], mapping: Mapping) -> int:
    """Replace, in place, links that `mapping` gives a new text for; returns how many.

    It is asked about each `Reference.reference`, each element of type uri, url, oid or uuid, and
    each href and src in narrative. Contained resources are followed; the entries of a Bundle
    inside the resource are not, since their links mean each other. The resource may be invalid:
    what the definitions do not know is left alone.
    """
    kind = resource.get("resourceType")
    try:
        known = _ways(kind) if isinstance(kind, str) else {}
    except KeyError:
        return 0
    return 0 if kind == "Bundle" else _object(resource, known, mapping)


@lru_cache(maxsize=1024)
def _ways(kind: str) -> dict[str, str]:
    """What stands at those elements of a type that are links or may hold some. Raises KeyError."""
    found = {}
    for name, field in fields(kind).items():
        if field.form == "complex":
            found[name] = field.type
        elif field.form == "resource":
            found[name] = _RESOURCE
        elif field.form == "xhtml":
            found[name] = _NARRATIVE
        elif field.type in _LINK_TYPES or (name == "reference" and field.type == "string"):
            found[name] = _LINK
    return found


def _object(value: dict[str, Any], known: dict[str, str], mapping: Mapping) -> int:
    replaced = 0
    for key, item in value.items():
        below = known.get(key)
        if below is None:
            if key[:1] != "_":
                continue
            below = "Element"
        if below is _LINK or below is _NARRATIVE:
            new = _linked(item, mapping) if below is _LINK else _told(item, mapping)
            if new is not None and new != item:
                value[key] = new
                replaced += 1
            continue
        for one in item if isinstance(item, list) else (item,):
            if isinstance(one, dict):
                if below is _RESOURCE:
                    replaced += rewrite_links(one, mapping)
                else:
                    replaced += _object(one, _ways(below), mapping)
    return replaced


def _linked(item: Any, mapping: Mapping) -> Any:
    if isinstance(item, str):
        return mapping(item)
    if isinstance(item, list):
        return [(mapping(one) or one) if isinstance(one, str) else one for one in item]
    return None


def _told(item: Any, mapping: Mapping) -> str | None:
    return _narrative(item, mapping) if isinstance(item, str) else None


def _narrative(text: str, mapping: Mapping) -> str:
    def put(match: re.Match[str]) -> str:
        mark, address = match.group(2)[0], match.group(2)[1:-1]
        new = mapping(address.replace("&amp;", "&"))
        return match.group() if new is None else f"{match.group(1)}{mark}{new}{mark}"

    return _ATTRIBUTE.sub(put, text)
