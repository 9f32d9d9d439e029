"""Finding people: by name without marks, by a number, by the text of a scanned card."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lanh.core import matching
from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.forms import EntryFault, read_date
from lanh.core.store import Context, Parameter, Search, Store
from lanh.core.text import fold_words, name_key, nfc
from lanh.nation import naming
from lanh.nation.person.features import display_name
from lanh.nation.person.identifiers import (
    PersonalNumber,
    compact,
    insurance_card,
    insurance_number,
)
from lanh.nation.person.scan import read_scan

_LONGEST = 4096
_MOST_WORDS = 8
_DATE = re.compile(r"\d{1,2}[/\-.]\d{1,2}[/\-.]\d{4}|\d{8}", re.ASCII)
_YEAR = re.compile(r"^(18|19|20)\d{2}$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a typed or scanned text was taken for, and the search that follows from it."""

    kind: Literal["name", "number", "insurance", "card", "nothing"]
    parameters: tuple[Parameter, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A Person found, with the source Patients that were hit."""

    person_id: str
    patients: tuple[dict[str, Any], ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of Persons; those whose marks agree with the text come first."""

    wanted: Wanted
    hits: Sequence[Hit]
    next_cursor: str | None = None


def understand(text: str) -> Wanted:
    """Read a search text: a card's QR text, a number with or without spaces, or a name.

    A name may carry a birth year or date ("dang minh khoi 1990", "14/03/1990", "14031990").
    """
    text = nfc(text.strip())[:_LONGEST]
    scan = read_scan(text)
    if scan is not None:
        if scan.personal_number:
            return Wanted("card", (_identifier(naming.PERSONAL_NUMBER, scan.personal_number),))
        assert scan.insurance is not None
        return Wanted("card", (_identifier(naming.INSURANCE_NUMBER, scan.insurance),))
    number = PersonalNumber.parse(text)
    if number is not None:
        return Wanted("number", (_identifier(naming.PERSONAL_NUMBER, number.value),))
    card = insurance_card(text)
    insurance = insurance_number(text)
    if card is not None and insurance is not None:
        both = (f"{naming.INSURANCE_CARD}|{card}", f"{naming.INSURANCE_NUMBER}|{insurance}")
        return Wanted("insurance", (Parameter("identifier", both),))
    if insurance is not None:
        return Wanted("insurance", (_identifier(naming.INSURANCE_NUMBER, insurance),))
    digits = compact(text)
    if digits.isdigit() and len(digits) == 9:
        return Wanted("number", (_identifier(naming.OLD_IDENTITY_CARD, digits),))
    return _name(text)


def _identifier(system: str, value: str) -> Parameter:
    return Parameter("identifier", (f"{system}|{value}",))


def _name(text: str) -> Wanted:
    parameters: list[Parameter] = []
    written: list[str] = []
    for word in text.split():
        day = _day(word)
        if day is not None:
            parameters.append(Parameter("birthdate", (day,)))
        elif _YEAR.match(word):
            parameters.append(Parameter("birthdate", (word,)))
        else:
            written.append(word)
    folded = [part for word in written for part in fold_words(word)][:_MOST_WORDS]
    if not folded:
        return Wanted("nothing")
    names = [Parameter("name", (word,)) for word in folded]
    return Wanted("name", (*names, *parameters), tuple(word.casefold() for word in written))


def _day(word: str) -> str | None:
    """The ISO day that a word is, if it is one."""
    try:
        return read_date(word) if _DATE.fullmatch(word) else None
    except EntryFault:
        return None


def find_people(
    store: Store, text: str, access: Access, limit: int, cursor: str | None = None
) -> Plan[Hits]:
    """A page of Persons whose Patients this access may see; the predicate is in the query."""
    wanted = understand(text)
    if wanted.kind == "nothing":
        return Hits(wanted, ())
    search = Search("Patient", wanted.parameters, count=limit, cursor=cursor)
    page = yield from store.search(search, Context(access))
    patients = {entry.id: entry.resource() for entry in page.entries}
    persons = yield from matching.persons_of(list(patients))
    grouped: dict[str, list[dict[str, Any]]] = {}
    for patient_id, patient in patients.items():
        grouped.setdefault(persons.get(patient_id, ""), []).append(patient)
    grouped.pop("", None)  # written before linking was installed: found again once it is linked
    hits = [
        Hit(person, tuple(found), any(_exact(patient, wanted.words) for patient in found))
        for person, found in grouped.items()
    ]
    hits.sort(key=lambda hit: (not hit.exact, name_key(display_name(hit.patients[0]))))
    return Hits(wanted, hits, page.next_cursor)


def _exact(patient: dict[str, Any], words: Sequence[str]) -> bool:
    """Whether every word stands in the name with the marks it was typed with."""
    if not words:
        return True
    name = display_name(patient).casefold().split()
    return all(any(part.startswith(word) for part in name) for word in words)
