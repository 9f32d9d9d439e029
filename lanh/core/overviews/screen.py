"""An overview as its reader meets it: plain data in one language, to be drawn or told as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from lanh.core.ui import Dot, Ground, Point, Tone

Kind: TypeAlias = Literal["list", "page", "record", "form", "phone", "figures"]


@dataclass(frozen=True, slots=True)
class Link:
    """Where something leads: a list, page or form of the desk by its key, a record (`Type/id`), a
    phone number, the records behind a figure (`key` the indicator; of a place "01" or "01/00004").
    A page without key is the overview itself."""

    kind: Kind
    key: str
    words: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table: a text, as a state where it has a tone, with what it leads to; more
    lines below it; other things that it leads to."""

    text: str = ""
    tone: Tone | None = None
    link: Link | None = None
    lines: Sequence[str] = ()
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column; the main one names the row."""

    title: str
    numeric: bool = False
    main: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures; `previous` and `next` are the queries of the pages beside it."""

    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    dense: bool = True
    previous: Mapping[str, str] | None = None
    next: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A series as bars or as a line."""

    kind: Literal["bars", "line"]
    title: str
    unit: str
    x_title: str
    points: Sequence[Point]
    decimals: int = 0
    full: tuple[Decimal, str] | None = None


@dataclass(frozen=True, slots=True)
class Map:
    """Places with a figure: provinces by shade (`country`), or dots in an outline. `withheld` are
    the places whose figure is not told, with what is said instead."""

    title: str
    unit: str
    decimals: int
    values: Mapping[str, Decimal | None]
    links: Mapping[str, Link]
    withheld: Mapping[str, str] = field(default_factory=dict)
    country: Ground | None = None
    outline: Sequence[Sequence[Sequence[tuple[float, float]]]] = ()
    dots: Sequence[Dot] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures over all, each with its words."""

    pairs: Sequence[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class States:
    """How many there are in each of some states."""

    title: str
    counts: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: quiet, or as a notice of a tone."""

    text: str
    tone: Tone | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """What may be meant, or done next."""

    title: str
    links: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is nothing here, and what to do next."""

    title: str
    why: str
    links: Sequence[Link] = ()


Block: TypeAlias = Table | Drawing | Map | Totals | States | Text | Links | Nothing


@dataclass(frozen=True, slots=True)
class Shown:
    """A block, in half the width where it is `half`."""

    block: Block
    half: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A field above the overview."""

    name: str
    label: str
    kind: Literal["text", "choice", "date"]
    value: str = ""
    choices: Sequence[tuple[str, str]] = ()
    hint: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class OverviewScreen:
    """An overview: its heading, its fields with the word of their button, its blocks. `path` leads
    back to the wider places that this one lies in."""

    title: str
    entries: Sequence[Entry]
    act: str
    blocks: Sequence[Shown]
    path: Sequence[Link] = ()
