"""The national picture: tiles, a map that drills down, a trend, and the records behind a figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from lanh.core import ui
from lanh.core.ui import formats
from lanh.core.web.pages import render, say
from lanh.core.web.services import (
    SEE_FIGURES,
    SEE_RECORDS_BEHIND,
    Boundaries,
    Figure,
    IndicatorName,
    PlaceFigure,
    PlacePoint,
    Places,
    PlaceShape,
)
from lanh.core.web.visit import Visit, signed_in

COUNTRY = "vn"


@dataclass(frozen=True, slots=True)
class View:
    """What a figures page shows; all of it stands in the address."""

    province: str | None
    commune: str | None
    indicator: IndicatorName
    period: str
    bounds: Boundaries

    @property
    def place(self) -> str | None:
        """The place's code; None for the country."""
        return self.commune or self.province

    @property
    def path(self) -> str:
        """The place as steps of an address."""
        return "/".join(step for step in (COUNTRY, self.province, self.commune) if step)

    def query(self, **more: str) -> str:
        """The rest of the view as an address's query."""
        given = {"indicator": self.indicator.key, "period": self.period, "bounds": self.bounds}
        return urlencode(given | more)

    def href(self, part: str = "", **more: str) -> str:
        """This view's address."""
        return f"/figures/{self.path}{part}?{self.query(**more)}"

    def below(self, code: str) -> View:
        """The same view of a place one level down."""
        if self.province is None:
            return replace(self, province=code)
        return replace(self, commune=code)


def start_of(visit: Visit) -> str:
    """Where the signed-in person's figures begin: their own province, or the country."""
    place = visit.who.place
    if place is None or visit.services.places.name(place, "34") is None:
        return COUNTRY
    above = visit.services.places.parent(place, "34")
    return f"{COUNTRY}/{above}/{place}" if above else f"{COUNTRY}/{place}"


def chosen(visit: Visit, path: str) -> View:
    """The view that an address names. Raises Http404 for a place or figure that is not there."""
    services = visit.services
    bounds: Boundaries = "63" if visit.GET.get("bounds") == "63" else "34"
    steps = path.split("/")
    if steps[0] != COUNTRY or len(steps) > 3:
        raise Http404
    province, commune = [*steps[1:], None, None][:2]
    for code, above in ((province, None), (commune, province)):
        if code is not None and services.places.name(code, bounds) is None:
            raise Http404
        if code is not None and services.places.parent(code, bounds) != above:
            raise Http404
    indicators = {indicator.key: indicator for indicator in services.figures.indicators()}
    periods = services.figures.periods()
    indicator = indicators.get(str(visit.GET.get("indicator", "")))
    if indicator is None:
        indicator = next(iter(indicators.values()))
    asked = str(visit.GET.get("period", ""))
    period = asked if asked in periods else _usual(periods, services.figures.data_time())
    return View(province, commune, indicator, period, bounds)


def _usual(periods: Sequence[str], data_time: datetime | None) -> str:
    """The last whole month: a running month or year would be compared with a whole one."""
    running = formats.local(data_time or datetime.now(UTC)).strftime("%Y-%m")
    whole = (each for each in periods if len(each) == 7 and "Q" not in each and each < running)
    return next(whole, periods[0] if periods else running)


def _name(visit: Visit, code: str | None, bounds: Boundaries) -> str:
    if code is None:
        return say(visit, "figures.country")
    return visit.services.places.name(code, bounds) or code


def _base(visit: Visit, period: str) -> str:
    kind = "year" if len(period) == 4 else "quarter" if "Q" in period else "month"
    return say(visit, f"figures.base.{kind}")


def tiles(visit: Visit, view: View, *, mark: bool = True, most: int | None = None) -> list[ui.Html]:
    """The indicators for the place, each a link to its own map and trend; one is marked.

    Parts of another (causes, ages) are chosen in the list of indicators; only a chosen one shows.
    """
    figures, language = visit.services.figures, visit.language
    chosen = view.indicator.key if mark else ""
    shown = [each for each in figures.indicators() if not each.part_of or each.key == chosen]
    made: list[ui.Html] = []
    for indicator in shown[:most]:
        figure = figures.figure(indicator.key, view.place, view.period, view.bounds)
        change = None
        if figure.value is not None and figure.previous is not None:
            change = figure.value - figure.previous
        facts = ui.Tile(
            label=indicator.title.say(language),
            value=figure.value,
            unit=indicator.unit.say(language),
            href=replace(view, indicator=indicator).href(),
            decimals=indicator.decimals,
            change=change,
            base=_base(visit, view.period),
            better=indicator.better,
            current=indicator.key == chosen,
            said=say(visit, "figures.withheld") if figure.withheld else "",
        )
        made.append(ui.tile(facts, language))
    return made


def headline(visit: Visit, view: View) -> str:
    """The place and period in words."""
    place = _name(visit, view.place, view.bounds)
    return f"{place} · {formats.period(view.period, visit.language)}"


@cache
def country_ground(places: Places, bounds: Boundaries) -> ui.Ground:
    """The country's provinces and islands, projected once for each set of boundaries."""
    shapes = [(shape.code, shape.name, shape.polygons) for shape in places.provinces(bounds)]
    islands = [(islands.name, islands.points) for islands in places.archipelagos(bounds)]
    return ui.draw_ground(shapes, islands)


def _map(visit: Visit, view: View, below: list[PlaceFigure]) -> ui.Html:
    values = {figure.place: figure.value for figure in below}
    withheld = {each.place: say(visit, "figures.withheld") for each in below if each.withheld}

    def shade(links: dict[str, str]) -> ui.Shade:
        indicator = view.indicator
        title = f"{indicator.title.say(visit.language)}, {headline(visit, view)}"
        unit = indicator.unit.say(visit.language)
        return ui.Shade(title, unit, indicator.decimals, links, withheld)

    places = visit.services.places
    if view.province is None:
        ground = country_ground(places, view.bounds)
        links = {outline.code: view.below(outline.code).href() for outline in ground.outlines}
        return ui.choropleth(ground, values, shade(links), visit.language)
    outline = next(
        (s.polygons for s in places.provinces(view.bounds) if s.code == view.province), ()
    )
    communes = places.communes(view.province, view.bounds)
    if communes and all(commune.polygons for commune in communes):
        ground = ui.draw_ground([(c.code, c.name, c.polygons) for c in communes], ())
        links = {commune.code: view.below(commune.code).href() for commune in communes}
        return ui.choropleth(ground, values, shade(links), visit.language)
    dots = [ui.Dot(c.code, c.name, (c.longitude, c.latitude)) for c in communes]
    return ui.dot_map(outline, dots, values, shade({}), visit.language)


def _place_table(visit: Visit, view: View, below: list[PlaceFigure]) -> ui.Html:
    language, indicator = visit.language, view.indicator
    with_parts = any(figure.denominator is not None for figure in below)
    head = "figures.province" if view.province is None else "figures.commune"
    columns = [
        ui.Column(say(visit, head), main=True),
        ui.Column(indicator.unit.say(language), numeric=True),
    ]
    if with_parts:
        columns.append(ui.Column(say(visit, "figures.of"), numeric=True))
    known = [figure for figure in below if figure.value is not None]
    known.sort(key=lambda figure: figure.value or Decimal(0), reverse=True)
    silent = sorted((f for f in below if f.value is None), key=lambda f: not f.withheld)
    rows: list[list[ui.Child]] = []
    for figure in [*known, *silent]:
        link = ui.tag("a", figure.name, href=view.below(figure.place).href())
        cells: list[ui.Child] = [link, _said(visit, indicator, figure)]
        if with_parts:
            parts = (figure.numerator, figure.denominator)
            told = " / ".join(_number(visit, None, part) for part in parts)
            cells.append("–" if figure.withheld else told)
        rows.append(cells)
    return ui.table(
        f"{indicator.title.say(language)}, {headline(visit, view)}", columns, rows, dense=True
    )


def _said(visit: Visit, indicator: IndicatorName, figure: Figure | PlaceFigure) -> str:
    if figure.withheld:
        return say(visit, "figures.withheld")
    return _number(visit, indicator, figure.value)


def _number(visit: Visit, indicator: IndicatorName | None, value: Decimal | None) -> str:
    if value is None:
        return "–"
    return formats.number(value, visit.language, indicator.decimals if indicator else 0)


def _trend(visit: Visit, view: View) -> ui.Html:
    indicator = view.indicator
    series = visit.services.figures.series(indicator.key, view.place, view.period, view.bounds)
    data_time = visit.services.figures.data_time() or visit.at
    running = formats.local(data_time).strftime("%Y-%m")
    points = [
        ui.Point(
            f"{point.period[5:7]}/{point.period[2:4]}",
            point.value,
            said=say(visit, "figures.withheld") if point.withheld else "",
        )
        for point in series
        if point.period <= running
    ]
    trend = ui.Chart(
        title=indicator.title.say(visit.language),
        unit=indicator.unit.say(visit.language),
        points=points,
        decimals=indicator.decimals,
        x_title=say(visit, "figures.period"),
    )
    return ui.line_chart(trend, visit.language)


def crumbs(visit: Visit, view: View, last: str | None = None) -> ui.Html:
    """The path from the country to this place, and to `last` behind it."""
    steps = [view if view.province is None else replace(view, province=None, commune=None)]
    if view.province is not None:
        steps.append(replace(view, commune=None))
    if view.commune is not None:
        steps.append(view)
    steps_shown = [ui.Crumb(_name(visit, step.place, view.bounds), step.href()) for step in steps]
    if last is not None:
        steps_shown.append(ui.Crumb(last))
    else:
        steps_shown[-1] = replace(steps_shown[-1], href=None)
    return ui.breadcrumbs(steps_shown, visit.language)


def _filters(visit: Visit, view: View) -> dict[str, Any]:
    language = visit.language
    periods = [(p, formats.period(p, language)) for p in visit.services.figures.periods()]
    period = ui.Field("period", say(visit, "figures.period"), view.period, width="w12")
    names = [(i.key, i.title.say(language)) for i in visit.services.figures.indicators()]
    indicator = ui.Field("indicator", say(visit, "figures.indicator"), view.indicator.key)
    # A place has its own code under each set of boundaries: switching starts at the country.
    switched = [
        ui.Pill(
            say(visit, f"figures.bounds.{bounds}"),
            view.href()
            if bounds == view.bounds
            else replace(view, province=None, commune=None, bounds=bounds).href(),
            current=bounds == view.bounds,
        )
        for bounds in ("34", "63")
    ]
    return {
        "period_field": ui.select_field(period, periods, language),
        "indicator_field": ui.select_field(indicator, names, language),
        "bounds": view.bounds,
        "bounds_pills": ui.pills(switched, say(visit, "figures.bounds")),
    }


def _below(visit: Visit, view: View) -> list[PlaceFigure]:
    """Every place one level down, with its figure or with none; a commune has none below."""
    if view.commune is not None:
        return []
    figures, places = visit.services.figures, visit.services.places
    found = figures.by_place(view.indicator.key, view.place, view.period, view.bounds)
    known = {figure.place for figure in found}
    every: Sequence[PlaceShape | PlacePoint] = (
        places.provinces(view.bounds)
        if view.province is None
        else places.communes(view.province, view.bounds)
    )
    silent = [PlaceFigure(p.code, p.name, None) for p in every if p.code not in known]
    return [*found, *silent]


@signed_in(SEE_FIGURES)
@require_safe
def figures(visit: Visit, place: str) -> HttpResponse:
    """Country, province or commune."""
    view = chosen(visit, place)
    source, language = visit.services.figures, visit.language
    below = _below(visit, view)
    figure = source.figure(view.indicator.key, view.place, view.period, view.bounds)
    counted = figure.numerator if figure.numerator is not None else figure.value
    data_time = source.data_time()
    return render(
        visit,
        "figures.html",
        title=say(visit, "figures.title"),
        section="figures",
        crumbs=crumbs(visit, view) if view.province else "",
        place_name=_name(visit, view.place, view.bounds),
        period_name=formats.period(view.period, language),
        data_time=say(visit, "figures.data_time", at=formats.clock(data_time))
        if data_time
        else say(visit, "figures.no_data_time"),
        tiles=tiles(visit, view),
        indicator=view.indicator.title.say(language),
        description=view.indicator.description.say(language),
        map=_map(visit, view, below) if view.commune is None else "",
        places=_place_table(visit, view, below) if below else "",
        places_title=say(visit, "figures.provinces" if not view.province else "figures.communes"),
        trend=_trend(visit, view),
        counted=_number(visit, None, counted),
        withheld=figure.withheld,
        some_withheld=figure.withheld or any(each.withheld for each in below),
        least=source.least,
        records_href=view.href("/records") if visit.can(SEE_RECORDS_BEHIND) else "",
        path_here=f"/figures/{view.path}",
        **_filters(visit, view),
    )
