"""The parameter `near` of a Location (R4 Location, search parameters): within a distance."""

from __future__ import annotations

import math
from decimal import Decimal

from lanh.core import fhir
from lanh.core.store.compiling.scope import Scope
from lanh.core.store.query import bad_value, split_bars, unescape
from lanh.core.store.records import Parameter

NEAR_KILOMETRES = 10.0  # where no distance is given
_EARTH = 6371.0088  # kilometres, mean radius
_DEGREE = math.pi * _EARTH / 180
_UNITS = {"km": 1.0, "m": 0.001, "mi": 1.609344, "mile": 1.609344}


def near(scope: Scope, parameter: Parameter) -> str:
    """Locations within the distance of one of the places: latitude|longitude|distance|unit.

    Raises Invalid.
    """
    found = [_circle(scope, value) for value in parameter.values]
    if not found:
        raise bad_value("near", "", "latitude|longitude|distance|unit")
    return f"({' OR '.join(found)})"


def _circle(scope: Scope, value: str) -> str:
    latitude, longitude, reach = _read(value)
    own, add = scope.alias, scope.arguments.add
    lat, lon = add(latitude, "float8"), add(longitude, "float8")
    # The box by latitude spares the arithmetic for most rows.
    south, north = latitude - reach / _DEGREE, latitude + reach / _DEGREE
    box = (
        f"{own}.latitude BETWEEN {add(Decimal(repr(south)), 'numeric')}"
        f" AND {add(Decimal(repr(north)), 'numeric')}"
    )
    distance = (
        f"{2 * _EARTH} * asin(least(1, sqrt("
        f"power(sind(({own}.latitude::float8 - {lat}) / 2), 2)"
        f" + cosd({lat}) * cosd({own}.latitude::float8)"
        f" * power(sind(({own}.longitude::float8 - {lon}) / 2), 2))))"
    )
    return f"({box} AND {distance} <= {add(reach, 'float8')})"


def _read(value: str) -> tuple[float, float, float]:
    parts = [unescape(part) for part in split_bars(value)]
    wanted = "latitude|longitude|distance|unit"
    if not 2 <= len(parts) <= 4:
        raise bad_value("near", value, wanted)
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
        reach = float(parts[2]) if len(parts) > 2 and parts[2] else None
    except ValueError as error:
        raise bad_value("near", value, wanted) from error
    unit = _unit(value, parts[3] if len(parts) > 3 and parts[3] else "km")
    far = NEAR_KILOMETRES if reach is None else reach * unit
    fits = abs(latitude) <= 90 and abs(longitude) <= 180 and 0 <= far <= 21_000
    if not fits:  # also where one is no number
        raise bad_value("near", value, wanted)
    return latitude, longitude, far


def _unit(value: str, text: str) -> float:
    """Kilometres of a unit of length: km, m, mi, or any of UCUM's. Raises Invalid."""
    if text in _UNITS:
        return _UNITS[text]
    found = fhir.canonical_quantity(Decimal(1), text)
    if found is None or found[1] != "m":
        raise bad_value("near", value, "unit of length: km, m, [mi_i]")
    return float(found[0]) / 1000
