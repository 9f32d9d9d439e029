"""Overviews and pages that systems draw themselves."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.desks import DeskError, OwnScreen
from lanh.core.web.desk import overviews
from lanh.core.web.pages import render
from lanh.core.web.views.desks import form_pages
from lanh.core.web.views.desks.around import addresses, desks_of, visitor_of
from lanh.core.web.visit import Visit


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
    known = (yield from addresses(visit, system, records)) if records else {}
    return OwnScreen(
        shown.title, overviews.draw(shown, overviews.Sheet(system, page, visit.language, known))
    )


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
