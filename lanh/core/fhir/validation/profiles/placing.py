"""The values of an element in the JSON of an object, with where each stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from lanh.core.fhir.path import Node
from lanh.core.fhir.validation.profiles.compiled import Part

Placed: TypeAlias = "list[tuple[int | None, Node]]"


def values_of(part: Part, holder: dict[str, Any]) -> Placed:
    """The values of an element in an object, with their index where it repeats."""
    return [
        (index, Node(value, _type(value, code), sibling))
        for name, code in _present(part.names, holder)
        for index, value, sibling in _each(holder.get(name), holder.get("_" + name))
    ]


def _present(names: dict[str, str], holder: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if len(names) <= 2:
        for name, code in names.items():
            if name in holder or "_" + name in holder:
                yield name, code
        return
    for key in holder:
        if key in names:
            yield key, names[key]
        elif key[:1] == "_" and key[1:] in names and key[1:] not in holder:
            yield key[1:], names[key[1:]]


def _each(value: Any, sibling: Any) -> Iterator[tuple[int | None, Any, Any]]:
    if type(value) is list or (value is None and type(sibling) is list):
        values = value if type(value) is list else [None] * len(sibling)
        beside = sibling if type(sibling) is list else ()
        for index, item in enumerate(values):
            own = beside[index] if index < len(beside) else None
            if item is not None or own is not None:
                yield index, item, own
    elif value is not None or sibling is not None:
        yield None, value, sibling


def _type(value: Any, code: str) -> str:
    if code in ("Resource", "DomainResource") and type(value) is dict:
        return str(value.get("resourceType", code))
    return code
