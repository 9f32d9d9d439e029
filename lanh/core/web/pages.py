"""From a view's facts to a page: the frame around it, its menu, its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from lanh.core import ui
from lanh.core.web import services as capability
from lanh.core.web.visit import Visit
from lanh.core.web.words import WORDS


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu. `key` is the letter that goes there after "g"."""

    title: str
    href: str
    symbol: str
    key: str
    current: bool


_MENU = (
    ("nav.home", "/", "home", "h", None),
    ("nav.own", "/me", "person", "t", capability.OWN_RECORD),
    ("nav.people", "/people", "people", "n", capability.FIND_PEOPLE),
    ("nav.figures", "/figures/vn", "figures", "s", capability.SEE_FIGURES),
    ("nav.messages", "/messages", "messages", "b", capability.SEE_RECEIPTS),
    ("nav.scores", "/messages/scores", "messages", "d", capability.SEE_SCORES),
    ("nav.pairs", "/pairs", "pairs", "c", capability.DECIDE_LINKS),
    ("nav.links", "/links", "links", "l", capability.DECIDE_LINKS),
)


_MOST = 7
"""Lines of the menu; the desks that find no room stand on a page of their own."""


def menu(visit: Visit, section: str) -> Iterator[Entry]:
    """The lines of the menu that the role may follow."""
    fixed = []
    for word, href, symbol, key, needed in _MENU:
        if needed is None or visit.can(needed):
            title = WORDS[word].say(visit.language)
            fixed.append(Entry(title, href, symbol, key, word == f"nav.{section}"))
    desks = list(_desks(visit, section))
    room = _MOST - len(fixed)
    yield from fixed[:1]
    if len(desks) <= room:
        yield from desks
    else:
        # The desk where one is has its line, whatever its place.
        shown = desks[: max(0, room - 1)]
        here = next((desk for desk in desks if desk.current), None)
        if here is not None and here not in shown:
            shown = [*shown[:-1], here] if shown else []
        yield from shown
        title = WORDS["nav.systems"].say(visit.language)
        current = section == "systems" or (here is not None and here not in shown)
        yield Entry(title, "/systems", "systems", "0", current)
    yield from fixed[1:]


def _desks(visit: Visit, section: str) -> Iterator[Entry]:
    if visit.account is None or visit.services.desks is None:
        return
    lines = visit.services.desks.menu(visit.account.role, visit.language)
    for number, line in enumerate(lines, 1):
        key = str(number) if number < 10 else ""
        yield Entry(line.title, f"/{line.key}/", "desk", key, section == f"desk.{line.key}")


def may_search(visit: Visit) -> bool:
    """Whether the search box is for them: who may find people, or works at a desk."""
    if visit.account is None or visit.can(capability.FIND_PEOPLE):
        return visit.account is not None
    desks = visit.services.desks
    if desks is None or visit.services.finder is None:
        return False
    return bool(desks.menu(visit.account.role, visit.language))


def role_line(visit: Visit) -> str:
    """The role, and the facility or place that the person acts for."""
    if visit.account is None:
        return ""
    account = visit.account
    where = account.facility_name or account.place_name
    role = account.role_name.say(visit.language)
    return f"{role} · {where}" if where else role


def render(
    visit: Visit,
    template: str,
    *,
    title: str,
    section: str = "",
    status: int = 200,
    demonstration: bool | None = None,
    **facts: Any,
) -> HttpResponse:
    """A whole page. `title` never names a person; `section` is the menu's line we are in."""
    notice = visit.session_of.notice if visit.session_of else None
    context = {
        "title": title,
        "language": visit.language,
        "account": visit.account,
        "menu": list(menu(visit, section)) if visit.account else [],
        "may_find": may_search(visit),
        "find_at": "/find" if visit.services.finder is not None else "/people",
        "demonstration": visit.services.demonstration() if demonstration is None else demonstration,
        "path": visit.get_full_path(),
        "role_line": role_line(visit),
        "notice": ui.notice(WORDS[notice["key"]].say(visit.language), notice["tone"])
        if notice
        else "",
        **facts,
    }
    text = render_to_string(f"web/{template}", context, request=visit)
    return HttpResponse(text, status=status)


def say(visit: Visit, key: str, /, **parameters: Any) -> str:
    """A text in the reader's language."""
    return WORDS[key].say(visit.language, **parameters)
