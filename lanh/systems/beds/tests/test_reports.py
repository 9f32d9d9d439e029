"""A hospital reports its beds and corrects; the clock chases, the province returns, excuses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lanh.core.desks import Forbidden, FormScreen, NotFound, Sent
from lanh.systems.beds.expecting import hospitals
from lanh.systems.beds.reading import lines
from lanh.systems.beds.tests.scene import COUNTS, DAY, GENERAL, INTENSIVE, Room, ward_fields


def test_a_ward_is_a_place_with_its_beds(room: Room) -> None:
    sent = room.ward("K02", "Hồi sức", INTENSIVE)
    ward = room.resource(sent.record)
    assert ward["physicalType"]["coding"][0]["code"] == "wa"
    assert ward["identifier"] == [{"system": "urn:lanh:id:ward:99001", "value": "K02"}]
    beds = [room.resource(r) for r in sent.written if r.startswith("Location/")][1:]
    assert [bed["identifier"][0]["value"] for bed in beds] == list(INTENSIVE)
    assert {bed["partOf"]["reference"] for bed in beds} == {sent.record}
    assert beds[0]["identifier"][0]["period"] == {"start": "2026-01-01"}
    assert room.run(hospitals(room.store)) == ["99001"]


def test_beds_are_ended_not_removed_and_wards_stand_once(room: Room) -> None:
    sent = room.ward("K02", "Hồi sức", INTENSIVE)
    who = room.planner()
    screen = room.run(room.desks.correct("beds", sent.record, who))
    fewer = ward_fields("K02", "Hồi sức", {"H001": "icu", "H002": "icu"})
    back = room.run(
        room.desks.send(screen.draft, who, fewer, screen.submission, reason="Bỏ một giường")
    )
    assert isinstance(back, FormScreen)
    assert any("H003" in words for _, words in back.page.faults)
    ended = {**ward_fields("K02", "Hồi sức", INTENSIVE), "q/bed:2/use/until": ["31/10/2026"]}
    done = room.run(
        room.desks.send(back.draft, who, ended, back.submission, reason="Bỏ một giường")
    )
    assert isinstance(done, Sent), done.page.faults
    assert done.record == sent.record
    report = room.expect()
    page = room.open(report, who).page
    actual = [b.fields[0].words for r in page.blocks[-4].rows for b in r.blocks[1].rows[0].blocks
              if b.item.link_id == "actual" for b in b.rows[0].blocks]  # fmt: skip
    assert actual == [("2",)]
    screen = room.run(room.desks.begin("beds", "ward", who))
    again = ward_fields("K02", "Hồi sức 2", {"H009": "icu"})
    back = room.run(room.desks.send(screen.draft, who, again, screen.submission))
    assert isinstance(back, FormScreen)
    assert [name for name, _ in back.page.faults] == ["q/ward/code"]


def test_the_expected_report_becomes_the_sent_one(room: Room) -> None:
    room.furnish()
    report = room.expect()
    assert room.expect() == report
    assert room.resource(report)["status"] == "pending"
    assert room.state(report) == "expected"
    sent = room.sent(report)
    assert sent.record == report
    told = room.resource(report)
    assert told["status"] == "complete"
    assert told["reporter"]["identifier"]["value"] == "99001"
    assert [
        (line.key, line["staffed"], line["occupied"], line["free"]) for line in lines(told)
    ] == [
        (("K02", "icu"), 3, 2, 1),
        (("K03", "general"), 10, 9, 1),
        (("K03", "isolation"), 1, 0, 1),
    ]
    score = told["group"][0]["stratifier"][0]["stratum"][0]["measureScore"]
    assert str(score["value"]) == "66.7"
    assert room.state(report) == "reported"


def test_a_report_is_expected_in_a_year_whose_holidays_are_not_known(room: Room) -> None:
    room.furnish()
    day = DAY.replace(year=DAY.year + 40)
    report = room.resource(room.expect(day=day))
    assert report["status"] == "pending" and "extension" not in report
    (due,) = room.resource(room.expect())["extension"]
    assert due["valueDateTime"].startswith(DAY.isoformat())


def test_a_correction_is_a_new_version_with_its_reason(room: Room) -> None:
    room.furnish()
    report = room.expect()
    room.sent(report)
    back = room.report(report, l0_occupied="3")
    assert isinstance(back, FormScreen), "a reason is asked for"
    room.sent(report, l0_occupied="3", reason="Đếm sót một người bệnh")
    assert lines(room.resource(report))[0]["occupied"] == 3
    screen = room.run(room.desks.record("beds", report, room.planner()))
    assert [v.version for v in screen.versions] == [3, 2, 1]
    assert screen.versions[0].reason == "Đếm sót một người bệnh"
    assert any("2" in change.say("vi") and "3" in change.say("vi")
               for change in screen.versions[0].changes)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"l0_staffed": "4"}, "nhiều hơn số giường thực kê"),
        ({"l0_occupied": "4"}, "nằm ghép"),
    ],
)
def test_what_is_hardly_so_is_asked_about(room: Room, changed: dict[str, str], code: str) -> None:
    room.furnish()
    report = room.expect()
    back = room.report(report, None, **changed)
    assert isinstance(back, FormScreen)
    assert any(code in words for _, words in back.warnings)
    assert isinstance(room.report(report, None, **changed, reason="Đúng như vậy"), Sent)


def test_what_cannot_be_is_refused_and_yesterday_is_looked_at(room: Room) -> None:
    room.furnish()
    back = room.report(room.expect(), l0_occupied="40", reason="x")
    assert isinstance(back, FormScreen) and back.page.faults
    room.sent(room.expect(), l1_occupied="9")
    room.now += timedelta(days=1)
    tomorrow = room.expect(day=DAY + timedelta(days=1))
    screen = room.open(tomorrow, room.planner())
    staffed = [f.values for b in _blocks(screen) if b.key.endswith("staffed-beds")
               for f in b.fields]  # fmt: skip
    assert staffed == [("3",), ("10",), ("1",)]
    back = room.report(tomorrow, l1_left="20")
    assert isinstance(back, FormScreen)
    assert any("11" in words for _, words in back.page.faults)
    back = room.report(tomorrow, l1_occupied="1")
    assert isinstance(back, FormScreen)
    told = " ".join(words for _, words in back.warnings)
    assert "thì phải là 9" in told and "thay đổi lớn" in told


def _blocks(screen: FormScreen) -> list:  # type: ignore[type-arg]
    found, waiting = [], list(screen.page.blocks)
    while waiting:
        block = waiting.pop(0)
        found.append(block)
        waiting = [b for row in block.rows for b in row.blocks] + waiting
    return found


def test_the_clock_chases_what_is_not_sent(room: Room) -> None:
    room.furnish()
    report = room.expect()
    room.tick(3.4)
    assert room.state(report) == "expected"
    room.tick(1)
    assert room.state(report) == "late"
    assert room.run(room.workflow.in_queues(room.officer.access)).rows == ()
    room.tick(24)
    assert room.state(report) == "missing"
    waiting = room.run(room.workflow.in_queues(room.officer.access)).rows
    assert [task.case.focus.id for task in waiting] == [report.split("/")[1]]
    elsewhere = room.visitor("provincial-officer", area="79")
    assert room.run(room.workflow.in_queues(elsewhere.access)).rows == ()
    room.sent(report, room.planner())
    assert room.state(report) == "reported"
    room.tick(72)
    assert room.state(report) == "accepted"


def test_the_province_returns_and_the_hospital_mends(room: Room) -> None:
    room.furnish()
    report = room.expect()
    sent = room.sent(report)
    case = room.case(report)
    room.run(
        room.desks.act("beds", case.id, "return", room.officer, revision=case.revision,
                       reason="Khoa Nội không khớp")
    )  # fmt: skip
    assert room.state(report) == "returned"
    room.sent(report, l1_occupied="8", reason="Đã đếm lại")
    assert room.state(report) == "reported"
    assert sent.record == report


def test_a_missing_report_is_excused_with_a_reason(room: Room) -> None:
    room.furnish()
    report = room.expect()
    room.tick(5)
    room.tick(24)
    case = room.case(report)
    assert case.state == "missing"
    room.run(
        room.desks.act("beds", case.id, "excuse", room.officer, revision=case.revision,
                       reason="Bệnh viện bị ngập")
    )  # fmt: skip
    assert room.state(report) == "excused"


def test_no_line_is_left_out(room: Room) -> None:
    room.furnish()
    who = room.planner()
    screen = room.open(room.expect(), who)
    fields = {name: held for name, held in COUNTS.items() if not name.startswith("q/ward:2")}
    back = room.run(room.desks.send(screen.draft, who, fields, screen.submission))
    assert isinstance(back, FormScreen)
    assert {name.partition("/beds/")[0] for name, _ in back.page.faults} == {"q/ward:2"}


def test_nobody_reports_for_another_hospital(room: Room) -> None:
    room.furnish()
    report = room.expect()
    with pytest.raises((Forbidden, NotFound)):
        room.report(report, room.planner("99002"))
    with pytest.raises(Forbidden):
        room.open(report, room.visitor("hospital-doctor", facility="99001"))


def test_beds_of_no_use_are_not_counted(room: Room) -> None:
    room.ward("K03", "Nội", GENERAL)
    who = room.planner()
    page = room.open(room.expect(), who).page
    assert len(page.blocks[-4].rows) == 2
