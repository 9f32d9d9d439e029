"""The page of mortality says what was counted, under both sets of provinces, and no small count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from lanh.core.desks import DeskError, Desks, Visitor
from lanh.core.overviews import Drawing, Map, OverviewScreen, Table, Totals, show
from lanh.core.warehouse import Ports, Warehouse, refresh
from lanh.core.warehouse.tests.feed import FakeFeed, Reader
from lanh.kit import counting
from lanh.kit.harness import text_of
from lanh.nation import naming
from lanh.nation.indicators import national_definitions
from lanh.nation.indicators.tests.examples import HANOI, event, patient, person, visit
from lanh.nation.place import Places
from lanh.nation.roles import HOSPITAL_DOCTOR, MINISTRY_LEADER, PROVINCIAL_OFFICER
from lanh.site.pages.figures import PageFigures
from lanh.systems.deaths.overviews import MORTALITY
from lanh.systems.deaths.system import SYSTEM
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
    6 of J18; and 6 deaths in April, so that March is the last whole month."""
    feed, number = FakeFeed(), 0
    told = [(CAPITAL, "I21.9", MONDAY)] * 5 + [(CAPITAL, "I21.9", MONDAY + timedelta(days=7))] * 2
    told += [(CAPITAL, "C34.9", MONDAY)] * 2 + [(CAPITAL, "R99", MONDAY)]
    told += [(NORTH, "I21.9", MONDAY)] * 6 + [(NORTH, "J18.9", MONDAY)] * 6
    for number, (home, cause, day) in enumerate([*told, *[(NORTH, "K35", date(2026, 4, 1))] * 6]):
        _die(feed, number, home, cause, day)
    for day in (MONDAY, date(2026, 4, 1)):  # periods are those in which anything was sent
        visit(feed, f"v{day}", "d0", HANOI, day.isoformat())
    folder: Path = tmp_path_factory.mktemp("lake")
    definitions = counting(replace(national_definitions(), indicators=()), [SYSTEM])
    refresh(Reader(), folder, Ports(feed, definitions))
    nothing = cast(Any, None)
    return PageFigures(Warehouse(folder, definitions), nothing, nothing, Places.packaged(), nothing)


def _visitor(figures: PageFigures | None, place: str | None = None, **more: Any) -> Visitor:
    role = PROVINCIAL_OFFICER if place else MINISTRY_LEADER
    who = replace(scene.visitor(9, role), role=role.code, facility=None, place=place)
    return replace(who, figures=figures, **more)


def _show(who: Visitor, asked: Mapping[str, str]) -> OverviewScreen:
    """The screen; it asks the database nothing."""
    with pytest.raises(StopIteration) as done:
        next(show(MORTALITY, who, asked, lambda _link: True))
    found: OverviewScreen = done.value.value
    return found


def _rows(found: OverviewScreen) -> dict[str, list[str]]:
    """The rows of every table and series by their head, the totals by their words."""
    rows: dict[str, list[str]] = {}
    for shown in found.blocks:
        match shown.block:
            case Table(rows=cells):
                rows |= {row[0].text: [cell.text for cell in row[1:]] for row in cells}
            case Drawing(kind="line", points=points):
                rows |= {p.label: [p.said or f"{p.value:.0f}"] for p in points}
            case Totals(pairs=pairs):
                rows |= {words: [cell.text] for words, cell in pairs}
    return rows


def _map(found: OverviewScreen) -> Map:
    return next(shown.block for shown in found.blocks if isinstance(shown.block, Map))


def test_the_country_by_chapter_place_and_week(figures: PageFigures) -> None:
    found = _show(_visitor(figures), {"period": "2026-03"})
    rows = _rows(found)
    assert rows["Tử vong do bệnh tuần hoàn"] == ["I00–I99", "13", "59,1"]
    assert rows["Tử vong do bệnh hô hấp"] == ["J00–J99", "6", "27,3"]
    assert rows["Tử vong do u, ung thư"] == ["C00–D48", "2", "9,1"], "of the country all is told"
    assert rows["Nguyên nhân không rõ (R00–R99)"] == ["R00–R99", "1", "4,5"]
    assert rows["Nguyên nhân khác hoặc chưa có mã"] == ["", "0", "0,0"]
    assert rows["Tử vong có chẩn đoán nguyên nhân"] == ["22"]
    assert rows["Tỷ lệ nguyên nhân không rõ"] == ["4,5 %"]
    assert rows["W10/26"] == ["20"] and rows["W11/26"] == ["2"]
    assert rows["Thành phố Hà Nội"] == ["10"] and rows["Tỉnh Tuyên Quang"] == ["12"]
    drawn = _map(found)
    assert len(drawn.links) == 34 and drawn.values["08"] == 12 and drawn.country is not None
    assert {inset.name for inset in drawn.country.insets} == {
        "Quần đảo Hoàng Sa", "Quần đảo Trường Sa"
    }  # fmt: skip


def test_a_figure_leads_to_the_records_that_it_counts(figures: PageFigures) -> None:
    found = _show(_visitor(figures), {"period": "2026-03"})
    links = {
        row[0].text: cell.link
        for shown in found.blocks
        if isinstance(shown.block, Table)
        for row in shown.block.rows
        for cell in row
        if cell.link is not None and cell.link.kind == "figures"
    }
    cause, place = links["Tử vong do bệnh tuần hoàn"], links["Thành phố Hà Nội"]
    assert cause is not None and place is not None
    assert (cause.key, cause.query["place"]) == ("deaths-circulatory", "")
    assert (place.key, place.query["place"]) == ("deaths-certified", "01")
    assert "Nguyên nhân khác hoặc chưa có mã" not in links, "no indicator of its own"


def test_under_63_provinces_the_north_is_another(figures: PageFigures) -> None:
    asked = {"period": "2026-03", "bounds": "63"}
    found = _show(_visitor(figures), asked)
    rows = _rows(found)
    assert rows["Tỉnh Hà Giang"] == ["12"] and "Tỉnh Tuyên Quang" not in rows
    assert len(_map(found).links) == 63
    north = _show(_visitor(figures), {**asked, "province": "02"})
    assert "Hà Giang" in north.title and _rows(north)["Tử vong do bệnh tuần hoàn"][1] == "6"


def test_a_province_tells_no_small_count(figures: PageFigures) -> None:
    found = _show(_visitor(figures, "01"), {"period": "2026-03"})
    rows = _rows(found)
    assert "Hà Nội" in found.title, "an officer begins at the own province"
    assert rows["Tử vong do u, ung thư"] == ["C00–D48", "Không nêu", "–"]
    assert rows["Nguyên nhân không rõ (R00–R99)"] == ["R00–R99", "Không nêu", "–"]
    assert rows["Nguyên nhân khác hoặc chưa có mã"] == ["", "Không nêu", "–"]
    assert rows["Tử vong do bệnh tuần hoàn"][1] == "7"
    assert rows["W11/26"] == rows["W10/26"] == ["Không nêu"], "the month less one week is the other"
    all_told = _show(_visitor(_least(figures, 1), "01"), {"period": "2026-03"})
    assert _rows(all_told)["Tử vong do u, ung thư"][1] == "2", "the least is set"


def _least(figures: PageFigures, least: int) -> PageFigures:
    held = figures.warehouse
    again = Warehouse(held.lake.folder, replace(held.definitions, least=least))
    return replace(figures, warehouse=again)


def test_a_map_tells_no_small_count_and_none_that_gives_it_away(figures: PageFigures) -> None:
    asked = {"period": "2026-03", "cause": "deaths-neoplasms"}
    found = _show(_visitor(figures, language="en"), asked)
    assert _rows(found)["Thành phố Hà Nội"] == _rows(found)["Tỉnh Tuyên Quang"] == ["Withheld"]
    drawn = _map(found)
    assert "01" not in drawn.values and drawn.withheld["01"] == "Withheld"
    rows = _rows(_show(_visitor(_least(figures, 11)), {"period": "2026-03"}))
    assert rows["Thành phố Hà Nội"] == rows["Tỉnh Tuyên Quang"] == ["Không nêu"]


def test_the_page_is_for_its_roles_and_says_where_there_is_nothing(
    figures: PageFigures, database: Any
) -> None:
    assert "Chưa có số liệu" in text_of(_show(_visitor(None), {}))
    usual = _show(_visitor(figures), {"period": "1850", "province": "xx", "bounds": "?"})
    assert "03/2026" in usual.title, "what is not known is not taken"
    hospital = scene.Hospital(database)
    desks: Desks = hospital.desks
    page = desks.page("deaths", "mortality", _visitor(figures), {})
    assert "03/2026" in hospital.run(page).title
    assert scene.DOCTOR.role == HOSPITAL_DOCTOR.code
    with pytest.raises(DeskError):
        hospital.run(desks.page("deaths", "mortality", scene.DOCTOR, {}))
