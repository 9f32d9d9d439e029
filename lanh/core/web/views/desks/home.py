"""The first screen of a desk, and all the desks of a role."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.desks import HomeScreen, Link
from lanh.core.ui import formats
from lanh.core.web.pages import render, say
from lanh.core.web.views.desks.around import (
    crumbs_context,
    desks_of,
    for_desk,
    line_of,
    run,
    see_other,
    visitor_of,
)
from lanh.core.web.visit import Visit, signed_in


def href(system: str, link: Link) -> str:
    """Where an entry of a desk's home leads."""
    return f"/{system}/{link.kind}s/{link.key}"


def _tile(visit: Visit, system: str, link: Link) -> dict[str, object]:
    return {
        "href": href(system, link),
        "title": link.title,
        "count": link.count,
        "overdue": say(visit, "desk.overdue", count=link.overdue) if link.overdue else "",
    }


def _tiles(visit: Visit, system: str, links: Sequence[Link]) -> list[dict[str, object]]:
    return [_tile(visit, system, link) for link in links]


def waiting(visit: Visit) -> Plan[list[dict[str, object]]]:
    """The queues of every desk of the role in which something waits, as tiles."""
    if visit.services.desks is None:
        return []
    visitor = yield from visitor_of(visit)
    found = yield from visit.services.desks.waiting(visitor)
    return [_tile(visit, entry.key, link) | {"note": entry.title} for entry, link in found]


def _home(visit: Visit, system: str) -> Plan[HomeScreen]:
    visitor = yield from visitor_of(visit)
    return (yield from desks_of(visit).home(system, visitor))


def _screen(visit: Visit, system: str) -> HomeScreen:
    return run(visit, _home(visit, system))


@for_desk
@require_safe
def queues(visit: Visit, system: str) -> HttpResponse:
    """The first of the lists in which work waits."""
    waiting = _screen(visit, system).queues
    if not waiting:
        raise Http404
    first = next((link for link in waiting if link.count not in (None, "0")), waiting[0])
    return see_other(href(system, first))


@for_desk
@require_safe
def home(visit: Visit, system: str) -> HttpResponse:
    """What waits, what can be begun, what can be read."""
    screen = _screen(visit, system)
    drafts = [
        {
            "href": f"/{system}/drafts/{draft}",
            "title": title,
            "saved": formats.moment(at),
        }
        for draft, title, at in screen.drafts
    ]
    return render(
        visit,
        "desk/home.html",
        title=screen.title,
        screen=screen,
        queues=_tiles(visit, system, screen.queues),
        forms=_tiles(visit, system, screen.forms),
        lists=_tiles(visit, system, screen.lists),
        own_pages=_tiles(visit, system, screen.pages),
        drafts=drafts,
        nothing=ui.empty_state(say(visit, "desk.nothing"), say(visit, "desk.nothing_why")),
        **crumbs_context(visit, line_of(visit, system)),
    )


@signed_in()
@require_safe
def systems(visit: Visit) -> HttpResponse:
    """Every desk that the role meets."""
    desks = desks_of(visit).menu(visit.who.role, visit.language)
    return render(
        visit, "desk/systems.html", title=say(visit, "nav.systems"), section="systems", desks=desks
    )
