"""Figures counted by hand from the feed's newest records: what the warehouse must agree with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lanh.core.warehouse.period import Period
from lanh.core.warehouse.tests.feed import FakeFeed, placements


@dataclass(frozen=True)
class Visit:
    """A visit with everything by which it is counted."""

    id: str
    day: date
    person: str
    custodian: str
    commune: str | None
    residence: str | None
    sensitivity: str
    cost: Decimal | None
    finished: bool


def visits(feed: FakeFeed) -> list[Visit]:
    """Every visit that is not deleted."""
    homes: dict[str, str | None] = {}
    persons: dict[str, str] = {}
    found: list[Visit] = []
    for (kind, id_), stored in feed.newest.items():
        if stored.deleted:
            continue
        body = stored.resource()
        if kind == "Patient":
            homes[id_] = (body.get("address") or [{}])[0].get("postalCode")
        if kind == "Person":
            for link in body.get("link", []):
                patient = link["target"]["reference"].removeprefix("Patient/")
                persons[patient] = max(id_, persons.get(patient, ""))
    for (kind, id_), stored in feed.newest.items():
        if kind != "Encounter" or stored.deleted:
            continue
        body = stored.resource()
        patient = stored.patient or ""
        cost = body.get("length", {}).get("value")
        found.append(
            Visit(
                id_, date.fromisoformat(body["period"]["start"][:10]),
                persons.get(patient, patient), stored.custodian or "", stored.commune,
                homes.get(patient), stored.sensitivity,
                None if cost is None else Decimal(str(cost)), body["status"] == "finished",
            )
        )  # fmt: skip
    return found


_PLACES = {(p.code, p.boundaries): (p.province, p.commune) for p in placements()}


def place(code: str | None, boundaries: str) -> tuple[str, str]:
    """Province and commune of a code; "" where it is unknown."""
    return _PLACES.get((code or "", boundaries), ("", ""))


def chosen(
    feed: FakeFeed,
    indicator: str,
    area: str,
    period: Period,
    boundaries: str,
    dimension: str,
    within: frozenset[str] | None = None,
) -> list[Visit]:
    """The visits that an indicator looks at."""
    found = []
    for visit in visits(feed):
        code = visit.commune if dimension == "custodian" else visit.residence
        first = date.min if indicator == "ever" else period.start
        if not first <= visit.day < period.end or (within is not None and code not in within):
            continue
        if area != "VN" and area not in place(code, boundaries):
            continue
        if indicator == "cost" and visit.cost is None:
            continue
        found.append(visit)
    return found


def value(indicator: str, of: list[Visit]) -> tuple[Decimal, int]:
    """(numerator, records) of the visits chosen."""
    if indicator == "visits":
        return Decimal(len(of)), len(of)
    if indicator == "cost":
        return sum((visit.cost or Decimal(0) for visit in of), Decimal(0)), len(of)
    if indicator == "finished":
        count = sum(visit.finished for visit in of)
        return Decimal(count), count
    key = "custodian" if indicator == "senders" else "person"
    count = len({getattr(visit, key) for visit in of})
    return Decimal(count), count
