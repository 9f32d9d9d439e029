"""The data steward's queue: links made by likeness, and deciding on them."""

from __future__ import annotations

from dataclasses import replace

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.text import fold, nfc
from lanh.core.ui import formats
from lanh.core.web import sessions
from lanh.core.web.pages import render, say
from lanh.core.web.services import (
    DECIDE_LINKS,
    DecisionRefused,
    FoundPeople,
    LinksToReview,
    LinkToReview,
    Opening,
)
from lanh.core.web.views import chart, sealing
from lanh.core.web.visit import Visit, signed_in

_PER_PAGE = 25


def _queue(visit: Visit) -> Plan[tuple[LinksToReview, list[str]]]:
    access = yield from visit.access()
    cursor = yield from sealing.cursor_of(visit, "links")
    found = yield from visit.services.people.to_review(access, _PER_PAGE, cursor)
    following = yield from sealing.keep_cursor(visit, "links", found.next_cursor)
    found = replace(found, next_cursor=following)
    values = [{"patient": item.link.patient} for item in found.links]
    handles = yield from sessions.keep_handles(visit.session_here, "link", values)
    opening = Opening(
        "search",
        access,
        visit.who.id,
        patients=[item.link.patient for item in found.links],
        detail={"page": "links"},
    )
    yield from visit.services.audit.append([opening])
    return found, handles


def _differs(visit: Visit, item: LinkToReview) -> str:
    """The names of the fields in which the two sides are not the same."""
    both = item.patient_fields.keys() & item.person_fields.keys()
    return ", ".join(
        chart.feature(visit, name)
        for name in item.patient_fields
        if name in both and fold(item.patient_fields[name]) != fold(item.person_fields[name])
    )


@signed_in(DECIDE_LINKS)
@require_safe
def to_review(visit: Visit) -> HttpResponse:
    """Links made by demographics, newest first."""
    found, handles = visit.services.database.transact(_queue(visit))
    columns = [
        ui.Column(say(visit, "links.patient"), main=True),
        ui.Column(say(visit, "chart.facility")),
        ui.Column(say(visit, "links.rule")),
        ui.Column(say(visit, "links.score"), numeric=True),
        ui.Column(say(visit, "links.differs")),
        ui.Column(say(visit, "links.others"), numeric=True),
        ui.Column(say(visit, "links.decided")),
    ]
    rows: list[list[ui.Child]] = []
    for item, handle in zip(found.links, handles, strict=True):
        link = item.link
        name = next(iter(item.patient_fields.values()), "") or say(visit, "person.nameless")
        score = formats.number(link.score, visit.language, 2) if link.score is not None else ""
        rows.append(
            [
                ui.tag("a", name, href=f"/links/{handle}"),
                link.facility_name or link.facility,
                link.rule_name.say(visit.language),
                score,
                _differs(visit, item) or say(visit, "links.all_same"),
                item.other_patients,
                formats.moment(link.decided_at),
            ]
        )
    pages = ui.Pages(
        "/links" if visit.GET.get("after") else None,
        f"/links?after={found.next_cursor}" if found.next_cursor else None,
    )
    title = say(visit, "links.title")
    table = (
        ui.table(title, columns, rows)
        if rows
        else ui.empty_state(say(visit, "links.none"), say(visit, "links.why_none"))
    )
    return render(
        visit,
        "links.html",
        title=title,
        section="links",
        total=formats.number(found.total, visit.language) if found.total is not None else "",
        table=table,
        pages=ui.pagination(pages, visit.language),
    )


def _read(
    visit: Visit, handle: str, text: str
) -> Plan[tuple[LinkToReview, FoundPeople | None, list[str]] | None]:
    session = visit.session_here
    value = yield from sessions.meaning(session, "link", handle)
    if value is None:
        return None
    access = yield from visit.access()
    item = yield from visit.services.people.review(value["patient"], access)
    if item is None:
        return None
    found: FoundPeople | None = None
    handles: list[str] = []
    if text:
        found = yield from visit.services.people.find(text, access, 10, None)
        values = [{"person": person.person} for person in found.people]
        handles = yield from sessions.keep_handles(session, "person", values)
    opening = Opening(
        "read",
        access,
        visit.who.id,
        person=item.link.person,
        patients=[item.link.patient],
        detail={"page": "link"},
    )
    yield from visit.services.audit.append([opening])
    return item, found, handles


def _told(visit: Visit, feature: str, value: str) -> str:
    """A field's value as people read it."""
    if not value:
        return ""
    if feature == "sex":
        return ui.sex_word(value, visit.language)
    return formats.fhir_day(value) if feature == "birth" else value


def _compared(visit: Visit, item: LinkToReview) -> ui.Html:
    columns = [
        ui.Column(say(visit, "links.field"), main=True),
        ui.Column(say(visit, "links.in_message")),
        ui.Column(say(visit, "links.in_person")),
        ui.Column(say(visit, "links.compared")),
    ]
    rows: list[list[ui.Child]] = []
    for name in dict.fromkeys([*item.patient_fields, *item.person_fields]):
        ours, theirs = (
            _told(visit, name, fields.get(name, ""))
            for fields in (item.patient_fields, item.person_fields)
        )
        if not ours and not theirs:
            continue
        if not ours or not theirs:
            verdict = ui.status_tag(say(visit, "links.missing"), "off")
        elif fold(ours) == fold(theirs):
            verdict = ui.status_tag(say(visit, "links.same"), "ok")
        else:
            verdict = ui.status_tag(say(visit, "links.different"), "warn")
        rows.append([chart.feature(visit, name), ours or "–", theirs or "–", verdict])
    return ui.table(say(visit, "links.compared"), columns, rows)


def _candidates(visit: Visit, found: FoundPeople | None, handles: list[str]) -> ui.Html:
    if found is None:
        return ui.NOTHING
    if not found.people:
        return ui.tag("p", say(visit, "links.nobody"), class_="muted")
    choices: list[ui.Html] = []
    for person, handle in zip(found.people, handles, strict=True):
        words = " · ".join(
            part
            for part in (
                person.name,
                formats.fhir_day(person.birth_date),
                ui.sex_word(person.sex, visit.language),
                person.residence,
                person.personal_number,
            )
            if part
        )
        radio = ui.tag(
            "input", type="radio", name="person", value=handle, id=f"p-{handle}", required=True
        )
        choices.append(ui.tag("li", radio, ui.tag("label", words, for_=f"p-{handle}")))
    return ui.tag("ul", choices, class_="choices")


@signed_in(DECIDE_LINKS)
def review(visit: Visit, handle: str) -> HttpResponse:
    """One link: the message's words beside the person's, and what can be decided."""
    text = nfc(str(visit.POST.get("text", ""))).strip()[:200] if visit.method == "POST" else ""
    answer = visit.services.database.transact(_read(visit, handle, text))
    if answer is None:
        raise Http404
    item, found, handles = answer
    return _review_page(visit, handle, item, text, _candidates(visit, found, handles), "")


def _review_page(
    visit: Visit, handle: str, item: LinkToReview, text: str, candidates: ui.Html, fault: str
) -> HttpResponse:
    language, link = visit.language, item.link
    title = say(visit, "links.one")
    crumbs = [ui.Crumb(say(visit, "links.title"), "/links"), ui.Crumb(title)]
    score = formats.number(link.score, language, 2) if link.score is not None else "–"
    pairs: list[tuple[str, ui.Child]] = [
        (say(visit, "chart.facility"), link.facility_name or link.facility),
        (say(visit, "links.rule"), link.rule_name.say(language)),
        (say(visit, "links.score"), score),
        (say(visit, "links.evidence"), chart.evidence(visit, link)),
        (
            say(visit, "links.decided"),
            f"{formats.moment(link.decided_at)} · {chart.decided_by(visit, link)}",
        ),
        (say(visit, "links.others"), str(item.other_patients)),
    ]
    reason = ui.Field(
        "reason",
        say(visit, "links.reason"),
        hint=say(visit, "links.reason_hint"),
        fault=fault,
        maxlength=500,
    )
    search = ui.Field("text", say(visit, "people.field"), text, maxlength=200)
    return render(
        visit,
        "link.html",
        title=f"{say(visit, 'fault.prefix')} {title}" if fault else title,
        section="links",
        status=422 if fault else 200,
        crumbs=ui.breadcrumbs(crumbs, language),
        summary=ui.error_summary([("reason", fault)] if fault else [], language),
        compared=_compared(visit, item),
        facts=ui.facts(pairs),
        reason=ui.text_area(reason, language, rows=2),
        search=ui.text_field(search, language),
        candidates=candidates,
        here=f"/links/{handle}",
    )


def _decide(visit: Visit, handle: str, act: str, reason: str) -> Plan[bool]:
    session, people = visit.session_here, visit.services.people
    value = yield from sessions.meaning(session, "link", handle)
    if value is None:
        return False
    patient = value["patient"]
    access = yield from visit.access()
    item = yield from people.review(patient, access)
    if item is None:
        return False
    person = item.link.person
    if act == "link":
        chosen = str(visit.POST.get("person", ""))
        target = yield from sessions.meaning(session, "person", chosen)
        if target is None:
            return False
        person = target["person"]
        yield from people.link(patient, person, reason, access)
    elif act == "unlink":
        yield from people.unlink(patient, reason, access)
    else:
        yield from people.confirm(patient, reason, access)
    opening = Opening(
        "link" if act == "link" else "unlink" if act == "unlink" else "confirm",
        access,
        visit.who.id,
        person=person,
        patients=[patient],
        detail={"reason": reason, "from": item.link.person},
    )
    yield from visit.services.audit.append([opening])
    yield from sessions.leave_notice(session, f"links.done.{act}")
    return True


@signed_in(DECIDE_LINKS)
@require_POST
def decide(visit: Visit, handle: str) -> HttpResponse:
    """Confirm, unlink, or link to another person; each with a reason, each written down."""
    act = str(visit.POST.get("act", ""))
    reason = nfc(str(visit.POST.get("reason", ""))).strip()[:500]
    if act not in {"confirm", "unlink", "link"}:
        raise Http404
    if len(reason) < 5:
        return _again(visit, handle, say(visit, "links.reason_needed"))
    try:
        if not visit.services.database.transact(_decide(visit, handle, act, reason)):
            raise Http404
    except DecisionRefused as refusal:  # its record or person went meanwhile
        return _again(visit, handle, refusal.message.say(visit.language), status=409)
    return HttpResponseRedirect("/links")


def _again(visit: Visit, handle: str, fault: str, status: int = 422) -> HttpResponse:
    answer = visit.services.database.transact(_read(visit, handle, ""))
    if answer is None:
        raise Http404
    page = _review_page(visit, handle, answer[0], "", ui.NOTHING, fault)
    page.status_code = status
    return page
