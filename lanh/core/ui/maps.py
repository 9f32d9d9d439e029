"""Maps as SVG: provinces by shade, communes by dots, both with a legend in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from lanh.core.text import Language
from lanh.core.ui import formats
from lanh.core.ui.geometry import Polygons, Projection, Spot, path
from lanh.core.ui.markup import NOTHING, Html, join, tag
from lanh.core.ui.scales import class_breaks, class_of, shade_of
from lanh.core.ui.words import WORDS

COUNTRY_WIDTH = 300.0
_INSET_WIDTH, _INSET_HEIGHT = 104, 104


@dataclass(frozen=True, slots=True)
class Outline:
    """A place drawn once: its code, its name, and the `d` of its path."""

    code: str
    name: str
    d: str


@dataclass(frozen=True, slots=True)
class Inset:
    """Islands too far for the frame: dots in a box of their own, named."""

    name: str
    spots: Sequence[Spot]


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything of a map that figures do not change."""

    outlines: Sequence[Outline]
    insets: Sequence[Inset]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Shade:
    """How a map's figures are said: the measure, its unit, its decimals, where a place leads.

    `withheld` are the places whose count is too small to be told, with what is said instead.
    """

    title: str
    unit: str
    decimals: int
    links: Mapping[str, str]
    withheld: Mapping[str, str] = field(default_factory=dict)


def draw_ground(
    shapes: Sequence[tuple[str, str, Polygons]], islands: Sequence[tuple[str, Sequence[Spot]]]
) -> Ground:
    """Project and thin (code, name, polygons) once, so that a page only fills in shades."""
    every = [spot for _, _, polygons in shapes for polygon in polygons for spot in polygon[0]]
    projection = Projection.fit(every, COUNTRY_WIDTH)
    outlines = [Outline(code, name, path(polygons, projection)) for code, name, polygons in shapes]
    insets = [Inset(name, _fit_inset(spots)) for name, spots in islands if spots]
    width = COUNTRY_WIDTH + (_INSET_WIDTH + 8 if insets else 0)
    return Ground(outlines, insets, width, projection.height)


def _fit_inset(spots: Sequence[Spot]) -> list[Spot]:
    west, east = min(x for x, _ in spots), max(x for x, _ in spots)
    south, north = min(y for _, y in spots), max(y for _, y in spots)
    room_x, room_y = _INSET_WIDTH - 28, _INSET_HEIGHT - 50
    scale = min(room_x / max(east - west, 0.1), room_y / max(north - south, 0.1))
    left = (_INSET_WIDTH - (east - west) * scale) / 2
    top = 36 + (room_y - (north - south) * scale) / 2
    return [(left + (x - west) * scale, top + (north - y) * scale) for x, y in spots]


def _spoken(code: str, name: str, value: Decimal | None, shade: Shade, language: Language) -> str:
    if value is None:
        return f"{name}: {shade.withheld.get(code) or WORDS['parts.no_report'].say(language)}"
    return f"{name}: {formats.number(value, language, shade.decimals)} {shade.unit}"


def _legend(
    breaks: Sequence[Decimal],
    values: Sequence[Decimal],
    gap: bool,
    shade: Shade,
    language: Language,
) -> Html:
    items: list[Html] = []
    if values:
        bounds = [min(values), *breaks]
        tops = [*breaks, max(values)]
        for place, (low, high) in enumerate(zip(bounds, tops, strict=True)):
            last = place == len(bounds) - 1
            key = "maps.range" if last or low == high else "maps.below"
            words = WORDS[key].say(
                language,
                low=formats.number(low, language, shade.decimals),
                high=formats.number(high, language, shade.decimals),
            )
            swatch = tag("span", class_=f"swatch s{shade_of(place, breaks)}")
            items.append(
                tag(
                    "li",
                    swatch,
                    words if low != high else formats.number(low, language, shade.decimals),
                )
            )
    if gap:
        none = WORDS["parts.no_report"].say(language)
        items.append(tag("li", tag("span", class_="swatch none"), none))
    for words in sorted(set(shade.withheld.values())):
        items.append(tag("li", tag("span", class_="swatch none"), words))
    label = tag("span", shade.unit, class_="muted")
    return tag("div", label, tag("ul", items), class_="legend")


_HATCH = Html(
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><path d="M0 0H6V6H0Z" fill="#f3f6f8"/>'
    '<path d="M0 0V6" stroke="#a9b6be" stroke-width="2"/></pattern></defs>'
)


def _inset(inset: Inset, place: int, ground: Ground) -> Html:
    x = ground.width - _INSET_WIDTH - 2
    y = ground.height * (0.42 if place == 0 else 0.74)
    lines = inset.name.split(" ", 2)
    head, tail = " ".join(lines[:2]), " ".join(lines[2:])
    return tag(
        "g",
        Html(f'<rect width="{_INSET_WIDTH}" height="{_INSET_HEIGHT}" class="frame"/>'),
        tag("text", head, x=8, y=15),
        tag("text", tail, x=8, y=28, class_="strong"),
        [tag("circle", cx=f"{sx:.0f}", cy=f"{sy:.0f}", r="1.6") for sx, sy in inset.spots],
        transform=f"translate({x:.0f} {y:.0f})",
        class_="inset",
    )


def choropleth(
    ground: Ground, values: Mapping[str, Decimal | None], shade: Shade, language: Language
) -> Html:
    """Places shaded in at most five classes; hatched where nothing was reported; each a link."""
    known = [value for value in values.values() if value is not None]
    breaks = class_breaks(known)
    shapes: list[Html] = []
    gap = False
    for outline in ground.outlines:
        value = values.get(outline.code)
        gap = gap or value is None
        name = "none" if value is None else f"s{shade_of(class_of(value, breaks), breaks)}"
        spoken = _spoken(outline.code, outline.name, value, shade, language)
        shape = Html(f'<path d="{outline.d}" class="{name}"/>')
        href = shade.links.get(outline.code)
        shapes.append(
            tag("a", tag("title", spoken), shape, href=href, aria_label=spoken)
            if href
            else tag("g", tag("title", spoken), shape)
        )
    svg = tag(
        "svg",
        _HATCH if gap else NOTHING,
        shapes,
        [_inset(inset, place, ground) for place, inset in enumerate(ground.insets)],
        viewBox=f"0 0 {ground.width:.0f} {ground.height:.0f}",
        class_="map",
        role="group",
        aria_label=shade.title,
    )
    return tag("div", svg, _legend(breaks, known, gap, shade, language), class_="map-box")


@dataclass(frozen=True, slots=True)
class Dot:
    """A commune's centre."""

    code: str
    name: str
    spot: Spot


def dot_map(
    outline: Polygons,
    dots: Sequence[Dot],
    values: Mapping[str, Decimal | None],
    shade: Shade,
    language: Language,
) -> Html:
    """A province's outline with a dot a commune. The table beside it holds the links."""
    spots = [spot for polygon in outline for spot in polygon[0]] + [dot.spot for dot in dots]
    projection = Projection.fit(spots, 420.0, margin=10.0)
    known = [value for value in values.values() if value is not None]
    breaks = class_breaks(known)
    marks: list[Html] = []
    for dot in dots:
        value = values.get(dot.code)
        name = "none" if value is None else f"s{shade_of(class_of(value, breaks), breaks)}"
        x, y = projection.place(dot.spot)
        radius = 3.5 if value is None else 5.5
        mark = Html(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius}" class="{name}"/>')
        marks.append(
            tag("g", tag("title", _spoken(dot.code, dot.name, value, shade, language)), mark)
        )
    gap = len(known) < len(dots)
    svg = tag(
        "svg",
        _HATCH if gap else NOTHING,
        Html(f'<path d="{path(outline, projection)}" class="land"/>'),
        marks,
        tag("title", shade.title),
        viewBox=f"0 0 {projection.width:.0f} {projection.height:.0f}",
        class_="map dots",
        role="img",
        aria_label=shade.title,
    )
    return tag("div", join(svg), _legend(breaks, known, gap, shade, language), class_="map-box")
