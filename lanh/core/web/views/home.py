"""Home: my work, by what the role may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.web import services as capability
from lanh.core.web.pages import render, say
from lanh.core.web.services import LinksToReview, PairsPage, Receipts
from lanh.core.web.views import figures, messages
from lanh.core.web.views.desks.home import waiting
from lanh.core.web.visit import Visit, signed_in

_SHOWN = 5


@dataclass(slots=True)
class _Work:
    """What waits for the person; None of what the role has nothing to do with."""

    queues: list[dict[str, object]]
    receipts: Receipts | None = None
    links: LinksToReview | None = None
    pairs: PairsPage | None = None


def _work(visit: Visit) -> Plan[_Work]:
    work = _Work((yield from waiting(visit)))
    access = yield from visit.access()
    if visit.can(capability.SEE_RECEIPTS):
        work.receipts = yield from visit.services.bus.receipts(access, None, _SHOWN, None)
    if visit.can(capability.DECIDE_LINKS):
        work.links = yield from visit.services.people.to_review(access, _SHOWN, None)
        work.pairs = yield from visit.services.pairs.counts(access)
    return work


@signed_in()
@require_safe
def home(visit: Visit) -> HttpResponse:
    """The first page after signing in."""
    work = visit.services.database.transact(_work(visit))
    receipts, links, pairs = work.receipts, work.links, work.pairs
    parts: dict[str, Any] = {"queues": work.queues}
    if receipts is not None:
        parts["receipt_pills"] = messages.pills(visit, receipts, None)
        parts["receipt_table"] = messages.receipt_table(visit, receipts.lines)
    if links is not None:
        parts["links_waiting"] = links.total if links.total is not None else len(links.links)
        parts["has_links"] = True
    if pairs is not None:
        parts["pairs_waiting"] = ui.formats.number(min(pairs.waiting, pairs.most), visit.language)
        parts["pairs_waiting"] += "+" if pairs.waiting > pairs.most else ""
    if visit.can(capability.SEE_FIGURES):
        view = figures.chosen(visit, figures.start_of(visit))
        parts["tiles"] = figures.tiles(visit, view, mark=False, most=_SHOWN)
        parts["figures_head"] = figures.headline(visit, view)
        parts["figures_href"] = view.href()
    if visit.can(capability.FIND_PEOPLE):
        parts["purpose"] = say(visit, f"purpose.{visit.purpose.value}")
    return render(
        visit,
        "home.html",
        title=say(visit, "nav.home"),
        section="home",
        role=visit.who.role_name.say(visit.language),
        own=visit.can(capability.OWN_RECORD) and visit.who.person is not None,
        today=ui.formats.day(ui.formats.today()),
        **parts,
    )
