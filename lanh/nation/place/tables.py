"""The units in the database: loaded once per edition, read back whole."""

from __future__ import annotations

from lanh.core.database import Copy, Plan, execute, fetch, fetch_one
from lanh.core.text import collation_key, fold
from lanh.nation.place.places import Places
from lanh.nation.place.source import edition, read_units
from lanh.nation.place.unit import Succession, Unit

_UNIT_COLUMNS = (
    "level", "code", "valid_from", "valid_to", "kind", "name", "short_name", "folded", "sort_key",
    "province", "district", "latitude", "longitude", "area",
)  # fmt: skip
_UNIT_TYPES = (
    "text", "text", "date", "date", "text", "text", "text", "text", "text",
    "text", "text", "float8", "float8", "float8",
)  # fmt: skip


def load_places() -> Plan[int]:
    """Write the packaged units and successions; return how many units were written.

    Does nothing (0) where this edition was loaded before. Run within one transaction, so that
    readers see the old edition or the new one.
    """
    current = edition()
    if (yield from fetch_one("SELECT 1 FROM nation.place_edition WHERE edition = $1", current)):
        return 0
    units, successions = read_units()
    yield from execute("DELETE FROM nation.unit")
    yield from execute("DELETE FROM nation.succession")
    yield Copy("nation", "unit", _UNIT_COLUMNS, [_row(unit) for unit in units], _UNIT_TYPES)
    yield Copy(
        "nation",
        "succession",
        ("level", "old", "new", "main"),
        [(s.level, s.old, s.new, s.main) for s in successions],
        ("text", "text", "text", "bool"),
    )
    yield from execute("INSERT INTO nation.place_edition (edition) VALUES ($1)", current)
    return len(units)


def _row(unit: Unit) -> tuple[object, ...]:
    return (
        unit.level, unit.code, unit.valid_from, unit.valid_to, unit.kind, unit.name,
        unit.short_name, fold(unit.name), collation_key(unit.short_name), unit.province,
        unit.district, unit.latitude, unit.longitude, unit.area,
    )  # fmt: skip


def read_places() -> Plan[Places]:
    """The places as the database holds them."""
    rows = yield from fetch(
        "SELECT code, level, kind, name, short_name, province, district, latitude, longitude,"
        " area, valid_from, valid_to FROM nation.unit"
    )
    links = yield from fetch("SELECT level, old, new, main FROM nation.succession")
    return Places((Unit(*row) for row in rows), (Succession(*link) for link in links))
