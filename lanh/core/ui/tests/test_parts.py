"""Banner, safety strip, tables, forms, tiles: what must be there is there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import html

from lanh.core import ui

ON = date(2026, 10, 20)


def test_the_banner_names_the_person_and_groups_the_number() -> None:
    who = ui.PersonFacts(
        "Đặng Minh Khôi",
        "male",
        "1990-03-05",
        numbers=[("Số định danh", "098090012345"), ("BHYT", "")],
    )
    made = ui.person_banner(who, ON, "vi")
    assert "Nam · 36 tuổi · 05/03/1990" in made
    assert "098\xa0090\xa0012\xa0345" in made
    assert "BHYT" not in made


def test_the_dead_have_no_age() -> None:
    who = ui.PersonFacts("A B", "female", "1950", died="2026-01-02")
    made = ui.person_banner(who, ON, "en")
    assert "Died 02/01/2026" in made
    assert "years" not in made


def test_the_strip_tells_asked_from_not_asked() -> None:
    strip = ui.safety_strip
    assert "Không ghi nhận dị ứng" in strip([], asked=True, alerts=(), language="vi")
    assert "Chưa hỏi dị ứng" in strip([], asked=False, alerts=(), language="vi")
    found = strip([ui.Allergy("Penicillin", "Sốc", True)], asked=True, alerts=(), language="vi")
    assert 'class="strip bad"' in found
    assert "nặng" in found


def test_tables_carry_their_heads_into_cards() -> None:
    columns = [ui.Column("Tên", main=True), ui.Column("Số", numeric=True)]
    tree: Any = html.fromstring(ui.table("Bảng", columns, [["An", "1"]]))
    assert tree.findtext("caption") == "Bảng"
    assert tree.xpath("//tbody//th[@scope='row']/text()") == ["An"]
    assert tree.xpath("//td/@data-label") == ["Số"]


def test_a_fault_is_said_at_the_field_and_in_the_summary_in_the_same_words() -> None:
    field = ui.Field("text", "Tên", fault="Hãy nhập tên.", hint="Có dấu hay không đều được.")
    tree: Any = html.fromstring(ui.text_field(field, "vi"))
    control = tree.xpath("//input")[0]
    assert control.get("aria-invalid") == "true"
    described = control.get("aria-describedby").split()
    assert [tree.get_element_by_id(each).text_content() for each in described] == [
        "Có dấu hay không đều được.",
        "Hãy nhập tên.",
    ]
    summary: Any = html.fromstring(ui.error_summary([("text", "Hãy nhập tên.")], "vi"))
    assert summary.xpath("//a/@href") == [f"#{control.get('id')}"]


def test_a_tile_says_which_way_and_against_what() -> None:
    facts = ui.Tile(
        "Tử vong", Decimal(90), "ca", "/x", change=Decimal(-10), base="tháng trước", better="down"
    )
    made = ui.tile(facts, "vi")
    assert "giảm 10 so với tháng trước" in made
    assert "delta ok" in made
    silent = ui.tile(ui.Tile("Tử vong", None, "ca", "/x"), "vi")
    assert "Chưa có số liệu" in silent


def test_the_timeline_groups_a_day() -> None:
    entries = [
        ui.TimelineEntry(day, day, f"Lần {n}", "", "Trạm", "Khám", "visit")
        for n, day in enumerate(["2026-01-02", "2026-01-02", "2026-01-01"])
    ]
    tree: Any = html.fromstring(ui.timeline(entries))
    assert tree.xpath("//h3/text()") == ["2026-01-02", "2026-01-01"]
    assert len(tree.xpath("//li[@class='done']")) == 3


def test_pages_without_neighbours_are_not_shown() -> None:
    assert ui.pagination(ui.Pages(None, None), "vi") == ""
    assert 'rel="next"' in ui.pagination(ui.Pages(None, "/x?after=1"), "vi")


@pytest.mark.parametrize("engine", ["ui", "web"])
def test_a_comma_in_a_text_has_not_cut_it_short(engine: str) -> None:
    path = Path(__file__).parents[2] / engine / "messages.yaml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {key for key, words in entries.items() if set(words) != {"vi", "en"}} == set()
