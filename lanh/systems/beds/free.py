"""Where a free bed of a type is, for a doctor who refers: by distance, from the latest report.

An escape, with its reason: distances over reports of many hospitals are no list of records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lanh.core.database import Plan
from lanh.core.desks import OwnScreen, Visitor
from lanh.core.store import Context, Parameter, Search
from lanh.core.text import Language
from lanh.core.ui import (
    Column,
    Field,
    Html,
    empty_state,
    formats,
    join,
    notice,
    select_field,
    submit,
    table,
    tag,
    text_field,
)
from lanh.nation import naming
from lanh.nation.facility import REACHES, facility_code, kilometres, nearby, position_of
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places
from lanh.systems.beds.expecting import MORNING
from lanh.systems.beds.province import reports_of
from lanh.systems.beds.reading import Line, day_of, facility_of, lines, total
from lanh.systems.beds.registry import WORDS, bed_types

_DAYS = 3  # a report older than that says nothing about today
_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Free:
    """A hospital with free beds: its place, distance in km, the lines, its report."""

    place: Mapping[str, Any]
    distance: float
    lines: tuple[Line, ...]
    report: Mapping[str, Any]


def free_beds(visitor: Visitor, spot: tuple[float, float], kind: str) -> Plan[list[Free]]:
    """Hospitals with a free bed of a type ("": any), the nearest first."""
    hospital = [Parameter("type", (f"{naming.FACILITY_KIND}|hospital",))]
    near = yield from nearby(visitor.store, visitor.access, spot, hospital, enough=_SHOWN)
    codes = [code for place, _ in near if (code := facility_code(place)) is not None]
    today = visitor.at.astimezone(VIETNAM).date()
    days = [today - timedelta(days=back) for back in range(_DAYS)]
    reports = yield from reports_of(visitor, codes, days)
    sent = [report for report in reports if report.get("status") == "complete"]
    latest = {facility_of(report): report for report in sorted(sent, key=day_of)}
    found = []
    for place, distance in near:
        report = latest.get(facility_code(place) or "", {})
        held = [e for e in lines(report) if e["free"] > 0 and kind in ("", e.key[1])]
        if held:
            found.append(Free(place, distance, tuple(held), report))
    return found[:_SHOWN]


def screen(visitor: Visitor, asked: Mapping[str, str]) -> Plan[OwnScreen]:
    """The page: the type of bed, from where, and what is free."""
    language = visitor.language
    kind, where = asked.get("type", ""), asked.get("where", "").strip()[:80]
    if kind not in dict(bed_types()):
        kind = ""
    form = _form(kind, where, language)
    title = WORDS["beds.free"].say(language)
    spot, name = yield from _from(visitor, where)
    if spot is None:
        why = WORDS["beds.page.no_place_why"].say(language)
        empty = empty_state(WORDS["beds.page.no_place"].say(language), why)
        return OwnScreen(title, join(form, empty))
    found = yield from free_beds(visitor, spot, kind)
    if not found:
        none = WORDS["beds.page.no_free"].say(language, far=REACHES[-1])
        empty = empty_state(none, WORDS["beds.page.no_free_why"].say(language))
        return OwnScreen(title, join(form, empty))
    return OwnScreen(title, tag("div", form, _table(found, name, language), class_="stack"))


def _from(visitor: Visitor, where: str) -> Plan[tuple[tuple[float, float] | None, str]]:
    """The place that distances count from: the visitor's hospital, or a commune; of several of
    the same name the nearest to the hospital."""
    spot, name = yield from _own(visitor)
    if not where:
        return spot, name
    today = visitor.at.astimezone(VIETNAM).date()
    head, _, tail = where.partition(",")
    units = Places.packaged().search(head, today, level="commune", limit=60)
    if tail.strip():
        above = {u.code for u in Places.packaged().search(tail, today, level="province")}
        units = [unit for unit in units if unit.province in above]
    spots = [(u.latitude, u.longitude, u.name) for u in units]
    held = [(lat, lon, called) for lat, lon, called in spots if lat is not None and lon is not None]
    if not held:
        return None, where
    near = min(held, key=lambda u: kilometres(spot, u[:2])) if spot is not None else held[0]
    return near[:2], near[2]


def _own(visitor: Visitor) -> Plan[tuple[tuple[float, float] | None, str]]:
    if visitor.facility is None:
        return None, ""
    wanted = (Parameter("identifier", (f"{naming.FACILITY_CODE}|{visitor.facility}",)),)
    page = yield from visitor.store.search(Search("Location", wanted), Context(visitor.access))
    for entry in page.entries:
        place = entry.resource()
        return position_of(place), str(place.get("name") or visitor.facility)
    return None, ""


def _form(kind: str, where: str, language: Language) -> Html:
    kinds = [("", WORDS["beds.page.any_type"].say(language))]
    kinds += [(code, words.say(language)) for code, words in bed_types()]
    label = WORDS["beds.column.type"].say(language)
    place = Field(
        "where", WORDS["beds.page.where"].say(language), where,
        hint=WORDS["beds.page.where_hint"].say(language), required=False, maxlength=80,
    )  # fmt: skip
    return tag(
        "form",
        select_field(Field("type", label, kind, required=False), kinds, language),
        text_field(place, language),
        tag("div", submit(WORDS["beds.page.find"].say(language))),
        method="get",
        class_="card stack",
    )


def _table(found: list[Free], name: str, language: Language) -> Html:
    title = WORDS["beds.page.free_near"].say(language, place=name)
    names = ("hospital", "free", "distance", "phone", "as_at")
    columns = [
        Column(WORDS[f"beds.column.{n}"].say(language), main=n == "hospital",
               numeric=n in ("free", "distance"))
        for n in names
    ]  # fmt: skip
    rows = [_row(each, language) for each in found]
    call = notice(WORDS["beds.page.call"].say(language), "info")
    return tag("section", tag("h2", title), call, table(title, columns, rows), class_="card")


def _row(each: Free, language: Language) -> list[Any]:
    wards = [
        WORDS["beds.page.of_which"].say(
            language, free=line["free"], ward=line.ward.get("display") or line.key[0]
        )
        for line in each.lines
    ]
    phones = [t["value"] for t in each.place.get("telecom") or () if t.get("system") == "phone"]
    calls = [tag("a", number, href=f"tel:{number.replace(' ', '')}") for number in phones]
    return [
        join(
            str(each.place.get("name")),
            tag("div", "; ".join(wards), class_="muted small"),
        ),
        formats.number(total(each.lines, "free"), language),
        f"{formats.number(each.distance, language, 1)}{formats.NO_BREAK}km",
        join(*calls),
        f"{MORNING:%H:%M} {formats.day(day_of(each.report))}",
    ]
