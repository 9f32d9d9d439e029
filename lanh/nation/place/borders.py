"""Borders for maps: packaged outlines of provinces, and official borders that are imported.

The format of an import is GeoJSON (RFC 7946): a FeatureCollection whose features have a Polygon or
MultiPolygon in WGS84 degrees, longitude first, and the properties `code` (2-digit province or
5-digit commune, text), `valid_from` (YYYY-MM-DD, the first day on which the border held) and, if
wanted, `name` and `source`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from lanh.core.database import Plan, execute, fetch
from lanh.core.text import Catalogue, Message, nfc
from lanh.nation.place.places import Places
from lanh.nation.place.unit import BoundarySet, Level

_HERE = Path(__file__).parent
_MESSAGES = Catalogue.load(_HERE / "messages.yaml")
_CODE = re.compile(r"[0-9]{2}(?:[0-9]{3})?")
# Mainland, islands and sea of Viet Nam with room to spare, degrees.
_WEST, _SOUTH, _EAST, _NORTH = 101.0, 6.0, 118.0, 24.0

Geometry = dict[str, Any]


class BorderError(ValueError):
    """A border file that cannot be taken; `issues` says what, where, and how to mend it."""

    def __init__(self, issues: list[Message]) -> None:
        super().__init__("; ".join(issue.en for issue in issues[:5]))
        self.issues = issues


@dataclass(frozen=True, slots=True)
class Border:
    """The outline of a unit: GeoJSON geometry in WGS84 degrees."""

    code: str
    level: Level
    name: str
    valid_from: date
    geometry: Geometry
    source: str


@dataclass(frozen=True, slots=True)
class Archipelago:
    """Islands drawn as points: Hoàng Sa and Trường Sa, with the province each belongs to."""

    province: str
    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A map of the country: province code to geometry, and the two archipelagos."""

    boundaries: BoundarySet
    provinces: Mapping[str, Geometry]
    archipelagos: tuple[Archipelago, ...]


@lru_cache(maxsize=2)
def packaged_outline(boundaries: BoundarySet) -> Outline:
    """The packaged outline of 63 or 34 provinces (Natural Earth, public domain, simplified)."""
    text = (_HERE / "geometry" / f"provinces_{boundaries}.geojson").read_text(encoding="utf-8")
    provinces: dict[str, Geometry] = {}
    islands: list[Archipelago] = []
    for feature in json.loads(text)["features"]:
        properties, geometry = feature["properties"], feature["geometry"]
        if geometry["type"] == "MultiPoint":
            points = tuple((x, y) for x, y in geometry["coordinates"])
            islands.append(Archipelago(properties["code"], properties["name"], points))
        else:
            provinces[properties["code"]] = geometry
    return Outline(boundaries, provinces, tuple(islands))


def outline_of(province: str, boundaries: BoundarySet = "34") -> Sequence[Any]:
    """A province's packaged outline as polygons of rings; nothing where there is none."""
    geometry = packaged_outline(boundaries).provinces.get(province)
    if geometry is None:
        return []
    rings: Sequence[Any] = geometry["coordinates"]
    return [rings] if geometry["type"] == "Polygon" else rings


def read_borders(data: bytes, places: Places, source: str) -> list[Border]:
    """Check a border file and return its borders. Raises BorderError with every fault found."""
    try:
        document = json.loads(data)
    except ValueError as error:
        raise BorderError(
            [_MESSAGES.message("border.not-json", source=source, fault=str(error))]
        ) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not features or document["type"] != "FeatureCollection":
        raise BorderError([_MESSAGES.message("border.not-collection", source=source)])
    borders: list[Border] = []
    issues: list[Message] = []
    seen: dict[tuple[str, date], int] = {}
    for index, feature in enumerate(features):
        border = _border(index, feature, places, source, issues)
        if border is None:
            continue
        key = (border.code, border.valid_from)
        if key in seen:
            issues.append(
                _MESSAGES.message(
                    "border.twice", index=index, code=key[0], date=key[1], first=seen[key]
                )
            )
        seen.setdefault(key, index)
        borders.append(border)
    if issues:
        raise BorderError(issues)
    return borders


def _border(
    index: int, feature: Any, places: Places, source: str, issues: list[Message]
) -> Border | None:
    def refuse(key: str, **parameters: Any) -> None:
        issues.append(_MESSAGES.message(key, index=index, **parameters))

    feature = feature if isinstance(feature, dict) else {}
    properties = feature.get("properties") or {}
    code, day = properties.get("code"), properties.get("valid_from")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        refuse("border.code", value=repr(code))
        return None
    try:
        valid_from = date.fromisoformat(str(day))
    except ValueError:
        refuse("border.date", value=repr(day))
        return None
    level: Level = "province" if len(code) == 2 else "commune"
    unit = places.unit(level, code, valid_from)
    if unit is None:
        refuse("border.unknown", code=code, date=valid_from)
        return None
    geometry = feature.get("geometry") or {}
    fault = _geometry_fault(geometry)
    if fault:
        refuse("border.geometry", fault=fault)
        return None
    for longitude, latitude in _points(geometry):
        if not (_WEST <= longitude <= _EAST and _SOUTH <= latitude <= _NORTH):
            refuse("border.outside", longitude=longitude, latitude=latitude)
            return None
    shape = {"type": geometry["type"], "coordinates": geometry["coordinates"]}
    name = nfc(str(properties.get("name") or unit.name))
    return Border(code, level, name, valid_from, shape, str(properties.get("source") or source))


def _polygons(geometry: Geometry) -> list[Any]:
    coordinates = geometry["coordinates"]
    return [coordinates] if geometry["type"] == "Polygon" else list(coordinates)


def _points(geometry: Geometry) -> Iterator[tuple[float, float]]:
    for polygon in _polygons(geometry):
        for ring in polygon:
            for point in ring:
                yield point[0], point[1]


def _geometry_fault(geometry: Any) -> str | None:
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return "type"
    try:
        for polygon in _polygons(geometry):
            if not polygon:
                return "polygon without ring"
            for ring in polygon:
                if len(ring) < 4:
                    return f"{len(ring)} points"
                if ring[0] != ring[-1]:
                    return "open ring"
                for longitude, latitude, *_ in ring:
                    float(longitude), float(latitude)
    except (KeyError, TypeError, ValueError, IndexError):
        return "coordinates"
    return None


def import_borders(path: Path, places: Places) -> Plan[int]:
    """Check a border file and keep its borders, replacing those of the same code and date.

    Returns the number of borders kept. Raises BorderError, and then nothing is kept.
    """
    borders = read_borders(path.read_bytes(), places, path.name)
    yield from execute(
        "INSERT INTO nation.border (code, valid_from, level, name, geometry, source)"
        " SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[],"
        " $6::text[]) ON CONFLICT (code, valid_from) DO UPDATE SET name = excluded.name,"
        " geometry = excluded.geometry, source = excluded.source, imported_at = now()",
        [b.code for b in borders],
        [b.valid_from for b in borders],
        [b.level for b in borders],
        [b.name for b in borders],
        [json.dumps(b.geometry, separators=(",", ":")) for b in borders],
        [b.source for b in borders],
    )
    return len(borders)


def borders_on(on: date, level: Level, province: str | None, places: Places) -> Plan[list[Border]]:
    """The imported borders in force on a date: of provinces, or of the communes of a province."""
    rows = yield from fetch(
        "SELECT DISTINCT ON (code) code, level, name, valid_from, geometry, source"
        " FROM nation.border WHERE level = $1 AND valid_from <= $2::date"
        " ORDER BY code, valid_from DESC",
        level,
        on,
    )
    found = [Border(r[0], r[1], r[2], r[3], json.loads(r[4]), r[5]) for r in rows]
    kept = []
    for border in found:
        unit = places.unit(level, border.code, on)
        # A border drawn for a unit of the other set says nothing about today's unit of that code.
        if unit is None or border.valid_from < unit.valid_from:
            continue
        if province is None or unit.province == province:
            kept.append(border)
    return kept
