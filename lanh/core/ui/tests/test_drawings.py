"""Charts and maps: well-formed, true to their figures, readable without seeing them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from lanh.core import ui
from lanh.core.ui.geometry import Projection, path, thinned

SQUARE = [[[(103.0, 20.0), (106.0, 20.0), (106.0, 23.0), (103.0, 23.0), (103.0, 20.0)]]]
BELOW = [[[(103.0, 17.0), (106.0, 17.0), (106.0, 20.0), (103.0, 20.0), (103.0, 17.0)]]]


def drawing(markup: str) -> Any:
    found = re.search(r"<svg.*?</svg>", markup, re.DOTALL)
    assert found
    return etree.fromstring(found.group())


def test_a_straight_edge_is_thinned_to_its_ends() -> None:
    ring = [(float(n), 0.0) for n in range(50)] + [(49.0, 30.0), (0.0, 30.0), (0.0, 0.0)]
    assert thinned(ring, 0.5) == [(0.0, 0.0), (49.0, 0.0), (49.0, 30.0), (0.0, 30.0), (0.0, 0.0)]


def test_a_path_is_relative_and_closed() -> None:
    projection = Projection.fit(SQUARE[0][0], 100.0, margin=0.0)
    d = path(SQUARE, projection)
    assert d.startswith("M")
    assert d.endswith("z")
    assert len(d) < 40


def chart(*values: int | None) -> ui.Chart:
    points = [
        ui.Point(f"{n:02}/26", None if v is None else Decimal(v)) for n, v in enumerate(values, 1)
    ]
    return ui.Chart("Lượt khám", "lượt", points, x_title="Tháng")


def test_a_line_breaks_where_nothing_was_reported() -> None:
    svg = drawing(ui.line_chart(chart(1, 2, None, 4, 5), "vi"))
    assert len(svg.findall("path[@class='line']")) == 2


def test_a_chart_says_its_trend_and_has_a_table_of_the_same_figures() -> None:
    made = ui.line_chart(chart(1000, 2500), "vi")
    assert drawing(made).findtext("title") == (
        "Lượt khám: tăng từ 1.000 (01/26) lên 2.500 lượt (02/26)"
    )
    assert made.count("<tr>") == 3
    assert "2.500" in made


def test_a_chart_without_figures_says_so() -> None:
    assert "no figures yet" in ui.bar_chart(chart(None, None), "en")


def test_bars_stand_on_zero_and_measure_their_value() -> None:
    svg = drawing(ui.bar_chart(chart(50, 100), "vi"))
    small, large = svg.findall("rect")
    assert float(large.get("height", 0)) == pytest.approx(
        2 * float(small.get("height", 0)), abs=0.2
    )


def test_a_band_and_a_threshold_are_drawn() -> None:
    points = [ui.Point(str(n), Decimal(5), Decimal(3), Decimal(8)) for n in range(4)]
    made = ui.Chart("Sởi", "ca", points, threshold=(Decimal(9), "Ngưỡng 9"))
    svg = drawing(ui.line_chart(made, "vi"))
    assert svg.find("path[@class='band']") is not None
    assert "Ngưỡng 9" in ["".join(text.itertext()) for text in svg.findall("text")]


def country() -> ui.Ground:
    islands = [("Quần đảo Hoàng Sa", [(111.2, 16.5), (112.3, 16.9)])]
    return ui.draw_ground([("01", "Thí Điểm", SQUARE), ("02", "Thử Nghiệm", BELOW)], islands)


def test_provinces_are_links_with_their_figures_in_words() -> None:
    shade = ui.Shade("Lượt khám", "lượt", 0, {"01": "/figures/vn/01", "02": "/figures/vn/02"})
    made = ui.choropleth(country(), {"01": Decimal(1200), "02": None}, shade, "vi")
    svg = drawing(made)
    links = svg.findall("a")
    assert [link.get("aria-label") for link in links] == [
        "Thí Điểm: 1.200 lượt",
        "Thử Nghiệm: Chưa có số liệu",
    ]
    assert [link.find("path").get("class") for link in links] == ["s4", "none"]
    assert svg.get("role") == "group"
    assert "Hoàng Sa" in made


def test_a_country_of_thirty_four_provinces_is_small() -> None:
    shade = ui.Shade("x", "y", 0, {})
    assert len(ui.choropleth(country(), {}, shade, "vi")) < 4000


def test_communes_are_dots_that_name_themselves() -> None:
    dots = [ui.Dot("00101", "Mường Thử", (104.0, 21.0)), ui.Dot("00102", "Bến", (105.0, 22.0))]
    shade = ui.Shade("Lượt khám", "lượt", 0, {})
    svg = drawing(ui.dot_map(SQUARE, dots, {"00101": Decimal(7)}, shade, "vi"))
    assert [group.findtext("title") for group in svg.findall("g")] == [
        "Mường Thử: 7 lượt",
        "Bến: Chưa có số liệu",
    ]


def test_a_sparkline_needs_two_figures() -> None:
    assert ui.sparkline([None, Decimal(1)]) == ""
    assert "<path" in ui.sparkline([Decimal(1), None, Decimal(3)])
