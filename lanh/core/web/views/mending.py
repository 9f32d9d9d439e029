"""What a sender has to mend: refused messages by reason, mended in a form and replayed."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.lists import MEDIA_TYPES
from lanh.core.text import nfc
from lanh.core.ui import formats
from lanh.core.web import sessions
from lanh.core.web.pages import render, say
from lanh.core.web.services import (
    SEE_RECEIPTS,
    File,
    Reason,
    ReasonPage,
    ReplayLine,
)
from lanh.core.web.views import messages
from lanh.core.web.views.desks.lists import sent
from lanh.core.web.views.messages import LONGEST, MOST_FIELDS
from lanh.core.web.visit import Visit, signed_in

LIST = "/messages/rejects"


def of_cause(name: str) -> str:
    """The address of a cause's page; its name is a rule and a place, never content."""
    return f"{LIST}/of?{urlencode({'cause': name})}"


def _reasons_table(visit: Visit, reasons: Sequence[Reason]) -> ui.Html:
    if not reasons:
        return ui.empty_state(say(visit, "mend.none"), say(visit, "mend.why_none"))
    columns = [
        ui.Column(say(visit, "messages.reason"), main=True),
        ui.Column(say(visit, "messages.field")),
        ui.Column(say(visit, "messages.format")),
        ui.Column(say(visit, "mend.count"), numeric=True),
        ui.Column(say(visit, "mend.last")),
    ]
    rows: list[list[ui.Child]] = [
        [
            ui.tag("a", reason.text.say(visit.language), href=of_cause(reason.name)),
            ui.tag("code", reason.place or "–"),
            ", ".join(reason.formats),
            formats.number(reason.messages, visit.language),
            formats.moment(reason.last),
        ]
        for reason in reasons
    ]
    return ui.table(say(visit, "mend.title"), columns, rows)


@signed_in(SEE_RECEIPTS)
@require_safe
def reasons(visit: Visit) -> HttpResponse:
    """Own refused messages by reason, with how many each keeps."""

    def plan() -> Plan[Sequence[Reason]]:
        access = yield from visit.access()
        return (yield from visit.services.bus.reasons(access))

    found = visit.services.database.transact(plan())
    return render(
        visit,
        "rejects.html",
        title=say(visit, "mend.title"),
        section="messages",
        facility=visit.who.facility_name or "",
        crumbs=ui.breadcrumbs(_crumbs(visit), visit.language),
        table=_reasons_table(visit, found),
        any=bool(found),
    )


def _crumbs(visit: Visit, *more: ui.Crumb) -> list[ui.Crumb]:
    title = say(visit, "mend.title")
    first = ui.Crumb(say(visit, "messages.title"), "/messages")
    return [first, ui.Crumb(title, LIST), *more] if more else [first, ui.Crumb(title)]


@signed_in(SEE_RECEIPTS)
@require_http_methods(["GET", "HEAD", "POST"])
def reason(visit: Visit) -> HttpResponse:
    """One reason: what stands at its place, to be written anew in every message, and replayed."""
    name = str(visit.GET.get("cause", ""))[:200]
    if visit.method == "POST":
        return _order(visit, name)

    def plan() -> Plan[ReasonPage | None]:
        access = yield from visit.access()
        return (yield from visit.services.bus.reason(name, access))

    found = visit.services.database.transact(plan())
    if found is None:
        return HttpResponseRedirect(LIST)
    count = formats.number(found.reason.messages, visit.language)
    return render(
        visit,
        "reject.html",
        title=say(visit, "mend.one"),
        section="messages",
        crumbs=ui.breadcrumbs(_crumbs(visit, ui.Crumb(say(visit, "mend.one"))), visit.language),
        text=found.reason.text.say(visit.language),
        place=found.reason.place,
        count=say(visit, "mend.keeps", count=count),
        ours=found.reason.held > 0,
        fields=_value_fields(visit, found),
        partly=say(visit, "mend.partly", count=formats.number(found.looked_at, visit.language))
        if found.looked_at < found.reason.messages
        else "",
        here=of_cause(name),
        sheet=f"{LIST}/sheet?{urlencode({'cause': name})}",
        table=messages.receipt_table(visit, found.lines, reasons=False),
        replay=say(visit, "mend.replay_all", count=count),
    )


def _value_fields(visit: Visit, page: ReasonPage) -> ui.Html:
    """A field for each value that stands at the place; left as it is, it is replayed as it is."""
    rows = []
    for number, (value, count) in enumerate(page.values[:MOST_FIELDS]):
        told = formats.number(count, visit.language)
        field = ui.Field(
            f"new-{number}",
            say(visit, "mend.instead", value=value or say(visit, "mend.empty")),
            value,
            hint=say(visit, "mend.in_messages", count=told),
            required=False,
            marked=False,
            maxlength=LONGEST,
        )
        old = ui.tag("input", type="hidden", name=f"old-{number}", value=value)
        rows.append(ui.join(old, ui.text_field(field, visit.language)))
    return ui.join(*rows)


def _given(visit: Visit, name: str) -> str:
    return nfc(str(visit.POST.get(name, "")))[:LONGEST]


def _order(visit: Visit, name: str) -> HttpResponse:
    values = {}
    for number in range(MOST_FIELDS):
        if f"old-{number}" in visit.POST:
            old, new = str(visit.POST[f"old-{number}"])[:LONGEST], _given(visit, f"new-{number}")
            if new != old:
                values[old] = new

    def plan() -> Plan[str | None]:
        access = yield from visit.access()
        return (yield from visit.services.bus.order_replay(name, values, access))

    ordered = visit.services.database.transact(plan())
    return HttpResponseRedirect(LIST if ordered is None else f"/messages/replays/{ordered}")


@signed_in(SEE_RECEIPTS)
@require_safe
def replay(visit: Visit, id: str) -> HttpResponse:
    """How far a replay by cause is."""

    def plan() -> Plan[ReplayLine | None]:
        access = yield from visit.access()
        return (yield from visit.services.bus.replay(id, access))

    found = visit.services.database.transact(plan())
    if found is None:
        raise Http404
    told = {
        name: formats.number(getattr(found, name), visit.language)
        for name in ("total", "done", "taken", "left")
    }
    title = say(visit, "mend.replay")
    bar = ui.tag("progress", value=str(found.done), max=str(max(found.total, 1)), aria_label=title)
    return render(
        visit,
        "replay.html",
        title=title,
        section="messages",
        crumbs=ui.breadcrumbs(_crumbs(visit, ui.Crumb(title)), visit.language),
        bar=bar,
        told=say(visit, "mend.progress", **told),
        over=found.over,
        here=f"/messages/replays/{found.id}",
        cause=of_cause(found.cause),
        left=found.left > 0,
    )


@signed_in(SEE_RECEIPTS)
@require_safe
def sheet(visit: Visit) -> HttpResponse:
    """The errors as a workbook: of one cause, or of all."""
    name = str(visit.GET.get("cause", ""))[:200] or None

    def plan() -> Plan[bytes]:
        access = yield from visit.access()
        return (yield from visit.services.bus.sheet(name, visit.language, access))

    content = visit.services.database.transact(plan())
    return sent(File("lanh-rejects.xlsx", MEDIA_TYPES["xlsx"], content))


@signed_in(SEE_RECEIPTS)
@require_POST
def mend(visit: Visit, id: str) -> HttpResponse:
    """Write the fields of a message anew and send it again: its new receipt."""
    values = []
    for number in range(MOST_FIELDS):
        part = str(visit.POST.get(f"part-{number}", ""))
        if part.lstrip("-").isdigit() and len(part) < 8:
            place = str(visit.POST.get(f"place-{number}", ""))[:LONGEST]
            values.append((int(part), place, _given(visit, f"new-{number}")))
    access = visit.services.database.transact(visit.access())
    receipt = visit.services.bus.mend(id, values, access)
    key = "mend.done" if receipt is not None else "mend.too_late"
    tone = "ok" if receipt is not None else "warn"
    visit.services.database.transact(sessions.leave_notice(visit.session_here, key, tone))
    return HttpResponseRedirect(f"/messages/{receipt or id}")
