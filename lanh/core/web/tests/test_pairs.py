"""The steward's worklist of doubtful pairs: seen, decided, undone; who may, and in what words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.fake_pairs import FakePairs
from lanh.core.web.tests.fakes import FakeTrail
from lanh.core.web.views.comparison import masked_pair


@pytest.fixture
def steward(browser: Browser) -> Browser:
    return browser.sign_in("steward")


@pytest.fixture
def pair(steward: Browser) -> Browser:
    steward.get("/pairs")
    steward.get(links(steward)[0])
    return steward


def links(browser: Browser) -> list[str]:
    return [str(href) for href in browser.tree.xpath("//main//tbody//th//a/@href")]


def decide(browser: Browser, act: str, **values: str) -> int:
    (seen,) = browser.tree.xpath("//input[@name='seen']/@value")
    given = {"seen": str(seen), "because": "papers", **values}
    here = browser.path
    return browser.post(f"{here}/decide", act=act, **given).status_code


def test_the_worklist_is_paged_and_written_down_first(steward: Browser, trail: FakeTrail) -> None:
    steward.get("/pairs")
    assert len(links(steward)) == 25
    (following,) = steward.tree.xpath("//a[@rel='next']/@href")
    assert following.startswith("/pairs?after=") and not following.endswith("=25")
    seen = trail.written[-1]
    assert (seen.action, seen.access and seen.access.purpose) == ("search", "HOPERAT")
    assert len(seen.patients) == 50
    steward.get(following)
    assert len(links(steward)) == 2


def test_nothing_is_shown_that_cannot_be_written_down(steward: Browser, trail: FakeTrail) -> None:
    steward.get("/pairs")
    first = links(steward)[0]
    trail.broken = True
    for path in ("/pairs", first):
        assert steward.get(path).status_code == 500
        assert "Khôi" not in steward.page.text


def test_addresses_and_titles_name_nobody(pair: Browser) -> None:
    assert "patient" not in pair.path and pair.path.rpartition("/")[2] != "1"
    assert "Khôi" not in pair.title
    assert pair.get("/pairs/nothing-given-out").status_code == 404


def test_both_sides_field_by_field_with_a_word_and_a_weight(pair: Browser) -> None:
    rows = {
        cells[0]: cells[1:]
        for row in pair.tree.xpath("//main//tbody/tr")
        for cells in [[" ".join(cell.text_content().split()) for cell in row.xpath("./*")]]
    }
    assert rows["Họ tên"] == ["Đặng Minh Khôi", "ĐẶNG MINH KHỐI", "gần giống", "+3,5"]
    assert rows["Ngày sinh"] == ["05/03/1990", "03/05/1990", "đảo ngày và tháng", "+4,5"]
    assert rows["Nơi cư trú"][2:] == ["khác", "−2,0"]
    assert rows["Số bảo hiểm xã hội"] == ["•••••••001", "–", "thiếu một bên", ""]
    assert rows["Điện thoại"][:2] == ["•••••••123", "•••••••123"]
    assert "0600000123" not in pair.page.text and "099090012345" not in pair.page.text
    marked = [mark.text for mark in pair.tree.xpath("//main//tbody//mark")]
    assert marked[:2] == ["Khôi", "KHỐI"]
    assert "Kiểm tra lại giấy tờ" in rows["Số định danh"][1]
    for tag in pair.tree.xpath("//span[contains(@class,'found')]"):
        assert tag.xpath("./*[local-name()='svg']") and tag.text_content().strip()


@pytest.mark.parametrize(
    ("ours", "theirs", "shown"),
    [
        ("099090012345", "099090012354", "••• ••• ••2 345"),
        ("099090012345", "099190012345", "••• 0•• ••2 345"),
        ("099090012345", "098085998877", "••• ••• ••2 345"),
        ("099090012345", "", "••• ••• ••2 345"),
        ("12", "", "12"),
        ("", "1", "–"),
    ],
)
def test_a_number_shows_its_end_and_a_slip(ours: str, theirs: str, shown: str) -> None:
    one = re.sub("<[^>]+>", "", str(masked_pair(ours, theirs, 4)[0])).replace("\xa0", " ")
    assert one == shown


@pytest.mark.parametrize("act", ["same", "different", "later"])
def test_a_decision_is_kept_with_its_reason_and_leads_to_the_next_pair(
    pair: Browser, pairs: FakePairs, act: str
) -> None:
    first = pair.path
    assert decide(pair, act, because="other", note="Đã gọi  trạm y tế") == 200
    assert pairs.decided_on == [(1, act, "other: Đã gọi trạm y tế")]
    assert pair.path != first and pair.path.startswith("/pairs/")
    assert pair.tree.xpath("//form[contains(@class,'previous')]//a/@href") == [first]
    pair.get("/pairs")
    assert (first in links(pair)) is False
    pair.get("/pairs/later" if act == "later" else "/pairs/decided")
    assert first in links(pair)


def test_no_decision_without_a_reason(pair: Browser, pairs: FakePairs) -> None:
    here = pair.path
    assert decide(pair, "same", because="") == 422
    assert pair.tree.xpath("//*[@id='faults']//a/@href") == ["#f-because"]
    pair.get(here)
    assert decide(pair, "same", because="other", note="x") == 422
    assert pair.tree.xpath("//*[@id='faults']//a/@href") == ["#f-note"]
    pair.get(here)
    assert decide(pair, "nothing") == 422
    assert pairs.decided_on == []
    assert pair.title.startswith("Lỗi:")


def test_who_comes_second_is_told_clearly(pair: Browser, pairs: FakePairs) -> None:
    pairs.overtaken = True
    assert decide(pair, "same") == 409
    assert "Người khác vừa quyết định cặp này." in pair.text
    assert pair.tree.xpath("//p[@role='alert']")
    assert pairs.decided_on == []


def test_a_page_that_is_too_old_decides_nothing(pair: Browser, pairs: FakePairs) -> None:
    pairs._pairs[1] = replace(pairs._pairs[1], revision=2)
    assert decide(pair, "same") == 409
    assert pair.tree.xpath("//input[@name='seen']/@value") == ["2"]


def test_a_decision_is_undone_from_the_next_page(pair: Browser, pairs: FakePairs) -> None:
    first = pair.path
    decide(pair, "different")
    (form,) = pair.tree.xpath("//form[contains(@class,'previous')]")
    values = {str(x.get("name")): str(x.get("value")) for x in form.xpath(".//input[@name]")}
    values.pop("csrfmiddlewaretoken")
    pair.post(str(form.get("action")), **values)
    assert pair.path == first
    assert "Đã hoàn tác" in pair.text and "Bấm nhầm" in pair.text
    assert pair.tree.xpath("//input[@name='seen']")
    assert pair.post(f"{first}/undo", verdict="99", because="slip").status_code == 404
    assert pair.post(f"{first}/undo", verdict="1", because="for fun").status_code == 404


def test_out_of_reach_is_not_found(steward: Browser) -> None:
    steward.get("/pairs")
    assert steward.get(links(steward)[8]).status_code == 404


@pytest.mark.parametrize("user", ["nurse", "leader", "citizen", "it"])
def test_others_are_refused(browser: Browser, user: str, pairs: FakePairs) -> None:
    browser.sign_in("steward").get("/pairs")
    first = links(browser)[0]
    browser.sign_in(user)
    for path in ("/pairs", "/pairs/later", "/pairs/decided", first):
        assert browser.get(path).status_code == 403
    browser.get("/")
    assert browser.post(f"{first}/decide", act="same", seen="1").status_code == 403
    assert browser.post(f"{first}/undo", verdict="1", because="slip").status_code == 403
    assert pairs.decided_on == []


def test_decisions_are_posted_with_the_pages_token_only(pair: Browser, pairs: FakePairs) -> None:
    here = pair.path
    assert pair.client.get(f"{here}/decide?act=same").status_code == 405
    answer = pair.client.post(f"{here}/decide", data={"act": "same", "because": "papers"})
    assert answer.status_code == 403
    assert pairs.decided_on == []


def test_another_session_cannot_use_an_address(browser: Browser) -> None:
    browser.sign_in("steward").get("/pairs")
    first = links(browser)[0]
    browser.sign_in("steward")
    assert browser.get(first).status_code == 404


def test_in_english_too(pair: Browser) -> None:
    pair.post("/language", language="en", next=pair.path)
    assert "Are these two records one person?" in pair.text
    assert "day and month swapped" in pair.text and "+4.5" in pair.text


def test_home_counts_what_waits(steward: Browser) -> None:
    tile = steward.tree.xpath("//a[@href='/pairs' and contains(@class,'tile')]")[0]
    assert "20+" in tile.text_content()
