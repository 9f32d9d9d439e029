"""Small parts of a page: tags, notices, tiles, empty states, paths and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

from lanh.core.text import Language
from lanh.core.ui import formats
from lanh.core.ui.icons import icon
from lanh.core.ui.markup import NOTHING, Child, Html, classes, join, tag
from lanh.core.ui.words import WORDS

Tone: TypeAlias = Literal["ok", "warn", "bad", "info", "off"]

_TONE_ICON = {"ok": "check", "warn": "alert", "bad": "alert", "info": "question", "off": "flat"}


def status_tag(word: str, tone: Tone) -> Html:
    """A state in one word. The word carries the meaning; the tint repeats it."""
    return tag("span", word, class_=f"tag {tone}")


def notice(message: str, tone: Tone = "ok") -> Html:
    """One line above the content: what has just happened, or what must be known first."""
    role = "alert" if tone == "bad" else "status"
    return tag(
        "p", icon(_TONE_ICON[tone]), tag("span", message), class_=f"notice {tone}", role=role
    )


def empty_state(title: str, why: str, action: Html = NOTHING) -> Html:
    """Why there is nothing here, and what to do next."""
    return tag("div", tag("p", title, class_="empty-title"), tag("p", why), action, class_="empty")


@dataclass(frozen=True, slots=True)
class Crumb:
    """A step of the path; without a link it is where we are."""

    title: str
    href: str | None = None


def breadcrumbs(crumbs: Sequence[Crumb], language: Language) -> Html:
    """The path to this page."""
    steps = [
        tag("li", tag("a", crumb.title, href=crumb.href))
        if crumb.href
        else tag("li", tag("span", crumb.title, aria_current="page"))
        for crumb in crumbs
    ]
    label = WORDS["parts.path"].say(language)
    return tag("nav", tag("ol", steps), class_="crumbs", aria_label=label)


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a list goes on; None where it does not. `shown` is said between the links."""

    previous: str | None
    next: str | None
    shown: str = ""


def pagination(pages: Pages, language: Language) -> Html:
    """Links to the page before and after; nothing where there is only one page."""
    if not pages.previous and not pages.next:
        return NOTHING
    back, on = WORDS["parts.previous"].say(language), WORDS["parts.next"].say(language)
    return tag(
        "nav",
        tag("a", icon("previous"), back, href=pages.previous, rel="prev", class_="button quiet")
        if pages.previous
        else NOTHING,
        tag("span", pages.shown, class_="muted") if pages.shown else NOTHING,
        tag("a", on, icon("next"), href=pages.next, rel="next", class_="button quiet")
        if pages.next
        else NOTHING,
        class_="pages",
        aria_label=WORDS["parts.pages"].say(language),
    )


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure to watch. `change` is in the figure's own unit; `better` says what is good news;
    `said` stands where there is no value, else that nothing was reported."""

    label: str
    value: Decimal | None
    unit: str
    href: str
    decimals: int = 0
    change: Decimal | None = None
    base: str = ""
    better: Literal["up", "down", "neither"] = "neither"
    note: str = ""
    spark: Html = NOTHING
    current: bool = False
    said: str = ""


def _delta(tile: Tile, language: Language) -> Html:
    if tile.value is None or tile.change is None:
        return NOTHING
    if tile.change == 0:
        direction, tone = "flat", "off"
    else:
        direction = "up" if tile.change > 0 else "down"
        tone = "off" if tile.better == "neither" else "ok" if tile.better == direction else "warn"
    amount = formats.number(abs(tile.change), language, tile.decimals)
    word = WORDS[f"parts.{direction}"].say(language, amount=amount, base=tile.base)
    return tag("span", icon(direction), word, class_=f"delta {tone}")


def tile(facts: Tile, language: Language) -> Html:
    """One figure; the whole tile is a link."""
    if facts.value is None:
        none = facts.said or WORDS["parts.no_report"].say(language)
        value = tag("span", none, class_="tile-none")
    else:
        value = join(
            tag("span", formats.number(facts.value, language, facts.decimals), class_="tile-value"),
            tag("span", facts.unit, class_="tile-unit"),
        )
    return tag(
        "a",
        tag("span", facts.label, class_="tile-label"),
        tag("span", value, class_="tile-figure"),
        _delta(facts, language),
        facts.spark,
        tag("span", facts.note, class_="tile-note") if facts.note else NOTHING,
        href=facts.href,
        class_=classes("tile", facts.current and "current"),
        aria_current="true" if facts.current else None,
    )


def facts(pairs: Sequence[tuple[str, Child]]) -> Html:
    """Names and values, one under the other."""
    rows = [tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs]
    return tag("dl", rows, class_="facts")
