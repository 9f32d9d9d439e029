"""Words that read a record for columns and pages: a text, a day, a code, a time that it holds.

Each gives a column's value: a function of a row and a language. Paths are FHIR's element names
parted by dots; of several elements the first is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from lanh.core.lists import Column, Row
from lanh.core.text import Catalogue, Language, Words
from lanh.core.ui import formats

_WORDS = Catalogue.load(Path(__file__).with_name("messages.yaml"))

Value: TypeAlias = Callable[[Row, Language], str | None]
Lines: TypeAlias = Callable[
    [Mapping[str, Any], Mapping[str, Mapping[str, Any]], Language], Sequence[tuple[str, str]]
]


def columns(words: Catalogue, prefix: str) -> Callable[..., Column]:
    """Makes columns whose titles stand in a catalogue under a prefix: `column(name, value, …)`."""

    def column(name: str, value: Value, **more: Any) -> Column:
        return Column(name, words[f"{prefix}.{name}"], value, **more)

    return column


def told(of: Sequence[Column]) -> Lines:
    """The lines of a record's page that columns tell: title and text of each that has one."""

    def lines(
        record: Mapping[str, Any], included: Mapping[str, Mapping[str, Any]], language: Language
    ) -> list[tuple[str, str]]:
        row = record, included
        return [
            (each.title.say(language), text)
            for each in of
            if (text := each.value(row, language)) is not None
        ]

    return lines


def element(record: Any, path: str) -> Any:
    """The element at a path; None where there is none."""
    found = record
    for step in path.split("."):
        if isinstance(found, list):
            found = found[0] if found else None
        found = found.get(step) if isinstance(found, Mapping) else None
    return found[0] if isinstance(found, list) and found else found


def at(path: str) -> Value:
    """The text at a path."""

    def value(row: Row, _language: Language) -> str | None:
        found = element(row[0], path)
        return None if found in (None, "", []) else str(found)

    return value


def day_at(path: str) -> Value:
    """The day at a path, as people read it."""

    def value(row: Row, _language: Language) -> str | None:
        return formats.fhir_day(str(element(row[0], path) or "")) or None

    return value


def worded(words: Catalogue, prefix: str, path: str) -> Value:
    """The code at a path in the words of a catalogue: those of `prefix.code`."""

    def value(row: Row, language: Language) -> str | None:
        key = f"{prefix}.{element(row[0], path)}"
        return words[key].say(language) if key in words else None

    return value


def coded(system: str, known: Iterable[tuple[str, Words]], path: str = "type") -> Value:
    """The codes of a system among the CodeableConcepts of an element, in words."""
    said = dict(known)

    def value(row: Row, language: Language) -> str | None:
        concepts = row[0].get(path) or ()
        held = [concepts] if isinstance(concepts, Mapping) else concepts
        codes = [
            coding.get("code")
            for concept in held
            for coding in concept.get("coding") or ()
            if coding.get("system") == system
        ]
        return ", ".join(said[code].say(language) for code in codes if code in said) or None

    return value


def included(path: str, of: Value) -> Value:
    """What a record says that this one refers to at a path, where the list includes it."""

    def value(row: Row, language: Language) -> str | None:
        record = row[1].get(str(element(row[0], f"{path}.reference") or ""))
        return of((record, row[1]), language) if record is not None else None

    return value


def either(*of: Value) -> Value:
    """The first of several values that there is."""

    def value(row: Row, language: Language) -> str | None:
        return next((text for each in of if (text := each(row, language)) is not None), None)

    return value


def span(period: Mapping[str, Any] | None, language: Language) -> str:
    """From when until when something holds, of a FHIR Period."""
    since = formats.fhir_day(str((period or {}).get("start", "")))
    until = formats.fhir_day(str((period or {}).get("end", "")))
    return _WORDS["span"].say(
        language,
        since=since or _WORDS["always"].say(language),
        until=until or _WORDS["now"].say(language),
    )


def lasting(path: str) -> Value:
    """The Period at a path."""
    return lambda row, language: span(element(row[0], path), language)
