"""Filling in a form: begun, saved as one types, mended, sent once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lanh.core.database import Plan
from lanh.core.desks import FormScreen, NotFound, Upload
from lanh.core.ui import entry
from lanh.core.web import sessions
from lanh.core.web.desk import entries
from lanh.core.web.views.desks import form_pages
from lanh.core.web.views.desks.around import (
    REFUSALS,
    Refusal,
    address,
    desks_of,
    for_desk,
    record_of,
    run,
    said,
    see_other,
    status_of,
    visitor_of,
)
from lanh.core.web.views.desks.form_pages import Outcome
from lanh.core.web.visit import Visit

_SUGGESTED = 12


def _begin(visit: Visit, system: str, form: str, about: str) -> Plan[str]:
    visitor = yield from visitor_of(visit)
    record = (yield from record_of(visit, system, about)) if about else None
    return (yield from desks_of(visit).begin(system, form, visitor, record))


@for_desk
@require_http_methods(["GET", "HEAD", "POST"])
def begin(visit: Visit, system: str, form: str) -> HttpResponse:
    """Begin a form, or go on with the draft that is there."""
    about = str(visit.POST.get("about") or visit.GET.get("about") or "")
    try:
        draft = visit.services.database.transact(_begin(visit, system, form, about))
    except REFUSALS as refusal:
        return form_pages.refused_page(visit, system, refusal)
    return see_other(f"/{system}/drafts/{draft}")


def _form(visit: Visit, draft: str) -> Plan[FormScreen]:
    visitor = yield from visitor_of(visit)
    return (yield from desks_of(visit).form(draft, visitor))


@for_desk
@require_safe
def draft(visit: Visit, system: str, draft: str) -> HttpResponse:
    """A draft as it was saved last."""
    try:
        screen = visit.services.database.transact(_form(visit, draft))
    except NotFound:
        return form_pages.gone_page(visit, system)
    return form_pages.form_page(visit, system, Outcome(screen))


def _suggested(visit: Visit, draft: str, name: str, text: str) -> Plan[list[entry.Option]]:
    visitor = yield from visitor_of(visit)
    found = yield from desks_of(visit).suggest(draft, visitor, name, text)
    rows = found.rows[:_SUGGESTED]
    return [entry.Option(row.token, f"{row.code} {row.display}".strip()) for row in rows]


def _upload(visit: Visit, on: str) -> Upload | None:
    """The file that came with the page."""
    given = visit.FILES.get(f"file.{on}")
    if given is None:
        return None
    kind = given.content_type or "application/octet-stream"
    return Upload((given.name or "")[-200:], kind, given.read())


def _save(visit: Visit, draft: str, received: entries.Received) -> Plan[Outcome]:
    """Carry out an act on a draft and keep it."""
    desks, visitor = desks_of(visit), (yield from visitor_of(visit))
    found: dict[str, Sequence[entry.Option]] = {}
    if received.act == "find":
        text = received.typed.get(received.on) or str(visit.POST.get(f"find.{received.on}", ""))
        found[received.on] = yield from _suggested(visit, draft, received.on, text[:500])
    if received.act in ("favour", "unfavour"):
        token = next(iter(received.fields.get(received.on, ())), "")
        yield from desks.favour(draft, visitor, received.on, token, received.act == "favour")
    made = replace(received, fields=entries.changed(received)).entry()
    keep = desks.check if received.judged and received.act == "save" else desks.save
    screen = yield from keep(draft, visitor, made)
    upload = _upload(visit, received.on) if received.act == "attach" else None
    if upload is not None:
        name, revision = received.on, screen.revision
        screen = yield from desks.attach(draft, visitor, name, upload, revision)
    warned = received.warned or ""
    return Outcome(screen, found, received.typed, warned, received.judged)


class _Undone(Exception):
    """A screen that was made by a transaction of which nothing is kept."""

    def __init__(self, screen: FormScreen) -> None:
        self.screen = screen


def _unkept(visit: Visit, draft: str, received: entries.Received) -> Plan[None]:
    """What was sent as the page shows it, on the draft's present revision; always raises."""
    desks, visitor = desks_of(visit), (yield from visitor_of(visit))
    now = yield from desks.form(draft, visitor)
    shown = yield from desks.save(draft, visitor, replace(received.entry(), revision=now.revision))
    raise _Undone(replace(shown, revision=now.revision, saved_at=now.saved_at))


def _again(
    visit: Visit, system: str, draft: str, received: entries.Received, refusal: Refusal
) -> HttpResponse:
    """What was sent, on the page again with the reason why it was not taken: nothing is lost."""
    if isinstance(refusal, NotFound):
        return form_pages.gone_page(visit, system)
    status, words = status_of(refusal), said(refusal, visit.language)
    try:
        visit.services.database.transact(_unkept(visit, draft, received))
    except _Undone as undone:
        outcome = Outcome(
            undone.screen, typed=received.typed, warned=received.warned or "", refused=words,
            status=status,
        )  # fmt: skip
        return form_pages.form_page(visit, system, outcome)
    except REFUSALS:
        pass
    return form_pages.refused_page(visit, system, refusal)


@for_desk
@require_POST
def save(visit: Visit, system: str, draft: str) -> HttpResponse:
    """Keep what was typed so far; with an act, after a line is added, removed, looked for."""
    received = entries.read(visit.POST)
    try:
        outcome = visit.services.database.transact(_save(visit, draft, received))
    except REFUSALS as refusal:
        return _again(visit, system, draft, received, refusal)
    return form_pages.form_page(visit, system, outcome)


def _send(
    visit: Visit, system: str, draft: str, received: entries.Received
) -> Plan[str | FormScreen]:
    """The address of the record's page where the form was taken, else its screen again."""
    desks, visitor = desks_of(visit), (yield from visitor_of(visit))
    fields = entries.with_typed(received, dict(received.fields))
    made = replace(received, fields=fields).entry()
    if received.act == "check":
        return (yield from desks.check(draft, visitor, made))
    sent = yield from desks.send(draft, visitor, made)
    if isinstance(sent, FormScreen):
        return sent
    key = "entry.sent_before" if sent.again else "entry.sent"
    yield from sessions.leave_notice(visit.session_here, key)
    return (yield from address(visit, system, sent.record))


@for_desk
@require_POST
def send(visit: Visit, system: str, draft: str) -> HttpResponse:
    """Send a form: on to its record, or back with what is to be mended."""
    received = entries.read(visit.POST)
    try:
        result = visit.services.database.transact(_send(visit, system, draft, received))
    except REFUSALS as refusal:
        return _again(visit, system, draft, received, refusal)
    if isinstance(result, str):
        return see_other(result)
    if received.act == "check" and not result.page.faults and not result.warnings:
        return form_pages.answers_page(visit, system, result, received)
    outcome = Outcome(
        result, typed=received.typed, warned=received.warned or "", judged=True, status=422
    )
    return form_pages.form_page(visit, system, outcome)


@for_desk
@require_POST
def suggest(visit: Visit, system: str, draft: str) -> HttpResponse:
    """What may be chosen in a field for what was typed, as JSON for the script. What is typed may
    be a person's name, so that it stands in no address."""
    name, text = str(visit.POST.get("name", "")), str(visit.POST.get("text", ""))[:500]

    def plan() -> Plan[list[dict[str, str]]]:
        visitor = yield from visitor_of(visit)
        found = yield from desks_of(visit).suggest(draft, visitor, name, text)
        return [
            {"token": row.token, "code": row.code, "words": row.display, "why": row.why}
            for row in found.rows[:_SUGGESTED]
        ]

    return JsonResponse({"rows": run(visit, plan())})


@for_desk
@require_POST
def discard(visit: Visit, system: str, draft: str) -> HttpResponse:
    """Drop a draft."""

    def plan() -> Plan[None]:
        visitor = yield from visitor_of(visit)
        yield from desks_of(visit).discard(draft, visitor)
        yield from sessions.leave_notice(visit.session_here, "entry.discarded")

    run(visit, plan())
    return see_other(f"/{system}/")
