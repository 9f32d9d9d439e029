"""A whole list as a file, read by pages; bounded, and each page written down as shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.lists import kept
from lanh.core.lists.asking import Faulty
from lanh.core.lists.definition import Column, ListDefinition
from lanh.core.lists.engine import LONGEST_PAGE, Lists
from lanh.core.lists.errors import ListRefused
from lanh.core.lists.sheets import MARK, Sheet, csv_lines
from lanh.core.lists.showing import cells, said, shown_columns
from lanh.core.lists.state import Pairs, State, read_state
from lanh.core.store import Context
from lanh.core.text import Language

Rows: TypeAlias = list[list[str]]
Runner: TypeAlias = Callable[[Plan[tuple[Rows, str | None]]], tuple[Rows, str | None]]

MOST_EXPORTED = 100_000
"""Rows of one file."""


@dataclass(frozen=True, slots=True)
class Export:
    """An export that may begin: what is asked, in which columns, for whom."""

    lists: Lists
    definition: ListDefinition
    state: State
    columns: tuple[Column, ...]
    access: Access
    language: Language

    @property
    def heads(self) -> list[str]:
        """The titles of the columns."""
        return [each.title.say(self.language) for each in self.columns]

    def page(self, way: str | None) -> Plan[tuple[Rows, str | None]]:
        """A page's rows (None: the first) and where the next one begins. Raises ListRefused."""
        state = replace(self.state, cursor="", way="after")
        if way is not None:
            state = replace(state, cursor=way.partition("-")[2])
        try:
            found, after = yield from self.lists.lines(
                self.definition, state, Context(self.access), self.language, LONGEST_PAGE,
                detail="export",
            )  # fmt: skip
        except Faulty as error:
            raise ListRefused("value", "export-faults") from error
        if way is not None and not after.cursor:  # the page was none: what follows would be twice
            return [], None
        rows = [cells(line.row, self.columns, self.language) for line in found.lines]
        return rows, found.next


def begin_export(
    lists: Lists,
    definition: ListDefinition,
    pairs: Pairs,
    access: Access,
    person: str,
    language: Language,
) -> Plan[Export]:
    """An export of all rows of a state, in the columns that the person looks at.

    Without an order of the reader's own, rows come by id, which no change moves: none is passed
    over and none comes twice. Raises ListRefused: a filter is wrong (value), or there are more
    rows than MOST_EXPORTED (too-costly).
    """
    own = yield from kept.kept_of(person, definition.key)
    state = read_state(definition, pairs, {each.name: each.pairs for each in own.views})
    for fault in state.faults.values():
        raise ListRefused("value", "view-faults", reason=fault)
    counted = yield from lists.count(definition, state, access, MOST_EXPORTED)
    if counted is None:
        raise ListRefused("value", "export-faults")
    if counted[1] and definition.resource_type is not None:
        _bounded(MOST_EXPORTED + 1, language)
    stable = definition if state.sort else replace(definition, order="_id")
    columns = shown_columns(definition, own)
    return Export(lists, stable, state, columns, access, language)


def streamed_csv(begun: Export, run: Runner) -> Iterator[bytes]:
    """The rows as CSV, piece by piece; `run` runs a plan in a transaction of its own, so that a
    page's audit entries are kept before its rows are sent."""
    yield _first(begun).encode()
    for rows in _pages(begun, run):
        yield csv_lines(rows).encode()


def streamed_xlsx(begun: Export, run: Runner) -> bytes:
    """The same as XLSX: pages are read one by one, the file comes at the end."""
    sheet = _sheet(begun)
    for rows in _pages(begun, run):
        for row in rows:
            sheet.add(row)
    return sheet.content()


def _first(begun: Export) -> str:
    return MARK + csv_lines([begun.heads])


def _pages(begun: Export, run: Runner) -> Iterator[Rows]:
    way: str | None = None
    done = 0
    while True:
        rows, way = run(begun.page(way))
        done = _bounded(done + len(rows), begun.language)
        yield rows
        if way is None:
            return


def _bounded(done: int, language: Language) -> int:
    if done > MOST_EXPORTED:
        most = said(MOST_EXPORTED, False, language)
        raise ListRefused("too-costly", "export-large", limit=most)
    return done


def _sheet(begun: Export) -> Sheet:
    title = begun.definition.title.say(begun.language)
    return Sheet(title, begun.heads, [each.numeric for each in begun.columns], begun.language)
