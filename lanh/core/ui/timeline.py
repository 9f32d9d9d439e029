"""A timeline, newest first: what, when, where, and by which way it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from lanh.core.ui.icons import icon
from lanh.core.ui.markup import NOTHING, Html, tag


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event. `mark`: done (filled), attention (amber), imported (hollow).

    `when` is for people, `sort_day` the ISO day that groups entries; `source` names the facility,
    `provenance` is the markup that leads to the message it came by.
    """

    sort_day: str
    when: str
    title: str
    line: str
    source: str
    kind: str
    symbol: str
    mark: Literal["done", "attention", "imported"] = "done"
    mark_word: str = ""
    provenance: Html = NOTHING
    details: Html = NOTHING


def _entry(entry: TimelineEntry) -> Html:
    return tag(
        "li",
        tag("span", icon(entry.symbol), class_="dot"),
        tag(
            "div",
            tag(
                "p",
                tag("b", entry.title),
                tag("span", entry.kind, class_="kind"),
                tag("span", entry.mark_word, class_="tag warn") if entry.mark_word else NOTHING,
                class_="event",
            ),
            tag("p", entry.line, class_="line") if entry.line else NOTHING,
            entry.details,
            tag("p", tag("span", entry.source), entry.provenance, class_="source"),
            class_="what",
        ),
        class_=entry.mark,
    )


def timeline(entries: Sequence[TimelineEntry]) -> Html:
    """Entries in the order given, grouped by day."""
    days: list[Html] = []
    for _, group in groupby(entries, key=lambda entry: entry.sort_day):
        items = list(group)
        head = tag("h3", items[0].when)
        days.append(tag("li", head, tag("ol", [_entry(item) for item in items]), class_="day"))
    return tag("ol", days, class_="timeline")
