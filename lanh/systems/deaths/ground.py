"""The maps of mortality: the provinces under a set of boundaries, the communes of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Literal

from lanh.core.text import Language
from lanh.core.ui import NOTHING, Dot, Ground, Html, Shade, choropleth, dot_map, draw_ground
from lanh.nation.place import SET_34_FROM, Places, Unit, outline_of, packaged_outline


@cache
def _drawn(bounds: Literal["34", "63"]) -> Ground:
    """The country; drawn once, since its shapes are packaged."""
    outline = packaged_outline(bounds)
    day = SET_34_FROM - timedelta(days=bounds == "63")
    shapes = [
        (unit.code, unit.short_name, outline_of(unit.code, bounds))
        for unit in Places.packaged().provinces(day)
        if unit.code in outline.provinces
    ]
    return draw_ground(shapes, [(each.name, each.points) for each in outline.archipelagos])


def country(
    bounds: Literal["34", "63"], counts: Mapping[str, Decimal], language: Language, how: Shade
) -> Html:
    """The provinces shaded by their counts, each a link to its own picture."""
    return choropleth(_drawn(bounds), counts, how, language)


def province(
    code: str,
    bounds: Literal["34", "63"],
    units: Sequence[Unit],
    counts: Mapping[str, Decimal],
    language: Language,
    how: Shade,
) -> Html:
    """The communes of a province as dots."""
    outline = outline_of(code, bounds)
    dots = [
        Dot(unit.code, unit.name, (unit.longitude, unit.latitude))
        for unit in units
        if unit.longitude is not None and unit.latitude is not None
    ]
    return dot_map(outline, dots, counts, how, language) if outline and dots else NOTHING
