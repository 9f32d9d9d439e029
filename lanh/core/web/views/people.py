"""Finding a person: by name, by number, by the text of a scanned card. Never in an address."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.views.decorators.http import require_POST, require_safe

from lanh.core import ui
from lanh.core.access import Purpose
from lanh.core.database import Plan
from lanh.core.text import nfc
from lanh.core.web import sessions
from lanh.core.web.pages import render, say
from lanh.core.web.services import FIND_PEOPLE, FoundPeople, FoundPerson, Opening
from lanh.core.web.visit import Visit, signed_in

_PER_PAGE = 25
LONGEST_TEXT = 2000  # a card's QR text is a few hundred characters


def purpose_choices(visit: Visit) -> list[tuple[str, str]]:
    """The purposes that the role may act for, with their words."""
    return [(p.value, say(visit, f"purpose.{p.value}")) for p in visit.who.purposes]


def _search_page(visit: Visit, fault: str = "") -> HttpResponse:
    field = ui.Field(
        "text",
        say(visit, "people.field"),
        hint=say(visit, "people.hint"),
        fault=fault,
        autofocus=not fault,
        maxlength=LONGEST_TEXT,
    )
    title = say(visit, "people.title")
    return render(
        visit,
        "people.html",
        title=f"{say(visit, 'fault.prefix')} {title}" if fault else title,
        section="people",
        status=422 if fault else 200,
        summary=ui.error_summary([("text", fault)] if fault else [], visit.language),
        field=ui.text_field(field, visit.language),
        purposes=purpose_choices(visit),
        purpose=visit.purpose.value,
    )


@signed_in(FIND_PEOPLE)
def search(visit: Visit) -> HttpResponse:
    """The search form; a search is kept in the session and shown under an opaque address."""
    if visit.method != "POST":
        return _search_page(visit)
    text = nfc(str(visit.POST.get("text", ""))).strip()[:LONGEST_TEXT]
    if len(text) < 2:
        return _search_page(visit, say(visit, "people.too_short"))
    value = {"text": text, "cursor": None, "page": 1}
    keep = sessions.keep_handle(visit.session_here, "search", value)
    handle = visit.services.database.transact(keep)
    return HttpResponseRedirect(f"/people/found/{handle}")


@signed_in(FIND_PEOPLE)
@require_POST
def purpose(visit: Visit) -> HttpResponse:
    """Say what the following openings are for."""
    chosen = str(visit.POST.get("purpose", ""))
    if chosen in {p.value for p in visit.who.purposes}:
        plan = sessions.set_purpose(visit.session_here, Purpose(chosen))
        visit.services.database.transact(plan)
    return HttpResponseRedirect("/people")


def _find(
    visit: Visit, handle: str
) -> Plan[tuple[str, int, FoundPeople, list[str], str | None, str | None]]:
    session = visit.session_here
    asked = yield from sessions.meaning(session, "search", handle)
    if asked is None:
        raise Http404
    access = yield from visit.access()
    found = yield from visit.services.people.find(asked["text"], access, _PER_PAGE, asked["cursor"])
    values = [{"person": person.person} for person in found.people]
    handles = yield from sessions.keep_handles(session, "person", values)
    following: str | None = None
    if found.next_cursor is not None:
        value = {
            "text": asked["text"],
            "cursor": found.next_cursor,
            "page": asked["page"] + 1,
            "previous": handle,
        }
        following = yield from sessions.keep_handle(session, "search", value)
    opening = Opening(
        "search", access, visit.who.id, detail={"kind": found.read_as, "count": str(len(values))}
    )
    yield from visit.services.audit.append([opening])
    return asked["text"], asked["page"], found, handles, following, asked.get("previous")


def open_button(visit: Visit, person: FoundPerson, handle: str) -> ui.Html:
    """The name as a button: opening is a POST, so that it can be written down with its purpose."""
    hidden = [
        ui.tag("input", type="hidden", name="csrfmiddlewaretoken", value=get_token(visit)),
        ui.tag("input", type="hidden", name="handle", value=handle),
    ]
    button = ui.tag("button", person.name, type="submit", class_="link")
    return ui.tag("form", hidden, button, method="post", action="/people/open")


def _rows(visit: Visit, found: FoundPeople, handles: Sequence[str]) -> list[list[ui.Child]]:
    rows: list[list[ui.Child]] = []
    for person, handle in zip(found.people, handles, strict=True):
        tags: list[ui.Html] = []
        if person.deceased:
            tags.append(ui.status_tag(say(visit, "person.dead"), "off"))
        rows.append(
            [
                ui.join(open_button(visit, person, handle), tags),
                person.birth_date[:4],
                ui.sex_word(person.sex, visit.language),
                person.residence,
                person.personal_number,
                person.insurance_number,
            ]
        )
    return rows


@signed_in(FIND_PEOPLE)
@require_safe
def found(visit: Visit, handle: str) -> HttpResponse:
    """The hits of a search: those with the same diacritics first."""
    text, page, hits, handles, following, before = visit.services.database.transact(
        _find(visit, handle)
    )
    columns = [
        ui.Column(say(visit, "people.name"), main=True),
        ui.Column(say(visit, "people.birth_year"), numeric=True),
        ui.Column(say(visit, "people.sex")),
        ui.Column(say(visit, "people.residence")),
        ui.Column(say(visit, "people.personal_number")),
        ui.Column(say(visit, "people.insurance_number")),
    ]
    pages = ui.Pages(
        previous=f"/people/found/{before}" if before else None,
        next=f"/people/found/{following}" if following else None,
        shown=say(visit, "people.page", page=page),
    )
    again = ui.Field("text", say(visit, "people.field"), text, maxlength=LONGEST_TEXT)
    read_as = "fault" if hits.fault else hits.read_as
    return render(
        visit,
        "found.html",
        title=say(visit, "people.found_title"),
        section="people",
        fault=hits.fault.say(visit.language) if hits.fault else "",
        field=ui.text_field(again, visit.language),
        count=len(hits.people),
        read_as=say(visit, f"people.read_as.{read_as}"),
        table=ui.table(
            say(visit, "people.found_title"), columns, _rows(visit, hits, handles), compact=True
        ),
        pages=ui.pagination(pages, visit.language),
        purpose=say(visit, f"purpose.{visit.purpose.value}"),
        several_purposes=len(visit.who.purposes) > 1,
    )
