"""A change feed in memory, and a lake of two small views and four indicators."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lanh.core.database import Plan
from lanh.core.store import Change, NotKept, Position, Stored
from lanh.core.text import Words
from lanh.core.warehouse import Definitions, Indicator, Placement
from lanh.core.warehouse.views import read_view

START = datetime(2026, 1, 1, tzinfo=UTC)
SAME = Words("từ", "word")


class FakeFeed:
    """Keeps the newest state of each record, and a feed of changes that may hold versions twice."""

    def __init__(self) -> None:
        self.log: list[Change] = []
        self.newest: dict[tuple[str, str], Stored] = {}
        self.dropped = 0
        self.held: dict[str, Position] = {}

    def put(self, body: dict[str, Any], **envelope: Any) -> Stored:
        """Create or update a record."""
        key = (body["resourceType"], body["id"])
        version = self.newest[key].version + 1 if key in self.newest else 1
        at = START + timedelta(seconds=len(self.log))
        stored = Stored(
            *key, version, at, json.dumps(body, ensure_ascii=False).encode(), **envelope
        )
        return self._append(stored, "create" if version == 1 else "update")

    def delete(self, resource_type: str, id_: str) -> None:
        """Delete a record."""
        old = self.newest[resource_type, id_]
        at = START + timedelta(seconds=len(self.log))
        gone = replace(old, version=old.version + 1, updated=at, body=b"", deleted=True)
        self._append(gone, "delete")

    def _append(self, stored: Stored, operation: Any) -> Stored:
        self.newest[stored.type, stored.id] = stored
        position = Position(len(self.log) + 1)
        self.log.append(
            Change(position, stored.type, stored.id, stored.version, operation, stored.updated)
        )
        return stored

    def changes(self, after: Position, limit: int) -> Plan[tuple[list[Change], Position]]:
        """The next changes."""
        if after.xid < self.dropped:
            raise NotKept.because("feed_dropped", position=after.xid, start=self.dropped)
        if after.xid > len(self.log):
            raise NotKept.because("feed_ahead", position=after.xid, next=len(self.log))
        found = self.log[after.xid : after.xid + limit]
        return found, Position(after.xid + len(found))
        yield

    def bodies(self, changes: Sequence[Change]) -> Plan[list[Stored]]:
        """What changed, as it is now."""
        return [self.newest[key] for key in dict.fromkeys((c.type, c.id) for c in changes)]
        yield

    def end(self) -> Plan[Position]:
        """Where the log ends."""
        return Position(len(self.log))
        yield

    def current(self, type: str, after: str, limit: int) -> Plan[tuple[list[Stored], str | None]]:
        """What is there of a type."""
        ids = sorted(
            id_
            for (kind, id_), stored in self.newest.items()
            if kind == type and id_ > after and not stored.deleted
        )
        found = [self.newest[type, id_] for id_ in ids[:limit]]
        return found, found[-1].id if len(found) == limit else None
        yield

    def hold(self, name: str, position: Position) -> Plan[None]:
        """Keep where a reader is."""
        if position.xid < self.dropped:
            raise NotKept.because("feed_dropped", position=position.xid, start=self.dropped)
        self.held[name] = position
        return
        yield

    def drop(self) -> None:
        """Forget everything up to now."""
        self.dropped = len(self.log)


class Reader:
    """Runs plans that need no database."""

    def read(self, plan: Plan[Any]) -> Any:
        """The plan's result."""
        try:
            next(plan)
        except StopIteration as stop:
            return stop.value
        raise AssertionError("the plan asked a database")

    transact = read


def _column(name: str, path: str, kind: str = "VARCHAR") -> dict[str, Any]:
    return {"name": name, "path": path, "tag": [{"name": "ansi/type", "value": kind}]}


def _view(name: str, resource: str, *columns: dict[str, Any], **select: Any) -> Any:
    return read_view(
        {"name": name, "resource": resource, "select": [{"column": list(columns), **select}]}
    )


VIEWS = (
    _view("patient", "Patient", _column("residence", "address.first().postalCode")),
    _view("person_link", "Person", _column("linked", "target.getReferenceKey(Patient)"),
          forEach="link"),
    _view("visit", "Encounter", _column("day", "period.start", "DATE"),
          _column("cost", "length.value", "DECIMAL(18,2)"), _column("status", "status")),
)  # fmt: skip

_COLUMNS = "type, id, patient, custodian, commune, residence, sensitivity, day"


def _facts(numerator: str, key: str, where: str = "TRUE") -> str:
    return (
        f"SELECT {_COLUMNS}, {numerator} AS numerator, 1 AS denominator, {key} AS key"
        f" FROM visit WHERE {where}"
    )


INDICATORS = (
    Indicator("visits", SAME, SAME, SAME, _facts("1", "id")),
    Indicator("cost", SAME, SAME, SAME, _facts("cost", "id", "cost IS NOT NULL"), "sum"),
    Indicator("finished", SAME, SAME, SAME,
              _facts("CASE WHEN status = 'finished' THEN 1 ELSE 0 END", "id"), "share"),
    Indicator("people", SAME, SAME, SAME, _facts("1", "person"), "distinct", place="residence"),
    Indicator("ever", SAME, SAME, SAME, _facts("1", "person"), "distinct", cumulative=True),
    Indicator("senders", SAME, SAME, SAME, _facts("1", "custodian"), "distinct"),
)  # fmt: skip

CHANGE = date(2025, 7, 1)
# Old communes 11, 12 (province 1) and 21 (province 2); new ones 91 (of 11, 12) and 92 (of 21),
# both in province 9.
_OLD = {"11": ("1", "11"), "12": ("1", "12"), "21": ("2", "21")}
_NEW = {"11": ("9", "91"), "12": ("9", "91"), "21": ("9", "92")}


def placements() -> Iterable[Placement]:
    """Where each code lies, before and after the reform, under either set."""
    first, last = date(1, 1, 1), date(9999, 12, 31)
    for code in _OLD:
        yield Placement(code, first, last, "old", *_OLD[code])
        yield Placement(code, first, last, "new", *_NEW[code])
    for code, old in (("91", ("1", "11")), ("92", ("2", "21"))):
        yield Placement(code, first, last, "new", "9", code)
        yield Placement(code, first, last, "old", *old)


def definitions(**changes: Any) -> Definitions:
    """The lake's definitions."""
    whole = Definitions(
        VIEWS, INDICATORS, "SELECT custodian, commune, day FROM visit", placements, "1",
        zone_minutes=420,
    )  # fmt: skip
    return replace(whole, **changes) if changes else whole
