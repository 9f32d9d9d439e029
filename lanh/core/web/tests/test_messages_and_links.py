"""The hospital's receipts, and the data steward's decisions."""

from __future__ import annotations

import pytest

from lanh.core.database import Plan
from lanh.core.text import Message, Words
from lanh.core.web.services import DecisionRefused
from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.fake_bus import FakeBus
from lanh.core.web.tests.fakes import FakePeople, FakeTrail


def test_receipts_by_state_with_reasons(browser: Browser) -> None:
    browser.sign_in("it").get("/messages")
    assert len(browser.tree.xpath("//main//tbody/tr")) == 3
    assert "Thiếu ngày sinh ở bản ghi thứ 2." in browser.text
    browser.get("/messages?state=refused")
    assert len(browser.tree.xpath("//main//tbody/tr")) == 1


def test_a_receipt_names_field_reason_and_remedy_in_the_readers_language(browser: Browser) -> None:
    browser.sign_in("it").get("/messages/0199-aaaa-000000000002")
    assert "Patient.birthDate" in browser.text
    assert "Thêm NGAY_SINH" in browser.text
    assert "Practitioner/bs-77" in browser.text
    browser.post("/language", language="en", next=browser.path)
    assert "Add it as yyyymmdd" in browser.text


def test_a_receipt_of_others_is_not_found(browser: Browser) -> None:
    browser.sign_in("it")
    assert browser.get("/messages/0199-bbbb-000000000009").status_code == 404


def test_a_reason_is_mended_by_value_and_replayed(browser: Browser, bus: FakeBus) -> None:
    browser.sign_in("it").get("/messages/rejects")
    assert "không có trong bảng 0001" in browser.text
    browser.get(browser.tree.xpath("//main//tbody//a/@href")[0])
    form = {
        f"{kind}-{n}": each.get("value") or ""
        for n in range(2)
        for kind in ("old", "new")
        for each in browser.tree.xpath(f"//*[@name='{kind}-{n}']")
    }
    browser.post(str(browser.page.url), **(form | {"new-0": "M"}))
    assert bus.ordered == [("sex-unknown PID-8", {"Nam": "M"})]
    assert browser.path == "/messages/replays/replay-1" and "2 trên 3" in browser.text


def test_a_field_of_a_message_is_mended_in_a_form(browser: Browser, bus: FakeBus) -> None:
    browser.sign_in("it").get("/messages/0199-aaaa-000000000002")
    form = {
        each.get("name"): each.get("value") or ""
        for each in browser.tree.xpath("//form[contains(@action,'/mend')]//input")
        if each.get("name")
    }
    browser.post("/messages/0199-aaaa-000000000002/mend", **(form | {"new-0": "1990-12-01"}))
    assert bus.mended == [("0199-aaaa-000000000002", [(2, "Patient.birthDate", "1990-12-01")])]
    assert browser.tree.xpath("//p[contains(@class,'notice')]")


@pytest.fixture
def review(browser: Browser) -> Browser:
    browser.sign_in("steward").get("/links")
    browser.get(browser.tree.xpath("//main//tbody//a/@href")[0])
    return browser


def test_both_sides_stand_beside_each_other(review: Browser) -> None:
    rows = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./*")]
        for row in review.tree.xpath("//main//tbody/tr")
    ]
    assert ["Họ tên", "ĐẶNG MINH KHÔI", "Đặng Minh Khôi", "giống"] in rows
    assert ["Ngày sinh", "05/03/1990", "06/03/1990", "khác"] in rows
    assert ["Giới tính", "Nam", "Nam", "giống"] in rows
    assert ["Điện thoại", "–", "0900", "thiếu một bên"] in rows


def test_no_decision_without_a_reason(review: Browser, people: FakePeople) -> None:
    answer = review.post(f"{review.path}/decide", act="unlink", reason="x")
    assert answer.status_code == 422
    assert review.tree.xpath("//*[@id='faults']//a/@href") == ["#f-reason"]
    assert people.decided == []


@pytest.mark.parametrize("act", ["unlink", "confirm"])
def test_a_decision_is_made_written_down_and_said(
    review: Browser, people: FakePeople, trail: FakeTrail, act: str
) -> None:
    review.post(f"{review.path}/decide", act=act, reason="Đã gọi trạm y tế xác minh")
    assert people.decided == [(act, "patient-b", "Đã gọi trạm y tế xác minh")]
    assert review.path == "/links"
    assert review.tree.xpath("//p[contains(@class,'notice')]")
    decision = trail.written[-2]
    assert (decision.action, list(decision.patients)) == (act, ["patient-b"])
    assert decision.detail["reason"] == "Đã gọi trạm y tế xác minh"
    review.get("/links")
    assert not review.tree.xpath("//p[contains(@class,'notice')]")


def test_a_link_that_went_meanwhile_is_said_and_nothing_is_written(
    review: Browser, people: FakePeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Message(Words("Hồ sơ không còn.", "The record is gone."))

    def refused(*_: object) -> Plan[None]:
        yield from ()
        raise DecisionRefused(gone, overtaken=True)

    monkeypatch.setattr(people, "unlink", refused)
    answer = review.post(f"{review.path}/decide", act="unlink", reason="Đã gọi trạm y tế")
    assert answer.status_code == 409
    assert "Hồ sơ không còn." in answer.text
    assert people.decided == []


def test_another_person_is_searched_chosen_and_linked(review: Browser, people: FakePeople) -> None:
    here = review.path
    review.post(here, text="nguyen van an")
    chosen = review.tree.xpath("//input[@type='radio']/@value")[0]
    review.post(f"{here}/decide", act="link", reason="Cùng một người", person=chosen)
    assert people.decided == [("link", "patient-b", "person-4", "Cùng một người")]


def test_a_person_who_was_not_offered_cannot_be_chosen(review: Browser, people: FakePeople) -> None:
    answer = review.post(
        f"{review.path}/decide", act="link", reason="đúng người", person="person-4"
    )
    assert answer.status_code == 404
    assert people.decided == []
