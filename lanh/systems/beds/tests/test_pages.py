"""The pages of the hospital, the province, the ministry and the doctor say what the records say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lanh.core.desks import Forbidden, Visitor
from lanh.core.overviews import Link, Map, OverviewScreen, Table
from lanh.kit.harness import counted, text_of
from lanh.systems.beds.tests.scene import BA_DINH, DAY, Room


def _page(room: Room, key: str, who: Visitor, **asked: str) -> OverviewScreen:
    screen = room.run(room.desks.page("beds", key, who, asked))
    assert isinstance(screen, OverviewScreen)
    return screen


def _told(room: Room, key: str, who: Visitor, **asked: str) -> str:
    return text_of(_page(room, key, who, **asked))


def _links(screen: OverviewScreen) -> list[Link]:
    return [
        link
        for shown in screen.blocks
        if isinstance(shown.block, Table)
        for row in shown.block.rows
        for cell in row
        for link in (cell.link, *cell.links)
        if link is not None
    ]


def test_the_hospital_sees_its_days_and_wards(room: Room) -> None:
    who = room.planner()
    told = _told(room, "hospital", who)
    assert "Chưa có báo cáo nào" in told and "Thêm khoa" in told
    room.furnish()
    report = room.expect()
    screen = _page(room, "hospital", who)
    assert "Chưa đến hạn" in text_of(screen)
    fill = next(link for link in _links(screen) if link.kind == "form")
    assert fill.key == "report" and fill.query == {"about": report}
    room.sent(report)
    screen = _page(room, "hospital", who)
    told = text_of(screen)
    assert not any(link.kind == "form" for link in _links(screen)) and "Đã báo cáo" in told
    assert "78,6" in told, "11 of 14 beds"
    assert "Hồi sức | Giường hồi sức tích cực" in told and Link("record", report) in _links(screen)
    room.now += timedelta(days=2)
    room.expect(day=DAY + timedelta(days=1))
    assert "Thiếu" in _told(room, "hospital", room.planner())


def test_the_province_sees_what_is_in_late_and_missing(room: Room) -> None:
    room.furnish()
    room.furnish("99002")
    room.furnish("99003")
    first = room.expect("99001")
    room.expect("99002")
    room.expect("99003")
    room.sent(first)
    told = _told(room, "province", room.officer)
    assert "Thiếu 0, Chậm 0, Chưa đến hạn 1, Đã báo cáo 1" in told
    assert "Bệnh viện Mẫu 99003" not in told
    assert "99003" not in _told(room, "province", room.officer, province="79"), "bound to 01"
    room.now += timedelta(hours=6)
    told = _told(room, "province", room.officer)
    assert "Thiếu 0, Chậm 1" in told
    leader = room.visitor("ministry-leader")
    told = _told(room, "province", leader)
    assert "Bệnh viện Mẫu" not in told and "Thành phố Hà Nội | 2 | 1 | 0 | 14 | 11" in told
    screen = _page(room, "province", leader, province="79", day=DAY.isoformat())
    assert "Bệnh viện Mẫu 99003" in text_of(screen)
    english = room.visitor("ministry-leader", language="en")
    screen = _page(room, "province", english, province="01")
    assert "Occupancy by hospital" in text_of(screen)
    behind = [link for link in _links(screen) if link.kind == "list"]
    assert {"hospital": "99001", "day": str(DAY), "day.until": str(DAY)} in [
        dict(link.query) for link in behind
    ]


def test_the_ministry_sees_the_country_and_goes_down_to_a_ward(room: Room) -> None:
    for code in ("99001", "99003"):
        room.furnish(code)
        room.sent(room.expect(code), room.planner(code))
    room.now += timedelta(days=1)
    room.expect(day=DAY + timedelta(days=1))  # not sent yet: yesterday's is the latest
    leader = room.visitor("ministry-leader")
    plan = room.desks.page("beds", "occupancy", leader, {})
    country, statements = room.run(counted(plan))
    assert isinstance(country, OverviewScreen) and statements <= 2
    told = text_of(country)
    assert "Báo cáo: 2" in told and "Công suất (%): 78,6 %" in told
    drawn = next(s.block for s in country.blocks if isinstance(s.block, Map))
    assert set(drawn.values) == {"01", "79"} and len(drawn.links) == 34
    province = _page(room, "occupancy", leader, **drawn.links["01"].query)
    assert "Phường Ba Đình | 1 | 14 | 11 | 3 | 78,6" in text_of(province)
    icu = _page(room, "occupancy", leader, province="01", type="icu")
    assert "Bệnh viện Mẫu 99001 | 3 | 2 | 1 | 66,7" in text_of(icu)
    commune = _page(room, "occupancy", leader, province=BA_DINH)
    assert "Hồi sức | Giường hồi sức tích cực" in text_of(commune) and len(commune.path) == 2
    with pytest.raises(Forbidden):
        _page(room, "occupancy", room.visitor("citizen"))


def test_a_doctor_finds_the_nearest_free_bed_of_a_type(room: Room) -> None:
    for code in ("99001", "99002"):
        room.furnish(code)
    room.sent(room.expect("99001"), l0_occupied="3", l0_admitted="2")
    room.sent(room.expect("99002"), room.planner("99002"))
    doctor = room.visitor("hospital-doctor", facility="99001")
    told = _told(room, "free", doctor, type="icu")
    assert "Bệnh viện Mẫu 99002 1 ở Hồi sức | 5,6\u00a0km | 1 | 024 0000 0000 | 07:00" in told
    assert "Bệnh viện Mẫu 99001 1" not in told, "its intensive care is full"
    told = _told(room, "free", doctor, type="general", where="ba dinh")
    assert told.index("Mẫu 99001") < told.index("Mẫu 99002")
    assert "Không có giường trống" in _told(room, "free", doctor, type="burns")
    room.now += timedelta(days=5)
    old = room.visitor("hospital-doctor", facility="99001")
    assert "Không có giường trống" in _told(room, "free", old, type="icu")
