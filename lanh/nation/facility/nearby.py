"""Facilities by distance from a place: a circle that widens until enough is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.store import Context, Parameter, Search, Store
from lanh.nation import naming
from lanh.nation.facility.reading import Record, kilometres, position_of

REACHES = (2, 6, 20, 60, 200)  # km
_AT_ONCE = 250


def _any(_place: Record) -> bool:
    return True


def nearby(
    store: Store,
    access: Access,
    spot: tuple[float, float],
    parameters: Sequence[Parameter] = (),
    *,
    wanted: Callable[[Record], bool] = _any,
    enough: int = 10,
) -> Plan[list[tuple[dict[str, Any], float]]]:
    """Operating facilities with their distance in km, the nearest first: those within the first
    of REACHES that has `enough` of them, or within the last. `spot` is latitude and longitude."""
    found: list[tuple[dict[str, Any], float]] = []
    for reach in REACHES:
        asked = (
            Parameter("identifier", (f"{naming.FACILITY_CODE}|",)),
            Parameter("status", ("active",)),
            Parameter("near", (f"{spot[0]}|{spot[1]}|{reach}|km",)),
            *parameters,
        )
        page = yield from store.search(Search("Location", asked, count=_AT_ONCE), Context(access))
        found = []
        for entry in page.entries:
            place = entry.resource()
            where = position_of(place)
            if where is not None and wanted(place):
                found.append((place, kilometres(spot, where)))
        if len(found) >= enough:
            break
    return sorted(found, key=lambda each: each[1])
