"""An overview drawn: every block, and where its figures lead."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lxml import html

from lanh.core.overviews import (
    Cell,
    Drawing,
    Entry,
    Head,
    Link,
    Links,
    Map,
    Nothing,
    OverviewScreen,
    Shown,
    States,
    Table,
    Text,
    Totals,
)
from lanh.core.ui import Dot, Point
from lanh.core.web.desk.overviews import Sheet, draw, records_of

_SQUARE = [[[(105.0, 20.0), (106.0, 20.0), (106.0, 22.0), (105.0, 20.0)]]]
SCREEN = OverviewScreen(
    "Fridges",
    [Entry("day", "Day", "date", "11/03/2026"), Entry("kind", "Kind", "choice", "a", [("a", "A")])],
    "Show",
    [
        Shown(Totals([("Doors", Cell("15", link=Link("list", "reports", query={"of": "a&b"})))])),
        Shown(States("States", [Cell("Missing", "bad", Link("list", "missing"), ("2",))])),
        Shown(
            Table(
                "Stations",
                [Head("Station", main=True), Head("Doors", numeric=True), Head("More")],
                [
                    [
                        Cell("S1", link=Link("record", "MeasureReport/1"), lines=("<An>",)),
                        Cell("4", link=Link("figures", "doors", query={"place": "01/00001",
                                                                       "period": "2026"})),
                        Cell(links=(Link("phone", "024 000"), Link("form", "report", "Fill in",
                                                                   {"about": "X/1"}))),
                    ]
                ],
                dense=False,
                next={"rows": "50"},
            )
        ),
        Shown(Drawing("bars", "Bars", "doors", "Station", [Point("S1", Decimal(4))]), half=True),
        Shown(Drawing("line", "Line", "doors", "Day", [Point("1", None, said="Few")]), half=True),
        Shown(Map("Map", "doors", 0, {"1": Decimal(4)}, {}, {"2": "Withheld"}, outline=_SQUARE,
                  dots=[Dot("1", "An", (105.5, 21.0)), Dot("2", "Bình", (105.6, 21.0))])),
        Shown(Text("Call first", "warn")),
        Shown(Links("Which?", [Link("page", "", "An, Bắc", {"commune": "00001"})])),
        Shown(Nothing("Nothing", "Look farther", [Link("page", "map", "Map")])),
    ],
    [Link("page", "week", "The country", {"province": "vn"})],
)  # fmt: skip


def test_every_block_is_drawn_and_leads_where_it_says() -> None:
    sheet = Sheet("fridges", "week", "en", {"MeasureReport/1": "/fridges/records/~h1"})
    assert records_of(SCREEN) == ["MeasureReport/1"]
    tree: Any = html.fromstring(str(draw(SCREEN, sheet)))
    assert tree.xpath("//a/@href") == [
        "/fridges/pages/week?province=vn",
        "/fridges/lists/reports?of=a%26b",
        "/fridges/lists/missing",
        "/fridges/records/~h1",
        "/figures/vn/01/00001/records?indicator=doors&period=2026",
        "tel:024000",
        "/fridges/forms/report?about=X%2F1",
        "/fridges/pages/week?rows=50",
        "/fridges/pages/week?commune=00001",
        "/fridges/pages/map",
    ]
    assert tree.xpath("//form[@method='get']//@name") == ["day", "kind"]
    assert "&lt;An&gt;" in str(draw(SCREEN, sheet)), "what records say is no markup"
    assert len(tree.xpath("//div[@class='columns']/section")) == 2, "halves side by side"
    assert "Withheld" in tree.text_content() and "Few" in tree.text_content()
