"""The page of a hospital's planner: what is to be reported, how full the wards are.

An escape, with its reason: days, a curve and wards stand together on one page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from lanh.core.database import Plan
from lanh.core.desks import OwnScreen, Visitor
from lanh.core.store import Context, Parameter, Search
from lanh.core.text import Language
from lanh.core.ui import (
    Chart,
    Column,
    Html,
    Point,
    empty_state,
    formats,
    join,
    line_chart,
    status_tag,
    table,
    tag,
)
from lanh.nation import naming
from lanh.nation.local_time import VIETNAM
from lanh.systems.beds.reading import COUNTS, day_of, lines, occupancy, report_key, total
from lanh.systems.beds.registry import WORDS, share, type_words
from lanh.systems.beds.standing import TONES, due, standing

_DAYS = 14


def screen(visitor: Visitor, _asked: Mapping[str, str]) -> Plan[OwnScreen]:
    """The last days' reports, the curve, the wards of the latest."""
    language, code = visitor.language, visitor.facility
    title = WORDS["beds.hospital"].say(language)
    if code is None:
        why = WORDS["beds.page.no_hospital_why"].say(language)
        return OwnScreen(title, empty_state(WORDS["beds.page.no_hospital"].say(language), why))
    reports = yield from _reports(visitor, code)
    add = tag(
        "a", WORDS["beds.page.add_ward"].say(language), href="/beds/forms/ward", class_="button"
    )
    if not reports:
        why = WORDS["beds.page.none_why"].say(language)
        return OwnScreen(title, empty_state(WORDS["beds.page.none"].say(language), why, add))
    body = [
        tag("section", _days(reports, visitor), class_="card"),
        tag("section", _trend(reports, language), class_="card"),
    ]
    latest = next((each for each in reports if lines(each)), None)
    if latest is not None:
        body.append(tag("section", _wards(latest, language), class_="card"))
    return OwnScreen(title, tag("div", join(*body), tag("p", add), class_="stack"))


def _reports(visitor: Visitor, code: str) -> Plan[list[dict[str, Any]]]:
    today = visitor.at.astimezone(VIETNAM).date()
    days = [today - timedelta(days=back) for back in range(_DAYS)]
    values = tuple(f"{naming.BED_REPORT}|{report_key(code, day)}" for day in days)
    search = Search("MeasureReport", (Parameter("identifier", values),), count=_DAYS)
    page = yield from visitor.store.search(search, Context(visitor.access))
    found = [entry.resource() for entry in page.entries]
    return sorted(found, key=day_of, reverse=True)


def _days(reports: list[dict[str, Any]], visitor: Visitor) -> Html:
    language = visitor.language
    names = ("day", "state", "staffed", "occupied", "occupancy", "due")
    columns = [
        Column(WORDS[f"beds.column.{name}"].say(language), main=name == "day",
               numeric=name in ("staffed", "occupied", "occupancy"))
        for name in names
    ]  # fmt: skip
    rows = []
    for report in reports:
        state, held, day = standing(report, visitor.at), lines(report), day_of(report)
        where = f"MeasureReport/{report['id']}"
        head: Html | str = tag("a", formats.day(day), href=f"/beds/records/{where}")
        last: Html | str = ""
        if state != "reported":
            end = due(report)
            words = WORDS["beds.page.fill"].say(language)
            fill = tag("a", words, href=f"/beds/forms/report?about={where}", class_="button")
            last = join(tag("span", formats.moment(end), " ") if end else "", fill)
        rows.append(
            [
                head,
                status_tag(WORDS[f"beds.state.{state}"].say(language), TONES[state]),
                formats.number(total(held, "staffed"), language) if held else "–",
                formats.number(total(held, "occupied"), language) if held else "–",
                share(held, language),
                last,
            ]
        )
    title = WORDS["beds.page.days"].say(language)
    return join(tag("h2", title), table(title, columns, rows))


def _trend(reports: list[dict[str, Any]], language: Language) -> Html:
    points = [
        Point(f"{day_of(report):%d/%m}", occupancy(lines(report))) for report in reversed(reports)
    ]
    title = WORDS["beds.page.trend"].say(language)
    day = WORDS["beds.column.day"].say(language)
    return line_chart(Chart(title, "%", points, decimals=1, x_title=day), language)


def _wards(report: dict[str, Any], language: Language) -> Html:
    names = ("ward", "type", *COUNTS, "occupancy")
    columns = [
        Column(WORDS[f"beds.column.{n}"].say(language), main=n == "ward",
               numeric=n not in ("ward", "type"))
        for n in names
    ]  # fmt: skip
    rows = [
        [
            str(line.ward.get("display") or line.key[0]),
            type_words(line, language),
            *(
                formats.number(line[name], language) if name in line.counts else "–"
                for name in COUNTS
            ),
            share([line], language),
        ]
        for line in lines(report)
    ]
    title = WORDS["beds.page.latest"].say(language, day=formats.day(day_of(report)))
    return join(tag("h2", title), table(title, columns, rows))
