"""A page of a list as a screen: heads, cells, fields, chips and pills in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lanh.core.lists.asking import about_people, order_of
from lanh.core.lists.definition import Column, Filter, ListDefinition, Row
from lanh.core.lists.errors import MESSAGES
from lanh.core.lists.kept import Kept
from lanh.core.lists.screen import (
    ActiveFilter,
    FilterField,
    Screen,
    ShownColumn,
    ShownRow,
    ViewPill,
)
from lanh.core.lists.state import UNTIL, State
from lanh.core.text import Language


@dataclass(frozen=True, slots=True)
class Line:
    """A row before it is shown: its record, and what is known of its case."""

    record: str
    row: Row
    case: str | None = None
    task: str | None = None
    due: datetime | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a state came to: rows, the pages beside them, the count of all as it is said."""

    lines: Sequence[Line] = ()
    previous: str | None = None
    next: str | None = None
    total: str | None = None


def shown_columns(definition: ListDefinition, kept: Kept) -> tuple[Column, ...]:
    """The columns that a person looks at, in the list's order; the main one always."""
    if kept.columns is None:
        return tuple(each for each in definition.columns if each.shown)
    chosen = set(kept.columns)
    return tuple(each for each in definition.columns if each.main or each.name in chosen)


def said(count: int, bounded: bool, language: Language) -> str:
    """A count with its thousands parted; "2.000+" where there are more."""
    text = f"{count:,}" if language == "en" else f"{count:,}".replace(",", ".")
    return f"{text}+" if bounded else text


def screen_of(
    definition: ListDefinition,
    state: State,
    kept: Kept,
    found: Found,
    counts: Mapping[str, str],
    language: Language,
) -> Screen:
    """The screen of what was found."""
    columns = shown_columns(definition, kept)
    return Screen(
        key=definition.key,
        title=definition.title.say(language),
        columns=_heads(definition, state, {each.name for each in columns}, language),
        rows=[_row(line, columns, language) for line in found.lines],
        fields=[_field(each, state, language) for each in definition.filters],
        views=_pills(definition, state, kept, counts, language),
        active=_active(definition, state, language),
        query=state.query(),
        next_query=state.query(page=found.next) if found.next else None,
        previous_query=state.query(page=found.previous) if found.previous else None,
        total=found.total,
        about_people=about_people(definition),
        notes=[note.say(language) for note in state.notes],
    )


def cells(row: Row, columns: Sequence[Column], language: Language) -> list[str]:
    """The texts of a row."""
    return [column.value(row, language) or "" for column in columns]


def _row(line: Line, columns: Sequence[Column], language: Language) -> ShownRow:
    texts = cells(line.row, columns, language)
    return ShownRow(line.record, texts, line.case, line.due, line.overdue, line.task)


def _heads(
    definition: ListDefinition, state: State, shown: set[str], language: Language
) -> list[ShownColumn]:
    order = order_of(definition, state)[0] if definition.resource_type is not None else ""
    heads = []
    for each in definition.columns:
        sortable = each.sort is not None and bool(order)
        now = sortable and order.removeprefix("-") == each.sort
        down = order.startswith("-")
        heads.append(
            ShownColumn(
                name=each.name,
                title=each.title.say(language),
                numeric=each.numeric,
                main=each.main,
                shown=each.name in shown,
                query=state.query(sort=each.name if not now or down else f"-{each.name}")
                if sortable
                else None,
                sorted=("descending" if down else "ascending") if now else None,
            )
        )
    return heads


def _field(each: Filter, state: State, language: Language) -> FilterField:
    fault = state.faults.get(each.name)
    return FilterField(
        name=each.name,
        title=each.title.say(language),
        kind=each.kind,
        value=state.values.get(each.name, ""),
        until=state.values.get(each.name + UNTIL, "") if each.kind == "date" else "",
        choices=[(code, words.say(language)) for code, words in each.choices],
        fault=fault.say(language) if fault is not None else "",
    )


def _active(definition: ListDefinition, state: State, language: Language) -> list[ActiveFilter]:
    found = []
    for each in definition.filters:
        text, last = state.values.get(each.name, ""), state.values.get(each.name + UNTIL, "")
        if not text and not last:
            continue
        if each.kind == "date":
            parts = [("from", text), ("until", last)]
            told = " ".join(MESSAGES[key].say(language, day=day) for key, day in parts if day)
        else:
            words = dict(each.choices).get(text)
            told = words.say(language) if words is not None else text
        changes: dict[str, str | None] = {each.name: None, each.name + UNTIL: None}
        found.append(ActiveFilter(f"{each.title.say(language)}: {told}", state.query(**changes)))
    return found


def _pills(
    definition: ListDefinition,
    state: State,
    kept: Kept,
    counts: Mapping[str, str],
    language: Language,
) -> list[ViewPill]:
    """All, the views of the list, those of the person; the one whose values hold is current."""
    now = dict(state.values)
    bare = State(sort=state.sort)
    pills = []
    if definition.views or kept.views:
        title = MESSAGES["all"].say(language)
        pills.append(ViewPill("", title, bare.query(), counts.get(""), not now))
    for each in definition.views:
        view = State(values=each.filters, sort=state.sort)
        title = each.title.say(language)
        current = dict(each.filters) == now
        pills.append(ViewPill(each.name, title, view.query(), counts.get(each.name), current))
    for own in kept.views:
        values = own.pairs
        sort = values.pop("sort", "")
        current = values == now and sort in ("", state.sort)
        pills.append(ViewPill(own.name, own.title, own.query, counts.get(own.name), current, True))
    return pills
