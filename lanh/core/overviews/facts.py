"""Facts and what is reckoned of them: groups, sums, shares, what is too small to be told. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from lanh.core.text import Words

Count: TypeAlias = Decimal | int


@dataclass(frozen=True, slots=True)
class Fact:
    """A row to be summed, as a record says it.

    `keys` are codes by the names of what rows are grouped by, `names` what such a code is called
    where no code list tells; `counts` by their names, those told. `commune` is the commune code on
    the record, `record` its `Type/id`: both are filled in where rows come from records. Of what is
    `withheld` nothing is told.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Count] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    day: date | None = None
    commune: str = ""
    record: str = ""
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: the sum of a count (`count`, or that of its own name); with `of`, its share in per
    cent of the sum of another; `records` is how many records there are. `where` (key, code) looks
    at the facts of one code alone."""

    name: str
    title: Words
    unit: Words | None = None
    count: str = ""
    of: str = ""
    records: bool = False
    where: tuple[str, str] | None = None
    decimals: int = 0

    def value(self, facts: Iterable[Fact]) -> Decimal | None:
        """The figure of some facts; None where none of them tells it."""
        held = list(facts)
        if self.where is not None:
            key, code = self.where
            held = [fact for fact in held if fact.keys.get(key) == code]
        if self.records:
            return Decimal(len({fact.record for fact in held}))
        counted = self.count or self.name
        told = [fact.counts[counted] for fact in held if counted in fact.counts]
        if not told:
            return None
        total = Decimal(sum(told))
        if not self.of:
            return total
        whole = sum(fact.counts.get(self.of, 0) for fact in held)
        return total * 100 / whole if whole else None


@dataclass(frozen=True, slots=True)
class Group:
    """Facts that belong together. `hidden` says that their figures are too small to be told, and
    `small` that it is their own."""

    key: str
    label: str
    facts: Sequence[Fact]
    hidden: bool = False
    small: bool = False

    @property
    def record(self) -> str:
        """The one record that all are of, or ""."""
        found = {fact.record for fact in self.facts}
        return found.pop() if len(found) == 1 else ""


def groups(
    facts: Iterable[Fact], key: Callable[[Fact], str | None], label: Callable[[str, Fact], str]
) -> list[Group]:
    """Facts by a key, in the order in which keys come first; those without a key are left out."""
    held: dict[str, list[Fact]] = {}
    for fact in facts:
        found = key(fact)
        if found:
            held.setdefault(found, []).append(fact)
    return [Group(found, label(found, rows[0]), rows) for found, rows in held.items()]


def newest(facts: Iterable[Fact], by: str) -> list[Fact]:
    """Of each key of `by` the facts of the last day on which anything was counted."""
    held = list(facts)
    last: dict[str, date] = {}
    for fact in held:
        if fact.day is not None and fact.counts:
            key = fact.keys.get(by, "")
            last[key] = max(last.get(key, fact.day), fact.day)
    return [fact for fact in held if fact.day == last.get(fact.keys.get(by, ""))]


def withheld(counts: Mapping[str, Decimal], least: int) -> frozenset[str]:
    """The keys whose count is not told: from 1 to below `least`; and where that is one alone, the
    next smallest, for else the first could be reckoned from the sum of all."""
    small = {code for code, count in counts.items() if 0 < count < least}
    if len(small) == 1:
        others = sorted((count, code) for code, count in counts.items() if count >= least)
        small |= {code for _, code in others[:1]}
    return frozenset(small)
