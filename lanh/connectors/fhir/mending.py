"""Read and write one element of a resource in a message, at the path that an issue names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from lanh.core import fhir
from lanh.core.fhir import ParseError

_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[(\d{1,6})\])?")


def _documents(content: bytes) -> tuple[list[Any], bool]:
    """The JSON values of a message and whether they are lines of NDJSON."""
    try:
        return [fhir.loads(content)], False
    except ParseError:
        lines = [line for line in content.split(b"\n") if line.strip()]
        return [fhir.loads(line) for line in lines], True


def _holder(documents: list[Any], part: int, place: str) -> tuple[Any, list[str]] | None:
    """What the path of a place begins in, and its steps."""
    steps = place.split(".")
    whole = documents[0] if len(documents) == 1 else None
    if isinstance(whole, dict) and whole.get("resourceType") == "Bundle":
        entries = whole.get("entry")
        if steps[:2] == ["Bundle", "entry"]:
            root, steps = _at(entries, part), steps[2:]
        elif steps[0] == "Bundle":
            root, steps = whole, steps[1:]
        else:
            entry = _at(entries, part)
            root = entry.get("resource") if isinstance(entry, dict) else None
    else:
        root = _at(documents, part)
    if isinstance(root, dict) and steps and steps[0] == root.get("resourceType"):
        steps = steps[1:]
    return (root, steps) if isinstance(root, dict) and steps else None


def _at(values: Any, index: int) -> Any:
    return values[index] if isinstance(values, list) and 0 <= index < len(values) else None


def _leaf(documents: list[Any], part: int, place: str) -> tuple[Any, str | int] | None:
    """(container, key) of the primitive at a place; None where there is no such."""
    begun = _holder(documents, part, place)
    if begun is None:
        return None
    current, steps = begun
    found: tuple[Any, str | int] | None = None
    for step in steps:
        named = _STEP.fullmatch(step)
        if named is None or not isinstance(current, dict) or named.group(1) not in current:
            return None
        found, current = (current, named.group(1)), current[named.group(1)]
        if named.group(2) is not None:
            index = int(named.group(2))
            if not isinstance(current, list) or index >= len(current):
                return None
            found, current = (current, index), current[index]
    return found if isinstance(current, str | int | Decimal) else None


def field(content: bytes, part: int, place: str) -> str | None:
    """The primitive at a place such as "Patient.gender" of a part; None where there is none."""
    try:
        found = _leaf(_documents(content)[0], part, place)
    except ParseError:
        return None
    return None if found is None else _told(found[0][found[1]])


def _told(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def mended(content: bytes, values: Sequence[tuple[int, str, str]]) -> bytes:
    """The message with (part, place, value) written in; a number stays one where it can."""
    try:
        documents, lines = _documents(content)
    except ParseError:
        return content
    changed = False
    for part, place, value in values:
        found = _leaf(documents, part, place)
        if found is not None and _told(found[0][found[1]]) != value:
            found[0][found[1]] = _typed(found[0][found[1]], value)
            changed = True
    if not changed:
        return content
    return (b"\n" if lines else b"").join(fhir.dumps(each) for each in documents)


def _typed(before: Any, value: str) -> Any:
    if isinstance(before, bool):
        return value == "true" if value in ("true", "false") else value
    if isinstance(before, int | Decimal):
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        whole = number == number.to_integral_value() and "." not in value
        return int(number) if number.is_finite() and whole else number
    return value
