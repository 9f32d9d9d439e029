"""The places of the country as overviews ask for them: names, communes of an area, outlines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

from lanh.core.overviews import Bounds, Place, Spot, kilometres
from lanh.core.ui import Ground, draw_ground
from lanh.nation.local_time import VIETNAM
from lanh.nation.place.borders import outline_of, packaged_outline
from lanh.nation.place.places import Places
from lanh.nation.place.unit import SET_34_FROM, BoundarySet, Unit, boundary_set


class PackagedGround:
    """`lanh.core.overviews.Places` on the packaged places."""

    def provinces(self, on: date) -> Sequence[Place]:
        """The provinces on a day."""
        return [_place(unit, on) for unit in Places.packaged().provinces(on)]

    def communes(self, province: str, on: date) -> Sequence[Place]:
        """The communes of a province on a day."""
        return [_place(unit, on) for unit in Places.packaged().communes(province, on)]

    def place(self, code: str, on: date) -> Place | None:
        """The province (2 digits) or commune that a code meant on a day."""
        places = Places.packaged()
        unit = places.province(code, on) if len(code) == 2 else places.commune(code, on)
        return _place(unit, on) if unit is not None else None

    def codes_in(self, area: str, on: date) -> frozenset[str]:
        """Every commune code that stands for land of an area."""
        return Places.packaged().communes_of(area, on)

    def standing(self, commune: str, written: date, on: date) -> tuple[str, str] | None:
        """Province and commune, by the borders of a day, of a record's commune."""
        return Places.packaged().placed(commune, written, boundary_set(on))

    def meant(self, text: str, on: date) -> Sequence[Place]:
        """The communes that a text may mean."""
        return [_place(unit, on) for unit in communes_meant(text, on)]

    def outline(self, province: str, on: date) -> Sequence[Sequence[Sequence[Spot]]]:
        """A province's outline."""
        return outline_of(province, boundary_set(on))

    def country(self, on: date) -> Ground:
        """The outlines of all provinces; drawn once."""
        return _drawn(boundary_set(on))

    def local_day(self, moment: datetime) -> date:
        """The day of a moment in Viet Nam."""
        return moment.astimezone(VIETNAM).date()

    def boundaries(self, bounds: Bounds) -> date:
        """A day on which a set of boundaries was in force."""
        return SET_34_FROM if bounds == "34" else SET_34_FROM - timedelta(days=1)


GROUND = PackagedGround()


def _place(unit: Unit, on: date) -> Place:
    spot = None
    if unit.latitude is not None and unit.longitude is not None:
        spot = unit.latitude, unit.longitude
    province = Places.packaged().province(unit.province, on) if unit.level != "province" else None
    full = f"{unit.name}, {province.name}" if province is not None else unit.name
    return Place(unit.code, unit.name, spot, unit.province, full)


def communes_meant(text: str, on: date) -> list[Unit]:
    """The communes that a text may mean, a province after the comma where one is told: "Ba Dinh",
    "Ba Đình, Hà Nội"; of a province alone the commune at its centre."""
    places = Places.packaged()
    head, _, tail = text.partition(",")
    found = places.search(head, on, level="commune", limit=60)
    if tail.strip():
        provinces = {unit.code for unit in places.search(tail, on, level="province")}
        found = [unit for unit in found if unit.province in provinces]
    if found:
        return found
    for province in places.search(head, on, level="province", limit=1):
        centre = province.latitude or 0.0, province.longitude or 0.0
        near = [u for u in places.communes(province.code, on) if u.latitude is not None]
        near.sort(key=lambda u: kilometres(centre, (u.latitude or 0.0, u.longitude or 0.0)))
        return near[:1]
    return []


@lru_cache(maxsize=2)
def _drawn(bounds: BoundarySet) -> Ground:
    outline = packaged_outline(bounds)
    day = GROUND.boundaries(bounds)
    shapes = [
        (unit.code, unit.short_name, outline_of(unit.code, bounds))
        for unit in Places.packaged().provinces(day)
        if unit.code in outline.provinces
    ]
    return draw_ground(shapes, [(each.name, each.points) for each in outline.archipelagos])
