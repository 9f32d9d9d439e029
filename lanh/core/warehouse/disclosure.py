"""Which counts are withheld, so that no small one is told nor can be reckoned. Pure.

A count from 1 to below `least` is small. Beside the small ones others are withheld, until for every
withheld count that is not zero there are other whole numbers, none below zero, that agree with all
counts told and differ in it: one human moved from a place to another, one back in another period
of the same longer one, and the same with another kind the other way round (the complementary
suppression of statistical tables, by cycles). Whoever subtracts places from their parent, periods
from longer ones, or kinds from their total, cannot tell the one world from the other.

What is withheld of a longer period is withheld of each period in it; of a total, of each kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

Cell: TypeAlias = tuple[str, str, str]
"""A place, a period and a kind."""

Pattern: TypeAlias = dict[str, tuple[set[str], set[str]]]
REMAINDER = ""
"""The kind of what is of no kind that has a name."""


@dataclass(frozen=True)
class Table:
    """Counts of the places of one parent, by the shortest periods of a year and by kind.

    `above` leads from each period but the year to the one that it is part of; all of the shortest
    lie equally deep. `counts` holds those of the shortest periods, zeros may be left out.
    """

    places: Sequence[str]
    kinds: Sequence[str]
    above: Mapping[str, str]
    counts: Mapping[Cell, int] = field(default_factory=dict)

    @cached_property
    def sums(self) -> dict[Cell, int]:
        """The counts of all periods, those that are not zero."""
        found: dict[Cell, int] = {}
        for (place, period, kind), count in self.counts.items():
            at: str | None = period
            while at is not None and count:
                found[place, at, kind] = found.get((place, at, kind), 0) + count
                at = self.above.get(at)
        return found

    @cached_property
    def parts(self) -> dict[str, list[str]]:
        """The periods that each longer one is made of."""
        found: dict[str, list[str]] = {}
        for period, above in self.above.items():
            found.setdefault(above, []).append(period)
        return found

    @cached_property
    def blocks(self) -> list[tuple[str | None, list[str]]]:
        """The periods by the longer one that they make up, shortest first; the year by itself."""
        tops = sorted(set(self.parts) - set(self.above)) or sorted({t for _, t, _ in self.counts})
        found: list[tuple[str | None, list[str]]] = [(None, [top]) for top in tops]
        reached = list(tops)
        while reached:
            split = [(each, self.parts[each]) for each in reached if each in self.parts]
            found += split
            reached = [period for _, periods in split for period in periods]
        return found[::-1]

    def below(self, period: str) -> Iterable[str]:
        """The periods within a period, however deep."""
        for each in self.parts.get(period, ()):
            yield each
            yield from self.below(each)


def withheld(total: Table, breakdowns: Sequence[Table], least: int) -> frozenset[Cell]:
    """The cells of a total and of its breakdowns that are not told.

    `total` has one kind. Each breakdown has the same places and periods; what its kinds leave of
    the total is a kind too (REMAINDER), which is never told but can be reckoned.
    """
    whole = [_with_remainder(total, each) for each in breakdowns]
    own = total.kinds[0]
    forced: set[Cell] = set()
    while True:
        hidden, _ = _protected(total, least, forced, frozenset())
        known = frozenset((place, period) for place, period, _ in hidden)
        found, wanted = set(hidden), set()
        for each in whole:
            cells, open_ = _protected(each, least, set(), known)
            found |= cells
            found |= {(place, period, kind) for place, period in known for kind in each.kinds}
            wanted |= {(place, period, own) for place, period, _ in open_}
        if wanted <= forced:
            return frozenset(found)
        forced |= wanted


def _with_remainder(total: Table, table: Table) -> Table:
    counts = dict(table.counts)
    rest = {(place, period): count for (place, period, _), count in total.counts.items()}
    for (place, period, _), count in table.counts.items():
        rest[place, period] = rest.get((place, period), 0) - count
    for (place, period), count in rest.items():
        counts[place, period, REMAINDER] = max(0, count)
    return Table(table.places, (*table.kinds, REMAINDER), table.above, counts)


def _protected(
    table: Table, least: int, forced: set[Cell], known: frozenset[tuple[str, str]]
) -> tuple[set[Cell], set[Cell]]:
    """The cells withheld, and those of the year that the table cannot protect by itself.

    `forced` are withheld whatever they count; of `known` places and periods the total is withheld,
    with it every kind, so that these need nothing more.
    """
    found: set[Cell] = set()
    open_: set[Cell] = set()
    forced = set(forced)
    for above, periods in table.blocks:
        block = _Block(table, above, periods, known)
        cells, loose = block.protect(least, forced)
        found |= cells
        if above is None:
            open_ |= loose
        forced |= {(place, above, kind) for place, _, kind in loose if above is not None}
    for place, period, kind in list(found):
        found |= {(place, each, kind) for each in table.below(period)}
    return found, open_


class _Block:
    """The periods of one longer period, at all places and of all kinds; or the year by itself."""

    def __init__(
        self,
        table: Table,
        above: str | None,
        periods: Sequence[str],
        known: frozenset[tuple[str, str]],
    ) -> None:
        self.table = table
        self.above = above
        self.periods = periods
        self.is_year = above is None
        self.known = known
        self.sums = table.sums
        self.hidden: set[Cell] = set()
        self.covered: set[Cell] = set()
        self.unknown: set[Cell] = set()

    def protect(self, least: int, forced: set[Cell]) -> tuple[set[Cell], set[Cell]]:
        """The cells withheld, and those of them that the block cannot protect."""
        patterns = self._small(least, forced)
        loose: set[Cell] = set()
        self.hidden = self._cells(patterns)
        # One place alone is its parent over again: it is told and withheld with it.
        waiting = sorted(self.hidden, reverse=True) if len(self.table.places) > 1 else []
        while waiting:
            cell = waiting.pop()
            # What is safe stays so while more is withheld: each cell is settled once.
            if not self.sums.get(cell) or cell in self.covered or self._is_safe(cell):
                continue
            if not self._is_safe(cell, everything=True) or not self._widen(patterns, cell):
                loose.add(cell)
                continue
            before, self.hidden = self.hidden, self._cells(patterns)
            waiting += [cell, *sorted(self.hidden - before, reverse=True)]
        return self.hidden, loose

    def _small(self, least: int, forced: set[Cell]) -> Pattern:
        """By kind, the places and periods of what must be withheld by itself. Where the longer
        period is withheld anyhow its own block sees to it: such cells are `covered`."""
        found: Pattern = {}
        for kind in self.table.kinds:
            for place in self.table.places:
                longer = self.sums.get((place, self.above or "", kind), 0)
                covered = 0 < longer < least or (place, self.above) in self.known
                for period in self.periods:
                    cell = (place, period, kind)
                    if covered:
                        self.covered.add(cell)
                    elif (place, period) in self.known:
                        self.unknown.add(cell)
                    elif 0 < self.sums.get(cell, 0) < least or cell in forced:
                        places, periods = found.setdefault(kind, (set(), set()))
                        places.add(place)
                        periods.add(period)
        return found

    def _cells(self, patterns: Pattern) -> set[Cell]:
        found = {
            (place, period, kind)
            for kind, (places, periods) in patterns.items()
            for place in places
            for period in periods
        }
        return found | self.covered | self.unknown

    def _is_safe(self, cell: Cell, *, everything: bool = False) -> bool:
        """Whether a cell could be one less or one more with all that is told the same.

        `everything`: if all of the block were withheld.
        """
        place, period, kind = cell
        count, hidden = self.sums.get, self.hidden
        for other in self.table.places:
            if other == place or not (everything or (other, period, kind) in hidden):
                continue
            there = count((other, period, kind))
            if self.is_year:
                if self._exchanges(cell, other, None, True, bool(there), everything):
                    return True
                continue
            for then in self.periods:
                back, forth = (other, then, kind), (place, then, kind)
                if then == period or not (everything or (back in hidden and forth in hidden)):
                    continue
                less, more = bool(count(back)), bool(there and count(forth))
                if (less or more) and self._exchanges(cell, other, then, less, more, everything):
                    return True
        return False

    def _exchanges(
        self, cell: Cell, other: str, then: str | None, less: bool, more: bool, everything: bool
    ) -> bool:
        """Whether another kind can move the other way round, so that totals stay; `less` and
        `more` say what the kind itself can do."""
        place, period, kind = cell
        corners = [(place, period), (other, period)]
        if then is not None:
            corners += [(place, then), (other, then)]
        if len(self.table.kinds) == 1 or all(each in self.known for each in corners):
            return less or more
        count, hidden = self.sums.get, self.hidden
        for each in self.table.kinds:
            if each == kind:
                continue
            gives = less and count((other, period, each))
            takes = more and count((place, period, each))
            if then is not None:
                gives = gives and count((place, then, each))
                takes = takes and count((other, then, each))
            if (gives or takes) and (everything or all((*c, each) in hidden for c in corners)):
                return True
        return False

    def _widen(self, patterns: Pattern, cell: Cell) -> bool:
        """Withhold more for the sake of a cell, the smallest counts first; False if there is no
        more to withhold."""
        kind = cell[2]
        places, periods = patterns.setdefault(kind, ({cell[0]}, {cell[1]}))
        spare_periods = sorted(
            (count, period)
            for period in self.periods
            if period not in periods and (count := self._sum(places, {period}, kind))
        )
        spare_places = sorted(
            (count, place)
            for place in self.table.places
            if place not in places and (count := self._sum({place}, periods, kind))
        )
        # In the year a place that counts none may stand for one that does: best one of other kinds.
        empty = sorted(
            (not others, others, place)
            for place in self.table.places
            if self.is_year and place not in places and not self._sum({place}, periods, kind)
            for others in [sum(self._sum({place}, periods, k) for k in self.table.kinds)]
        )
        spare_kinds = sorted(
            (count, each)
            for each in self.table.kinds
            if each != kind
            and not self._covers(patterns, each, places, periods)
            and (count := self._sum(places, periods, each))
        )
        covered = any(
            self._covers(patterns, each, places, periods) for each in patterns if each != kind
        )
        if spare_periods and len(periods) < 2:
            periods.add(spare_periods[0][1])
        elif spare_places and len(places) < 2:
            places.add(spare_places[0][1])
        elif empty and len(places) < 2:
            places.add(empty[0][2])
        elif spare_kinds and not covered:
            self._cover(patterns, spare_kinds[0][1], places, periods)
        elif spare_places:
            places.add(spare_places[0][1])
        elif spare_periods:
            periods.add(spare_periods[0][1])
        elif spare_kinds:
            self._cover(patterns, spare_kinds[0][1], places, periods)
        elif empty:
            places.add(empty[0][2])
        else:
            return False
        return True

    def _sum(self, places: Iterable[str], periods: Iterable[str], kind: str) -> int:
        return sum(self.sums.get((p, t, kind), 0) for p in places for t in periods)

    def _covers(self, patterns: Pattern, kind: str, places: set[str], periods: set[str]) -> bool:
        held = patterns.get(kind)
        return held is not None and places <= held[0] and periods <= held[1]

    def _cover(self, patterns: Pattern, kind: str, places: set[str], periods: set[str]) -> None:
        held = patterns.setdefault(kind, (set(), set()))
        held[0].update(places)
        held[1].update(periods)
