"""What a list is: the records that it shows, its columns, filters and views. Immutable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from lanh.core.database import Plan
from lanh.core.text import Language, Words

# A resource of the list, with what it includes by reference (`Type/id` -> resource). In a list of
# tasks the resource is what the task's case is about ({} where it may not be seen), and the Task
# stands beside it: `task_of(row)`.
Row: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Mapping[str, Any]]]


def task_of(row: Row) -> Mapping[str, Any]:
    """The FHIR Task of a row of a list of tasks; {} in other lists."""
    return next((each for each in row[1].values() if each["resourceType"] == "Task"), {})


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
    """A field above the list: `search` is the search parameter that it sets, with its modifier
    (`name:contains`) or chain (`partof.name`) where it has one.

    `choices` are the values offered (value of the parameter, words); a text without choices is
    searched as typed, folded where the parameter is a string. A date takes two fields, `name` and
    `name.until`. A place is a code: `expand` gives the values that stand for it (none: there is no
    such place); without it the code is the value.

    Over tasks `search` is one of "owner" (choices "mine", "none"), "queue" (a queue's name) and
    "due" (choice "overdue").
    """

    name: str
    title: Words
    search: str
    kind: Literal["text", "choice", "date", "place"] = "text"
    choices: Sequence[tuple[str, Words]] = ()
    expand: Callable[[str], Plan[Sequence[str]]] | None = None


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
