"""Lists and queues of a desk. Their state stands in the address, but for lists about people and for
what was typed into the one search box: that is kept in the session, the address says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.lists import MEDIA_TYPES, Export, Screen, streamed_csv, streamed_xlsx
from lanh.core.text import nfc
from lanh.core.web import sessions
from lanh.core.web.desk import listing
from lanh.core.web.pages import render, say
from lanh.core.web.services import File
from lanh.core.web.views import sealing
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


@dataclass(frozen=True, slots=True)
class _Read:
    """A page of a list: `inner` is as it was found, `screen` as it may be told in addresses."""

    screen: Screen
    inner: Screen
    known: Mapping[str, str]
    sealed: bool


def _query(visit: Visit) -> str:
    return str(visit.META.get("QUERY_STRING", ""))[:8000]


def _read(visit: Visit, system: str, list_: str) -> Plan[_Read]:
    desks, visitor, place = desks_of(visit), (yield from visitor_of(visit)), f"{system}/{list_}"
    query = yield from sealing.unsealed(visit, place, _query(visit))
    inner = yield from desks.listing(system, list_, visitor, query)
    known = yield from addresses(visit, system, [row.record for row in inner.rows])
    sealed = inner.about_people or sealing.SEAL in visit.GET
    screen = inner
    if sealed:
        seals = yield from sealing.seals(visit, place, listing.queries(inner))
        screen = listing.sealed(inner, seals)
    return _Read(screen, inner, known, sealed)


def _page(visit: Visit, system: str, list_: str, refused: Sequence[str] = ()) -> HttpResponse:
    # The transaction ends, and with it the audit entry is kept, before anything is answered.
    read = run(visit, _read(visit, system, list_))
    screen, known = read.screen, read.known
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
        "kept": listing.kept(read.inner),
        "sealed": read.sealed,
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


def _bare(visit: Visit, system: str, list_: str) -> HttpResponse:
    """To the list from its beginning: what the address stood for is no more."""
    plan = sessions.leave_notice(visit.session_here, "list.state_gone", "info")
    visit.services.database.transact(plan)
    return see_other(f"/{system}/lists/{list_}")


def _under_seal(visit: Visit, system: str, list_: str, query: str) -> HttpResponse:
    """To the list in a state, which is kept."""
    address = listing.at(f"/{system}/lists/{list_}", query)
    return see_other(run(visit, sealing.sealed_address(visit, address)))


@for_desk
@require_http_methods(["GET", "HEAD", "POST"])
def listing_page(visit: Visit, system: str, list_: str) -> HttpResponse:
    """One page of a list; filters of a list about people are sent in the body."""
    given = visit.POST if visit.method == "POST" else visit.GET
    if visit.method == "POST":
        pairs = [(name, value) for name, values in given.lists() for value in values
                 if name != "csrfmiddlewaretoken" and value]  # fmt: skip
        return _under_seal(visit, system, list_, urlencode(pairs))
    if _tells(visit, system, list_, given.keys()):
        return _under_seal(visit, system, list_, _query(visit))
    try:
        return _page(visit, system, list_)
    except sealing.Unsealed:
        return _bare(visit, system, list_)


def _tells(visit: Visit, system: str, list_: str, names: Iterable[str]) -> bool:
    """Whether an address with these parameters tells the state of a list about people."""

    def about_people() -> Plan[bool]:
        visitor = yield from visitor_of(visit)
        return desks_of(visit).lists_people(system, list_, visitor)

    return not set(names) <= {*sealing.OPEN, sealing.SEAL} and run(visit, about_people())


def sent(file: File) -> HttpResponse:
    """A file to be kept by the browser."""
    response = HttpResponse(file.content, content_type=file.media_type)
    response.headers["Content-Disposition"] = _attached(file.name)
    return response


def _attached(name: str) -> str:
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-"
                    for sign in name)  # fmt: skip
    return f'attachment; filename="{plain}"'


@for_desk
@require_safe
def export(visit: Visit, system: str, list_: str) -> HttpResponse:
    """All rows of the list in its state, as CSV or XLSX."""
    kind = "xlsx" if visit.GET.get("file") == "xlsx" else "csv"
    given = visit.GET.copy()
    given.pop("file", None)

    def plan() -> Plan[Export]:
        visitor = yield from visitor_of(visit)
        query = yield from sealing.unsealed(visit, f"{system}/{list_}", given.urlencode())
        return (yield from desks_of(visit).export(system, list_, visitor, query))

    try:
        begun = visit.services.database.transact(plan())
    except sealing.Unsealed:
        return _bare(visit, system, list_)
    except REFUSALS as refusal:
        status_of(refusal)
        visit.META["QUERY_STRING"] = given.urlencode()
        return _page(visit, system, list_, [said(refusal, visit.language)])
    transact = visit.services.database.transact
    if kind == "xlsx":
        content = streamed_xlsx(begun, transact)
        return sent(File(f"{list_}.xlsx", MEDIA_TYPES["xlsx"], content))
    # Each page's rows are in the audit before they leave; few are held at once.
    answer = StreamingHttpResponse(streamed_csv(begun, transact), content_type=MEDIA_TYPES["csv"])
    answer.headers["Content-Disposition"] = _attached(f"{list_}.csv")
    return cast(HttpResponse, answer)  # the same to whoever sends it on


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
            inner = yield from sealing.unsealed(visit, f"{system}/{list_}", query)
            yield from desks_of(visit).keep_view(system, list_, visitor, title, inner)
            yield from sessions.leave_notice(visit.session_here, "list.view_kept")

    try:
        visit.services.database.transact(plan())
    except sealing.Unsealed:
        return _bare(visit, system, list_)
    except REFUSALS as refusal:
        status_of(refusal)
        return _page(visit, system, list_, [said(refusal, visit.language)])
    if not name and _tells(visit, system, list_, dict(parse_qsl(query))):
        return _under_seal(visit, system, list_, query)
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
