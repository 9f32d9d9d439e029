"""The nearest places that answer: a circle that widens until enough is found."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from lanh.core.database import Plan
from lanh.core.overviews import screen
from lanh.core.overviews.asking import COMMUNE, LONGEST, Asked
from lanh.core.overviews.definition import Choice, Found, Nearest, Overview, Where
from lanh.core.overviews.ports import Place, Reader, Spot
from lanh.core.overviews.screen import Cell, Head, Link
from lanh.core.overviews.sources import of_codes, of_facilities
from lanh.core.overviews.words import MESSAGES
from lanh.core.store import Context, Parameter, Search
from lanh.core.text import Words
from lanh.core.ui import Dot, formats

_EARTH = 6371.0088  # kilometres, mean radius
_AT_ONCE = 250


def kilometres(one: Spot, other: Spot) -> float:
    """The distance of two places (latitude, longitude in degrees) over the ground, in km."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, each)) for each in (one, other))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(half)))


def position_of(location: Mapping[str, Any]) -> Spot | None:
    """Latitude and longitude of a Location in degrees."""
    found = location.get("position") or {}
    if "latitude" not in found or "longitude" not in found:
        return None
    return float(found["latitude"]), float(found["longitude"])


@dataclass(frozen=True, slots=True)
class From:
    """Where distances count from; or what a text may mean."""

    spot: Spot | None = None
    name: str = ""
    province: str = ""
    several: tuple[Place, ...] = ()
    text: str = ""


def nearest(
    overview: Overview, part: Nearest, asked: Asked, reader: Reader
) -> Plan[tuple[Asked, list[screen.Block]]]:
    """The blocks of the part, and what was asked with the name of the place that was meant."""
    start = yield from _start(overview, part, asked, reader)
    field = next((each for each in overview.fields if isinstance(each, Where)), None)
    if field is not None and asked.commune and start.name and not start.text:
        asked = replace(asked, named={**asked.named, field.name: start.name})
    if start.spot is None:
        return asked, list(_unknown(start, asked, field, reader))
    found = yield from _found(overview, part, start.spot, asked, reader)
    return asked, list(_shown(overview, part, start, found, asked, reader))


# ---- from where --------------------------------------------------------------------------------


def _start(overview: Overview, part: Nearest, asked: Asked, reader: Reader) -> Plan[From]:
    places = overview.places
    field = next((each for each in overview.fields if isinstance(each, Where)), None)
    text = asked.values.get(field.name, "")[:LONGEST] if field is not None else ""
    if asked.commune and not text:
        unit = places.place(asked.commune, asked.on)
        if unit is not None and unit.spot is not None:
            return From(unit.spot, unit.full, unit.province)
    own = yield from _own(part, reader)
    if not text:
        return own
    units = tuple(each for each in places.meant(text, asked.on) if each.spot is not None)
    if len(units) > 1 and own.spot is None:
        return From(text=text, several=units)
    if not units:
        return From(text=text)
    near = units[0]
    if own.spot is not None:
        here = own.spot
        near = min(units, key=lambda unit: kilometres(here, unit.spot or here))
    return From(near.spot, near.full, near.province)


def _own(part: Nearest, reader: Reader) -> Plan[From]:
    """The facility that the reader acts for."""
    if reader.facility is None:
        return From()
    wanted = (Parameter("identifier", (f"{part.coded}|{reader.facility}",)),)
    page = yield from reader.store.search(Search("Location", wanted), Context(reader.access))
    for entry in page.entries:
        place = entry.resource()
        return From(position_of(place), str(place.get("name") or reader.facility))
    return From()


def _unknown(start: From, asked: Asked, field: Where | None, reader: Reader
             ) -> Iterator[screen.Block]:  # fmt: skip
    def say(key: str) -> str:
        return MESSAGES[key].say(reader.language, text=start.text)

    if start.several and field is not None:
        links = [
            Link("page", "", unit.full, asked.query(**{field.name: "", COMMUNE: unit.code}))
            for unit in start.several
        ]
        yield screen.Links(say("which"), links)
    elif start.text:
        yield screen.Nothing(say("no-place"), say("no-place-why"))
    elif reader.facility is not None:
        yield screen.Nothing(say("from-where"), say("from-where-why"))


# ---- what is near ------------------------------------------------------------------------------


def _found(
    overview: Overview, part: Nearest, spot: Spot, asked: Asked, reader: Reader
) -> Plan[list[Found]]:
    """Those within the first reach that has enough of them, the nearest first."""
    chosen = [e for e in overview.fields if isinstance(e, Choice) and asked.values.get(e.name)]
    fixed = [Parameter(name, (value,)) for name, value in part.fixed]
    fixed += [Parameter(e.search, (asked.values[e.name],)) for e in chosen if e.search]
    found: list[Found] = []
    for reach in part.reaches:
        near = Parameter("near", (f"{spot[0]}|{spot[1]}|{reach}|km",))
        search = Search("Location", (near, *fixed), count=_AT_ONCE)
        page = yield from reader.store.search(search, Context(reader.access))
        found = []
        for entry in page.entries:
            place = entry.resource()
            where = position_of(place)
            wanted = all(e.wanted(place, asked.values[e.name], reader) for e in chosen if e.wanted)
            if where is not None and wanted:
                found.append(Found(place, kilometres(spot, where)))
        if len(found) >= part.enough:
            break
    found.sort(key=lambda each: each.distance)
    if part.beside is not None:
        found = yield from _beside(overview, part, found, asked, reader)
    if part.wanted is not None:
        found = [each for each in found if part.wanted(each)]
    return found[: part.shown]


def code_of(place: Mapping[str, Any], system: str) -> str:
    """The last identifier of a system, or ""."""
    held = [i for i in place.get("identifier") or () if i.get("system") == system]
    return str(held[-1].get("value") or "") if held else ""


def _beside(
    overview: Overview, part: Nearest, found: list[Found], asked: Asked, reader: Reader
) -> Plan[list[Found]]:
    assert part.beside is not None
    codes = {code for each in found if (code := code_of(each.place, part.coded))}
    every = yield from of_facilities(part.beside, reader, asked.day, codes)
    facts = of_codes(every, overview, asked)
    by_code: dict[str, list[Any]] = {}
    for fact in facts:
        by_code.setdefault(fact.keys.get("facility", ""), []).append(fact)
    return [
        replace(each, facts=tuple(by_code.get(code_of(each.place, part.coded), ())))
        for each in found
    ]


def _shown(
    overview: Overview, part: Nearest, start: From, found: list[Found], asked: Asked, reader: Reader
) -> Iterator[screen.Block]:
    def say(words: Words) -> str:
        return words.say(reader.language, place=start.name, far=part.reaches[-1])

    for words in part.warn(reader) if part.warn is not None else ():
        yield screen.Text(say(words), "warn")
    if not found:
        yield screen.Nothing(say(part.none[0]), say(part.none[1]))
        return
    title = say(part.title)
    heads = [
        Head(say(MESSAGES["by-facility"]), main=True),
        Head(say(MESSAGES["distance"]), numeric=True),
    ]
    heads += [Head(say(each.title), each.numeric) for each in part.columns]
    rows = []
    for each in found:
        far = f"{formats.number(each.distance, reader.language, 1)}{formats.NO_BREAK}km"
        cells = [part.name(each, reader), Cell(far)]
        rows.append([*cells, *(column.cell(each, reader) for column in part.columns)])
    yield screen.Table(title, heads, rows, dense=False)
    yield screen.Text(say(MESSAGES["measured"]))
    if part.note is not None:
        yield screen.Text(say(part.note))
    yield from _map(overview, start, found, asked, reader)


def _map(
    overview: Overview, start: From, found: list[Found], asked: Asked, reader: Reader
) -> Iterator[screen.Block]:
    """The places in the province that distances count from, where it is known."""
    outline = overview.places.outline(start.province, asked.on) if start.province else ()
    if not outline:
        return
    dots, values = [], {}
    for number, each in enumerate(found):
        spot = position_of(each.place)
        if spot is not None:
            dots.append(Dot(str(number), str(each.place.get("name") or ""), (spot[1], spot[0])))
            values[str(number)] = Decimal(f"{each.distance:.1f}")
    title = MESSAGES["distance"].say(reader.language)
    yield screen.Map(title, "km", 1, values, {}, outline=outline, dots=dots)
