"""The pages of the hospital, the province and the doctor say what the records say."""

from __future__ import annotations

from datetime import timedelta

from lanh.core.desks import OwnScreen, Visitor
from lanh.systems.beds.tests.scene import DAY, Room


def _page(room: Room, key: str, who: Visitor, **asked: str) -> OwnScreen:
    return room.run(room.desks.page("beds", key, who, asked))


def test_the_hospital_sees_its_days_and_wards(room: Room) -> None:
    who = room.planner()
    assert "Chưa có báo cáo nào" in _page(room, "hospital", who).body
    room.furnish()
    report = room.expect()
    body = _page(room, "hospital", who).body
    assert f"/beds/forms/report?about={report}" in body and "Chưa đến hạn" in body
    room.sent(report)
    body = _page(room, "hospital", who).body
    assert f"about={report}" not in body and "Đã báo cáo" in body
    assert "78,6" in body, "11 of 14 beds"
    room.now += timedelta(days=2)
    room.expect(day=DAY + timedelta(days=1))
    assert "Thiếu" in _page(room, "hospital", room.planner()).body


def test_the_province_sees_what_is_in_late_and_missing(room: Room) -> None:
    room.furnish()
    room.furnish("99002")
    room.furnish("99003")
    first = room.expect("99001")
    room.expect("99002")
    room.expect("99003")
    room.sent(first)
    body = _page(room, "province", room.officer).body
    assert "Đã báo cáo 1, chưa đến hạn 1, chậm 0, thiếu 0" in body
    assert "Bệnh viện Mẫu 99003" not in body
    room.now += timedelta(hours=6)
    body = _page(room, "province", room.officer).body
    assert "chậm 1, thiếu 0" in body
    leader = room.visitor("ministry-leader")
    assert "Bệnh viện Mẫu" not in _page(room, "province", leader).body
    body = _page(room, "province", leader, province="79", day=DAY.isoformat()).body
    assert "Bệnh viện Mẫu 99003" in body
    english = room.visitor("ministry-leader", language="en")
    assert "Occupancy by hospital" in _page(room, "province", english, province="01").body


def test_a_doctor_finds_the_nearest_free_bed_of_a_type(room: Room) -> None:
    for code in ("99001", "99002"):
        room.furnish(code)
    room.sent(room.expect("99001"), l0_occupied="3", l0_admitted="2")
    room.sent(room.expect("99002"), room.planner("99002"))
    doctor = room.visitor("hospital-doctor", facility="99001")
    body = _page(room, "free", doctor, type="icu").body
    assert "Bệnh viện Mẫu 99002" in body and body.count("Bệnh viện Mẫu 99001") == 2
    assert "5,6\u00a0km" in body and "1 ở Hồi sức" in body
    body = _page(room, "free", doctor, type="general", where="ba dinh").body
    assert body.index("Mẫu 99001") < body.index("Mẫu 99002")
    assert "Không có giường trống" in _page(room, "free", doctor, type="burns").body
    room.now += timedelta(days=5)
    old = room.visitor("hospital-doctor", facility="99001")
    assert "Không có giường trống" in _page(room, "free", old, type="icu").body
