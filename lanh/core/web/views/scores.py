"""Scores of senders: one's own systems, or a place's, on a page and a map; who fell silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from lanh.core import ui
from lanh.core.database import Plan
from lanh.core.ui import formats
from lanh.core.web.pages import render, say
from lanh.core.web.services import SEE_SCORES, ScoreLine, ScorePage
from lanh.core.web.views.figures import country_ground
from lanh.core.web.visit import Visit, signed_in

DAYS = 28
_SENDERS = 30  # of a place, told by name
_MEASURES = ("accurate", "adequate", "clean", "live")
_HERE = "/messages/scores"


def _said(visit: Visit, value: Decimal | None) -> str:
    return "–" if value is None else formats.number(value, visit.language, 1)


def _table(
    visit: Visit, title: str, head: str, lines: Sequence[ScoreLine], *, linked: bool = False
) -> ui.Html:
    columns = [
        ui.Column(say(visit, head), main=True),
        *(ui.Column(say(visit, f"scores.{name}"), numeric=True) for name in _MEASURES),
        ui.Column(say(visit, "scores.messages"), numeric=True),
    ]
    rows: list[list[ui.Child]] = [
        [
            ui.tag("a", _name(line), href=f"{_HERE}?place={line.key}") if linked else _name(line),
            *(_said(visit, getattr(line, name)) for name in _MEASURES),
            formats.number(line.messages, visit.language),
        ]
        for line in lines
    ]
    return ui.table(title, columns, rows)


def _name(line: ScoreLine) -> str:
    if len(line.name) == 10 and line.name[4] == "-":
        return formats.day(date.fromisoformat(line.name))
    return line.name


def _tiles(visit: Visit, page: ScorePage) -> list[ui.Html]:
    here = f"{_HERE}?place={page.province}" if page.province else _HERE
    return [
        ui.tile(
            ui.Tile(
                label=say(visit, f"scores.{name}"),
                value=getattr(page.whole, name),
                unit="%",
                href=here,
                decimals=1,
                note=say(visit, f"scores.{name}.why"),
            ),
            visit.language,
        )
        for name in _MEASURES
    ]


def _map(visit: Visit, page: ScorePage) -> ui.Html | str:
    if page.own:
        return ""
    values = {line.key: line.accurate for line in page.below}
    places = visit.services.places
    title = say(visit, "scores.accurate")
    if page.province is None:
        links = {line.key: f"{_HERE}?place={line.key}" for line in page.below}
        shade = ui.Shade(title, "%", 1, links)
        return ui.choropleth(country_ground(places, "34"), values, shade, visit.language)
    outline = next((s.polygons for s in places.provinces("34") if s.code == page.province), ())
    dots = [
        ui.Dot(c.code, c.name, (c.longitude, c.latitude))
        for c in places.communes(page.province, "34")
    ]
    return ui.dot_map(outline, dots, values, ui.Shade(title, "%", 1, {}), visit.language)


def _lowest(page: ScorePage) -> list[ScoreLine]:
    """The senders that need a look, the lowest scores first."""

    def rank(line: ScoreLine) -> tuple[Decimal, ...]:
        return tuple(
            Decimal(101) if value is None else value
            for value in (line.accurate, line.adequate, line.clean, line.live)
        )

    return sorted(page.senders, key=rank)[:_SENDERS]


@signed_in(SEE_SCORES)
@require_safe
def scores(visit: Visit) -> HttpResponse:
    """The four scores of the last four weeks, by place, sender and day, and who is silent."""
    asked = str(visit.GET.get("place", "")) or None

    def plan() -> Plan[ScorePage | None]:
        access = yield from visit.access()
        place = visit.who.place
        return (yield from visit.services.bus.scores(access, place, asked, formats.today(), DAYS))

    page = visit.services.database.transact(plan())
    if page is None:
        raise Http404
    name = say(visit, "scores.own" if page.own else "scores.country")
    if page.province is not None:
        name = visit.services.places.name(page.province, "34") or page.province
    below = "scores.province" if page.province is None else "scores.commune"
    by_place, by_sender = say(visit, "scores.by_place"), say(visit, "scores.by_sender")
    return render(
        visit,
        "scores.html",
        title=say(visit, "scores.title"),
        section="scores",
        place_name=name,
        lead=say(visit, "scores.lead", days=DAYS, last=formats.day(formats.today())),
        tiles=_tiles(visit, page),
        any=bool(page.senders),
        none=ui.empty_state(say(visit, "scores.none"), say(visit, "scores.why_none")),
        map=_map(visit, page) if page.senders else "",
        below=_table(visit, by_place, below, page.below, linked=page.province is None)
        if page.below
        else "",
        senders=_table(visit, by_sender, "scores.sender", _lowest(page)),
        days=_table(visit, say(visit, "scores.by_day"), "scores.day", page.days),
        silent=[
            say(visit, "scores.silent_since", name=sender, last=formats.moment(last))
            for sender, last in page.silent
        ],
    )
