"""Packaged outlines are sound, and official borders replace them only when they are."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely  # type: ignore[import-untyped]
from shapely.geometry import shape  # type: ignore[import-untyped]

from lanh.core.database import SyncDatabase
from lanh.nation.place import (
    BorderError,
    BoundarySet,
    Places,
    borders_on,
    import_borders,
    packaged_outline,
    read_borders,
)
from lanh.nation.place import borders as borders_module

DATES = {"63": date(2025, 6, 30), "34": date(2025, 7, 1)}
SQUARE = [[[105.0, 21.0], [105.1, 21.0], [105.1, 21.1], [105.0, 21.1], [105.0, 21.0]]]


def _collection(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def _feature(code: Any = "08", valid_from: Any = "2025-07-01", **geometry: Any) -> dict[str, Any]:
    shape_ = {"type": "Polygon", "coordinates": SQUARE} | geometry
    return {
        "type": "Feature",
        "properties": {"code": code, "valid_from": valid_from},
        "geometry": shape_,
    }


@pytest.mark.parametrize("boundaries", ["63", "34"])
def test_outlines_cover_every_province_without_overlap(boundaries: BoundarySet) -> None:
    outline = packaged_outline(boundaries)
    provinces = Places.packaged().provinces(DATES[boundaries])
    assert set(outline.provinces) == {unit.code for unit in provinces}
    shapes = {code: shape(geometry) for code, geometry in outline.provinces.items()}
    assert all(polygon.is_valid for polygon in shapes.values())
    assert shapely.union_all(list(shapes.values())).area == pytest.approx(
        sum(polygon.area for polygon in shapes.values()), rel=1e-6
    )


@pytest.mark.parametrize(("boundaries", "least"), [("63", 0.94), ("34", 0.965)])
def test_commune_centres_lie_in_their_province(boundaries: BoundarySet, least: float) -> None:
    shapes = {c: shape(g) for c, g in packaged_outline(boundaries).provinces.items()}
    units = [u for u in Places.packaged().communes(None, DATES[boundaries]) if u.latitude]
    inside = sum(shapes[u.province].contains(shapely.Point(u.longitude, u.latitude)) for u in units)
    assert inside / len(units) >= least


@pytest.mark.parametrize("boundaries", ["63", "34"])
def test_hoang_sa_and_truong_sa_are_on_every_map(boundaries: BoundarySet) -> None:
    islands = {a.name: a for a in packaged_outline(boundaries).archipelagos}
    assert islands["Quần đảo Hoàng Sa"].province == "48"
    assert islands["Quần đảo Trường Sa"].province == "56"
    assert all(len(a.points) >= 10 for a in islands.values())


@pytest.mark.parametrize("boundaries", ["63", "34"])
def test_outlines_are_small(boundaries: BoundarySet) -> None:
    folder = Path(borders_module.__file__).parent / "geometry"
    assert (folder / f"provinces_{boundaries}.geojson").stat().st_size < 150_000


def test_outlines_agree_with_an_independent_simplification(test_data: Path) -> None:
    document = json.loads((test_data / "vn-geo" / "provinces_34.geojson").read_text())
    mine = packaged_outline("34").provinces
    for feature in document["features"]:
        if feature["geometry"]["type"] == "MultiPoint":
            continue
        theirs = shape(feature["geometry"]).buffer(0)
        own = shape(mine[feature["properties"]["code"]])
        assert own.intersection(theirs).area / own.union(theirs).area > 0.93


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (_feature(code=8), "2-digit province"),
        (_feature(valid_from="01/07/2025"), "YEAR-MONTH-DAY"),
        (_feature(code="02"), "not in the list of places"),
        (_feature(type="LineString"), "Polygon or MultiPolygon"),
        (_feature(coordinates=[SQUARE[0][:3]]), "closed rings"),
        (_feature(coordinates=[[[500000.0, 2300000.0], *SQUARE[0][1:-1], [500000.0, 2300000.0]]]),
         "WGS84"),
    ],
)  # fmt: skip
def test_a_faulty_border_is_refused_with_its_place_and_remedy(
    feature: dict[str, Any], words: str
) -> None:
    with pytest.raises(BorderError) as refused:
        read_borders(_collection(_feature(), feature), Places.packaged(), "official.geojson")
    assert len(refused.value.issues) == 1
    assert "features[1]" in refused.value.issues[0].en
    assert words in refused.value.issues[0].en
    assert "features[1]" in refused.value.issues[0].vi


def test_a_file_that_is_no_geojson_is_refused() -> None:
    for data in (b"{", b"[]", b'{"type":"FeatureCollection","features":[]}'):
        with pytest.raises(BorderError, match=r"official.geojson"):
            read_borders(data, Places.packaged(), "official.geojson")


def test_imported_borders_are_kept_replaced_and_dated(
    database: SyncDatabase, tmp_path: Path
) -> None:
    places = Places.packaged()
    path = tmp_path / "official.geojson"
    path.write_bytes(_collection(_feature(), _feature(code="00691")))
    assert database.transact(import_borders(path, places)) == 2
    assert database.transact(import_borders(path, places)) == 2
    today = date(2026, 1, 1)
    found = database.read(borders_on(today, "province", None, places))
    assert [border.code for border in found] == ["08"]
    assert found[0].geometry["coordinates"] == SQUARE
    assert found[0].source == "official.geojson"
    # The same code was another province's land before the reform.
    assert database.read(borders_on(date(2025, 6, 1), "province", None, places)) == []
    assert len(database.read(borders_on(today, "commune", "08", places))) == 1
    path.write_bytes(_collection(_feature(), _feature()))
    with pytest.raises(BorderError, match="already"):
        database.transact(import_borders(path, places))
