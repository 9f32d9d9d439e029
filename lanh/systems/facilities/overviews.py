"""Where facilities are: the nearest one from a commune, and how many stand in each place.

Nothing is asked of a device, and no place finer than a commune stands in an address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lanh.core.overviews import (
    Area,
    Behind,
    Cell,
    Choice,
    Counted,
    Found,
    Link,
    Measure,
    Nearest,
    Overview,
    PlaceMap,
    Reader,
    Sums,
    Told,
    Where,
)
from lanh.core.text import Words
from lanh.core.ui import Tone
from lanh.nation import naming
from lanh.nation.calendar import packaged
from lanh.nation.facility import open_at, phones
from lanh.nation.place import GROUND
from lanh.nation.roles import ROLES
from lanh.systems.facilities.registry import WORDS, choices, hours, said

_EVERYBODY = frozenset(ROLES)
_OPERATING = (("identifier", f"{naming.FACILITY_CODE}|"), ("status", "active"))
_ANY = WORDS["facilities.near.any"]
_OPENING: Mapping[bool | None, tuple[str, Tone]] = {
    True: ("open", "ok"), False: ("closed", "off"), None: ("unknown", "info"),
}  # fmt: skip


def _name(near: Found, reader: Reader) -> Cell:
    kind = said(near.place, naming.FACILITY_KIND, reader.language)
    return Cell(str(near.place.get("name") or ""), lines=[kind] if kind else [])


def _opening(near: Found, reader: Reader) -> Cell:
    word, tone = _OPENING[open_at(near.place, reader.at)]
    times = [f"{days} {span}" for days, span in hours(near.place, reader.language)]
    return Cell(WORDS[f"facilities.near.{word}"].say(reader.language), tone, lines=times)


def _phone(near: Found, _reader: Reader) -> Cell:
    return Cell(links=[Link("phone", number) for number in phones(near.place)])


def _address(near: Found, _reader: Reader) -> Cell:
    return Cell(str((near.place.get("address") or {}).get("text") or ""))


def _open_now(place: Mapping[str, Any], _code: str, reader: Reader) -> bool:
    return bool(open_at(place, reader.at))


def _holiday(reader: Reader) -> Iterator[Words]:
    today, calendar = GROUND.local_day(reader.at), packaged()
    known = today.year in calendar.years and today.weekday() < 5
    if known and not calendar.is_working_day(today):
        yield WORDS["facilities.near.holiday"]


NEAREST = Overview(
    key="nearest",
    title=WORDS["facilities.nearest"],
    roles=_EVERYBODY,
    public=True,
    places=GROUND,
    intro=WORDS["facilities.near.intro"],
    act=WORDS["facilities.near.find"],
    fields=(
        Where(WORDS["facilities.near.where"], WORDS["facilities.near.where_hint"]),
        Choice("service", WORDS["facilities.near.service"], choices(naming.FACILITY_SERVICE), _ANY,
               search="type"),
        Choice("open", WORDS["facilities.near.opening"],
               [("1", WORDS["facilities.near.open_only"])], WORDS["facilities.near.open_any"],
               wanted=_open_now),
    ),
    parts=(
        Nearest(
            title=WORDS["facilities.near.found"],
            name=_name,
            columns=(
                Told(WORDS["facilities.near.opening"], _opening),
                Told(WORDS["facilities.column.phone"], _phone),
                Told(WORDS["facilities.column.address"], _address),
            ),
            coded=naming.FACILITY_CODE,
            fixed=_OPERATING,
            none=(WORDS["facilities.near.none"], WORDS["facilities.near.none_why"]),
            warn=lambda reader: list(_holiday(reader)),
            note=WORDS["facilities.near.emergency"],
        ),
    ),
)  # fmt: skip

_BY_PLACE = WORDS["facilities.map.by_place"]
_LISTED = Behind(list="facilities", filters={"place": "place", "kind": "kind", "status": "=active"})
MAP = Overview(
    key="map",
    title=WORDS["facilities.map"],
    heading=WORDS["facilities.map.of"],
    roles=_EVERYBODY,
    public=True,
    places=GROUND,
    source=Counted("Location", _OPERATING),
    fields=(
        Area(WORDS["facilities.map.province"]),
        Choice("kind", WORDS["facilities.map.kind"], choices(naming.FACILITY_KIND), _ANY,
               search="type"),
    ),
    measures=(Measure("records", WORDS["facilities.map.count"]),),
    parts=(
        Sums(_BY_PLACE, "place", ("records",), behind=(_LISTED,), at="country", half=True),
        Sums(_BY_PLACE, "place", ("records",), at="province", half=True,
             behind=(_LISTED, Behind(page="nearest", filters={"commune": "place"}))),
        PlaceMap(_BY_PLACE, "records", half=True),
    ),
)  # fmt: skip
