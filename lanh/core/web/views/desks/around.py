"""What every view of a desk needs: the visitor, the desk, addresses of records, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect

from lanh.core.database import Plan
from lanh.core.desks import DeskError, Forbidden, NotFound, Visitor
from lanh.core.lists import ListRefused
from lanh.core.text import Language
from lanh.core.web import sessions
from lanh.core.web.pages import render, say
from lanh.core.web.services import DeskLine, Desks
from lanh.core.web.views.shell import local_path
from lanh.core.web.visit import Visit, signed_in

P = ParamSpec("P")
T = TypeVar("T")

PART = "X-Lanh-Part"
"""The head of a request whose script wants a part of a page."""

REFUSALS = (DeskError, ListRefused)
Refusal: TypeAlias = "DeskError | ListRefused"


def desks_of(visit: Visit) -> Desks:
    """The installed desks. Raises Http404 where there are none."""
    if visit.services.desks is None:
        raise Http404
    return visit.services.desks


def line_of(visit: Visit, system: str) -> DeskLine:
    """A desk that the visitor's role meets. Raises Http404 for any other."""
    for line in desks_of(visit).menu(visit.who.role, visit.language):
        if line.key == system:
            return line
    raise Http404


def visitor_of(visit: Visit) -> Plan[Visitor]:
    """Who is at the desk, with what they may do now."""
    access = yield from visit.access()
    who = visit.who
    return Visitor(who.id, who.role, access, visit.language, visit.at, who.facility, who.place)


def addresses(visit: Visit, system: str, records: Iterable[str]) -> Plan[dict[str, str]]:
    """The addresses of records (`Type/id`): what is about people by handles of this session."""
    desks, wanted = desks_of(visit), list(dict.fromkeys(records))
    hidden = [record for record in wanted if desks.personal(system, record)]
    values = [{"record": record} for record in hidden]
    handles = yield from sessions.keep_handles(visit.session_here, "record", values)
    known = dict(zip(hidden, handles, strict=True))
    return {
        record: f"/{system}/records/" + (f"~{known[record]}" if record in known else record)
        for record in wanted
    }


def address(visit: Visit, system: str, record: str) -> Plan[str]:
    """The address of one record."""
    found = yield from addresses(visit, system, [record])
    return found[record]


def record_of(visit: Visit, system: str, address: str) -> Plan[str]:
    """The record (`Type/id`) of an address. Raises Http404 where this session did not give it."""
    if not address.startswith("~"):
        if desks_of(visit).personal(system, address):
            raise Http404
        return address
    value = yield from sessions.meaning(visit.session_here, "record", address[1:])
    if value is None:
        raise Http404
    return str(value["record"])


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal. Raises Http404 for what is not there or not to be seen, and
    PermissionDenied for what is not allowed."""
    if isinstance(refusal, NotFound):
        raise Http404
    if isinstance(refusal, Forbidden):
        raise PermissionDenied
    return refusal.status if isinstance(refusal, DeskError) else 422


def run(visit: Visit, plan: Plan[T]) -> T:
    """Run a plan of which no refusal is expected but that something is not there or not allowed."""
    try:
        return visit.services.database.transact(plan)
    except REFUSALS as refusal:
        status_of(refusal)
        raise


def said(refusal: Refusal, language: Language) -> str:
    """Every reason of a refusal."""
    messages = refusal.messages if isinstance(refusal, DeskError) else (refusal.message,)
    return " ".join(message.say(language) for message in messages)


def for_desk(
    view: Callable[Concatenate[Visit, P], HttpResponse],
) -> Callable[Concatenate[Visit, P], HttpResponse]:
    """Only for people who are signed in and whose role meets the desk that the address names.

    What a page sends after its session has ended is not lost: it is carried through signing in.
    """
    guarded = signed_in()(view)

    @wraps(view)
    def around(visit: Visit, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if visit.account is None and visit.method == "POST":
            return _expired(visit)
        if visit.account is not None:
            line_of(visit, str(kwargs["system"]))
        return guarded(visit, *args, **kwargs)

    return around


CARRIED = "carried:"


def _expired(visit: Visit) -> HttpResponse:
    """The session ended while the form was open: sign in here, with all that was sent."""
    if visit.headers.get(PART):
        return HttpResponse(status=401)
    return render(
        visit,
        "desk/expired.html",
        title=say(visit, "expired.title"),
        status=401,
        next=local_path(visit.path),
        carried=[
            (CARRIED + name, value)
            for name, values in visit.POST.lists()
            if name != "csrfmiddlewaretoken"
            for value in values
        ],
    )


def carried_on(visit: Visit, fields: list[tuple[str, str]], path: str) -> HttpResponse:
    """After signing in again: what was sent before, to be sent now."""
    return render(
        visit, "desk/resend.html", title=say(visit, "expired.again"), fields=fields, next=path
    )


def see_other(path: str) -> HttpResponse:
    """To the page that comes after an act."""
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response


def crumbs_context(visit: Visit, line: DeskLine) -> dict[str, Any]:
    """What every template of a desk is given."""
    return {"desk": line, "desk_href": f"/{line.key}/", "section": f"desk.{line.key}"}
