"""Codes for what is typed: the favourites and those of late first, then what the set offers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from lanh.core.database import Plan, execute, fetch
from lanh.core.forms.sdc import Json
from lanh.core.terminology import Choice, Choices, TerminologyError
from lanh.core.text import fold

MOST_PICKS = 200
"""Codes remembered for a person and value set, favourites apart."""

_PICK = """
INSERT INTO forms.pick (person, value_set, system, code)
SELECT $1::text, value_set, system, code
FROM unnest($2::text[], $3::text[], $4::text[]) AS t (value_set, system, code)
ON CONFLICT (person, value_set, system, code)
DO UPDATE SET times = forms.pick.times + 1, picked_at = now()
"""
_TRIM = """
DELETE FROM forms.pick WHERE (person, value_set, system, code) IN (
    SELECT person, value_set, system, code FROM forms.pick
    WHERE person = $1::text AND value_set = ANY($2::text[]) AND NOT favourite
    ORDER BY picked_at DESC OFFSET $3::integer)
"""


class ValueSets(Protocol):
    """What forms ask of the terminology; `lanh.core.terminology.Terminology` fills it."""

    def find(
        self,
        within: str,
        text: str,
        on: date | None = None,
        *,
        language: str = "vi",
        offset: int = 0,
        count: int = 20,
    ) -> Plan[Choices]:
        """Codes of a value set for a text, best first, that may be used on the day."""
        ...

    def choices_of(
        self,
        within: str,
        codes: Collection[tuple[str, str]],
        on: date | None = None,
        *,
        language: str = "vi",
    ) -> Plan[list[Choice]]:
        """Those of these codes (system, code) that may be used on the day."""
        ...

    def known_member(
        self, value_set: str, system: str | None, code: str, on: date | None = None
    ) -> Plan[bool | None]:
        """Whether a value set holds a code on a day; None where that is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A code on offer: `token` is its text in the field, `why` favourite, recent or found."""

    token: str
    system: str
    code: str
    display: str
    why: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What is offered for a text; `total` counts all codes of the set that fit it."""

    rows: tuple[Suggestion, ...]
    total: int


def suggest(
    port: ValueSets,
    person: str,
    value_set: str,
    text: str,
    *,
    on: date | None = None,
    language: str = "vi",
    count: int = 20,
) -> Plan[Suggestions]:
    """Codes for what a person has typed into a field, without marks too. The person's favourites
    and recent picks that fit and may still be used come first. Raises TerminologyError."""
    found = yield from port.find(value_set, text, on, language=language, count=count)
    picks = yield from recent_picks(person, [value_set])
    offered = {(row.system, row.code): row for row in found.rows}
    known: dict[tuple[str, str], Choice] = {}
    if picks and found.total > len(found.rows):
        # The rows are the first of more: what was picked may stand further down.
        pairs = [(pick.system, pick.code) for pick in picks]
        rest = yield from port.choices_of(value_set, pairs, on, language=language)
        known = {(r.system, r.code): r for r in rest if _fits(text, r.code, r.display)}
    made: list[Suggestion] = []
    for pick in picks[: count * 4]:
        system, code = pick.system, pick.code
        choice = offered.pop((system, code), None) or known.get((system, code))
        if choice is not None:
            why = "favourite" if pick.favourite else "recent"
            made.append(Suggestion(f"{system}|{code}", system, code, choice.display, why))
    for (system, code), choice in offered.items():
        made.append(Suggestion(f"{system}|{code}", system, code, choice.display, "found"))
    return Suggestions(tuple(made[:count]), found.total)


def _fits(text: str, code: str, display: str) -> bool:
    wanted = fold(text)
    return all(word in fold(f"{code} {display}") for word in wanted.split())


@dataclass(frozen=True, slots=True)
class Pick:
    """What a person has picked of a value set before."""

    value_set: str
    system: str
    code: str
    favourite: bool


def recent_picks(person: str, value_sets: Sequence[str]) -> Plan[list[Pick]]:
    """A person's picks: favourites first, then those of late."""
    rows = yield from fetch(
        "SELECT value_set, system, code, favourite FROM forms.pick"
        " WHERE person = $1::text AND value_set = ANY($2::text[])"
        " ORDER BY favourite DESC, picked_at DESC, times DESC, code LIMIT $3::integer",
        person, list(value_sets), MOST_PICKS,
    )  # fmt: skip
    return [Pick(*row) for row in rows]


def favourites(person: str) -> Plan[frozenset[tuple[str, str]]]:
    """A person's favourites: (value set, token)."""
    rows = yield from fetch(
        "SELECT value_set, system, code FROM forms.pick WHERE person = $1::text AND favourite",
        person,
    )
    return frozenset((row[0], f"{row[1]}|{row[2]}") for row in rows)


def pickers() -> Plan[list[str]]:
    """Everybody of whom picks are remembered."""
    rows = yield from fetch("SELECT DISTINCT person FROM forms.pick")
    return [row[0] for row in rows]


def forget_picks(persons: Sequence[str]) -> Plan[None]:
    """Drops what is remembered of people whose accounts are no more."""
    yield from execute("DELETE FROM forms.pick WHERE person = ANY($1::text[])", list(persons))


def note_picks(person: str, picked: Iterable[tuple[str, str]]) -> Plan[None]:
    """Remembers (value set, token) pairs that a person has submitted."""
    rows = [(vs, *token.rpartition("|")[::2]) for vs, token in dict.fromkeys(picked)]
    if not rows:
        return
    columns = [list(column) for column in zip(*rows, strict=True)]
    yield from execute(_PICK, person, *columns)
    yield from execute(_TRIM, person, sorted(set(columns[0])), MOST_PICKS)


def mark_favourite(person: str, value_set: str, token: str, favourite: bool = True) -> Plan[None]:
    """Makes a code one of a person's favourites, or no more."""
    system, _, code = token.rpartition("|")
    yield from execute(
        "INSERT INTO forms.pick (person, value_set, system, code, favourite, times)"
        " VALUES ($1::text, $2::text, $3::text, $4::text, $5::boolean, 0)"
        " ON CONFLICT (person, value_set, system, code) DO UPDATE SET favourite = $5::boolean",
        person, value_set, system, code, favourite,
    )  # fmt: skip


def find_codes(
    port: ValueSets, asked: Iterable[tuple[str, str]], *, on: date | None = None
) -> Plan[dict[tuple[str, str], Json | None]]:
    """What `Known.codes` holds of the codes that fields name: the Coding with the display of the
    form's own language, None where the set does not hold it. A set that nobody knows holds
    nothing."""
    found: dict[tuple[str, str], Json | None] = {}
    for value_set, token in sorted(asked):
        system, _, code = token.rpartition("|")
        try:
            held = yield from port.known_member(value_set, system or None, code, on)
            near = yield from port.find(value_set, code, on, count=20) if held else _nothing()
        except TerminologyError:
            held, near = False, Choices((), 0)
        choice = next((r for r in near.rows if (r.system, r.code) == (system, code)), None)
        coding: Json = {"system": system, "code": code}
        if choice is not None:
            coding["display"] = choice.display
        found[value_set, token] = coding if held else None
    return found


def _nothing() -> Plan[Choices]:
    yield from ()
    return Choices((), 0)
