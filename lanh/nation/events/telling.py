"""An event as it stands in the outbox."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta

from lanh.core import fhir, jobs
from lanh.core.database import Plan

KIND = "event"
PERSON_DIED = "person-died"
"""A notice of death was signed and sent: `subject` is the source Patient, `at` when they died."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: its name, about which record (`Type/id`), when, by which record."""

    name: str
    subject: str
    at: str
    cause: str


def publish(event: Event) -> Plan[None]:
    """Tell an event to whoever listens, when this transaction has committed."""
    subscriber = f"{KIND}:{event.name}"
    yield from jobs.subscribe(subscriber, KIND, most_attempts=100, most_age=timedelta(days=30))
    payload = fhir.dumps(asdict(event))
    yield from jobs.deliver([jobs.Parcel(subscriber, event.subject, payload)])
