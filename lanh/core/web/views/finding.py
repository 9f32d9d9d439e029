"""The one search box: people, and whatever else the desks find. What is typed is never in an
address: it is kept in the session, as a search for people is."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.text import nfc
from lanh.core.web import sessions
from lanh.core.web.pages import may_search, render, say
from lanh.core.web.services import FIND_PEOPLE, FoundGroup, FoundPeople, Opening
from lanh.core.web.views import sealing
from lanh.core.web.views.desks.around import addresses, visitor_of
from lanh.core.web.views.people import LONGEST_TEXT, open_button
from lanh.core.web.visit import Visit, signed_in

_MOST = 5


def _field(visit: Visit, text: str = "", fault: str = "") -> ui.Html:
    field = ui.Field("text", say(visit, "find.field"), text, hint=say(visit, "find.hint"),
                     fault=fault, maxlength=LONGEST_TEXT)  # fmt: skip
    return ui.text_field(field, visit.language)


def _page(visit: Visit, text: str, groups: Sequence[ui.Html], fault: str = "") -> HttpResponse:
    title = say(visit, "find.title")
    return render(
        visit,
        "everything.html",
        title=f"{say(visit, 'fault.prefix')} {title}" if fault else title,
        status=422 if fault else 200,
        summary=ui.error_summary([("text", fault)] if fault else [], visit.language),
        field=_field(visit, text, fault),
        groups=groups,
        asked=bool(text) and not fault,
    )


@signed_in()
def search(visit: Visit) -> HttpResponse:
    """Take a text; what it finds is shown under an opaque address."""
    if not may_search(visit):
        raise PermissionDenied
    if visit.method != "POST":
        return _page(visit, "", ())
    text = nfc(str(visit.POST.get("text", ""))).strip()[:LONGEST_TEXT]
    if len(text) < 2:
        return _page(visit, "", (), say(visit, "find.too_short"))
    keep = sessions.keep_handle(visit.session_here, "everything", {"text": text})
    handle = visit.services.database.transact(keep)
    return HttpResponseRedirect(f"/find/{handle}")


def _people(visit: Visit, text: str) -> Plan[tuple[FoundPeople, list[str], str] | None]:
    """People, with their handles, and the address of all of them; written down as a search."""
    if not visit.can(FIND_PEOPLE):
        return None
    session, access = visit.session_here, (yield from visit.access())
    found = yield from visit.services.people.find(text, access, _MOST, None)
    values = [{"person": each.person} for each in found.people]
    handles = yield from sessions.keep_handles(session, "person", values)
    detail = {"kind": found.read_as, "count": str(len(values))}
    yield from visit.services.audit.append([Opening("search", access, visit.who.id, detail=detail)])
    whole = ""
    if found.next_cursor is not None:
        value = {"text": text, "cursor": None, "page": 1}
        whole = yield from sessions.keep_handle(session, "search", value)
    return found, handles, f"/people/found/{whole}" if whole else ""


def _group(visit: Visit, title: str, rows: Sequence[ui.Html], more: str) -> ui.Html:
    return ui.tag(
        "section",
        ui.tag("h2", title),
        ui.tag("ul", [ui.tag("li", row) for row in rows], class_="hints"),
        ui.tag("p", ui.tag("a", say(visit, "find.all", kind=title), href=more))
        if more
        else ui.NOTHING,
        class_="card spaced",
    )


def _line(title: ui.Html, *details: str) -> ui.Html:
    said = " · ".join(each for each in details if each)
    return ui.join(title, " ", ui.tag("span", said, class_="muted") if said else ui.NOTHING)


def _drawn(visit: Visit, people: tuple[FoundPeople, list[str], str] | None) -> Sequence[ui.Html]:
    if people is None or not people[0].people:
        return []
    found, handles, more = people
    rows = [
        _line(open_button(visit, each, handle), each.birth_date[:4], each.residence,
              each.personal_number)
        for each, handle in zip(found.people, handles, strict=True)
    ]  # fmt: skip
    return [_group(visit, say(visit, "find.people"), rows, more)]


def _things(visit: Visit, group: FoundGroup) -> Plan[ui.Html]:
    rows = []
    for each in group.things:
        href = each.address
        if each.record:
            known = yield from addresses(visit, each.desk, [each.record])
            href = known[each.record]
        rows.append(_line(ui.tag("a", each.title, href=href), each.detail))
    # What was typed may be a name: it stands in no address.
    more = yield from sealing.sealed_address(visit, group.more)
    return _group(visit, group.title, rows, more)


def _found(visit: Visit, handle: str) -> Plan[tuple[str, list[ui.Html]]]:
    asked = yield from sessions.meaning(visit.session_here, "everything", handle)
    if asked is None:
        raise Http404
    text = str(asked["text"])
    drawn = list(_drawn(visit, (yield from _people(visit, text))))
    if visit.services.finder is not None:
        visitor = yield from visitor_of(visit)
        for group in (yield from visit.services.finder.find(text, visitor)):
            drawn.append((yield from _things(visit, group)))
    return text, drawn


@signed_in()
@require_safe
def found(visit: Visit, handle: str) -> HttpResponse:
    """What was found, by kinds: people, records of lists, cases, pages."""
    if not may_search(visit):
        raise PermissionDenied
    text, groups = visit.services.database.transact(_found(visit, handle))
    return _page(visit, text, groups)
