"""A record's page, and what is done there: acts on its case, signatures, corrections, papers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.desks import Visitor
from lanh.core.text import nfc
from lanh.core.web import sessions
from lanh.core.web.desk import cases, versions
from lanh.core.web.pages import render, say
from lanh.core.web.views.desks import form_pages
from lanh.core.web.views.desks.around import (
    REFUSALS,
    crumbs_context,
    desks_of,
    for_desk,
    line_of,
    record_of,
    run,
    said,
    see_other,
    status_of,
    visitor_of,
)
from lanh.core.web.visit import Visit

T = TypeVar("T")


def _at(visit: Visit, system: str, at: str, act: Callable[[str, Visitor], Plan[T]]) -> Plan[T]:
    """An act on the record of an address, by who is at the desk."""
    record = yield from record_of(visit, system, at)
    visitor = yield from visitor_of(visit)
    return (yield from act(record, visitor))


def _page(visit: Visit, system: str, at: str, refused: str = "", status: int = 200) -> HttpResponse:
    # The transaction ends, and with it the audit entry is kept, before anything is answered.
    desks = desks_of(visit)
    screen = run(visit, _at(visit, system, at, lambda *of: desks.record(system, *of)))
    language, line = visit.language, line_of(visit, system)
    case = screen.case
    facts: dict[str, Any] = {
        "screen": screen,
        "here": f"/{system}/records/{at}",
        "refused": ui.notice(refused, "bad") if refused else "",
        "sections": [(title, ui.facts(list(lines))) for title, lines in screen.sections if lines],
        "versions": versions.versions(screen.versions, language) if screen.versions else "",
        "case": case,
        "asks_secret": desks_of(visit).asks_secret,
    }
    if case is not None:
        facts |= {
            "state": cases.state_line(case, language),
            "to_sign": any(line.mine for line in case.lines),
            "notes": cases.notes(case),
            "task": cases.task_line(case, language),
            "choices": cases.choices(case, language),
            "signatures": cases.signature_lines(case, language),
            "history": cases.history(case, language),
        }
    # A person's name stands on the page, never in its title.
    general = line.title if screen.personal else screen.title
    crumb = say(visit, "record.one") if screen.personal else screen.title
    crumbs = [ui.Crumb(line.title, f"/{system}/"), ui.Crumb(crumb)]
    return render(
        visit,
        "desk/record.html",
        title=f"{say(visit, 'fault.prefix')} {general}" if refused else general,
        status=status,
        crumbs=ui.breadcrumbs(crumbs, language),
        **facts,
        **crumbs_context(visit, line),
    )


@for_desk
@require_safe
def record(visit: Visit, system: str, at: str) -> HttpResponse:
    """A record: its sections, its case, its papers, its versions."""
    return _page(visit, system, at)


Act = Callable[[str, Visitor], Plan[None]]


def _done(visit: Visit, system: str, at: str, act: Act, notice: str) -> HttpResponse:
    """Carry out an act on a record; back on its page, with what came of it."""

    def plan() -> Plan[None]:
        yield from _at(visit, system, at, act)
        yield from sessions.leave_notice(visit.session_here, notice)

    try:
        visit.services.database.transact(plan())
    except REFUSALS as refusal:
        status = status_of(refusal)
        return _page(visit, system, at, said(refusal, visit.language), status)
    return see_other(f"/{system}/records/{at}")


def _revision(visit: Visit) -> int:
    text = str(visit.POST.get("revision", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


@for_desk
@require_POST
def act(visit: Visit, system: str, at: str) -> HttpResponse:
    """Take a transition of the case, with its reason."""
    transition = str(visit.POST.get("transition", ""))[:200]
    reason = nfc(str(visit.POST.get(f"reason-{transition}", ""))).strip()[:2000]
    desks, revision = desks_of(visit), _revision(visit)

    def taken(record: str, visitor: Visitor) -> Plan[None]:
        return desks.act(system, record, visitor, transition, revision, reason)

    return _done(visit, system, at, taken, "case.done")


@for_desk
@require_POST
def claim(visit: Visit, system: str, at: str) -> HttpResponse:
    """Take the task of the case, or give it back."""
    give_back = visit.POST.get("act") == "give-back"
    desks = desks_of(visit)

    def taken(record: str, visitor: Visitor) -> Plan[None]:
        return desks.claim(system, record, visitor, give_back=give_back)

    return _done(visit, system, at, taken, "case.given_back" if give_back else "case.claimed")


@for_desk
@require_POST
def sign(visit: Visit, system: str, at: str) -> HttpResponse:
    """Give a signature that the case waits for."""
    need, secret = str(visit.POST.get("need", ""))[:200], str(visit.POST.get("secret", ""))[:200]
    desks, revision = desks_of(visit), _revision(visit)

    def given(record: str, visitor: Visitor) -> Plan[None]:
        return desks.sign(system, record, visitor, need, revision, secret)

    return _done(visit, system, at, given, "sign.done")


@for_desk
@require_POST
def correct(visit: Visit, system: str, at: str) -> HttpResponse:
    """Begin the correction of a record, or go on with it."""
    desks = desks_of(visit)
    plan = _at(visit, system, at, lambda *of: desks.correct(system, *of))
    try:
        draft = visit.services.database.transact(plan)
    except REFUSALS as refusal:
        return form_pages.refused_page(visit, system, refusal)
    return see_other(f"/{system}/drafts/{draft}")


@for_desk
@require_safe
def paper(visit: Visit, system: str, at: str, key: str) -> HttpResponse:
    """A paper of the record as PDF."""
    desks = desks_of(visit)
    plan = _at(visit, system, at, lambda record, visitor: desks.paper(system, record, key, visitor))
    try:
        content = visit.services.database.transact(plan)
    except REFUSALS as refusal:
        return form_pages.refused_page(visit, system, refusal)
    response = HttpResponse(content, content_type="application/pdf")
    # The name of a file that may lie about says what it is, not whose.
    response.headers["Content-Disposition"] = f'inline; filename="{key}.pdf"'
    return response
