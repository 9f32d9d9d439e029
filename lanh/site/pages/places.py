"""The port Places: names and shapes under a set of boundaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from lanh.core.database import SyncDatabase
from lanh.core.web.services import Archipelago, Boundaries, PlacePoint, PlaceShape
from lanh.nation import place

# A day on which each set was in force; names and codes are those of that day.
DAYS: Mapping[Boundaries, date] = {
    "34": place.GROUND.boundaries("34"),
    "63": place.GROUND.boundaries("63"),
}


@dataclass(frozen=True, slots=True)
class PagePlaces:
    """Places for maps: imported official borders first, then the packaged outline."""

    places: place.Places
    database: SyncDatabase

    def name(self, code: str, bounds: Boundaries) -> str | None:
        """A province's or commune's name; None where there is no such place."""
        unit = self._unit(code, bounds)
        return unit.name if unit else None

    def parent(self, code: str, bounds: Boundaries) -> str | None:
        """A commune's province; None for a province."""
        unit = self._unit(code, bounds)
        return unit.province if unit and unit.level == "commune" else None

    def provinces(self, bounds: Boundaries) -> Sequence[PlaceShape]:
        """Every province's outline."""
        shapes: dict[str, Any] = dict(place.packaged_outline(bounds).provinces)
        for border in self._borders("province", None, bounds):
            shapes[border.code] = border.geometry
        units = self.places.provinces(DAYS[bounds])
        return [
            PlaceShape(unit.code, unit.short_name, _polygons(shapes[unit.code]))
            for unit in units
            if unit.code in shapes
        ]

    def archipelagos(self, bounds: Boundaries) -> Sequence[Archipelago]:
        """Hoàng Sa and Trường Sa."""
        return [
            Archipelago(islands.name, islands.province, islands.points)
            for islands in place.packaged_outline(bounds).archipelagos
        ]

    def communes(self, province: str, bounds: Boundaries) -> Sequence[PlacePoint]:
        """A province's communes: their centres, and borders where official ones were imported."""
        borders = {border.code: border for border in self._borders("commune", province, bounds)}
        return [
            PlacePoint(
                unit.code,
                unit.name,
                unit.longitude,
                unit.latitude,
                _polygons(borders[unit.code].geometry) if unit.code in borders else (),
            )
            for unit in self.places.communes(province, DAYS[bounds])
            if unit.longitude is not None and unit.latitude is not None
        ]

    def _unit(self, code: str, bounds: Boundaries) -> place.Unit | None:
        if len(code) == 2:
            return self.places.province(code, DAYS[bounds])
        return self.places.commune(code, DAYS[bounds])

    def _borders(
        self, level: Literal["province", "commune"], province: str | None, bounds: Boundaries
    ) -> list[place.Border]:
        return self.database.read(place.borders_on(DAYS[bounds], level, province, self.places))


def _polygons(geometry: Mapping[str, Any]) -> Sequence[Any]:
    """GeoJSON Polygon or MultiPolygon as polygons of rings; anything else has none."""
    if geometry["type"] == "Polygon":
        return [geometry["coordinates"]]
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else []
