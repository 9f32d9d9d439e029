"""A list as a page shows it: views, filters, chips, rows that can be picked, columns, pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from lanh.core import ui
from lanh.core.lists import FilterField, Screen, ShownColumn, ShownRow
from lanh.core.text import Language
from lanh.core.ui import NOTHING, Html, formats, tag
from lanh.core.web.words import WORDS

COLUMNS = "columns"


def _say(language: Language, key: str, /, **parameters: Any) -> str:
    return WORDS[key].say(language, **parameters)


def at(path: str, query: str | None) -> str:
    """The address of a list in a state."""
    return f"{path}?{query}" if query else path


def queries(screen: Screen) -> list[str]:
    """Every state that a page of the list leads to."""
    found = [screen.query, screen.next_query, screen.previous_query]
    found += [column.query for column in screen.columns]
    found += [each.query for each in screen.active]
    return [each for each in found if each]


def sealed(screen: Screen, seals: Mapping[str, str]) -> Screen:
    """The screen with states as they may stand in addresses; views are told by their names, so that
    they can be kept among bookmarks."""

    def told(query: str | None) -> str | None:
        return seals.get(query, query) if query else query

    return replace(
        screen,
        query=told(screen.query) or "",
        next_query=told(screen.next_query),
        previous_query=told(screen.previous_query),
        columns=[replace(each, query=told(each.query)) for each in screen.columns],
        active=[replace(each, query=told(each.query) or "") for each in screen.active],
        views=[
            replace(each, query=urlencode({"view": each.name}) if each.name else "")
            for each in screen.views
        ],
    )


def views(screen: Screen, path: str, language: Language) -> Html:
    """The views beside each other, with how many each holds."""
    if not screen.views:
        return NOTHING
    shown = [
        ui.Pill(view.title, at(path, view.query), view.count, view.current) for view in screen.views
    ]
    return ui.pills(shown, _say(language, "list.views"))


def chips(screen: Screen, path: str, language: Language) -> Html:
    """The filters in force."""
    filters = [(each.title, at(path, each.query)) for each in screen.active]
    return ui.chips(filters, path, language)


def fields(screen: Screen, language: Language) -> list[Html]:
    """The fields above the list."""
    made: list[Html] = []
    for field in screen.fields:
        if field.kind == "choice":
            none = ("", _say(language, "list.any"))
            options = [none, *field.choices]
            made.append(
                ui.select_field(ui.Field(field.name, field.title, field.value), options, language)
            )
        elif field.kind == "date":
            made += _dates(field, language)
        else:
            made.append(
                ui.text_field(_plain(field, field.name, field.title, field.value), language)
            )
    return made


def _plain(field: FilterField, name: str, title: str, value: str, width: str = "full") -> ui.Field:
    return ui.Field(
        name,
        title,
        value,
        fault=field.fault,
        width=width,
        required=False,
        marked=False,
        maxlength=200,
    )


def _dates(field: FilterField, language: Language) -> list[Html]:
    since = _say(language, "list.since", title=field.title)
    until = _say(language, "list.until", title=field.title)
    first = _plain(field, field.name, since, field.value, "w10")
    second = _plain(field, f"{field.name}.until", until, field.until, "w10")
    return [ui.text_field(first, language), ui.text_field(second, language)]


def kept(screen: Screen) -> list[tuple[str, str]]:
    """What of the state the fields do not say: sent along when a filter changes."""
    own = {field.name for field in screen.fields}
    own |= {f"{field.name}.until" for field in screen.fields} | {COLUMNS}
    return [pair for pair in parse_qsl(screen.query) if pair[0] not in own]


def columns(screen: Screen) -> Sequence[ShownColumn]:
    """Every column, to be chosen from."""
    return screen.columns


def shown_columns(screen: Screen) -> list[ShownColumn]:
    """The columns that the rows have cells for."""
    return [column for column in screen.columns if column.shown]


def exported(screen: Screen, path: str, kind: str) -> str:
    """The address of all rows as a file."""
    return at(f"{path}/export", urlencode([*parse_qsl(screen.query), ("file", kind)]))


def _due(row: ShownRow, language: Language, now: datetime) -> Html:
    if row.due is None:
        return NOTHING
    if row.overdue or row.due < now:
        word = _say(language, "list.late", time=formats.moment(row.due))
        return ui.status_tag(word, "bad")
    soon = (row.due - now).total_seconds() < 8 * 3600
    word = _say(language, "list.due", time=formats.moment(row.due))
    return ui.status_tag(word, "warn" if soon else "off")


def table(
    screen: Screen, path: str, addresses: Mapping[str, str], now: datetime, language: Language
) -> Html:
    """The rows; with acts on several, each with a box."""
    shown = shown_columns(screen)
    main = next((n for n, column in enumerate(shown) if column.main), 0)
    heads = [
        ui.Column(
            column.title,
            column.numeric,
            place == main,
            at(path, column.query) if column.query else None,
            column.sorted,
        )
        for place, column in enumerate(shown)
    ]
    dated = any(row.due is not None for row in screen.rows)
    if dated:
        heads.append(ui.Column(_say(language, "list.due_head")))
    if screen.bulk:
        heads.insert(0, ui.Column(_say(language, "list.pick")))
    rows: list[list[ui.Child]] = []
    for number, row in enumerate(screen.rows):
        href = addresses.get(row.record)
        cells: list[ui.Child] = list(row.cells)
        words = row.cells[main] if main < len(row.cells) and row.cells[main] else row.record
        if href:
            cells[main] = tag("a", words, href=href)
        if dated:
            cells.append(_due(row, language, now))
        if screen.bulk:
            cells.insert(0, _box(number, href or "", words, language))
        rows.append(cells)
    return ui.table(screen.title, heads, rows)


def _box(number: int, href: str, words: str, language: Language) -> Html:
    return tag(
        "label",
        tag("input", type="checkbox", name="row", value=href.rpartition("/records/")[2]),
        tag("span", _say(language, "list.pick_row", row=words), class_="unseen"),
        class_="pick",
    )


def nothing(screen: Screen, path: str, language: Language) -> Html:
    """Why there is nothing here, and what to do."""
    if screen.active:
        action = tag("a", _say(language, "list.show_all"), href=path, class_="button quiet")
        return ui.empty_state(
            _say(language, "list.none_found"), _say(language, "list.none_found_why"), action
        )
    return ui.empty_state(_say(language, "list.none"), _say(language, "list.none_why"))
