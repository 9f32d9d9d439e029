"""What ends with a person's death: bookings that lie ahead, doses that are due.

Appointments of every source Patient of the person are cancelled (reason `pat-dec` of HL7), and
forecasts of doses ended, whoever made them: care that is planned for the dead is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lanh.core import matching
from lanh.core.access import system_access
from lanh.core.database import Plan
from lanh.core.store import Context, Store, Stored, Write
from lanh.nation.events import Event

_OPEN = "proposed,pending,booked,waitlist"
_REASON = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason",
            "code": "pat-dec",
        }
    ]
}
ENDED = {"coding": [{"system": "urn:lanh:codes:forecast-status", "code": "ended-by-death"}]}
_ACCESS = system_access("person-died")
_SOURCE = "urn:lanh:event:person-died"
_BATCH = 100


def end_care(store: Store) -> Callable[[Event], Plan[None]]:
    """The listener that closes what is open for whoever has died. Hearing twice changes nothing."""

    def heard(event: Event) -> Plan[None]:
        for patient in (yield from _records_of(event.subject.removeprefix("Patient/"))):
            about = [("patient", f"Patient/{patient}"), ("_count", str(_BATCH))]
            yield from _each(store, "Appointment", [*about, ("status", _OPEN)], _cancelled)
            yield from _each(store, "ImmunizationRecommendation", about, _ended)

    return heard


def _records_of(patient: str) -> Plan[list[str]]:
    persons = yield from matching.persons_of([patient])
    if patient not in persons:
        return [patient]
    records = yield from matching.records_of([persons[patient]])
    return sorted({patient, *records[persons[patient]]})


def _each(
    store: Store,
    kind: str,
    pairs: list[tuple[str, str]],
    change: Callable[[dict[str, Any]], dict[str, Any] | None],
) -> Plan[None]:
    search, _ = yield from store.parse(kind, pairs)
    page = yield from store.search(search, Context(_ACCESS))
    for row in page.entries:
        body = change(row.resource())
        if body is not None:
            yield from _put(store, row, body)


def _put(store: Store, row: Stored, body: dict[str, Any]) -> Plan[None]:
    context = Context(_ACCESS, _SOURCE, row.custodian, row.commune)
    write = Write("update", row.type, row.id, body, row.version, sensitivity=row.sensitivity)
    yield from store.write([write], context)


def _cancelled(appointment: dict[str, Any]) -> dict[str, Any]:
    return {**appointment, "status": "cancelled", "cancelationReason": _REASON}


def _ended(forecast: dict[str, Any]) -> dict[str, Any] | None:
    rows = forecast.get("recommendation", [])
    if all(row.get("forecastStatus") == ENDED for row in rows):
        return None
    return {**forecast, "recommendation": [{**row, "forecastStatus": ENDED} for row in rows]}
