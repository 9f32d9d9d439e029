"""Messages on the bus: what our facility sent, what became of it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from lanh.core import ui
from lanh.core.bus import OPEN
from lanh.core.database import Plan
from lanh.core.ui import formats
from lanh.core.web.pages import render, say
from lanh.core.web.services import SEE_RECEIPTS, FaultyField, ReceiptLine, Receipts
from lanh.core.web.visit import Visit, signed_in
from lanh.core.web.words import WORDS

_PER_PAGE = 25
MOST_FIELDS = 60  # of one form
LONGEST = 2000  # signs of one value

_TONES: dict[str, ui.Tone] = {
    "received": "info",
    "accepted": "ok",
    "accepted-in-part": "warn",
    "refused": "bad",
    "conflict": "bad",
    "failed": "bad",
    "held": "warn",
    "replayed": "off",
    "cut-off": "off",
}


def state_tag(visit: Visit, state: str) -> ui.Html:
    """A receipt's or a part's state in a word."""
    key = f"state.{state}"
    word = say(visit, key) if key in WORDS else state
    return ui.status_tag(word, _TONES.get(state, "off"))


def pills(visit: Visit, receipts: Receipts, state: str | None) -> ui.Html:
    """The receipts by state, with how many there are of each."""
    total = sum(receipts.counts.values())
    count = formats.number(total, visit.language)
    views = [ui.Pill(say(visit, "state.all"), "/messages", count, state is None)]
    for name, number in receipts.counts.items():
        key = f"state.{name}"
        word = say(visit, key) if key in WORDS else name
        count = formats.number(number, visit.language)
        views.append(ui.Pill(word, f"/messages?state={name}", count, state == name))
    return ui.pills(views, say(visit, "messages.by_state"))


def receipt_table(visit: Visit, lines: Sequence[ReceiptLine], *, reasons: bool = True) -> ui.Html:
    """Receipts, with the first reason of each where these are not all the same."""
    if not lines:
        return ui.empty_state(say(visit, "messages.none"), say(visit, "messages.why_none"))
    columns = [
        ui.Column(say(visit, "messages.message"), main=True),
        ui.Column(say(visit, "messages.state")),
        ui.Column(say(visit, "messages.format")),
        ui.Column(say(visit, "messages.received")),
        ui.Column(say(visit, "messages.parts"), numeric=True),
        ui.Column(say(visit, "messages.faults"), numeric=True),
        ui.Column(say(visit, "messages.reason")),
    ]
    rows: list[list[ui.Child]] = [
        [
            ui.tag("a", line.id[-12:], href=f"/messages/{line.id}"),
            state_tag(visit, line.state),
            line.format,
            formats.moment(line.received_at),
            formats.number(line.parts, visit.language),
            formats.number(line.faults, visit.language),
            line.first_reason.say(visit.language) if line.first_reason else "",
        ]
        for line in lines
    ]
    shown = len(columns) if reasons else len(columns) - 1
    return ui.table(say(visit, "messages.title"), columns[:shown], [row[:shown] for row in rows])


def _list(visit: Visit, state: str | None, cursor: str | None) -> Plan[Receipts]:
    access = yield from visit.access()
    return (yield from visit.services.bus.receipts(access, state, _PER_PAGE, cursor))


@signed_in(SEE_RECEIPTS)
@require_safe
def receipts(visit: Visit) -> HttpResponse:
    """Own receipts, newest first."""
    state = str(visit.GET.get("state", "")) or None
    cursor = str(visit.GET.get("after", "")) or None
    found = visit.services.database.transact(_list(visit, state, cursor))
    kept = f"state={state}&" if state in found.counts else ""
    pages = ui.Pages(
        previous=f"/messages?{kept}".rstrip("?&") if cursor else None,
        next=f"/messages?{kept}after={found.next_cursor}" if found.next_cursor else None,
    )
    return render(
        visit,
        "messages.html",
        title=say(visit, "messages.title"),
        section="messages",
        facility=visit.who.facility_name or "",
        pills=pills(visit, found, state),
        table=receipt_table(visit, found.lines),
        pages=ui.pagination(pages, visit.language),
    )


def mend_fields(visit: Visit, fields: Sequence[FaultyField]) -> ui.Html:
    """A field of a form for each faulty field of a message."""
    rows = []
    for number, one in enumerate(fields[:MOST_FIELDS]):
        part = "" if one.part < 0 else f"{one.part}. "
        field = ui.Field(
            f"new-{number}",
            f"{part}{one.place}",
            one.value,
            hint=one.text.say(visit.language),
            required=False,
            marked=False,
            maxlength=LONGEST,
        )
        rows.append(
            ui.join(
                ui.tag("input", type="hidden", name=f"part-{number}", value=str(one.part)),
                ui.tag("input", type="hidden", name=f"place-{number}", value=one.place),
                ui.text_field(field, visit.language),
            )
        )
    return ui.join(*rows)


_Found: TypeAlias = tuple[Mapping[str, Any] | None, Sequence[FaultyField]]


def _one(visit: Visit, id: str) -> Plan[_Found]:
    access = yield from visit.access()
    found = yield from visit.services.bus.receipt(id, access)
    if found is None or found["state"] not in OPEN:
        return found, []
    return found, (yield from visit.services.bus.fields(id, access))


def _attempts(visit: Visit, receipt: Mapping[str, Any]) -> ui.Html | str:
    """What came of the message before: when, and its outcome then."""
    past = receipt.get("attempts", [])
    if not past:
        return ""
    columns = [
        ui.Column(say(visit, "messages.when"), main=True),
        ui.Column(say(visit, "messages.outcome")),
    ]
    rows: list[list[ui.Child]] = [
        [formats.fhir_moment(str(each["endedAt"])), state_tag(visit, str(each["outcome"]))]
        for each in past
    ]
    return ui.table(say(visit, "messages.attempts"), columns, rows, dense=True)


def _chain(visit: Visit, receipt: Mapping[str, Any]) -> list[tuple[str, ui.Child]]:
    """The message that this one mends, and the one that took its place."""
    return [
        (say(visit, f"messages.{word}"), ui.tag("a", str(other)[-12:], href=f"/messages/{other}"))
        for word, other in (
            ("mends", receipt.get("mends")),
            ("replayed_by", receipt.get("replayedBy")),
        )
        if other
    ]


def _issue_rows(visit: Visit, receipt: Mapping[str, Any]) -> list[list[ui.Child]]:
    rows: list[list[ui.Child]] = []
    whole = say(visit, "messages.whole")
    places = [(whole, receipt.get("issues", []))]
    places += [(_part_name(visit, part), part.get("issues", [])) for part in receipt["parts"]]
    for place, issues in places:
        for issue in issues:
            severity = str(issue.get("severity", "error"))
            tone: ui.Tone = "bad" if severity in {"fatal", "error"} else "warn"
            key = f"severity.{severity}"
            word = say(visit, key) if key in WORDS else severity
            rows.append(
                [
                    place,
                    ui.status_tag(word, tone),
                    ui.tag("code", str(issue.get("expression") or "–")),
                    str(issue.get(visit.language) or issue.get("vi") or ""),
                    str(issue.get("code", "")),
                ]
            )
    return rows


def _part_name(visit: Visit, part: Mapping[str, Any]) -> str:
    index = part.get("index", 0)
    return f"{index}. {part.get('type') or say(visit, 'messages.part')}"


def _part_rows(visit: Visit, receipt: Mapping[str, Any]) -> list[list[ui.Child]]:
    return [
        [
            _part_name(visit, part),
            str(part.get("source id") or part.get("sourceId") or "–"),
            state_tag(visit, str(part.get("outcome", ""))),
            ui.tag("code", str(part.get("location") or "–")),
        ]
        for part in receipt["parts"][:500]
    ]


def _unresolved(item: object) -> str:
    return str(item.get("target", "")) if isinstance(item, Mapping) else str(item)


@signed_in(SEE_RECEIPTS)
@require_safe
def receipt(visit: Visit, id: str) -> HttpResponse:
    """One receipt: each fault with its place and remedy, then each part."""
    found, fields = visit.services.database.transact(_one(visit, id))
    if found is None:
        raise Http404
    issues = _issue_rows(visit, found)
    issue_columns = [
        ui.Column(say(visit, "messages.part"), main=True),
        ui.Column(say(visit, "messages.severity")),
        ui.Column(say(visit, "messages.field")),
        ui.Column(say(visit, "messages.reason")),
        ui.Column(say(visit, "messages.code")),
    ]
    part_columns = [
        ui.Column(say(visit, "messages.part"), main=True),
        ui.Column(say(visit, "messages.source_id")),
        ui.Column(say(visit, "messages.outcome")),
        ui.Column(say(visit, "messages.location")),
    ]
    title = say(visit, "messages.receipt")
    crumbs = [ui.Crumb(say(visit, "messages.title"), "/messages"), ui.Crumb(title)]
    known = [
        (say(visit, "messages.id"), ui.tag("code", str(found["id"]))),
        (say(visit, "messages.state"), state_tag(visit, str(found["state"]))),
        (say(visit, "messages.sender"), str(found.get("sender", ""))),
        (say(visit, "messages.format"), str(found.get("format", ""))),
        (say(visit, "messages.received"), formats.fhir_moment(str(found["receivedAt"]))),
        *_chain(visit, found),
    ]
    return render(
        visit,
        "message.html",
        title=title,
        section="messages",
        crumbs=ui.breadcrumbs(crumbs, visit.language),
        facts=ui.facts(known),
        issue_count=len(issues),
        issues=ui.table(say(visit, "messages.faults"), issue_columns, issues) if issues else "",
        part_count=formats.number(len(found["parts"]), visit.language),
        parts=ui.table(
            say(visit, "messages.parts"), part_columns, _part_rows(visit, found), dense=True
        ),
        unresolved=[_unresolved(item) for item in found.get("unresolved", [])],
        attempts=_attempts(visit, found),
        may_mend=found["state"] in OPEN,
        fields=mend_fields(visit, fields),
        here=f"/messages/{found['id']}",
    )
