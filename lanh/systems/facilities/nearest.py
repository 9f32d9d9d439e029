"""The nearest facilities, for everybody: a list before a map, from a commune that is chosen.

An escape, with its reason: distances, opening now and a map are no list of records. Nothing is
asked of a device, and no place finer than a commune stands in an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lanh.core.database import Plan
from lanh.core.desks import OwnScreen, Visitor
from lanh.core.store import Parameter
from lanh.core.text import Language
from lanh.core.ui import (
    NOTHING,
    Column,
    Dot,
    Field,
    Html,
    Shade,
    dot_map,
    empty_state,
    formats,
    join,
    notice,
    select_field,
    status_tag,
    submit,
    table,
    tag,
    text_field,
)
from lanh.nation import naming
from lanh.nation.calendar import packaged
from lanh.nation.facility import REACHES, kilometres, nearby, open_at, position_of
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places, Unit, outline_of
from lanh.systems.facilities.registry import WORDS, choices, hours, phones, said

_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Near:
    """A place with its distance in km and whether it is open now (None: unknown)."""

    place: Mapping[str, Any]
    distance: float
    open: bool | None


def nearest(visitor: Visitor, spot: tuple[float, float], service: str, *, open_only: bool = False
            ) -> Plan[list[Near]]:  # fmt: skip
    """Operating facilities by distance from a place (latitude, longitude)."""
    services = [Parameter("type", (service,))] if service else []

    def wanted(place: Mapping[str, Any]) -> bool:
        return not open_only or bool(open_at(place, visitor.at))

    found = yield from nearby(visitor.store, visitor.access, spot, services, wanted=wanted)
    return [Near(place, far, open_at(place, visitor.at)) for place, far in found[:_SHOWN]]


def screen(visitor: Visitor, asked: Mapping[str, str]) -> Plan[OwnScreen]:
    """The page: a search for a commune, then what is near it."""
    language, places = visitor.language, Places.packaged()
    today = visitor.at.astimezone(VIETNAM).date()
    text, code = asked.get("where", "").strip()[:80], asked.get("commune", "")
    unit = places.commune(code, today) if code else None
    if unit is not None and not text:
        text = named(unit, places, today)
    body: list[Html | None] = [_form(asked, text, language)]
    if unit is None and text:
        units = _found(text, places, today)
        unit = units[0] if len(units) == 1 else None
        if unit is None:
            body.append(_which(units, text, asked, places, today, language))
    if unit is not None and unit.latitude is not None and unit.longitude is not None:
        spot = unit.latitude, unit.longitude
        open_only = asked.get("open") == "1"
        found = yield from nearest(visitor, spot, asked.get("service", ""), open_only=open_only)
        body += _results(found, unit, places, today, language)
    elif not text:
        body.append(tag("p", WORDS["facilities.near.emergency"].say(language), class_="muted"))
    title = WORDS["facilities.nearest"].say(language)
    return OwnScreen(title, tag("div", join(*body), class_="stack"))


def named(unit: Unit, places: Places, on: date) -> str:
    """A commune with its province."""
    province = places.province(unit.province, on) if unit.level != "province" else None
    return f"{unit.name}, {province.name}" if province else unit.name


def _found(text: str, places: Places, on: date) -> list[Unit]:
    """The communes that a text may mean: "Ba Dinh", "Ba Đình, Hà Nội"; of a province its centre."""
    head, _, tail = text.partition(",")
    found = places.search(head, on, level="commune", limit=60)
    if tail.strip():
        provinces = {u.code for u in places.search(tail, on, level="province")}
        found = [u for u in found if u.province in provinces]
    if not found:
        for province in places.search(head, on, level="province", limit=1):
            communes = places.communes(province.code, on)
            spot = province.latitude or 0.0, province.longitude or 0.0
            near = [u for u in communes if u.latitude is not None and u.longitude is not None]
            near.sort(key=lambda u: kilometres(spot, (u.latitude or 0.0, u.longitude or 0.0)))
            found = near[:1]
    return found


def _form(asked: Mapping[str, str], text: str, language: Language) -> Html:
    def say(key: str) -> str:
        return WORDS[f"facilities.near.{key}"].say(language)

    services = [("", say("any"))]
    services += [(token, words.say(language)) for token, words in choices(naming.FACILITY_SERVICE)]
    where = Field("where", say("where"), text, hint=say("where_hint"), maxlength=80)
    service = Field("service", say("service"), asked.get("service", ""), required=False)
    opening = Field("open", say("opening"), asked.get("open", ""), required=False)
    states = [("", say("open_any")), ("1", say("open_only"))]
    return join(
        tag("p", say("intro"), class_="muted"),
        tag(
            "form",
            text_field(where, language),
            select_field(service, services, language),
            select_field(opening, states, language),
            tag("div", submit(say("find"))),
            method="get",
            class_="card stack",
        ),
    )


def _which(
    units: Sequence[Unit],
    text: str,
    asked: Mapping[str, str],
    places: Places,
    on: date,
    language: Language,
) -> Html:
    if not units:
        title = WORDS["facilities.near.no_place"].say(language, text=text)
        return empty_state(title, WORDS["facilities.near.no_place_why"].say(language))
    rest = "".join(f"&{name}={asked[name]}" for name in ("open",) if asked.get(name) == "1")
    service = asked.get("service", "")
    if service in {token for token, _ in choices(naming.FACILITY_SERVICE)}:
        rest += f"&service={service.replace('|', '%7C')}"
    links = [
        tag("li", tag("a", named(u, places, on), href=f"?commune={u.code}{rest}")) for u in units
    ]
    title = WORDS["facilities.near.which"].say(language, text=text)
    return tag("section", tag("h2", title), tag("ul", links, class_="links"), class_="card")


def _results(
    found: Sequence[Near], unit: Unit, places: Places, today: date, language: Language
) -> list[Html | None]:
    def say(key: str, **told: object) -> str:
        return WORDS[f"facilities.near.{key}"].say(language, **told)

    place = named(unit, places, today)
    holiday = _holiday(today)
    head: list[Html | None] = [notice(say("holiday"), "warn") if holiday else None]
    if not found:
        return [*head, empty_state(say("none", far=REACHES[-1]), say("none_why"))]
    columns = [
        Column(WORDS["facilities.column.name"].say(language), main=True),
        Column(say("distance"), numeric=True),
        Column(say("opening")),
        Column(WORDS["facilities.phone"].say(language)),
        Column(WORDS["facilities.address"].say(language)),
    ]
    rows = [_row(each, language) for each in found]
    return [
        *head,
        tag("h2", say("found", place=place)),
        table(say("found", place=place), columns, rows),
        tag("p", say("measured", place=place), " ", say("emergency"), class_="muted small"),
        _map(found, unit, language),
    ]


def _holiday(today: date) -> bool:
    calendar = packaged()
    return (
        today.year in calendar.years and today.weekday() < 5 and not calendar.is_working_day(today)
    )


def _row(near: Near, language: Language) -> list[Any]:
    place = near.place
    kind = said(place, naming.FACILITY_KIND, language)
    state, tone = {True: ("open", "ok"), False: ("closed", "off"), None: ("unknown", "info")}[
        near.open
    ]
    times = [tag("li", f"{days} {span}") for days, span in hours(place, language)]
    calls = [tag("a", number, href=f"tel:{number.replace(' ', '')}") for number in phones(place)]
    return [
        join(place.get("name"), tag("div", kind, class_="muted small") if kind else NOTHING),
        f"{formats.number(near.distance, language, 1)}{formats.NO_BREAK}km",
        join(
            status_tag(WORDS[f"facilities.near.{state}"].say(language), tone),  # type: ignore[arg-type]
            tag("ul", times, class_="muted small") if times else NOTHING,
        ),
        join(*calls),
        (place.get("address") or {}).get("text") or "",
    ]


def _map(found: Sequence[Near], unit: Unit, language: Language) -> Html:
    outline = outline_of(unit.province)
    dots, values = [], {}
    for number, near in enumerate(found):
        spot = position_of(near.place)
        if spot is not None:
            key = str(number)
            dots.append(Dot(key, str(near.place.get("name")), (spot[1], spot[0])))
            values[key] = Decimal(f"{near.distance:.1f}")
    if not outline or not dots:
        return NOTHING
    shade = Shade(WORDS["facilities.near.on_map"].say(language), "km", 1, {})
    return tag("section", dot_map(outline, dots, values, shade, language), class_="card")
