"""The page of mortality says what was counted, under both sets of provinces, and no small count."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from lxml import html

from lanh.core.database import Plan
from lanh.core.desks import DeskError, Desks, OwnScreen, Visitor
from lanh.core.warehouse import Ports, Warehouse, refresh
from lanh.core.warehouse.tests.feed import FakeFeed, Reader
from lanh.nation import naming
from lanh.nation.indicators import national_definitions
from lanh.nation.indicators.tests.examples import HANOI, event, patient, person, visit
from lanh.nation.place import Places
from lanh.nation.roles import HOSPITAL_DOCTOR, MINISTRY_LEADER, PROVINCIAL_OFFICER
from lanh.site.pages.figures import PageFigures
from lanh.systems.deaths.mortality import INDICATORS
from lanh.systems.deaths.picture import screen, withheld
from lanh.systems.deaths.tests import scene

# 00004 lies in Hà Nội under both sets; 00691 in Hà Giang (02), since July 2025 in Tuyên Quang (08).
CAPITAL, NORTH = "00004", "00691"
MONDAY = date(2026, 3, 2)


def _die(feed: FakeFeed, number: int, home: str, cause: str, day: date) -> None:
    who, loinc = f"d{number}", "http://loinc.org"
    patient(feed, who, home)
    person(feed, f"P{number}", who)
    code: dict[str, Any] = {"coding": [{"system": loinc, "code": "80358-5"}]}
    event(feed, "Observation", f"o{number}", who, HANOI, status="final", code=code,
          effectiveDateTime=f"{day}T07:15:00+07:00",
          valueCodeableConcept={"coding": [{"system": naming.ICD10, "code": cause}]})  # fmt: skip
    kind = {"coding": [{"system": loinc, "code": "64297-5"}]}
    event(feed, "Composition", f"c{number}", who, HANOI, status="final", type=kind)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> PageFigures:
    """March 2026: in Hà Nội 7 of I21 (weeks 10 and 11), 2 of C34, 1 of R99; in the north 6 of I21,
    6 of J18; and one death in April, so that March is the last whole month."""
    feed, number = FakeFeed(), 0
    told = [(CAPITAL, "I21.9", MONDAY)] * 5 + [(CAPITAL, "I21.9", MONDAY + timedelta(days=7))] * 2
    told += [(CAPITAL, "C34.9", MONDAY)] * 2 + [(CAPITAL, "R99", MONDAY)]
    told += [(NORTH, "I21.9", MONDAY)] * 6 + [(NORTH, "J18.9", MONDAY)] * 6
    for number, (home, cause, day) in enumerate([*told, (NORTH, "K35", date(2026, 4, 1))]):
        _die(feed, number, home, cause, day)
    for day in (MONDAY, date(2026, 4, 1)):  # periods are those in which anything was sent
        visit(feed, f"v{day}", "d0", HANOI, day.isoformat())
    folder: Path = tmp_path_factory.mktemp("lake")
    definitions = replace(national_definitions(), indicators=INDICATORS)
    refresh(Reader(), folder, Ports(feed, definitions))
    nothing = cast(Any, None)
    return PageFigures(Warehouse(folder, definitions), nothing, nothing, Places.packaged(), nothing)


def _visitor(figures: PageFigures | None, place: str | None = None, **more: Any) -> Visitor:
    role = PROVINCIAL_OFFICER if place else MINISTRY_LEADER
    who = replace(scene.visitor(9, role), role=role.code, facility=None, place=place)
    return replace(who, figures=figures, **more)


def _run(plan: Plan[OwnScreen]) -> OwnScreen:
    with pytest.raises(StopIteration) as done:
        next(plan)
    found: OwnScreen = done.value.value
    return found


def _tree(found: OwnScreen) -> Any:
    return html.fromstring(str(found.body))


def _rows(found: OwnScreen) -> dict[str, list[str]]:
    """The rows of every table by their head."""
    tree = _tree(found)
    return {
        row.xpath("./th")[0].text_content(): [c.text_content() for c in row.xpath("./td")]
        for row in tree.xpath("//tbody/tr")
    }


def test_the_country_by_chapter_place_and_week(figures: PageFigures) -> None:
    found = _run(screen(_visitor(figures), {"period": "2026-03"}))
    rows = _rows(found)
    assert rows["Tử vong do bệnh tuần hoàn"] == ["I00–I99", "13", "59,1"]
    assert rows["Tử vong do bệnh hô hấp"] == ["J00–J99", "6", "27,3"]
    assert rows["Tử vong do u, ung thư"] == ["C00–D48", "2", "9,1"], "of the country all is told"
    assert rows["Nguyên nhân không rõ (R00–R99)"] == ["R00–R99", "1", "4,5"]
    assert rows["Nguyên nhân khác hoặc chưa có mã"] == ["", "0", "0,0"]
    tree = _tree(found)
    assert [e.text_content() for e in tree.xpath("//dl//dd")] == ["22", "4,5 %"]
    assert rows["W10/26"] == ["20"] and rows["W11/26"] == ["2"]
    assert rows["Thành phố Hà Nội"] == ["10"] and rows["Tỉnh Tuyên Quang"] == ["12"]
    outlines = tree.xpath("//svg[contains(@class, 'map')]//a[path]")
    assert len(outlines) == 34
    assert any("Tuyên Quang: 12" in each.get("aria-label") for each in outlines)
    assert "Hoàng Sa" in str(found.body) and "Trường Sa" in str(found.body)


def test_under_63_provinces_the_north_is_another(figures: PageFigures) -> None:
    asked = {"period": "2026-03", "bounds": "63"}
    found = _run(screen(_visitor(figures), asked))
    rows = _rows(found)
    assert rows["Tỉnh Hà Giang"] == ["12"] and "Tỉnh Tuyên Quang" not in rows
    assert len(_tree(found).xpath("//svg//a[path]")) == 63
    north = _run(screen(_visitor(figures), {**asked, "province": "02"}))
    assert "Hà Giang" in north.title and _rows(north)["Tử vong do bệnh hô hấp"][1] == "6"


def test_a_province_tells_no_small_count(figures: PageFigures) -> None:
    found = _run(screen(_visitor(figures, "01"), {"period": "2026-03"}))
    rows = _rows(found)
    assert "Hà Nội" in found.title, "an officer begins at the own province"
    assert rows["Tử vong do u, ung thư"] == ["C00–D48", "Dưới 5", "–"]
    assert rows["Nguyên nhân không rõ (R00–R99)"] == ["R00–R99", "Dưới 5", "–"]
    assert rows["Tử vong do bệnh tuần hoàn"][1] == "7"
    assert rows["W11/26"] == ["Dưới 5"] and rows["W10/26"] == ["8"]
    all_told = _run(screen(_visitor(replace(figures, least=1), "01"), {"period": "2026-03"}))
    assert _rows(all_told)["Tử vong do u, ung thư"][1] == "2", "the least is set"


def test_a_map_tells_no_small_count_and_none_that_gives_it_away(figures: PageFigures) -> None:
    asked = {"period": "2026-03", "cause": "deaths-neoplasms"}
    found = _run(screen(_visitor(figures, language="en"), asked))
    rows = _rows(found)
    assert rows["Thành phố Hà Nội"] == ["Fewer than 5"]
    assert not re.search(r"Hà Nội: \d", str(found.body)), "nor where the map says it"
    whole = _run(screen(_visitor(replace(figures, least=11)), {"period": "2026-03"}))
    rows = _rows(whole)
    assert rows["Thành phố Hà Nội"] == ["Dưới 11"] and rows["Tỉnh Tuyên Quang"] == ["Không nêu"]


def test_what_is_withheld() -> None:
    def hidden(**counts: int) -> set[str]:
        return set(withheld({key: Decimal(n) for key, n in counts.items()}, 5))

    assert hidden(a=4, b=5, c=9) == {"a", "b"}, "one alone could be reckoned from the sum"
    assert hidden(a=4, b=1, c=9) == {"a", "b"}
    assert hidden(a=0, b=5) == set() and hidden(a=3) == {"a"}


def test_the_page_is_for_its_roles_and_says_where_there_is_nothing(
    figures: PageFigures, database: Any
) -> None:
    assert "Chưa có số liệu" in _run(screen(_visitor(None), {})).body
    usual = _run(screen(_visitor(figures), {"period": "1850", "province": "xx", "bounds": "?"}))
    assert "03/2026" in usual.title, "what is not known is not taken"
    hospital = scene.Hospital(database)
    desks: Desks = hospital.desks
    page = desks.page("deaths", "mortality", _visitor(figures), {})
    assert "03/2026" in hospital.run(page).title
    assert scene.DOCTOR.role == HOSPITAL_DOCTOR.code
    with pytest.raises(DeskError):
        hospital.run(desks.page("deaths", "mortality", scene.DOCTOR, {}))
