"""The words of an overview: its fields, where its facts come from, its parts. Immutable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from lanh.core.overviews.facts import Fact, Group, Measure
from lanh.core.overviews.ports import Places, Reader
from lanh.core.overviews.screen import Cell, Link
from lanh.core.text import Language, Words

Json: TypeAlias = Mapping[str, Any]

# ---- fields -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Area:
    """The place that is looked at: the country, a province, a commune within it (by a link). Who
    acts for a province begins there, and where it is `bound` stays there."""

    title: Words
    name: str = "province"
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """The day that is looked at; today where none is asked for."""

    title: Words
    name: str = "day"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few codes, or any. It sets a search parameter of the records (`search`), or keeps
    the facts of the code (`key`), or of Nearest the places that `wanted` says."""

    name: str
    title: Words
    options: Sequence[tuple[str, Words]]
    every: Words
    search: str = ""
    key: str = ""
    wanted: Callable[[Json, str, Reader], bool] | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """The commune that distances count from, by its name as people type it; what several bear is
    asked back, or is the one nearest to the reader's own facility."""

    title: Words
    hint: Words
    name: str = "where"


@dataclass(frozen=True, slots=True)
class PeriodAsked:
    """A month, quarter or year of figures; the last whole month where none is asked for."""

    title: Words
    name: str = "period"


@dataclass(frozen=True, slots=True)
class BoundariesAsked:
    """The provinces of before or since July 2025."""

    title: Words
    name: str = "bounds"


Asks: TypeAlias = Area | Day | Choice | Where | PeriodAsked | BoundariesAsked

# ---- where facts come from ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Records:
    """Facts of the records that a search finds: `read` tells those of one record.

    The search runs under the reader's access, narrowed to the area that is looked at or, where it
    is `own`, to the reader's facility. `day` is the date parameter by which records are of the day
    asked for and the `days` before it; `newest` keeps of each key those last told. No more than
    `most` records are read; the screen says so where there are more.
    """

    resource_type: str
    read: Callable[[Json, Reader], Iterable[Fact]]
    fixed: tuple[tuple[str, str], ...] = ()
    day: str = ""
    days: int = 1
    newest: str = ""
    own: bool = False
    most: int = 5_000


@dataclass(frozen=True, slots=True)
class Counted:
    """How many records stand in each commune, counted by the database: the count "records". What
    was counted is remembered for `seconds` a process, for whoever may find the same rows."""

    resource_type: str
    fixed: tuple[tuple[str, str], ...] = ()
    seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Indicators:
    """Figures of the warehouse: the sum `total`, and the indicators that it is made of, which rows
    are grouped by (`by`); what is left is the code "other". Places and weeks are of the indicator
    that the field `choice` names, else of the sum. The count is "count", that of all "total"."""

    total: str
    parts: Sequence[str]
    by: str = "part"
    choice: str = ""
    weeks: int = 26


Source: TypeAlias = Records | Counted | Indicators

# ---- what rows are grouped by -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class By:
    """What rows are grouped by: a key of the facts, told by `words`, else as the facts name it.
    Codes in `words` stand in their order; where all are wanted (`whole`), also those of no fact.
    A group of one record leads to it where `record` says so.

    "place" (the provinces of the country, the communes of a province), "day", "week" and "record"
    (each record by itself) need no By.
    """

    name: str
    title: Words
    words: Mapping[str, Words] = field(default_factory=dict)
    record: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A column that is told, not summed."""

    name: str
    title: Words
    cell: Callable[[Group, Reader], Cell]


@dataclass(frozen=True, slots=True)
class Behind:
    """Where the figures of a group come from: a list of the desk, a page of it, or the records of
    the indicators (`figures`). `filters` says what each filter of it is set to: "place", a field's
    name, "day", what the rows are grouped by, or "=code". It is offered to who may open it."""

    list: str = ""
    page: str = ""
    figures: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)


# ---- parts --------------------------------------------------------------------------------------

At: TypeAlias = Literal["", "country", "area", "province", "commune"]


@dataclass(frozen=True, slots=True)
class Sums:
    """A table: a row a group, a column a measure or what is told. `order` is a measure, the
    greatest first; a By whose words give the order; "newest" for days; or "" for the order of `by`
    and names. `last` looks at the newest day alone. Rows come `page` at a time."""

    title: Words
    by: str
    columns: tuple[str, ...]
    order: str = ""
    behind: tuple[Behind, ...] = ()
    at: At = ""
    half: bool = False
    last: bool = False
    page: int = 50


@dataclass(frozen=True, slots=True)
class Bars:
    """Upright bars of a measure, the first `most` of them. Below a bar stands its code."""

    title: Words
    by: str
    measure: str
    at: At = ""
    half: bool = False
    order: str = ""
    most: int = 12
    full: int | None = None
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Series:
    """A measure by day or by week, as a line."""

    title: Words
    by: Literal["day", "week"]
    measure: str
    at: At = ""
    half: bool = False


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """A map of a measure: the provinces of the country, each a link to its own; the communes of a
    province as dots."""

    title: Words
    measure: str
    at: At = ""
    half: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """Measures over everything that is looked at."""

    measures: tuple[str, ...]
    behind: tuple[Behind, ...] = ()
    at: At = ""
    half: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How many records are in each state, by a `By` whose words are the states."""

    by: str
    measure: str
    tones: Mapping[str, Literal["ok", "warn", "bad", "info", "off"]]
    behind: Mapping[str, Behind] = field(default_factory=dict)
    at: At = ""
    half: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A line that is always said. It may name {place}, {day}, {period}, {least} and what the last
    Choice says, {chosen}; so may the titles of parts."""

    words: Words
    at: At = ""
    half: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A place near by: its record, how far in km, what else is known of it."""

    place: Json
    distance: float
    facts: Sequence[Fact] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A column about a place near by."""

    title: Words
    cell: Callable[[Found, Reader], Cell]
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest places that answer: Locations by distance from where the reader says, or from
    the own facility. Words with `{place}` and `{far}` are told where from and how far.

    `coded` is the identifier system by which a place is known as a facility. `beside` reads what
    else is known of the places found, by the key "facility", of the codes chosen; `wanted` keeps
    those that are to be shown. `warn` is what is said above what is found. The distance stands
    after the column of the name.
    """

    title: Words
    name: Callable[[Found, Reader], Cell]
    columns: tuple[Told, ...]
    coded: str
    none: tuple[Words, Words]
    fixed: tuple[tuple[str, str], ...] = ()
    beside: Records | None = None
    wanted: Callable[[Found], bool] | None = None
    warn: Callable[[Reader], Sequence[Words]] | None = None
    note: Words | None = None
    reaches: tuple[int, ...] = (2, 6, 20, 60, 200)
    enough: int = 10
    shown: int = 25
    at: At = ""
    half: bool = False


Part: TypeAlias = Sums | Bars | Series | PlaceMap | Sum | Standing | Note | Nearest


@dataclass(frozen=True, slots=True)
class Empty:
    """What is said where there is no fact, and what to do: (kind, key, words) of a link each."""

    title: Words
    why: Words


@dataclass(frozen=True, slots=True)
class Overview:
    """A page over many records: fields, facts, and parts that show them.

    `heading` may name {place}, {day} and {period}. `doors` are what can be done from here: forms,
    lists and pages of the desk, offered to who may. `withhold` hides counts of a place from 1 to
    below the installation's least. A `public` one is for everybody, signed in or not.
    """

    key: str
    title: Words
    roles: frozenset[str]
    places: Places
    parts: tuple[Part, ...]
    source: Source | None = None
    fields: tuple[Asks, ...] = ()
    measures: tuple[Measure, ...] = ()
    by: tuple[By, ...] = ()
    said: tuple[Said, ...] = ()
    heading: Words | None = None
    intro: Words | None = None
    empty: Empty | None = None
    doors: tuple[tuple[Literal["form", "list", "page"], str, Words], ...] = ()
    act: Words | None = None
    withhold: bool = False
    public: bool = False

    def measure(self, name: str) -> Measure | None:
        """The measure of a name."""
        return next((each for each in self.measures if each.name == name), None)

    def grouping(self, name: str) -> By | None:
        """The By of a name."""
        return next((each for each in self.by if each.name == name), None)


May: TypeAlias = Callable[[Link], bool]
"""Whether the reader may open what a link leads to."""

Say: TypeAlias = Callable[[Words], str]


def saying(language: Language) -> Say:
    """Words in a language."""
    return lambda words: words.say(language)
