"""One page of a list as data, in one language: all that a renderer needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class ViewPill:
    """A view beside the others: `query` is the state of the list in it, `count` is "2,000+" where
    no more were counted. `own` says that the reader saved it and may remove it by `name`."""

    name: str
    title: str
    query: str
    count: str | None
    current: bool
    own: bool = False


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column's head; `query` sorts by it, or the other way round."""

    name: str
    title: str
    numeric: bool
    main: bool
    shown: bool
    query: str | None = None
    sorted: Literal["ascending", "descending"] | None = None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row: its record (`Type/id`), the case and task that it belongs to where there is one, its
    cells in the order of the columns shown. `due` is the next deadline of the case."""

    record: str
    cells: Sequence[str]
    case: str | None = None
    due: datetime | None = None
    overdue: bool = False
    task: str | None = None


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """A filter in force: what it says, and the state of the list without it."""

    title: str
    query: str


@dataclass(frozen=True, slots=True)
class FilterField:
    """A field above the list with what it holds now. `until` is the second field of a date. In
    the query the field has its name, the second one `name.until`."""

    name: str
    title: str
    kind: Literal["text", "choice", "date", "place"]
    value: str = ""
    until: str = ""
    choices: Sequence[tuple[str, str]] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """A page of a list. `query` is its state as a query string without the page; `next_query`
    and `previous_query` the neighbours; `total` is told only where it was asked for. A query sent
    with `columns` (several times, once for each) has these shown from now on. `bulk` are acts on
    several rows (name, words, whether a reason is asked); `begins` is the form that makes a new
    row, where the visitor may; `importable` says that a spreadsheet may be sent; `about_people`
    that no state of the list may stand in addresses. `notes` say what of the state could not be
    used."""

    key: str
    title: str
    columns: Sequence[ShownColumn]
    rows: Sequence[ShownRow]
    fields: Sequence[FilterField]
    views: Sequence[ViewPill]
    active: Sequence[ActiveFilter]
    query: str
    next_query: str | None = None
    previous_query: str | None = None
    total: str | None = None
    bulk: Sequence[tuple[str, str, bool]] = ()
    begins: tuple[str, str] | None = None
    importable: bool = False
    about_people: bool = False
    notes: Sequence[str] = ()
