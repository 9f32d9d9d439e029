"""Worked figures tried out: a lake of their records, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from lanh.core.database import Plan
from lanh.core.fhir import dumps
from lanh.core.store import Change, Position, Stored
from lanh.core.warehouse import Definitions, Period, Ports, Warehouse, refresh
from lanh.kit.figures import Worked

T = TypeVar("T")
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class _Shelf:
    """A change feed of some records, in their order, and the one who reads it."""

    def __init__(self, rows: Sequence[Stored]) -> None:
        self.rows = list(rows)

    def changes(self, after: Position, limit: int) -> Plan[tuple[list[Change], Position]]:
        """The next of them."""
        yield from ()
        some = self.rows[after.xid : after.xid + limit]
        found = [
            Change(Position(after.xid + n + 1), r.type, r.id, r.version, "create", r.updated)
            for n, r in enumerate(some)
        ]
        return found, Position(after.xid + len(found))

    def bodies(self, changes: Sequence[Change]) -> Plan[list[Stored]]:
        """The records of some changes."""
        yield from ()
        return [self.rows[change.position.xid - 1] for change in changes]

    def end(self) -> Plan[Position]:
        """Where they end."""
        yield from ()
        return Position(len(self.rows))

    def current(self, type: str, after: str, limit: int) -> Plan[tuple[list[Stored], str | None]]:
        """Those of a type, at once."""
        yield from ()
        return [row for row in self.rows if row.type == type and row.id > after], None

    def hold(self, name: str, position: Position) -> Plan[None]:
        """Nothing is dropped."""
        yield from ()

    def read(self, plan: Plan[T]) -> T:
        """What a plan gives that asks no database."""
        try:
            next(plan)
        except StopIteration as stop:
            found: T = stop.value
            return found
        raise AssertionError("the plan asks a database")

    transact = read


def _kept(envelope: Mapping[str, str]) -> dict[str, Any]:
    return dict(envelope)


def told(worked: Worked, definitions: Definitions, folder: Path) -> list[tuple[str, Any, Any]]:
    """(figure, expected, found) of each figure of a file; "withheld" stands for a value."""
    rows = [
        Stored(
            each.resource["resourceType"], each.resource["id"], 1, _BEGAN + timedelta(seconds=at),
            dumps(dict(each.resource)), **_kept(each.envelope),
        )
        for at, each in enumerate(worked.records)
    ]  # fmt: skip
    shelf = _Shelf(rows)
    refresh(shelf, folder, Ports(shelf, definitions))
    warehouse = Warehouse(folder, replace(definitions, least=worked.least))
    found = []
    for row in worked.figures:
        figure = warehouse.figure(
            row["indicator"], str(row["place"]), Period.parse(str(row["period"])),
            boundaries=worked.boundaries,
        )  # fmt: skip
        said: Any = "withheld" if figure.withheld else figure.value
        wanted = "withheld" if row.get("withheld") else row["value"]
        if wanted is not None and wanted != "withheld":
            wanted = Decimal(str(wanted))
        if isinstance(said, Decimal):
            said = round(said, warehouse.indicator(row["indicator"]).decimals)
        name = f"{row['indicator']} {row['place']} {row['period']}"
        found.append((name, wanted, said))
    return found
