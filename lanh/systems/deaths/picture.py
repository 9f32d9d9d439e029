"""The page of mortality: deaths by chapter, place and ISO week, the share of ill-defined causes.

An escape, with its reason: causes, a map that drills down and weeks stand together over one choice
of figures. It reads the indicators' sums and no record. Counts of a place from 1 to below the
installation's least are not told (`withheld`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from lanh.core.database import Plan
from lanh.core.desks import Figures, OwnScreen, Visitor
from lanh.core.text import Language
from lanh.core.ui import (
    NOTHING,
    Chart,
    Column,
    Field,
    Html,
    Point,
    Shade,
    bar_chart,
    empty_state,
    formats,
    join,
    line_chart,
    select_field,
    submit,
    table,
    tag,
)
from lanh.core.warehouse import Period
from lanh.nation.place import SET_34_FROM, Places
from lanh.systems.deaths import ground
from lanh.systems.deaths.mortality import CAUSES
from lanh.systems.deaths.words import WORDS

Bounds: TypeAlias = Literal["34", "63"]
TOTAL, ILL = "deaths-certified", "deaths-ill-defined"
_WEEKS = 26
_BARS = 8
_DAYS: Mapping[Bounds, date] = {"34": SET_34_FROM, "63": SET_34_FROM - timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows; all of it stands in the address. `province` "" is the country."""

    province: str
    cause: str
    period: str
    bounds: Bounds

    @property
    def place(self) -> str | None:
        """The place as figures know it."""
        return self.province or None

    @property
    def day(self) -> date:
        """A day on which the boundaries were in force."""
        return _DAYS[self.bounds]

    @property
    def href(self) -> str:
        """This view's address."""
        return "/deaths/pages/mortality?" + urlencode(
            {"province": self.province, "cause": self.cause, "period": self.period,
             "bounds": self.bounds}
        )  # fmt: skip


def withheld(counts: Mapping[str, Decimal], least: int) -> frozenset[str]:
    """The places whose count is not told: from 1 to below `least`; and where that is one alone,
    the next smallest, for else the first could be reckoned from the sum of all."""
    small = {code for code, count in counts.items() if 0 < count < least}
    if len(small) == 1:
        others = sorted((count, code) for code, count in counts.items() if count >= least)
        small |= {code for _, code in others[:1]}
    return frozenset(small)


def screen(visitor: Visitor, asked: Mapping[str, str]) -> Plan[OwnScreen]:
    """The picture of a place and a period: an officer's own province, or what is chosen."""
    yield from ()
    language, figures = visitor.language, visitor.figures
    periods = figures.periods() if figures is not None else ()
    if figures is None or not periods:
        why = WORDS["mortality.nothing_why"].say(language)
        empty = empty_state(WORDS["mortality.nothing"].say(language), why)
        return OwnScreen(WORDS["mortality.title"].say(language), empty)
    view = _chosen(visitor, asked, periods)
    title = WORDS["mortality.of"].say(
        language, place=_name(view, language), period=formats.period(view.period, language)
    )
    body = tag(
        "div",
        _form(view, periods, language),
        _heading(view, figures, language),
        tag("section", _causes(view, figures, language), class_="card"),
        tag("section", _places(view, figures, language), class_="card"),
        tag("section", _weeks(view, figures, language), class_="card"),
        class_="stack",
    )
    return OwnScreen(title, body)


def _chosen(visitor: Visitor, asked: Mapping[str, str], periods: Sequence[str]) -> View:
    bounds: Bounds = "63" if asked.get("bounds") == "63" else "34"
    own = visitor.place or ""
    start = own if len(own) == 2 and bounds == "34" else ""
    province = asked.get("province", start)
    if Places.packaged().province(province, _DAYS[bounds]) is None:
        province = ""
    cause = asked.get("cause", "")
    months = [each for each in periods if len(each) == 7 and "Q" not in each]
    usual = (months[1:] or months or periods)[0]
    period = asked.get("period", "")
    known = {TOTAL, *(f"deaths-{key}" for key in CAUSES)}
    return View(
        province, cause if cause in known else TOTAL, period if period in periods else usual, bounds
    )


def _name(view: View, language: Language) -> str:
    unit = Places.packaged().province(view.province, view.day) if view.province else None
    return unit.name if unit is not None else WORDS["mortality.country"].say(language)


def _cause(key: str, language: Language) -> str:
    return WORDS[f"{key}.title"].say(language)


def _form(view: View, periods: Sequence[str], language: Language) -> Html:
    country = WORDS["mortality.country"].say(language)
    units = Places.packaged().provinces(view.day)
    bounds = [(each, WORDS[f"mortality.bounds.{each}"].say(language)) for each in ("34", "63")]
    choices: tuple[tuple[str, str, str, list[tuple[str, str]]], ...] = (
        ("period", "period", view.period, [(p, formats.period(p, language)) for p in periods]),
        ("cause", "cause", view.cause, [(key, _cause(key, language))
         for key in (TOTAL, *(f"deaths-{each}" for each in CAUSES))]),
        ("province", "province", view.province,
         [("", country), *((unit.code, unit.short_name) for unit in units)]),
        ("bounds", "bounds", view.bounds, bounds),
    )  # fmt: skip
    return tag(
        "form",
        [
            select_field(
                Field(name, WORDS[f"mortality.{word}"].say(language), value, required=False),
                options,
                language,
            )
            for name, word, value, options in choices
        ],
        tag("div", submit(WORDS["mortality.show"].say(language))),
        method="get",
        class_="card stack",
    )


def _heading(view: View, figures: Figures, language: Language) -> Html:
    counts = cause_counts(view, figures)
    hidden = _hidden_causes(view, counts, figures)
    ill = figures.figure(ILL, view.place, view.period, view.bounds)
    share = "–"
    if ill.value is not None and ILL not in hidden:
        share = f"{formats.number(ill.value, language, 1)} %"
    total = _told(TOTAL, counts.get(TOTAL, Decimal(0)), hidden, figures, language)
    until = figures.data_time()
    country = replace(view, province="")
    return tag(
        "div",
        tag("p", tag("a", _name(country, language), href=country.href))
        if view.province
        else NOTHING,
        tag(
            "dl",
            tag("div", tag("dt", WORDS["mortality.total"].say(language)), tag("dd", total)),
            tag("div", tag("dt", WORDS[f"{ILL}.title"].say(language)), tag("dd", share)),
            class_="facts",
        ),
        tag("p", WORDS["mortality.note"].say(language, least=figures.least), class_="muted"),
        tag(
            "p",
            WORDS["mortality.data_time"].say(language, at=formats.clock(until)),
            class_="muted",
        )
        if until is not None
        else NOTHING,
        class_="card stack",
    )


# ---- causes ------------------------------------------------------------------------------------


def cause_counts(view: View, figures: Figures) -> dict[str, Decimal]:
    """The deaths of a place and a period by indicator: all (TOTAL), each chapter that has one of
    its own, ill-defined causes (ILL), and "other" for what is left."""

    def count(key: str) -> Decimal:
        return figures.figure(key, view.place, view.period, view.bounds).numerator or Decimal(0)

    found = {key: count(key) for key in (*(f"deaths-{each}" for each in CAUSES), ILL)}
    total = count(TOTAL)
    return {TOTAL: total, **found, "other": total - sum(found.values())}


def _hidden_causes(view: View, counts: Mapping[str, Decimal], figures: Figures) -> frozenset[str]:
    """Of the country every cause is told."""
    if not view.province:
        return frozenset()
    parts = {key: count for key, count in counts.items() if key != TOTAL}
    small = {TOTAL} if 0 < counts[TOTAL] < figures.least else set()
    return withheld(parts, figures.least) | small


def _told(
    key: str, count: Decimal, hidden: frozenset[str], figures: Figures, language: Language
) -> str:
    if key not in hidden:
        return formats.number(count, language, 0)
    if count >= figures.least:
        return WORDS["mortality.withheld"].say(language)
    return WORDS["mortality.fewer"].say(language, least=figures.least)


def _span(key: str) -> str:
    low, high = CAUSES.get(key.removeprefix("deaths-"), ("R00", "R99") if key == ILL else ("", ""))
    return f"{low}–{high}" if low else ""


def _causes(view: View, figures: Figures, language: Language) -> Html:
    counts = cause_counts(view, figures)
    hidden = _hidden_causes(view, counts, figures)
    total = counts[TOTAL]
    parts = sorted(
        ((key, count) for key, count in counts.items() if key != TOTAL),
        key=lambda item: (item[0] == "other", item[0] in hidden, -item[1]),
    )
    own = {ILL: WORDS["mortality.ill"], "other": WORDS["mortality.other"]}
    rows = []
    for key, count in parts:
        name = own[key].say(language) if key in own else _cause(key, language)
        share = (
            "–" if key in hidden or not total else formats.number(count * 100 / total, language, 1)
        )
        rows.append([name, _span(key), _told(key, count, hidden, figures, language), share])
    title = WORDS["mortality.causes"].say(language)
    heads = ("cause", "range", "deaths", "share")
    columns = [
        Column(WORDS[f"mortality.{each}"].say(language) + (" (%)" if each == "share" else ""),
               main=each == "cause", numeric=each in ("deaths", "share"))
        for each in heads
    ]  # fmt: skip
    # Below a bar there is room for its codes only: the greatest are drawn, all stand in the table.
    drawn = [Point(_span(key), count) for key, count in parts if key not in hidden and _span(key)][
        :_BARS
    ]
    chart = Chart(title, WORDS["unit.deaths"].say(language), drawn, x_title=columns[1].title)
    return join(bar_chart(chart, language) if drawn else NOTHING, table(title, columns, rows))


# ---- places and weeks --------------------------------------------------------------------------


def _places(view: View, figures: Figures, language: Language) -> Html:
    found = figures.by_place(view.cause, view.place, view.period, view.bounds)
    counts = {each.place: each.numerator or Decimal(0) for each in found}
    hidden = withheld(counts, figures.least)
    said = {code: _told(code, counts[code], hidden, figures, language) for code in sorted(hidden)}
    shown = {code: count for code, count in counts.items() if code not in hidden}
    title = f"{_cause(view.cause, language)}: {_name(view, language)}"
    places, unit = Places.packaged(), WORDS["unit.deaths"].say(language)
    if view.province:
        units, links = places.communes(view.province, view.day), {}
        drawn = ground.province(view.province, view.bounds, units, shown, language,
                                Shade(title, unit, 0, {}, said))  # fmt: skip
    else:
        units = places.provinces(view.day)
        links = {each.code: replace(view, province=each.code).href for each in units}
        drawn = ground.country(view.bounds, shown, language, Shade(title, unit, 0, links, said))
    rows = []
    for each in sorted(
        (each for each in units if each.code in counts),
        key=lambda each: (each.code in hidden, -counts[each.code] if each.code in shown else 0),
    ):
        link = links.get(each.code)
        name = tag("a", each.name, href=link) if link else each.name
        rows.append([name, _told(each.code, counts[each.code], hidden, figures, language)])
    head = "commune" if view.province else "province"
    columns = [
        Column(WORDS[f"mortality.{head}"].say(language), main=True),
        Column(WORDS["mortality.deaths"].say(language), numeric=True),
    ]
    heading = tag("h2", WORDS["mortality.places"].say(language))
    return join(heading, drawn, table(title, columns, rows, dense=True))


def _weeks(view: View, figures: Figures, language: Language) -> Html:
    until = figures.data_time()
    fewer = WORDS["mortality.fewer"].say(language, least=figures.least)
    points = []
    for week in Period.parse(view.period).of("week", _WEEKS):
        if until is not None and week.start > formats.local(until).date():
            continue
        count = figures.figure(view.cause, view.place, str(week), view.bounds).numerator
        small = bool(view.province) and count is not None and 0 < count < figures.least
        points.append(Point(str(week)[5:] + "/" + str(week)[2:4], None if small else count,
                            said=fewer if small else ""))  # fmt: skip
    title = f"{WORDS['mortality.weeks'].say(language)}: {_cause(view.cause, language)}"
    unit, week_word = WORDS["unit.deaths"], WORDS["mortality.week"]
    return line_chart(
        Chart(title, unit.say(language), points, x_title=week_word.say(language)), language
    )
