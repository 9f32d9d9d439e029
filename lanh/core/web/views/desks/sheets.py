"""Spreadsheets that are sent to a list: sent, followed while they are taken, mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.lists import MEDIA_TYPES, MOST_BYTES, Imported, Upload
from lanh.core.ui import formats
from lanh.core.web.pages import render, say
from lanh.core.web.services import File
from lanh.core.web.views.desks.around import (
    REFUSALS,
    crumbs_context,
    desks_of,
    for_desk,
    line_of,
    run,
    said,
    see_other,
    status_of,
    visitor_of,
)
from lanh.core.web.views.desks.lists import sent
from lanh.core.web.visit import Visit

_SHOWN = 500
"""Faulty rows on a page; the file to be mended has them all."""

_TONES: Mapping[str, ui.Tone] = {"running": "off", "done": "ok", "stopped": "bad"}


@for_desk
@require_safe
def empty_sheet(visit: Visit, system: str, list_: str) -> HttpResponse:
    """The spreadsheet with its heads, to be filled in."""

    def plan() -> Plan[File]:
        visitor = yield from visitor_of(visit)
        return (yield from desks_of(visit).sheet(system, list_, visitor))

    return sent(run(visit, plan()))


def _kept(visit: Visit, system: str, list_: str, content: bytes) -> str:
    """Keep the sheet, its columns found: read first, since that may take a second."""
    visitor = run(visit, visitor_of(visit))
    begun = desks_of(visit).read_sheet(system, list_, visitor, content)
    plan = desks_of(visit).keep_sheet(system, list_, visitor, begun, content)
    return visit.services.database.transact(plan)


@for_desk
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(visit: Visit, system: str, list_: str) -> HttpResponse:
    """Send a spreadsheet; how far it is stands on a page of its own."""
    if visit.method != "POST":
        return _send_page(visit, system, list_)
    given = visit.FILES.get("sheet")
    if given is None:
        return _send_page(visit, system, list_, say(visit, "import.none"))
    if (given.size or 0) > MOST_BYTES:
        return _send_page(visit, system, list_, say(visit, "import.large"))
    try:
        identity = _kept(visit, system, list_, given.read())
    except REFUSALS as refusal:
        status_of(refusal)
        return _send_page(visit, system, list_, said(refusal, visit.language))
    return see_other(f"/{system}/import/{list_}/{identity}")


def _facts(visit: Visit, system: str, list_: str, *, inner: bool) -> dict[str, Any]:
    """What both pages are given."""
    line = line_of(visit, system)
    here, path = f"/{system}/import/{list_}", f"/{system}/lists/{list_}"
    title = say(visit, "import.title")
    crumbs = [
        ui.Crumb(line.title, f"/{system}/"),
        ui.Crumb(say(visit, "import.list"), path),
        ui.Crumb(title, here if inner else None),
    ]
    if inner:
        crumbs.append(ui.Crumb(say(visit, "import.report")))
    return {
        "here": here,
        "list_href": path,
        "crumbs": ui.breadcrumbs(crumbs, visit.language),
        **crumbs_context(visit, line),
    }


def _send_page(visit: Visit, system: str, list_: str, fault: str = "") -> HttpResponse:
    def plan() -> Plan[Sequence[Upload]]:
        visitor = yield from visitor_of(visit)
        return (yield from desks_of(visit).sheets(system, list_, visitor))

    title = say(visit, "import.title")
    facts = _facts(visit, system, list_, inner=False)
    return render(
        visit,
        "desk/import.html",
        title=f"{say(visit, 'fault.prefix')} {title}" if fault else title,
        status=422 if fault else 200,
        heading=title,
        summary=ui.error_summary([("sheet", fault)] if fault else [], visit.language),
        fault=fault,
        sheets=_sheets(visit, facts["here"], run(visit, plan())),
        **facts,
    )


def _sheets(visit: Visit, here: str, uploads: Sequence[Upload]) -> ui.Html | str:
    """The sheets of late, each leading to its report."""
    if not uploads:
        return ""
    heads = ("import.sent_at", "import.rows", "import.taken", "import.refused", "import.state")
    columns = [ui.Column(say(visit, head), at in (1, 2, 3), at == 0)
               for at, head in enumerate(heads)]  # fmt: skip
    count = formats.number
    rows: list[list[ui.Child]] = [
        [
            ui.tag("a", formats.moment(each.made_at), href=f"{here}/{each.id}"),
            count(each.lines, visit.language),
            count(each.taken + each.again, visit.language),
            count(each.refused, visit.language),
            ui.status_tag(say(visit, f"import.is_{each.state}"), _TONES[each.state]),
        ]
        for each in uploads
    ]
    return ui.table(say(visit, "import.sheets"), columns, rows)


def _read(
    visit: Visit, system: str, list_: str, identity: str, most: int | None
) -> tuple[Upload, Imported]:
    def plan() -> Plan[tuple[Upload, Imported]]:
        visitor = yield from visitor_of(visit)
        return (yield from desks_of(visit).sheet_report(system, list_, visitor, identity, most))

    return run(visit, plan())


@for_desk
@require_safe
def report(visit: Visit, system: str, list_: str, upload: str) -> HttpResponse:
    """How far a sheet is; what was not taken, row by row, with its reason and remedy."""
    found, told = _read(visit, system, list_, upload, _SHOWN)
    count, language = formats.number, visit.language
    facts = _facts(visit, system, list_, inner=True)
    return render(
        visit,
        "desk/upload.html",
        title=say(visit, "import.report"),
        self_href=f"{facts['here']}/{found.id}",
        upload=found,
        running=found.state == "running",
        stopped=found.reason.say(language) if found.reason is not None else "",
        progress=say(
            visit, "import.progress",
            done=count(found.judged, language), all=count(found.lines, language),
        ),
        taken=count(found.taken, language),
        again=count(found.again, language) if found.again else "",
        passed=", ".join(found.passed),
        refused_rows=count(found.refused, language) if found.refused else "",
        faults=_faults(visit, told) if told.faults else "",
        more=count(found.refused - _SHOWN, language) if found.refused > _SHOWN else "",
        until=formats.moment(found.expires_at),
        **facts,
    )  # fmt: skip


def _faults(visit: Visit, told: Imported) -> ui.Html:
    columns = [
        ui.Column(say(visit, "import.row"), main=True),
        ui.Column(say(visit, "import.column")),
        ui.Column(say(visit, "import.reason")),
    ]
    rows = [
        [formats.number(each.row, visit.language), each.column, each.message.say(visit.language)]
        for each in told.faults
    ]
    return ui.table(say(visit, "import.faults"), columns, rows)


@for_desk
@require_safe
def rest(visit: Visit, system: str, list_: str, upload: str) -> HttpResponse:
    """The rows that were not taken, each with its reasons, to be mended and sent again."""
    _, told = _read(visit, system, list_, upload, None)
    content = told.rest_file(visit.language)
    return sent(File(f"{list_}-mend.xlsx", MEDIA_TYPES["xlsx"], content))
