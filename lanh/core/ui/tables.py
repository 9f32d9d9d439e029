"""Tables that become cards on a phone, with the pills and chips of their filters above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lanh.core.text import Language
from lanh.core.ui.icons import icon
from lanh.core.ui.markup import NOTHING, Child, Html, classes, tag
from lanh.core.ui.words import WORDS


@dataclass(frozen=True, slots=True)
class Column:
    """A column's head. `main` is the cell that names the row (and heads its card on a phone)."""

    title: str
    numeric: bool = False
    main: bool = False
    sort_href: str | None = None
    sorted: str | None = None


def _head(column: Column) -> Html:
    inner: Child = column.title
    if column.sort_href:
        inner = tag("a", column.title, href=column.sort_href)
    return tag(
        "th", inner, scope="col", class_="n" if column.numeric else None, aria_sort=column.sorted
    )


def _cell(column: Column, value: Child) -> Html:
    name = classes(column.numeric and "n", column.main and "main")
    if column.main:
        return tag("th", value, scope="row", class_=name)
    return tag("td", value, class_=name, data_label=column.title)


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Child]],
    *,
    dense: bool = False,
    compact: bool = False,
) -> Html:
    """A table with a caption for those who do not see it. Rows are lists of cells in order.

    On a phone each row becomes a card: a line a cell, or one run of text where it is `compact`.
    A `dense` table has few columns and stays a table.
    """
    body = [
        tag("tr", [_cell(column, cell) for column, cell in zip(columns, row, strict=True)])
        for row in rows
    ]
    return tag(
        "table",
        tag("caption", caption, class_="unseen"),
        tag("thead", tag("tr", [_head(column) for column in columns])),
        tag("tbody", body),
        class_=classes("dense" if dense else "list", compact and "compact"),
    )


@dataclass(frozen=True, slots=True)
class Pill:
    """A saved view of a list, with how many it holds."""

    title: str
    href: str
    count: str | None = None
    current: bool = False


def pills(views: Sequence[Pill], label: str) -> Html:
    """The views of a list, side by side."""
    links = [
        tag(
            "a",
            tag("span", view.title),
            tag("span", view.count, class_="count") if view.count is not None else NOTHING,
            href=view.href,
            class_="pill",
            aria_current="true" if view.current else None,
        )
        for view in views
    ]
    return tag("nav", links, class_="pills", aria_label=label)


def chips(filters: Sequence[tuple[str, str]], clear: str, language: Language) -> Html:
    """The filters in force, each a link that takes it away, and one that takes all away."""
    if not filters:
        return NOTHING
    links = [
        tag(
            "a",
            tag("span", title),
            icon("close"),
            href=href,
            class_="chip",
            aria_label=WORDS["tables.remove"].say(language, filter=title),
        )
        for title, href in filters
    ]
    every = tag("a", WORDS["tables.clear"].say(language), href=clear)
    return tag("p", links, every, class_="chips")
