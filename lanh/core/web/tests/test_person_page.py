"""What a person's page says: safety first, events by day with where they came from."""

from __future__ import annotations

import pytest

from lanh.core.web.tests.conftest import Browser


@pytest.fixture
def page(browser: Browser) -> Browser:
    browser.sign_in("nurse").open_person()
    return browser


def test_banner_and_allergies_stand_on_top(page: Browser) -> None:
    assert page.tree.xpath("string(//h1)").startswith("Đặng Minh Khôi")
    strip = page.tree.xpath("//section[contains(@class,'strip')]")[0]
    assert "bad" in strip.get("class")
    assert "Penicillin: Sốc phản vệ" in " ".join(strip.text_content().split())
    assert "098\xa0090\xa0012\xa0345" in page.page.text


def test_a_warning_stands_beside_the_number_in_both_languages(page: Browser) -> None:
    (warning,) = page.tree.xpath("//div[contains(@class,'banner')]//p[contains(@class,'doubt')]")
    assert "Năm sinh trong số định danh khác" in warning.text_content()
    page.post("/language", language="en", next=page.path)
    assert "unlike the birth date" in page.text


def test_twenty_events_newest_first_then_the_rest(page: Browser) -> None:
    assert len(page.tree.xpath("//ol[@class='timeline']/li/ol/li")) == 20
    days = [day.split("/")[::-1] for day in page.tree.xpath("//ol[@class='timeline']//h3/text()")]
    assert days == sorted(days, reverse=True)
    page.get(page.tree.xpath("//p[@id='more']//a/@href")[0])
    assert len(page.tree.xpath("//ol[@class='timeline']/li/ol/li")) == 29
    assert not page.tree.xpath("//p[@id='more']")


def test_each_event_names_facility_message_and_time(page: Browser) -> None:
    sources = page.tree.xpath("//p[@class='source']")
    assert len(sources) == 20
    for source in sources:
        said = source.text_content()
        assert "Trạm Y tế" in said or "Bệnh viện" in said
        assert "Nhận lúc" in said
        assert "thông\xa0điệp" in said


def test_a_filter_keeps_one_kind(page: Browser) -> None:
    page.get(f"{page.path}?kind=vaccine")
    events = page.tree.xpath("//ol[@class='timeline']/li/ol/li")
    assert len(events) == 1
    assert "Mũi 3 · Lô LO-THU-01" in " ".join(events[0].text_content().split())


def test_results_show_range_and_mark(page: Browser) -> None:
    page.get(f"{page.path}/results")
    rows = [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./*")]
        for row in page.tree.xpath("//main//tbody/tr")
    ]
    assert ["Glucose máu lúc đói", "7,8 mmol/L", "cao", "3,9–6,4"] in [row[:4] for row in rows]
    assert ["Kali máu", "3,1 mmol/L", "thấp", "3,5–5,0"] in [row[:4] for row in rows]
    assert ["Creatinin máu", "88 µmol/L", "", "62–106"] in [row[:4] for row in rows]
    page.get(f"{page.path}?only=abnormal")
    assert len(page.tree.xpath("//main//tbody/tr")) == 2


def test_sources_say_by_which_rule_they_are_linked(page: Browser) -> None:
    page.get(f"{page.path}/sources")
    assert "Cùng số định danh" in page.text
    assert "Họ tên: khác dấu" in page.text
    assert "0,93" in page.text


def test_the_same_page_in_english(page: Browser) -> None:
    path = page.path
    page.post("/language", language="en", next=path)
    assert page.path == path
    assert page.tree.get("lang") == "en"
    assert "Timeline" in page.text
    assert "Outpatient visit" in page.text
