"""What a list is: the records that it shows, its columns, filters and views. Immutable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from lanh.core.text import Language, Words

# A resource of the list, with what it includes by reference (`Type/id` -> resource).
Row: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `value` gives a row's text in a language, or None where it has none.

    `sort` is the search parameter that the list can be sorted by here. `main` names the row.
    """

    name: str
    title: Words
    value: Callable[[Row, Language], str | None]
    sort: str | None = None
    numeric: bool = False
    main: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Filter:
    """A field above the list: `search` is the search parameter that it sets.

    `choices` are the values offered (code, words); a text without choices is searched as typed,
    folded where the parameter is a string. A date takes two fields, from and to.
    """

    name: str
    title: Words
    search: str
    kind: Literal["text", "choice", "date", "place"] = "text"
    choices: Sequence[tuple[str, Words]] = ()


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view that the system gives to everybody: filter values by their names."""

    name: str
    title: Words
    filters: Mapping[str, str] = field(default_factory=dict)
    counted: bool = True


@dataclass(frozen=True, slots=True)
class ListDefinition:
    """A list over one resource type, or over the tasks of queues (`queues`, then no type).

    `fixed` are search parameters that always hold, `include` what is read with each row, `order`
    the first order. Access decides inside the query: a list never receives a row to hide.
    """

    key: str
    title: Words
    columns: tuple[Column, ...]
    resource_type: str | None = None
    queues: frozenset[str] = frozenset()
    fixed: tuple[tuple[str, str], ...] = ()
    include: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    views: tuple[SavedView, ...] = ()
    order: str = "-_lastUpdated"
    page: int = 25
