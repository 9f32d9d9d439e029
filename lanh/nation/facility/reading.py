"""What the records of a facility say: its Location (the place) and Organization (the entity)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias

from lanh.nation import naming
from lanh.nation.local_time import VIETNAM

Record: TypeAlias = Mapping[str, Any]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def typed(record: Record, system: str) -> list[str]:
    """The codes of a system among the types of a Location or an Organization."""
    return [
        coding["code"]
        for concept in record.get("type") or ()
        for coding in concept.get("coding") or ()
        if coding.get("system") == system and coding.get("code")
    ]


def phones(place: Record) -> list[str]:
    """The phone numbers of a place."""
    return [t["value"] for t in place.get("telecom") or () if t.get("system") == "phone"]


def valid_on(period: Record | None, day: date) -> bool:
    """Whether a FHIR Period holds a day; without one, or without an end, it is open there."""
    start, end = str((period or {}).get("start", "")), str((period or {}).get("end", ""))
    text = day.isoformat()
    return start[:10] <= text and (not end or text <= end[:10])


def identifiers(record: Record, system: str, day: date | None = None) -> list[Record]:
    """The identifiers of a system; those that hold on a day, where one is asked for."""
    return [
        each
        for each in record.get("identifier") or ()
        if each.get("system") == system
        and each.get("value")
        and (day is None or valid_on(each.get("period"), day))
    ]


def facility_code(record: Record, day: date | None = None) -> str | None:
    """The facility code that holds on a day; the last one where none does or no day is asked."""
    held = identifiers(record, naming.FACILITY_CODE, day)
    every = held or identifiers(record, naming.FACILITY_CODE)
    return str(every[-1]["value"]) if every else None


def commune_of(record: Record) -> str | None:
    """The commune code of an address: that of a Location, or the first of an Organization."""
    addresses = record.get("address") or ()
    for address in [addresses] if isinstance(addresses, Mapping) else addresses:
        for extension in address.get("extension") or ():
            if extension.get("url") == naming.COMMUNE_EXTENSION:
                code = (extension.get("valueCoding") or {}).get("code")
                return str(code) if code else None
    return None


def open_at(location: Record, moment: datetime) -> bool | None:
    """Whether a place is open at a moment (aware); None where it says no hours.

    Hours whose closing is not after their opening run over midnight.
    """
    if location.get("status", "active") != "active":
        return False
    hours = location.get("hoursOfOperation") or ()
    if not hours:
        return None
    local = moment.astimezone(VIETNAM)
    today, before = _DAYS[local.weekday()], _DAYS[(local - timedelta(days=1)).weekday()]
    now = local.time()
    return any(_open(row, today, before, now) for row in hours)


def _open(row: Record, today: str, before: str, now: time) -> bool:
    days = row.get("daysOfWeek") or _DAYS
    if row.get("allDay"):
        return today in days
    opens = time.fromisoformat(row.get("openingTime") or "00:00:00")
    closes = time.fromisoformat(row.get("closingTime") or "00:00:00")
    if opens < closes:
        return today in days and opens <= now < closes
    return (today in days and now >= opens) or (before in days and now < closes)
