"""The page of a province: which reports are in, late or missing, how full its hospitals are.

An escape, with its reason: states by the clock, bars and a map stand together on one page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lanh.core.database import Plan
from lanh.core.desks import OwnScreen, Visitor
from lanh.core.store import Context, Parameter, Search
from lanh.core.text import Language
from lanh.core.ui import (
    NOTHING,
    Chart,
    Column,
    Dot,
    Field,
    Html,
    Point,
    Shade,
    bar_chart,
    dot_map,
    empty_state,
    formats,
    join,
    select_field,
    status_tag,
    submit,
    table,
    tag,
    text_field,
)
from lanh.nation import naming
from lanh.nation.facility import facility_code, position_of
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places, outline_of
from lanh.systems.beds.reading import facility_of, lines, name_of, report_key, total
from lanh.systems.beds.registry import WORDS, bed_types, share
from lanh.systems.beds.standing import TONES, due, standing

_AT_ONCE = 200
_STATES = ("reported", "expected", "late", "missing")


@dataclass(frozen=True, slots=True)
class Hospital:
    """A hospital's place and its report of the day."""

    place: Mapping[str, Any]
    report: Mapping[str, Any]


def screen(visitor: Visitor, asked: Mapping[str, str]) -> Plan[OwnScreen]:
    """The reports of a day in a province: the visitor's own, or one that is chosen."""
    language, places = visitor.language, Places.packaged()
    today = visitor.at.astimezone(VIETNAM).date()
    day = _day(asked.get("day", ""), today)
    own = (visitor.place or "")[:2]
    code = own if len(visitor.place or "") == 2 else asked.get("province", "")
    province = places.province(code, day)
    form = _form(day, code, choose=not own, places=places, language=language)
    if province is None:
        return OwnScreen(WORDS["beds.province"].say(language), form)
    found = yield from hospitals_of(visitor, province.code, day)
    title = WORDS["beds.page.of"].say(language, day=formats.day(day), place=province.name)
    if not found:
        why = WORDS["beds.page.no_reports_why"].say(language)
        empty = empty_state(WORDS["beds.page.no_reports"].say(language), why)
        return OwnScreen(title, join(form, empty))
    body = _body(found, province.code, visitor)
    return OwnScreen(title, tag("div", form, body, class_="stack"))


def _day(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today


def hospitals_of(visitor: Visitor, province: str, day: date) -> Plan[list[Hospital]]:
    """The hospitals of a province that report on a day, with their reports, by name."""
    communes = sorted(Places.packaged().communes_of(province, day))
    wanted = (
        Parameter("identifier", (f"{naming.FACILITY_CODE}|",)),
        Parameter("commune", tuple(f"{naming.COMMUNE}|{code}" for code in communes)),
        Parameter("type", (f"{naming.FACILITY_KIND}|hospital",)),
    )
    found: list[Hospital] = []
    cursor: str | None = None
    while True:
        search = Search("Location", wanted, count=_AT_ONCE, cursor=cursor)
        page = yield from visitor.store.search(search, Context(visitor.access))
        by_code = {facility_code(p): p for p in (entry.resource() for entry in page.entries)}
        reports = yield from reports_of(visitor, [c for c in by_code if c], [day])
        found += [Hospital(by_code[facility_of(each)], each) for each in reports]
        cursor = page.next_cursor
        if cursor is None:
            return sorted(found, key=lambda each: name_of(each.report))


def reports_of(visitor: Visitor, codes: Sequence[str], days: Sequence[date]
               ) -> Plan[list[dict[str, Any]]]:  # fmt: skip
    """The reports of some hospitals' days."""
    values = tuple(f"{naming.BED_REPORT}|{report_key(c, day)}" for c in codes for day in days)
    if not values:
        return []
    search = Search("MeasureReport", (Parameter("identifier", values),), count=len(values))
    page = yield from visitor.store.search(search, Context(visitor.access))
    return [entry.resource() for entry in page.entries]


def _form(day: date, code: str, *, choose: bool, places: Places, language: Language) -> Html:
    provinces = [("", ""), *((u.code, u.short_name) for u in places.provinces(day))]
    label = WORDS["beds.page.province"].say(language)
    when = Field("day", WORDS["beds.column.day"].say(language), day.isoformat(), kind="date")
    return tag(
        "form",
        text_field(when, language),
        select_field(Field("province", label, code, required=False), provinces, language)
        if choose
        else NOTHING,
        tag("div", submit(WORDS["beds.page.show"].say(language))),
        method="get",
        class_="card stack",
    )


def _body(found: Sequence[Hospital], province: str, visitor: Visitor) -> Html:
    language = visitor.language
    states = {facility_of(h.report): standing(h.report, visitor.at) for h in found}
    counts = Counter(states.values())
    told = WORDS["beds.page.counts"].say(
        language,
        **{name: counts.get(name, 0) for name in _STATES},  # type: ignore[call-overload]
    )
    queue = NOTHING
    if counts.get("missing"):
        queue = tag("a", WORDS["beds.page.queue"].say(language), href="/beds/lists/missing")
    order = {"missing": 0, "late": 1, "expected": 2, "reported": 3}
    listed = sorted(found, key=lambda h: order[states[facility_of(h.report)]])
    return tag(
        "div",
        tag("p", tag("b", told), " ", queue),
        tag("section", _table(listed, visitor), class_="card"),
        tag(
            "div",
            tag("section", _bars(found, language), class_="card c6"),
            tag("section", _map(found, province, language), class_="card c6"),
            class_="columns",
        ),
        tag("section", _types(found, language), class_="card"),
        class_="stack",
    )


def _table(found: Sequence[Hospital], visitor: Visitor) -> Html:
    language = visitor.language
    names = ("hospital", "state", "due", "staffed", "occupied", "free", "occupancy")
    columns = [
        Column(WORDS[f"beds.column.{n}"].say(language), main=n == "hospital",
               numeric=n in ("staffed", "occupied", "free", "occupancy"))
        for n in names
    ]  # fmt: skip
    rows = []
    for each in found:
        state, held, end = standing(each.report, visitor.at), lines(each.report), due(each.report)
        link = tag(
            "a", name_of(each.report), href=f"/beds/records/MeasureReport/{each.report['id']}"
        )
        sums = [formats.number(total(held, n), language) if held else "–" for n in names[3:6]]
        rows.append(
            [
                link,
                status_tag(WORDS[f"beds.state.{state}"].say(language), TONES[state]),
                formats.moment(end) if end and state != "reported" else "",
                *sums,
                share(held, language),
            ]
        )
    return table(WORDS["beds.reports"].say(language), columns, rows)


def _share(report: Mapping[str, Any]) -> Decimal | None:
    held = lines(report)
    staffed = total(held, "staffed")
    return Decimal(total(held, "occupied") * 100) / staffed if staffed else None


def _bars(found: Sequence[Hospital], language: Language) -> Html:
    points = [Point(facility_of(h.report), _share(h.report)) for h in found]
    title = WORDS["beds.page.by_hospital"].say(language)
    code = WORDS["beds.filter.hospital"].say(language)
    full = (Decimal(100), "100 %")
    return bar_chart(Chart(title, "%", points, 1, full, x_title=code), language)


def _map(found: Sequence[Hospital], province: str, language: Language) -> Html:
    dots, values = [], {}
    for each in found:
        spot, code = position_of(each.place), facility_of(each.report)
        if spot is not None:
            dots.append(Dot(code, name_of(each.report), (spot[1], spot[0])))
            values[code] = _share(each.report)
    outline = outline_of(province)
    if not dots or not outline:
        return NOTHING
    shade = Shade(WORDS["beds.page.trend"].say(language), "%", 1, {})
    return dot_map(outline, dots, values, shade, language)


def _types(found: Sequence[Hospital], language: Language) -> Html:
    every = [line for each in found for line in lines(each.report)]
    names = ("type", "staffed", "occupied", "free", "occupancy")
    columns = [
        Column(WORDS[f"beds.column.{n}"].say(language), main=n == "type", numeric=n != "type")
        for n in names
    ]
    rows = []
    for code, words in bed_types():
        held = [line for line in every if line.key[1] == code]
        if held:
            sums = [formats.number(total(held, n), language) for n in names[1:4]]
            rows.append([words.say(language), *sums, share(held, language)])
    title = WORDS["beds.page.by_type"].say(language)
    return join(tag("h2", title), table(title, columns, rows, dense=True))
