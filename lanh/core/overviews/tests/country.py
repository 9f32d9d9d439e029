"""A country of two provinces and three communes, and the reports of its fridges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from lanh.core.access import (
    Access,
    Everything,
    Grant,
    Predicate,
    Purpose,
    Subject,
    system_access,
)
from lanh.core.database import SyncDatabase
from lanh.core.overviews import Bounds, Fact, Figures, Place, Reader, Spot
from lanh.core.store import Context, Store, Write
from lanh.core.text import Language, Words
from lanh.core.ui import Ground, draw_ground

NOON = datetime(2026, 3, 11, 12, 0, tzinfo=timezone(timedelta(hours=7)))
TODAY = NOON.date()
_UNITS = {
    "01": Place("01", "Bắc", (21.0, 105.8), "01", "Bắc"),
    "02": Place("02", "Nam", (10.8, 106.7), "02", "Nam"),
    "00001": Place("00001", "An", (21.0, 105.8), "01", "An, Bắc"),
    "00002": Place("00002", "Bình", (21.1, 105.8), "01", "Bình, Bắc"),
    "00003": Place("00003", "An", (10.8, 106.7), "02", "An, Nam"),
}
_SQUARE = [[[(105.0, 20.0), (106.0, 20.0), (106.0, 22.0), (105.0, 20.0)]]]


class Country:
    """The port Places."""

    def provinces(self, on: date) -> Sequence[Place]:
        return [unit for unit in _UNITS.values() if len(unit.code) == 2]

    def communes(self, province: str, on: date) -> Sequence[Place]:
        return [u for u in _UNITS.values() if len(u.code) == 5 and u.province == province]

    def place(self, code: str, on: date) -> Place | None:
        return _UNITS.get(code)

    def codes_in(self, area: str, on: date) -> frozenset[str]:
        return frozenset(c for c, u in _UNITS.items() if area in (u.code, u.province))

    def standing(self, commune: str, written: date, on: date) -> tuple[str, str] | None:
        unit = _UNITS.get(commune)
        return (unit.province, unit.code) if unit else None

    def meant(self, text: str, on: date) -> Sequence[Place]:
        return [u for u in _UNITS.values() if len(u.code) == 5 and u.name.lower() == text.lower()]

    def outline(self, province: str, on: date) -> Sequence[Sequence[Sequence[Spot]]]:
        return _SQUARE

    def country(self, on: date) -> Ground:
        return draw_ground([(u.code, u.name, _SQUARE) for u in self.provinces(on)], ())

    def local_day(self, moment: datetime) -> date:
        return moment.astimezone(NOON.tzinfo).date()

    def boundaries(self, bounds: Bounds) -> date:
        return TODAY


COUNTRY = Country()


def words(text: str) -> Words:
    return Words(text, text)


def access(scope: Predicate) -> Access:
    """Who may find reports and stations within a scope."""
    types = frozenset({"MeasureReport", "Location"})
    grant = Grant("officer", frozenset({"read", "search"}), types, scope)
    return Access(Subject("person", "1", "X"), Purpose.OPERATIONS, (grant,))


@dataclass
class Somebody:
    """The port Reader."""

    access: Access = field(default_factory=lambda: access(Everything()))
    language: Language = "en"
    at: datetime = NOON
    facility: str | None = None
    place: str | None = None
    store: Store = field(default_factory=Store)
    figures: Figures | None = None


def report(station: str, day: date, doors: int | None) -> dict[str, Any]:
    """How often the doors of a station's fridges were opened on a day; None: not told yet."""
    found: dict[str, Any] = {
        "resourceType": "MeasureReport",
        "status": "pending" if doors is None else "complete",
        "type": "summary",
        "measure": "urn:test:fridges",
        "reporter": {"identifier": {"system": "urn:test:station", "value": station}},
        "period": {"start": day.isoformat(), "end": day.isoformat()},
    }
    if doors is not None:
        found["group"] = [{"population": [{"count": doors}]}]
    return found


def facts(record: Mapping[str, Any], _reader: Reader) -> Iterator[Fact]:
    """What a report says."""
    code = record["reporter"]["identifier"]["value"]
    day = date.fromisoformat(record["period"]["start"])
    told = record.get("group") or []
    counts = {"doors": told[0]["population"][0]["count"]} if told else {}
    keys = {"facility": code, "state": "sent" if told else "open"}
    yield Fact(keys, counts, {"facility": f"Station {code}"}, day)


def station(code: str, commune: str, north: float = 0.0) -> dict[str, Any]:
    """A station, some degrees north of its commune's centre."""
    spot = _UNITS[commune].spot
    assert spot is not None
    return {
        "resourceType": "Location",
        "identifier": [{"system": "urn:test:station", "value": code}],
        "status": "active",
        "name": f"Station {code}",
        "position": {
            "latitude": Decimal(f"{spot[0] + north:.4f}"), "longitude": Decimal(f"{spot[1]:.4f}"),
        },
    }  # fmt: skip


def write(database: SyncDatabase, *rows: tuple[dict[str, Any], str, str]) -> None:
    """Write (resource, facility code, commune code)."""
    for body, code, commune in rows:
        context = Context(system_access("test"), None, code, commune)
        plan = Store().write([Write("create", body["resourceType"], None, body)], context)
        database.transact(plan)
