"""Lists and queues of a desk: their state stands in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.lists import Screen
from lanh.core.text import nfc
from lanh.core.web import sessions
from lanh.core.web.desk import listing
from lanh.core.web.pages import render, say
from lanh.core.web.services import File
from lanh.core.web.views.desks.around import (
    REFUSALS,
    addresses,
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

_MOST_PICKED = 200


def _query(visit: Visit) -> str:
    return str(visit.META.get("QUERY_STRING", ""))[:8000]


def _read(visit: Visit, system: str, list_: str) -> Plan[tuple[Screen, Mapping[str, str]]]:
    desks, visitor = desks_of(visit), (yield from visitor_of(visit))
    screen = yield from desks.listing(system, list_, visitor, _query(visit))
    known = yield from addresses(visit, system, [row.record for row in screen.rows])
    return screen, known


def _page(visit: Visit, system: str, list_: str, refused: Sequence[str] = ()) -> HttpResponse:
    # The transaction ends, and with it the audit entry is kept, before anything is answered.
    screen, known = run(visit, _read(visit, system, list_))
    language = visit.language
    path = f"/{system}/lists/{list_}"
    line = line_of(visit, system)
    pages = ui.Pages(
        listing.at(path, screen.previous_query) if screen.previous_query is not None else None,
        listing.at(path, screen.next_query) if screen.next_query is not None else None,
        say(visit, "list.total", count=screen.total) if screen.total else "",
    )
    crumbs = [ui.Crumb(line.title, f"/{system}/"), ui.Crumb(screen.title)]
    facts: dict[str, Any] = {
        "screen": screen,
        "path_here": path,
        "crumbs": ui.breadcrumbs(crumbs, language),
        "views": listing.views(screen, path, language),
        "own_views": [view for view in screen.views if view.own],
        "chips": listing.chips(screen, path, language),
        "fields": listing.fields(screen, language),
        "kept": listing.kept(screen),
        "columns": listing.columns(screen),
        "table": listing.table(screen, path, known, visit.at, language) if screen.rows else "",
        "nothing": listing.nothing(screen, path, language),
        "pages": ui.pagination(pages, language),
        "csv": listing.exported(screen, path, "csv"),
        "xlsx": listing.exported(screen, path, "xlsx"),
        "reason_asked": any(asked for _, _, asked in screen.bulk),
        "begins": screen.begins,
        "importable": f"/{system}/import/{list_}" if screen.importable else "",
        "refused": [ui.notice(words, "bad") for words in refused],
        "notes": [ui.notice(words, "warn") for words in screen.notes],
    }
    status = 422 if refused else 200
    title = screen.title
    return render(
        visit, "desk/list.html", title=title, status=status, **facts, **crumbs_context(visit, line)
    )


@for_desk
@require_safe
def listing_page(visit: Visit, system: str, list_: str) -> HttpResponse:
    """One page of a list."""
    return _page(visit, system, list_)


def sent(file: File) -> HttpResponse:
    """A file to be kept by the browser."""
    response = HttpResponse(file.content, content_type=file.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{_plain_name(file.name)}"'
    return response


def _plain_name(name: str) -> str:
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-"
                   for sign in name)  # fmt: skip


@for_desk
@require_safe
def export(visit: Visit, system: str, list_: str) -> HttpResponse:
    """All rows of the list in its state, as CSV or XLSX."""
    kind = "xlsx" if visit.GET.get("kind") == "xlsx" else "csv"
    given = visit.GET.copy()
    given.pop("kind", None)

    def plan() -> Plan[File]:
        visitor = yield from visitor_of(visit)
        return (yield from desks_of(visit).export(system, list_, visitor, given.urlencode(), kind))

    return sent(run(visit, plan()))


@for_desk
@require_POST
def views(visit: Visit, system: str, list_: str) -> HttpResponse:
    """Keep the state of a list as a view of one's own, or remove one."""
    title = nfc(" ".join(str(visit.POST.get("title", "")).split()))[:60]
    query, name = str(visit.POST.get("query", ""))[:8000], str(visit.POST.get("drop", ""))[:200]

    def plan() -> Plan[None]:
        visitor = yield from visitor_of(visit)
        if name:
            yield from desks_of(visit).drop_view(system, list_, visitor, name)
            yield from sessions.leave_notice(visit.session_here, "list.view_dropped")
        elif title:
            yield from desks_of(visit).keep_view(system, list_, visitor, title, query)
            yield from sessions.leave_notice(visit.session_here, "list.view_kept")

    try:
        visit.services.database.transact(plan())
    except REFUSALS as refusal:
        status_of(refusal)
        return _page(visit, system, list_, [said(refusal, visit.language)])
    return see_other(listing.at(f"/{system}/lists/{list_}", query if not name else ""))


@for_desk
@require_POST
def bulk(visit: Visit, system: str, list_: str) -> HttpResponse:
    """One act on all the rows that were picked, or on none of them."""
    act = str(visit.POST.get("act", ""))
    reason = nfc(str(visit.POST.get("reason", "")))[:2000].strip()
    picked = [str(each) for each in visit.POST.getlist("row")][:_MOST_PICKED]
    if not picked:
        return _page(visit, system, list_, [say(visit, "list.pick_some")])

    def plan() -> Plan[None]:
        visitor = yield from visitor_of(visit)
        records = []
        for each in picked:
            records.append((yield from record_of(visit, system, each)))
        yield from desks_of(visit).bulk(system, list_, visitor, act, records, reason)
        yield from sessions.leave_notice(visit.session_here, "list.bulk_done")

    try:
        visit.services.database.transact(plan())
    except REFUSALS as refusal:
        status_of(refusal)
        return _page(visit, system, list_, [said(refusal, visit.language)])
    return see_other(listing.at(f"/{system}/lists/{list_}", _query(visit)))
