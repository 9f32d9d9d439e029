"""The map of facilities: how many a province has, and where they stand in one.

An escape, with its reason: a map is no list of records. The table beside it holds the same figures.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.desks import OwnScreen, Visitor
from lanh.core.store import Context, Parameter, Search, Store
from lanh.core.ui import (
    Column,
    Dot,
    Field,
    Html,
    Shade,
    choropleth,
    dot_map,
    draw_ground,
    formats,
    select_field,
    submit,
    table,
    tag,
)
from lanh.nation import naming
from lanh.nation.facility import position_of
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places, outline_of, packaged_outline
from lanh.systems.facilities.registry import WORDS, choices, said

_DRAWN = 500
_LIFETIME_SECONDS = 300.0
_COUNTS: dict[tuple[str, str, date], tuple[float, int]] = {}  # of every reader: all may read them


def count(store: Store, access: Access, province: str, kind: str, on: date) -> Plan[int]:
    """How many facilities operate in a province; remembered for five minutes a process."""
    key = province, kind, on
    until, known = _COUNTS.get(key, (0.0, 0))
    if until > time.monotonic():
        return known
    search = Search("Location", _wanted(province, kind, on), total=True, summary="count")
    page = yield from store.search(search, Context(access))
    _COUNTS[key] = time.monotonic() + _LIFETIME_SECONDS, page.total or 0
    return page.total or 0


def forget() -> None:
    """Count anew."""
    _COUNTS.clear()


def _wanted(province: str, kind: str, on: date) -> tuple[Parameter, ...]:
    communes = sorted(Places.packaged().communes_of(province, on))
    parameters = [
        Parameter("identifier", (f"{naming.FACILITY_CODE}|",)),
        Parameter("status", ("active",)),
        Parameter("commune", tuple(f"{naming.COMMUNE}|{code}" for code in communes)),
    ]
    if kind:
        parameters.append(Parameter("type", (kind,)))
    return tuple(parameters)


def screen(visitor: Visitor, asked: Mapping[str, str]) -> Plan[OwnScreen]:
    """The country, or a province where one is chosen."""
    language, today = visitor.language, visitor.at.astimezone(VIETNAM).date()
    kind = asked.get("kind", "")
    if kind not in {token for token, _ in choices(naming.FACILITY_KIND)}:
        kind = ""
    form = _form(asked.get("province", ""), kind, visitor, today)
    province = Places.packaged().province(asked.get("province", ""), today)
    if province is None:
        body = yield from _country(visitor, kind, today)
        title = WORDS["facilities.map"].say(language)
    else:
        body = yield from _province(visitor, province.code, kind, today)
        title = WORDS["facilities.map.of"].say(language, place=province.name)
    return OwnScreen(title, tag("div", form, body, class_="stack"))


def _form(province: str, kind: str, visitor: Visitor, today: date) -> Html:
    language = visitor.language
    every = WORDS["facilities.near.any"].say(language)
    provinces = [("", every)]
    provinces += [(u.code, u.short_name) for u in Places.packaged().provinces(today)]
    kinds = [("", every)]
    kinds += [(token, words.say(language)) for token, words in choices(naming.FACILITY_KIND)]
    fields = (("province", province, provinces), ("kind", kind, kinds))
    return tag(
        "form",
        [
            select_field(
                Field(n, WORDS[f"facilities.map.{n}"].say(language), v, required=False), c, language
            )
            for n, v, c in fields
        ],
        tag("div", submit(WORDS["facilities.map.show"].say(language))),
        method="get",
        class_="card stack",
    )


def _country(visitor: Visitor, kind: str, today: date) -> Plan[Html]:
    language, outline = visitor.language, packaged_outline("34")
    units = Places.packaged().provinces(today)
    counts: dict[str, Decimal | None] = {}
    for unit in units:
        found = yield from count(visitor.store, visitor.access, unit.code, kind, today)
        counts[unit.code] = Decimal(found)
    shapes = [
        (u.code, u.short_name, outline_of(u.code)) for u in units if u.code in outline.provinces
    ]
    islands = [(a.name, a.points) for a in outline.archipelagos]
    rest = f"&kind={kind.replace('|', '%7C')}" if kind else ""
    links = {unit.code: f"?province={unit.code}{rest}" for unit in units}
    title = WORDS["facilities.map.by_province"].say(language)
    shade = Shade(title, WORDS["facilities.map.count"].say(language), 0, links)
    drawn = choropleth(draw_ground(shapes, islands), counts, shade, language)
    columns = [
        Column(WORDS["facilities.map.province"].say(language), main=True),
        Column(WORDS["facilities.map.count"].say(language), numeric=True),
    ]
    rows = [
        [
            tag("a", unit.short_name, href=links[unit.code]),
            formats.number(counts[unit.code] or 0, language),
        ]
        for unit in units
    ]
    return tag(
        "div",
        tag("section", table(title, columns, rows, dense=True), class_="card c5"),
        tag("section", drawn, class_="card c7"),
        class_="columns",
    )


def _province(visitor: Visitor, province: str, kind: str, today: date) -> Plan[Html]:
    language = visitor.language
    search = Search("Location", _wanted(province, kind, today), sort=("name",), count=_DRAWN)
    page = yield from visitor.store.search(search, Context(visitor.access))
    total = yield from count(visitor.store, visitor.access, province, kind, today)
    places = [entry.resource() for entry in page.entries]
    dots = []
    for number, place in enumerate(places):
        spot = position_of(place)
        if spot is not None:
            dots.append(Dot(str(number), str(place.get("name")), (spot[1], spot[0])))
    title = WORDS["facilities.map"].say(language)
    shade = Shade(title, WORDS["facilities.map.count"].say(language), 0, {})
    one = {dot.code: Decimal(1) for dot in dots}
    drawn = dot_map(outline_of(province), dots, one, shade, language) if dots else None
    columns = [
        Column(WORDS["facilities.column.name"].say(language), main=True),
        Column(WORDS["facilities.column.kind"].say(language)),
    ]
    rows = [
        [str(place.get("name")), said(place, naming.FACILITY_KIND, language) or ""]
        for place in places
    ]
    shown = WORDS["facilities.map.shown"].say(language, shown=len(places), total=total)
    return tag(
        "div",
        tag("section", tag("p", shown), table(title, columns, rows, dense=True), class_="card c5"),
        tag("section", drawn, class_="card c7"),
        class_="columns",
    )
