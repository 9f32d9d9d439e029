"""Charts as SVG, drawn without script: they print, and a table of the same figures goes along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from lanh.core.text import Language
from lanh.core.ui import formats
from lanh.core.ui.markup import NOTHING, Html, join, tag
from lanh.core.ui.scales import steps
from lanh.core.ui.tables import Column, table
from lanh.core.ui.words import WORDS

_WIDTH, _HEIGHT = 520, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 24, 14, 30


@dataclass(frozen=True, slots=True)
class Point:
    """A label and its value; None where nothing was reported, or where `said` stands in the table
    instead. `low` and `high` make a band."""

    label: str
    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A series with its words. `title` says the measure, `unit` stands at the axis."""

    title: str
    unit: str
    points: Sequence[Point]
    decimals: int = 0
    threshold: tuple[Decimal, str] | None = None
    x_title: str = ""


def _top(chart: Chart) -> float:
    found = [point.value for point in chart.points] + [point.high for point in chart.points]
    if chart.threshold:
        found.append(chart.threshold[0])
    return max((float(value) for value in found if value is not None), default=0.0)


class _Plane:
    """From a place in the series and a value to a place in the drawing."""

    def __init__(self, chart: Chart, *, bands: bool) -> None:
        self.ticks = steps(_top(chart))
        self.count = len(chart.points)
        self.bands = bands

    def x(self, place: int) -> float:
        room = _WIDTH - _LEFT - _RIGHT
        if self.bands or self.count < 2:
            return _LEFT + room * (place + 0.5) / max(1, self.count)
        return _LEFT + room * place / (self.count - 1)

    def y(self, value: Decimal | float) -> float:
        room = _HEIGHT - _TOP - _BOTTOM
        return _TOP + room * (1 - float(value) / self.ticks[-1])


def _at(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _axes(chart: Chart, plane: _Plane, language: Language) -> Html:
    parts: list[Html] = []
    for tick in plane.ticks:
        y = _at(plane.y(tick))
        parts.append(tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        label = formats.short(Decimal(str(tick)), language)
        parts.append(tag("text", label, x=_LEFT - 8, y=_at(plane.y(tick) + 4), class_="y"))
    every = max(1, -(-plane.count // 8))
    for place, point in enumerate(chart.points):
        behind = plane.count - 1 - place
        if behind % every == 0:
            minor = "x minor" if (behind // every) % 2 else "x"
            parts.append(
                tag("text", point.label, x=_at(plane.x(place)), y=_HEIGHT - 10, class_=minor)
            )
    return join(parts)


def _threshold(chart: Chart, plane: _Plane) -> Html:
    if not chart.threshold:
        return NOTHING
    value, words = chart.threshold
    y = plane.y(value)
    return join(
        tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=_at(y), y2=_at(y), class_="threshold"),
        tag("text", words, x=_WIDTH - _RIGHT, y=_at(y - 5), class_="threshold-label"),
    )


def _runs(chart: Chart, plane: _Plane) -> list[list[tuple[int, Decimal]]]:
    """Stretches of the series without a gap."""
    runs: list[list[tuple[int, Decimal]]] = [[]]
    for place, point in enumerate(chart.points):
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append((place, point.value))
    return [run for run in runs if run]


def _band(chart: Chart, plane: _Plane) -> Html:
    edges = [
        (place, point.low, point.high)
        for place, point in enumerate(chart.points)
        if point.low is not None and point.high is not None
    ]
    if len(edges) < 2:
        return NOTHING
    above = [f"{_at(plane.x(place))} {_at(plane.y(high))}" for place, _, high in edges]
    below = [f"{_at(plane.x(place))} {_at(plane.y(low))}" for place, low, _ in reversed(edges)]
    return tag("path", d=f"M{'L'.join(above + below)}Z", class_="band")


def _figure(chart: Chart, drawing: Html, language: Language) -> Html:
    last = next((point for point in reversed(chart.points) if point.value is not None), None)
    first = next((point for point in chart.points if point.value is not None), None)
    if last is None or first is None or last.value is None or first.value is None:
        spoken = WORDS["charts.nothing"].say(language, title=chart.title)
    else:
        way = "up" if last.value > first.value else "down" if last.value < first.value else "flat"
        spoken = WORDS[f"charts.{way}"].say(
            language,
            title=chart.title,
            first=formats.number(first.value, language, chart.decimals),
            start=first.label,
            last=formats.number(last.value, language, chart.decimals),
            end=last.label,
            unit=chart.unit,
        )
    svg = tag(
        "svg",
        tag("title", spoken),
        drawing,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        class_="chart",
        role="img",
    )
    rows = [
        [
            point.label,
            formats.number(point.value, language, chart.decimals)
            if point.value is not None
            else point.said or WORDS["parts.no_report"].say(language),
        ]
        for point in chart.points
    ]
    columns = [Column(chart.x_title, main=True), Column(chart.unit, numeric=True)]
    return tag(
        "figure",
        tag("figcaption", tag("b", chart.title), tag("span", chart.unit, class_="muted")),
        svg,
        tag(
            "details",
            tag("summary", WORDS["charts.table"].say(language)),
            table(chart.title, columns, rows, dense=True),
        ),
        class_="figure",
    )


def line_chart(chart: Chart, language: Language) -> Html:
    """A line from 0, with the band of what is expected where the points carry one."""
    plane = _Plane(chart, bands=False)
    lines: list[Html] = []
    for run in _runs(chart, plane):
        path = "L".join(f"{_at(plane.x(place))} {_at(plane.y(value))}" for place, value in run)
        lines.append(tag("path", d=f"M{path}", class_="line"))
        dots = run if len(run) == 1 else run[-1:]
        lines += [
            tag("circle", cx=_at(plane.x(place)), cy=_at(plane.y(value)), r=4, class_="point")
            for place, value in dots
        ]
    drawing = join(
        _axes(chart, plane, language), _band(chart, plane), _threshold(chart, plane), lines
    )
    return _figure(chart, drawing, language)


def bar_chart(chart: Chart, language: Language) -> Html:
    """Upright bars from 0."""
    plane = _Plane(chart, bands=True)
    width = (_WIDTH - _LEFT - _RIGHT) / max(1, plane.count) * 0.7
    foot = plane.y(0)
    bars = [
        Html(
            f'<rect x="{_at(plane.x(place) - width / 2)}" y="{_at(plane.y(value))}" '
            f'width="{_at(width)}" height="{_at(foot - plane.y(value))}" class="bar"/>'
        )
        for place, point in enumerate(chart.points)
        if (value := point.value) is not None
    ]
    drawing = join(_axes(chart, plane, language), bars, _threshold(chart, plane))
    return _figure(chart, drawing, language)


def sparkline(values: Sequence[Decimal | None]) -> Html:
    """The shape of a series in a tile; the tile's words say the figure."""
    known = [(place, float(value)) for place, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return NOTHING
    low, top = min(value for _, value in known), max(value for _, value in known)
    width, height = 120, 28
    across, down = (width - 4) / (len(values) - 1), (height - 6) / ((top - low) or 1.0)
    spots = [
        f"{_at(2 + across * place)} {_at(height - 3 - down * (v - low))}" for place, v in known
    ]
    return Html(
        f'<svg class="spark" viewBox="0 0 {width} {height}" preserveAspectRatio="none"'
        f' aria-hidden="true">'
        f'<path d="M{"L".join(spots)}"/></svg>'
    )
