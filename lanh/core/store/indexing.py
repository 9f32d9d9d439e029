"""From a resource to what its row is searched by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from lanh.core import fhir
from lanh.core.store.hashing import (
    display_hash,
    exact_mark,
    hash64,
    other_code_hash,
    reference_hash,
    system_hash,
    token_hash,
    typed_hash,
    unit_hash,
    uri_hash,
    value_hash,
)
from lanh.core.store.layout import COMBINED, NAMED, Layout
from lanh.core.store.own_parameters import OwnParameter, own_values
from lanh.core.store.plurality import parts
from lanh.core.store.records import Resource
from lanh.core.store.vocabulary import LONGEST, Entry, Known
from lanh.core.text import collation_key, fold, name_key, nfc

NOT_SUBJECT = hash64("", "the patient of the compartment is not the subject")
PRESENT = "present\x1f"  # no code: the row has a value of an own parameter
# Before each text of `strings` its parameter; then its folded value, or marks of texts as written.
FIELD, VALUE, EXACT = "\x1f", "\x1e", "\x1d"

# Answered otherwise: by columns, by the identifier table; `phonetic` repeats `name`.
_NO_TOKENS = frozenset({"_id", "identifier"})
_NO_STRINGS = frozenset({"phonetic"})
# Their values are of one message or one row, and would fill the vocabulary.
UNLISTED_URIS = frozenset({"_source"})


@dataclass(slots=True)
class Indexed:
    """What one row is searched by; `ranges` follows the layout's order, a pair for each.

    `words` are entries of the vocabulary that the row's hashes need and that are not known yet.
    """

    tokens: list[int]
    code: int | None
    date: tuple[datetime | None, datetime | None]
    ranges: list[Any]
    strings: str | None
    identifiers: set[tuple[int, int]]
    names: set[str]
    sort_name: str | None
    present: int
    parts: str | None
    words: list[Entry]


def index(
    layout: Layout,
    resource: Resource,
    patient: str | None,
    known: Known,
    own: Sequence[OwnParameter] = (),
) -> Indexed:
    """Everything that a row of this resource is found by; `patient` is the row's column.

    `own` are the search parameters of this installation that the type has.
    """
    values = fhir.extract(resource)
    mine = own_values(own, resource)
    words: list[Entry] = []
    tokens = _tokens(layout, values, patient, known, words)
    if mine is not None:
        tokens |= _code_tokens(layout, mine, known, words)
        tokens |= _other_tokens(layout, mine, known, words)
        tokens |= {token_hash(name, None, PRESENT) for name in mine.names()}
        for name, references in mine.references.items():
            tokens.update(reference_hash(name, reference_text(each)) for each in references)
    return Indexed(
        tokens=sorted(tokens),
        code=_main_code(layout, values),
        date=_main_date(layout, values),
        ranges=_ranges(layout, values),
        strings=_strings(layout.type, *((values,) if mine is None else (values, mine))),
        identifiers=identifiers(values),
        names=names(values) if layout.type in NAMED else set(),
        sort_name=_sort_name(resource) if layout.has_sort_name else None,
        present=_present(layout, values),
        parts=parts(layout, values, mine),
        words=words,
    )


def _tokens(
    layout: Layout,
    values: fhir.SearchValues,
    patient: str | None,
    known: Known,
    words: list[Entry],
) -> set[int]:
    tokens = _code_tokens(layout, values, known, words)
    tokens |= _other_tokens(layout, values, known, words)
    for name, references in values.references.items():
        if name in layout.patient_parameters:
            if references == [("Patient", patient)]:
                continue
            tokens.add(NOT_SUBJECT)
        tokens.update(reference_hash(name, reference_text(each)) for each in references)
    about = layout.patient_parameters
    if patient is not None and about and not about & values.references.keys():
        tokens.add(NOT_SUBJECT)
    for code in _main_codes(layout, values)[1:]:
        tokens.add(other_code_hash(layout.main_code or "", code))
    return tokens


def reference_text(reference: tuple[str, str] | str) -> str:
    """A reference as it is hashed: "Type/id", or an absolute URL without its version."""
    if isinstance(reference, str):
        return reference.partition("/_history/")[0]
    return f"{reference[0]}/{reference[1]}"


def _code_tokens(
    layout: Layout, values: fhir.SearchValues, known: Known, words: list[Entry]
) -> set[int]:
    tokens: set[int] = set()
    for name, found in values.tokens.items():
        if (layout.type, name) in COMBINED or name == "_id":
            continue
        listed = name in layout.listed
        with_systems = name in layout.identified or ":" in name or "@" in name
        for system, code in found:
            if listed and len(code) <= LONGEST:
                hash = token_hash(name, system or None, code)
                if hash not in known:
                    words.append(Entry(hash, name, system or None, code))
                tokens.add(hash)
                continue
            if system:
                tokens.add(token_hash(name, system, ""))
            if name == "identifier" or not code:
                continue
            tokens.add(token_hash(name, None, code))
            if system or with_systems:
                tokens.add(token_hash(name, system or "", code))
    return tokens


def _other_tokens(
    layout: Layout, values: fhir.SearchValues, known: Known, words: list[Entry]
) -> set[int]:
    tokens: set[int] = set()
    for name, texts in values.texts.items():
        if (layout.type, name) in COMBINED:
            continue
        displays, free = _told(tuple(texts))
        for folded in displays:
            hash = display_hash(name, folded)
            if hash not in known:
                words.append(Entry(hash, f"{name}:text", None, folded))
            tokens.add(hash)
        if free:
            tokens.add(display_hash(name, ""))  # the texts themselves are among the strings
    for name, typed in values.typed.items():
        tokens.update(typed_hash(name, *each) for each in typed)
    for name, uris in values.uris.items():
        for uri in uris:
            hash = uri_hash(name, uri)
            if hash not in known and name not in UNLISTED_URIS and len(uri) <= LONGEST:
                words.append(Entry(hash, name, None, uri))
            tokens.add(hash)
    for name, quantities in values.quantities.items():
        if (layout.type, name) in COMBINED:
            continue
        for _, _, system, code, unit in quantities:
            if system or code or unit:
                hash = unit_hash(name, system, code, unit)
                if hash not in known:
                    words.append(Entry(hash, f"{name}:unit", system, code or "", unit))
                tokens.add(hash)
    return tokens


def _present(layout: Layout, values: fhir.SearchValues) -> int:
    bits, present = layout.bits, 0
    for table in (values.tokens, values.references, values.uris):
        for name in table:
            present |= bits.get(name, 0)
    return present


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
    if layout.has_position:
        return list(values.positions[0]) if values.positions else [None, None]
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


def _strings(kind: str, *sources: fhir.SearchValues) -> str | None:
    parts: dict[str, None] = {}
    for values in sources:
        for name, found in values.strings.items():
            if name in _NO_STRINGS:
                continue
            parts.update(dict.fromkeys(f"{FIELD}{name}{VALUE}{text}" for text in _longest(found)))
            marks = dict.fromkeys(exact_mark(nfc(text)) for text in found)
            parts[f"{FIELD}{name}{EXACT}{''.join(marks)}"] = None
        for name, texts in values.texts.items():
            if len(texts) == 1 and texts[0][1]:
                continue  # a display alone
            free = _told(tuple(texts))[1]
            if free and (kind, name) not in COMBINED:
                parts.update(dict.fromkeys(f"{FIELD}{name}:text{VALUE}{text}" for text in free))
    return "".join(parts) or None


@lru_cache(maxsize=4_096)
def _told(texts: tuple[tuple[str, bool], ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The folded displays of a token parameter, and its folded texts that are none of them.

    Concepts repeat from row to row, so they are remembered.
    """
    displays = {fold(text)[:LONGEST] for text, is_display in texts if is_display}
    free = [text for text, shown in texts if not shown and fold(text)[:LONGEST] not in displays]
    return frozenset(displays - {""}), tuple(_longest(free))


def _longest(texts: Sequence[str]) -> list[str]:
    """The folded texts, without those that stand at a word of a longer one."""
    kept: list[str] = []
    for text in sorted({fold(text) for text in texts}, key=len, reverse=True):
        if text and not any(f" {text}" in f" {longer}" for longer in kept):
            kept.append(text)
    return kept


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
    """The key of a name: a person's by the given name first, a thing's as it is written."""
    held = resource.get("name")
    if isinstance(held, str):
        return collation_key(held)[:LONGEST] or None
    for name in held or ():
        text = name.get("text") or " ".join([name.get("family") or "", *(name.get("given") or ())])
        if text.strip():
            return name_key(text)
    return None
