"""A value set listed once and kept: its members, and the text in which codes are looked for.

The kept list is good as long as each value set and code system it was made from is still the one
that is meant; that is asked each time, and costs a statement or two for each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lanh.core.database import Plan
from lanh.core.terminology.composition import members, name_of
from lanh.core.terminology.scope import Json, Member, Scope
from lanh.core.terminology.table import NAME, CodeTable, folded_names
from lanh.core.text import fold, fold_words


@dataclass
class Listing:
    """The members of a value set in order."""

    rows: list[Member]

    @cached_property
    def by_code(self) -> dict[tuple[str, str], Member]:
        """The rows by system and code."""
        return {(row.system, row.code): row for row in self.rows}

    @cached_property
    def _text(self) -> tuple[str, list[int]]:
        """The names of all rows as one text, and where each row ends in it."""
        names = [_names(row) for row in self.rows]
        ends, at = [], 0
        for each in names:
            at += len(each)
            ends.append(at)
        return "".join(names), ends

    def find(self, text: str) -> list[Member]:
        """The rows that hold every word of a text, best first; all of them where it is empty.

        Words of one or two letters are looked for at the beginnings of words and of the parts of
        a code only.
        """
        words = fold_words(text)
        if not words:
            return [] if text.strip() else self.rows
        whole, graded = fold(text), []
        names, ends = self._text
        rarest = min(words, key=names.count) if len(words) > 1 else words[0]
        others = [word for word in words if word != rarest]
        for place in self._holding(rarest):
            begin = ends[place - 1] if place else 0
            folded = names[begin : ends[place]]
            if not others or all(_has(folded, word) for word in others):
                graded.append((_grade(folded, whole, words), place))
        graded.sort()
        return [self.rows[place] for _, place in graded]

    def _holding(self, word: str) -> Iterator[int]:
        """The places of the rows whose names hold a word."""
        names, ends = self._text
        found: set[int] = set()
        for start in _starts(word):
            at = names.find(start)
            while at >= 0:
                place = bisect_right(ends, at)
                if place not in found:
                    found.add(place)
                    yield place
                at = names.find(start, ends[place])


def _starts(word: str) -> tuple[str, ...]:
    """What is looked for: short words where a word begins, since they stand in half of all. The
    part of a code after its point (J18.9) is such a word."""
    return (word,) if len(word) > 2 else (NAME + word, f" {word}", f".{word}")


def _has(folded: str, word: str) -> bool:
    return any(start in folded for start in _starts(word))


def _grade(folded: str, whole: str, words: Sequence[str]) -> int:
    """How well a text fits: the code itself, its beginning, a name, its beginning, words, parts."""
    begins = NAME + whole
    if folded.startswith(begins):
        return 0 if folded.startswith(NAME, len(begins)) else 1
    if begins in folded:
        return 2 if begins + NAME in folded else 3
    return 4 if all(f" {word}" in folded or NAME + word in folded for word in words) else 5


def _names(row: Member) -> str:
    if row.table is not None and row.node is not None and row.display is None:
        return row.table.folded[row.node.code]
    names = [row.code, row.display, *(d.value for d in row.designations)]
    if row.node is not None:
        names += [row.node.display, *(d.value for d in row.node.designations)]
    return folded_names(*names)


@dataclass(frozen=True, slots=True)
class Kept:
    """A listing and what it was made from, to be told from what is meant later."""

    listing: Listing
    root: Json
    sets: dict[str, Json] = field(default_factory=dict)
    tables: dict[tuple[str, str | None], CodeTable | None] = field(default_factory=dict)


def listing(value_set: Json, scope: Scope) -> Plan[Listing]:
    """The members of a value set, from memory where nothing that they come from has changed."""
    if not scope.plain:
        found = yield from members(value_set, scope)
        return Listing(list(found.values()))
    key, listings = name_of(value_set), scope.holdings.listings
    kept: Kept | None = listings.get(key)
    if kept is not None and kept.root is value_set and (yield from _stands(kept, scope)):
        return kept.listing
    found = yield from members(value_set, scope)
    made = Listing(list(found.values()))
    kept = Kept(made, value_set, dict(scope.sets), dict(scope.tables))
    listings.keep(key, kept, len(made.rows) + 1)
    return made


def _stands(kept: Kept, scope: Scope) -> Plan[bool]:
    for canonical, found in kept.sets.items():
        if (yield from scope.value_set(canonical)) is not found:
            return False
    for (url, version), table in kept.tables.items():
        if (yield from scope.code_system(url, version)) is not table:
            return False
    return True
