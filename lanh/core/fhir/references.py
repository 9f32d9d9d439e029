"""References inside a resource: finding, reading and rewriting them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.primitives import ID

Path = tuple[str | int, ...]

_NARRATIVE = "div"
# Plain strings, and names of systems and entries: not links, even where they look like one.
_NOT_LINKS = frozenset({"value", "valueString", "system", "id", "fullUrl", "display", "text"})


def references(resource: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every Reference with a literal `reference`, with its path, contained and entries included.

    The dict is the one inside the resource, so that changing it changes the resource.
    """
    stack: list[tuple[Path, Any]] = [((), resource)]
    while stack:
        path, value = stack.pop()
        if type(value) is dict:
            if type(value.get("reference")) is str:
                yield path, value
            for key, item in value.items():
                if type(item) is dict or type(item) is list:
                    stack.append(((*path, key), item))
        elif type(value) is list:
            for index, item in enumerate(value):
                if type(item) is dict or type(item) is list:
                    stack.append(((*path, index), item))


def reference_elements(resource: Any) -> list[dict[str, Any]]:
    """Every Reference as `references` gives them, without their paths: a third of the work."""
    found: list[dict[str, Any]] = []
    stack: list[Any] = [resource]
    while stack:
        value = stack.pop()
        if type(value) is dict:
            if type(value.get("reference")) is str:
                found.append(value)
            value = value.values()
        stack += [item for item in value if type(item) is dict or type(item) is list]
    return found


# References repeat from resource to resource, so what they say is kept for a while.
@lru_cache(maxsize=2048)
def parse_reference(text: str) -> tuple[str, str] | None:
    """(type, id) of a relative reference `Type/id`, versioned or not; None for any other text."""
    parts = text.split("/")
    if len(parts) != 2 and not (len(parts) == 4 and parts[2] == "_history"):
        return None
    if parts[0] in definitions().resource_types and ID.fullmatch(parts[1]):
        return parts[0], parts[1]
    return None


def rewrite_references(resource: Any, mapping: Callable[[str], str | None]) -> int:
    """Replace, in place, what `mapping` gives a new text for; returns how many were replaced.

    `mapping` is asked about the text of every literal Reference and of every uri-like value that
    starts with `urn:uuid:` or `urn:oid:`, and answers None to keep it. Links in narrative are
    replaced where they name such a urn (R4 3.1.0.11.2).
    """
    replaced = 0
    stack: list[Any] = [resource]
    while stack:
        value = stack.pop()
        if type(value) is dict:
            for key, item in value.items():
                kind = type(item)
                if kind is dict or kind is list:
                    stack.append(item)
                elif kind is str:
                    new = _new_text(key, item, mapping)
                    if new is not None and new != item:
                        value[key] = new
                        replaced += 1
        elif type(value) is list:
            for index, item in enumerate(value):
                if type(item) is str:
                    new = _new_text("", item, mapping)
                    if new is not None and new != item:
                        value[index] = new
                        replaced += 1
                elif type(item) is dict or type(item) is list:
                    stack.append(item)
    return replaced


def _new_text(key: str, text: str, mapping: Callable[[str], str | None]) -> str | None:
    if key == "reference":
        return mapping(text)
    if text.startswith(("urn:uuid:", "urn:oid:")) and key not in _NOT_LINKS:
        return mapping(text)
    if key == _NARRATIVE and "urn:" in text:
        return _narrative(text, mapping)
    return None


def _narrative(text: str, mapping: Callable[[str], str | None]) -> str | None:
    pieces = text.split('"')
    for index in range(1, len(pieces), 2):
        if pieces[index].startswith(("urn:uuid:", "urn:oid:")):
            pieces[index] = mapping(pieces[index]) or pieces[index]
    return '"'.join(pieces)
