"""A person's page: who, what could harm them, what happened, and by which way we know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from lanh.core import ui
from lanh.core.access import Access, Purpose
from lanh.core.database import Plan
from lanh.core.web import sessions
from lanh.core.web.pages import render, say
from lanh.core.web.record import events, facts
from lanh.core.web.services import (
    OPEN_PEOPLE,
    OWN_RECORD,
    SEE_RECEIPTS,
    Opened,
    Opening,
    PatientLink,
    Record,
)
from lanh.core.web.views import chart
from lanh.core.web.views.beginnings import Offers, offers
from lanh.core.web.visit import Visit, signed_in

_STEP = 20
_PARTS = ("medicines", "results", "sources", "openings")


@dataclass(frozen=True, slots=True)
class Shown:
    """An opened person: what the page needs, read and written down in one transaction."""

    handle: str
    purpose: Purpose
    own: bool
    access: Access
    person: str
    links: Sequence[PatientLink]
    records: Sequence[Record]
    offers: Offers

    @property
    def href(self) -> str:
        """The page's address in this session."""
        return f"/people/{self.handle}"


def _opened(visit: Visit, handle: str, part: str, *, read: bool) -> Plan[Shown | None]:
    """Read the person behind a handle; the audit entry is part of the same transaction.

    None where nothing of the person is in reach: the attempt is written down all the same.
    """
    value = yield from sessions.meaning(visit.session_here, "open", handle)
    if value is None:
        return None
    purpose = Purpose(value["purpose"])
    own = value["person"] == visit.who.person and purpose is Purpose.PATIENT_REQUEST
    if purpose not in visit.who.purposes:
        raise PermissionDenied
    access = yield from visit.access(purpose)
    services = visit.services
    links = yield from services.people.links(value["person"], access)
    patients = [link.patient for link in links]
    records: Sequence[Record] = ()
    if read and patients:
        records = yield from services.records.of_patients(patients, access)
    opening = Opening(
        "read",
        access,
        visit.who.id,
        person=value["person"],
        patients=patients,
        detail={"page": part},
        outcome="success" if patients else "refused",
    )
    yield from services.audit.append([opening])
    if not patients:
        return None
    begun = Offers() if own or not read else (yield from offers(visit, records))
    return Shown(handle, purpose, own, access, value["person"], links, records, begun)


def _open(visit: Visit, handle: str, part: str, *, read: bool = True) -> Shown:
    # The transaction ends, and with it the audit entry is kept, before anything is answered.
    shown = visit.services.database.transact(_opened(visit, handle, part, read=read))
    if shown is None:
        raise Http404
    return shown


def _address(visit: Visit, person: str, purpose: Purpose) -> Plan[str]:
    value = {"person": person, "purpose": purpose.value}
    return (yield from sessions.keep_handle(visit.session_here, "open", value))


def _chosen(visit: Visit) -> Plan[str | None]:
    """The address for what a list offered: a person, or a source Patient of one."""
    session, handle = visit.session_here, str(visit.POST.get("handle", ""))
    value = yield from sessions.meaning(session, "person", handle)
    if value is not None:
        return (yield from _address(visit, value["person"], visit.purpose))
    value = yield from sessions.meaning(session, "patient", handle)
    if value is None:
        return None
    access = yield from visit.access()
    person = yield from visit.services.people.person_of(value["patient"], access)
    if person is None:
        return None
    return (yield from _address(visit, person, visit.purpose))


@signed_in(OPEN_PEOPLE)
@require_POST
def open_person(visit: Visit) -> HttpResponse:
    """Open a person from a list, for the purpose that was chosen."""
    handle = visit.services.database.transact(_chosen(visit))
    if handle is None:
        raise Http404
    return HttpResponseRedirect(f"/people/{handle}")


@signed_in(OWN_RECORD)
@require_safe
def own(visit: Visit) -> HttpResponse:
    """A citizen's own record."""
    if visit.who.person is None:
        raise PermissionDenied
    plan = _address(visit, visit.who.person, Purpose.PATIENT_REQUEST)
    handle = visit.services.database.transact(plan)
    part = str(visit.GET.get("part", ""))
    after = f"/{part}" if part in _PARTS else ""
    return HttpResponseRedirect(f"/people/{handle}{after}")


def _page(visit: Visit, shown: Shown, part: str, **more: Any) -> HttpResponse:
    language = visit.language
    identifiers = {system: words.say(language) for system, words in visit.services.identifiers}
    patients = [record for record in shown.records if record.type == "Patient"]
    services = visit.services
    who = facts.person(
        patients, identifiers, language, services.residence, services.number_warnings
    )
    allergies, asked = facts.safety(shown.records)
    parts = ["", *(_PARTS if shown.own else _PARTS[:-1])]
    tabs = [
        ui.Pill(
            say(visit, f"chart.{name or 'overview'}"),
            f"{shown.href}/{name}".rstrip("/"),
            current=name == part,
        )
        for name in parts
    ]
    return render(
        visit,
        "person.html",
        # A person's name is never in a title: titles show on shared screens and in histories.
        title=say(visit, "chart.title"),
        section="own" if shown.own else "people",
        banner=ui.person_banner(who, ui.formats.today(), language),
        strip=ui.safety_strip(allergies, asked=asked, alerts=(), language=language),
        tabs=ui.pills(tabs, say(visit, "chart.parts")),
        part=part or "overview",
        purpose=say(visit, f"purpose.{shown.purpose.value}"),
        own=shown.own,
        offers=shown.offers,
        **more,
    )


def _kind_pills(visit: Visit, shown: Shown, every: Sequence[events.Event], kind: str) -> ui.Html:
    counts = {name: sum(1 for event in every if event.kind == name) for name in events.KINDS}
    views = [ui.Pill(say(visit, "kind.all"), shown.href, str(len(every)), kind == "")]
    views += [
        ui.Pill(say(visit, f"kind.{name}"), f"{shown.href}?kind={name}", str(count), kind == name)
        for name, count in counts.items()
        if count
    ]
    return ui.pills(views, say(visit, "chart.filter"))


@signed_in(OPEN_PEOPLE, OWN_RECORD)
@require_safe
def overview(visit: Visit, handle: str) -> HttpResponse:
    """The timeline across facilities, with what holds now beside it."""
    shown = _open(visit, handle, "overview")
    every = events.events(shown.records, visit.language)
    kind = str(visit.GET.get("kind", ""))
    kind = kind if kind in events.KINDS else ""
    wanted = [event for event in every if event.kind == kind] if kind else events.by_visit(every)
    asked = str(visit.GET.get("shown", ""))
    count = min(int(asked), 2000) if asked.isdigit() else _STEP
    more = f"{shown.href}?{f'kind={kind}&' if kind else ''}shown={count + 100}#more"
    with_messages = visit.can(SEE_RECEIPTS)
    return _page(
        visit,
        shown,
        "",
        kinds=_kind_pills(visit, shown, every, kind),
        timeline=ui.timeline(
            [chart.entry(visit, event, with_messages) for event in wanted[:count]]
        ),
        more_href=more if len(wanted) > count else "",
        left=ui.formats.number(len(wanted) - count, visit.language),
        problems=chart.problems(visit, shown.records),
        recent_medicines=chart.recent_medicines(visit, shown.records),
        recent_results=chart.recent_results(visit, shown.records),
        sources=chart.source_summary(visit, shown.links),
        sources_href=f"{shown.href}/sources",
    )


@signed_in(OPEN_PEOPLE, OWN_RECORD)
@require_safe
def medicines(visit: Visit, handle: str) -> HttpResponse:
    """Every prescription and dispensing."""
    shown = _open(visit, handle, "medicines")
    return _page(visit, shown, "medicines", table=chart.medicine_table(visit, shown.records))


@signed_in(OPEN_PEOPLE, OWN_RECORD)
@require_safe
def results(visit: Visit, handle: str) -> HttpResponse:
    """Every measured value, with its reference range."""
    shown = _open(visit, handle, "results")
    only = visit.GET.get("only") == "abnormal"
    every = facts.results(shown.records, visit.language)
    abnormal = [result for result in every if result.flag]
    views = [
        ui.Pill(
            say(visit, "chart.all_results"), f"{shown.href}/results", str(len(every)), not only
        ),
        ui.Pill(
            say(visit, "chart.abnormal"),
            f"{shown.href}/results?only=abnormal",
            str(len(abnormal)),
            only,
        ),
    ]
    return _page(
        visit,
        shown,
        "results",
        kinds=ui.pills(views, say(visit, "chart.filter")),
        table=chart.result_table(visit, abnormal if only else every),
    )


@signed_in(OPEN_PEOPLE, OWN_RECORD)
@require_safe
def sources(visit: Visit, handle: str) -> HttpResponse:
    """Which source Patients make up this person, by which rule and on what evidence."""
    shown = _open(visit, handle, "sources")
    return _page(visit, shown, "sources", table=chart.source_table(visit, shown.links))


Log = tuple[Sequence[Opened], str | None]


def _log(visit: Visit, shown: Shown) -> Plan[Log]:
    patients = [link.patient for link in shown.links]
    cursor = str(visit.GET.get("after", "")) or None
    trail = visit.services.audit
    return (yield from trail.of_person(shown.person, patients, shown.access, 50, cursor))


@signed_in(OWN_RECORD)
@require_safe
def openings(visit: Visit, handle: str) -> HttpResponse:
    """Who opened my record: who, facility, when, why."""
    shown = _open(visit, handle, "openings")
    if not shown.own:
        raise PermissionDenied
    lines, cursor = visit.services.database.read(_log(visit, shown))
    pages = ui.Pages(None, f"{shown.href}/openings?after={cursor}" if cursor else None)
    return _page(
        visit,
        shown,
        "openings",
        table=chart.opening_table(visit, lines),
        pages=ui.pagination(pages, visit.language),
    )
