"""Overviews and pages that systems draw themselves, and spreadsheets that are sent to a list."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.desks import DeskError, OwnScreen
from lanh.core.lists import Imported
from lanh.core.ui import formats
from lanh.core.web.desk import overviews
from lanh.core.web.pages import render, say
from lanh.core.web.services import File
from lanh.core.web.views.desks import form_pages
from lanh.core.web.views.desks.around import (
    REFUSALS,
    addresses,
    crumbs_context,
    desks_of,
    for_desk,
    line_of,
    run,
    said,
    status_of,
    visitor_of,
)
from lanh.core.web.views.desks.lists import sent
from lanh.core.web.visit import Visit

LARGEST_SHEET = 10_000_000
_SHOWN_FAULTS = 500
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _screen(visit: Visit, system: str, page: str) -> Plan[OwnScreen]:
    """The page, drawn; records of an overview by their addresses in this session."""
    desks = desks_of(visit)
    parameters = {name: str(visit.GET[name])[:500] for name in visit.GET}
    if visit.account is None:
        visitor = desks.stranger(visit.language, visit.at)
    else:
        visitor = yield from visitor_of(visit)
    shown = yield from desks.page(system, page, visitor, parameters)
    if isinstance(shown, OwnScreen):
        return shown
    records = overviews.records_of(shown)
    known = yield from addresses(visit, system, records) if records else _none()
    return OwnScreen(
        shown.title, overviews.draw(shown, overviews.Sheet(system, page, visit.language, known))
    )


def _none() -> Plan[dict[str, str]]:
    yield from ()
    return {}


@require_safe
def page(visit: Visit, system: str, page: str) -> HttpResponse:
    """An overview or a page of a system's own; a public one is for everybody."""
    try:
        screen = visit.services.database.transact(_screen(visit, system, page))
    except DeskError as refusal:
        if visit.account is None:
            return HttpResponseRedirect("/sign-in?" + urlencode({"next": visit.path}))
        return form_pages.refused_page(visit, system, refusal)
    facts: dict[str, Any] = {"crumbs": ""}
    if visit.account is not None:
        mine = desks_of(visit).menu(visit.who.role, visit.language)
        line = next((each for each in mine if each.key == system), None)
        if line is not None:
            crumbs = [ui.Crumb(line.title, f"/{system}/"), ui.Crumb(screen.title)]
            facts["crumbs"] = ui.breadcrumbs(crumbs, visit.language)
            facts["section"] = f"desk.{system}"
    return render(visit, "desk/own.html", title=screen.title, body=screen.body, **facts)


@for_desk
@require_safe
def empty_sheet(visit: Visit, system: str, list_: str) -> HttpResponse:
    """The spreadsheet with its heads, to be filled in."""

    def plan() -> Plan[File]:
        visitor = yield from visitor_of(visit)
        return (yield from desks_of(visit).sheet(system, list_, visitor))

    return sent(run(visit, plan()))


def _faults(visit: Visit, taken: Imported) -> ui.Html:
    columns = [
        ui.Column(say(visit, "import.row"), main=True),
        ui.Column(say(visit, "import.column")),
        ui.Column(say(visit, "import.reason")),
    ]
    rows = [
        [formats.number(each.row, visit.language), each.column, each.message.say(visit.language)]
        for each in taken.faults[:_SHOWN_FAULTS]
    ]
    return ui.table(say(visit, "import.faults"), columns, rows)


@for_desk
@require_POST
def rest(visit: Visit, system: str, list_: str) -> HttpResponse:
    """The rows that were not taken, as the report's page holds them: nothing is kept of them."""
    try:
        content = b64decode(str(visit.POST.get("rest", "")), validate=True)
    except NotBase64:
        raise Http404 from None
    return sent(File(f"{list_}-mend.xlsx", _XLSX, content))


def _taken(visit: Visit, system: str, list_: str, content: bytes) -> Imported:
    """Take the good rows, a batch in a transaction."""
    visitor = run(visit, visitor_of(visit))
    begun = desks_of(visit).read_sheet(system, list_, visitor, content)
    return begun.run(visit.services.database.transact)


@for_desk
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(visit: Visit, system: str, list_: str) -> HttpResponse:
    """Send a spreadsheet; the rows with faults come back, to be mended and sent again."""
    fault, taken = "", None
    if visit.method == "POST":
        given = visit.FILES.get("sheet")
        if given is None:
            fault = say(visit, "import.none")
        elif (given.size or 0) > LARGEST_SHEET:
            fault = say(visit, "import.large")
        else:
            try:
                taken = _taken(visit, system, list_, given.read())
            except REFUSALS as refusal:
                status_of(refusal)
                fault = said(refusal, visit.language)
    return _sheet_page(visit, system, list_, fault, taken)


def _sheet_page(
    visit: Visit, system: str, list_: str, fault: str, taken: Imported | None
) -> HttpResponse:
    line = line_of(visit, system)
    title = say(visit, "import.title")
    path = f"/{system}/lists/{list_}"
    crumbs = [
        ui.Crumb(line.title, f"/{system}/"),
        ui.Crumb(say(visit, "import.list"), path),
        ui.Crumb(title),
    ]
    facts: dict[str, Any] = {}
    if taken is not None:
        count = formats.number
        facts = {
            "taken": count(taken.taken, visit.language),
            "again": count(taken.again, visit.language) if taken.again else "",
            "passed": ", ".join(taken.passed),
            "refused_rows": count(len(taken.rest), visit.language) if taken.rest else "",
            "faults": _faults(visit, taken) if taken.faults else "",
            "more_faults": max(0, len(taken.faults) - _SHOWN_FAULTS),
            "rest": b64encode(taken.rest_file(visit.language)).decode() if taken.rest else "",
        }
    return render(
        visit,
        "desk/import.html",
        title=f"{say(visit, 'fault.prefix')} {title}" if fault else title,
        status=422 if fault else 200,
        heading=title,
        here=f"/{system}/import/{list_}",
        list_href=path,
        summary=ui.error_summary([("sheet", fault)] if fault else [], visit.language),
        fault=fault,
        crumbs=ui.breadcrumbs(crumbs, visit.language),
        **facts,
        **crumbs_context(visit, line),
    )
