"""The records that a figure counts, for those who may see them; for others, why not."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from lanh.core import ui
from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.ui import formats
from lanh.core.web import sessions
from lanh.core.web.pages import render, say
from lanh.core.web.services import (
    OPEN_PEOPLE,
    SEE_FIGURES,
    SEE_RECORDS_BEHIND,
    Opening,
    RecordBehind,
    RecordsBehind,
)
from lanh.core.web.views import sealing
from lanh.core.web.views.figures import COUNTRY, View, chosen, crumbs, headline
from lanh.core.web.visit import Visit, signed_in
from lanh.core.web.words import WORDS

_PER_PAGE = 50


def _written(visit: Visit, view: View, behind: RecordsBehind, access: Access) -> Plan[list[str]]:
    patients = [record.patient or "" for record in behind.records]
    opening = Opening(
        "search",
        access,
        visit.who.id,
        patients=sorted({patient for patient in patients if patient}),
        detail={
            "page": "records-behind",
            "indicator": view.indicator.key,
            "place": view.place or COUNTRY,
            "period": view.period,
        },
    )
    yield from visit.services.audit.append([opening])
    values = [{"patient": patient} for patient in patients]
    return (yield from sessions.keep_handles(visit.session_here, "patient", values))


def _what(visit: Visit, record: RecordBehind) -> str:
    """The kind of record, and what it is about where that is more than a bare code."""
    key = f"behind.type.{record.type}"
    kind = say(visit, key) if key in WORDS else record.type
    telling = any(sign.isalpha() for sign in record.summary)
    return f"{kind}: {record.summary}" if telling else kind


@signed_in(SEE_FIGURES)
@require_safe
def records(visit: Visit, place: str) -> HttpResponse:
    """The records that a figure counts, for those who may see them; for others, why not."""
    view = chosen(visit, place)
    title = say(visit, "behind.title")
    common: dict[str, Any] = {
        "title": title,
        "section": "figures",
        "crumbs": crumbs(visit, view, title),
        "indicator": view.indicator.title.say(visit.language),
        "headline": headline(visit, view),
        "back": view.href(),
    }
    if not visit.can(SEE_RECORDS_BEHIND):
        return render(visit, "behind.html", status=403, refused=True, **common)
    database = visit.services.database
    access = database.read(visit.access())
    cursor = database.read(sealing.cursor_of(visit, "behind"))
    behind = visit.services.figures.records_behind(
        view.indicator.key, view.place, view.period, view.bounds, access, _PER_PAGE, cursor
    )
    if behind.withheld:
        least = visit.services.figures.least
        return render(visit, "behind.html", withheld=True, least=least, **common)
    handles = database.transact(_written(visit, view, behind, access))
    after = database.transact(sealing.keep_cursor(visit, "behind", behind.next_cursor))
    columns = [
        ui.Column(say(visit, "behind.record"), main=True),
        ui.Column(say(visit, "behind.day")),
        ui.Column(say(visit, "behind.facility")),
        ui.Column(say(visit, "behind.place")),
        ui.Column(say(visit, "behind.person")),
    ]
    rows: list[list[ui.Child]] = [
        [
            _what(visit, record),
            formats.fhir_day(record.date),
            record.facility_name,
            record.place_name,
            ui.tag("button", say(visit, "behind.open"), name="handle", value=handle, class_="link")
            if record.patient and visit.can(OPEN_PEOPLE)
            else "–",
        ]
        for record, handle in zip(behind.records, handles, strict=True)
    ]
    following = view.href("/records", after=after) if after else None
    first = view.href("/records") if cursor else None
    return render(
        visit,
        "behind.html",
        total=formats.number(behind.total, visit.language),
        table=ui.table(title, columns, rows) if rows else "",
        pages=ui.pagination(ui.Pages(first, following), visit.language),
        **common,
    )
