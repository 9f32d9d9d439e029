"""From a resource to what its row is searched by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lanh.core import fhir
from lanh.core.store.hashing import (
    hash64,
    other_code_hash,
    reference_hash,
    system_hash,
    token_hash,
    uri_hash,
    value_hash,
)
from lanh.core.store.layout import COMBINED, NAMED, Layout
from lanh.core.store.records import Resource
from lanh.core.text import fold, name_key

NOT_SUBJECT = hash64("", "the patient of the compartment is not the subject")
FIELD, VALUE = "\x1f", "\x1e"  # before each text of `strings`: its parameter, its folded value

# Answered otherwise: by columns, by the identifier table; `phonetic` repeats `name`.
_NO_TOKENS = frozenset({"_id", "identifier"})
_NO_STRINGS = frozenset({"phonetic"})


@dataclass(slots=True)
class Indexed:
    """What one row is searched by; `ranges` follows the layout's order, a pair for each."""

    tokens: list[int]
    code: int | None
    date: tuple[datetime | None, datetime | None]
    ranges: list[Any]
    strings: str | None
    identifiers: set[tuple[int, int]]
    names: set[str]
    sort_name: str | None


def index(layout: Layout, resource: Resource, patient: str | None) -> Indexed:
    """Everything that a row of this resource is found by; `patient` is the row's column."""
    values = fhir.extract(resource)
    return Indexed(
        tokens=sorted(_tokens(layout, values, patient)),
        code=_main_code(layout, values),
        date=_main_date(layout, values),
        ranges=_ranges(layout, values),
        strings=_strings(values),
        identifiers=identifiers(values),
        names=names(values) if layout.type in NAMED else set(),
        sort_name=_sort_name(resource) if layout.has_residence else None,
    )


def _tokens(layout: Layout, values: fhir.SearchValues, patient: str | None) -> set[int]:
    tokens: set[int] = set()
    for name, found in values.tokens.items():
        if name in _NO_TOKENS or (layout.type, name) in COMBINED:
            continue
        for system, code in found:
            if code and not (system and ":" in name):
                tokens.add(token_hash(name, None, code))
            if system:
                tokens.add(token_hash(name, system, code))
    for name, references in values.references.items():
        if name in layout.patient_parameters:
            if references == [("Patient", patient)]:
                continue
            tokens.add(NOT_SUBJECT)
        for target in references:
            text = target if isinstance(target, str) else f"{target[0]}/{target[1]}"
            tokens.add(reference_hash(name, text))
    about = layout.patient_parameters
    if patient is not None and about and not about & values.references.keys():
        tokens.add(NOT_SUBJECT)
    for code in _main_codes(layout, values)[1:]:
        tokens.add(other_code_hash(layout.main_code or "", code))
    for name, uris in values.uris.items():
        tokens.update(uri_hash(name, uri) for uri in uris)
    return tokens


def _main_code(layout: Layout, values: fhir.SearchValues) -> int | None:
    codes = _main_codes(layout, values)
    return token_hash(layout.main_code or "", None, codes[0]) if codes else None


def _main_codes(layout: Layout, values: fhir.SearchValues) -> list[str]:
    """The different codes of the main code parameter, in their order."""
    found = values.tokens.get(layout.main_code) if layout.main_code else None
    return list(dict.fromkeys(code for _, code in found if code)) if found else []


def _hull(found: Sequence[tuple[Any, ...]] | None) -> tuple[Any, Any]:
    if not found:
        return None, None
    if len(found) == 1:
        return found[0][0], found[0][1]
    return min(each[0] for each in found), max(each[1] for each in found)


def _main_date(
    layout: Layout, values: fhir.SearchValues
) -> tuple[datetime | None, datetime | None]:
    for name in layout.main_dates:
        found = values.dates.get(name)
        if found:
            return _hull(found)
    return None, None


def _ranges(layout: Layout, values: fhir.SearchValues) -> list[Any]:
    row: list[Any] = []
    if not (values.numbers or values.quantities or values.dates.keys() - layout.main_date_alone):
        return [None, None] * len(layout.ranges)
    for each in layout.ranges:
        kind = layout.kinds[each.parameter]
        if kind == "date":
            row += _hull(values.dates.get(each.parameter))
        elif kind == "number":
            row += _hull(values.numbers.get(each.parameter))
        else:
            row += _hull(values.quantities.get(each.parameter))
    return row


def _strings(values: fhir.SearchValues) -> str | None:
    parts: dict[str, None] = {}
    for name, found in values.strings.items():
        if name in _NO_STRINGS:
            continue
        folded = sorted({fold(text) for text in found}, key=len, reverse=True)
        kept: list[str] = []
        for text in folded:
            if text and not any(f" {text}" in f" {longer}" for longer in kept):
                kept.append(text)
        parts.update(dict.fromkeys(f"{FIELD}{name}{VALUE}{text}" for text in kept))
    return "".join(parts) or None


def identifiers(values: fhir.SearchValues) -> set[tuple[int, int]]:
    """(hash of value, hash of system) of each identifier."""
    return {
        (value_hash(value), system_hash(system or ""))
        for system, value in values.tokens.get("identifier", ())
    }


def names(values: fhir.SearchValues) -> set[str]:
    """A person's names, folded, from each word on: those that begin no longer one are left out."""
    found: set[str] = set()
    for text in values.strings.get("name", ()):
        words = fold(text).split(" ")
        found.update(" ".join(words[at:]) for at in range(len(words)))
    found.discard("")
    kept: list[str] = []
    for text in sorted(found, reverse=True):
        if not (kept and kept[-1].startswith(text)):
            kept.append(text)
    return set(kept)


def _sort_name(resource: Resource) -> str | None:
    for name in resource.get("name") or ():
        text = name.get("text") or " ".join([name.get("family") or "", *(name.get("given") or ())])
        if text.strip():
            return name_key(text)
    return None
