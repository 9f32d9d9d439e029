"""What can be begun about a person: the forms of the desks that are about a source Patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lanh.core.database import Plan
from lanh.core.web import sessions
from lanh.core.web.services import Record
from lanh.core.web.views.desks.around import visitor_of
from lanh.core.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Offer:
    """A form to begin: where the page sends `about`, the session's handle of the Patient."""

    href: str
    title: str
    desk: str
    about: str


@dataclass(frozen=True, slots=True)
class Offers:
    """What a person's page offers; `unknown_here` says that forms there are, but no source Patient
    of the visitor's own facility that they could be about."""

    forms: Sequence[Offer] = ()
    unknown_here: bool = False


def offers(visit: Visit, records: Sequence[Record]) -> Plan[Offers]:
    """The forms that the visitor may begin about the person whose records these are.

    A form is about the source Patient of the facility that the visitor acts for, never about one
    that another facility keeps. The Patient's id stands in no address.
    """
    desks, own = visit.services.desks, visit.who.facility
    if desks is None or own is None:
        return Offers()
    forms = desks.beginnings("Patient", (yield from visitor_of(visit)))
    if not forms:
        return Offers()
    patient = _own_patient(records, own)
    if patient is None:
        return Offers(unknown_here=True)
    value = {"record": f"Patient/{patient.id}"}
    handle = yield from sessions.keep_handle(visit.session_here, "record", value)
    return Offers(
        [
            Offer(f"/{form.desk}/forms/{form.form}", form.title, form.desk_title, f"~{handle}")
            for form in forms
        ]
    )


def _own_patient(records: Sequence[Record], facility: str) -> Record | None:
    """The source Patient of a facility; the one changed last where it keeps the person twice."""
    found = [
        record
        for record in records
        if record.type == "Patient"
        and record.facility == facility
        and record.resource.get("active") is not False
    ]
    return max(found, key=lambda record: (record.updated, record.id), default=None)
