"""Finding and opening people: nothing of them in addresses or titles, everything written down."""

from __future__ import annotations

import re

import pytest

from lanh.core.access import Purpose
from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.fakes import FakeTrail

NAMES = re.compile(r"dang|minh|khoi|khôi|098090012345|person-1|patient-", re.IGNORECASE)


def test_a_name_is_found_with_and_without_diacritics(browser: Browser) -> None:
    browser.sign_in("nurse")
    assert len(browser.find("Đặng Minh Khôi")) == len(browser.find("dang minh khoi")) > 0
    names = browser.tree.xpath("//table//button/text()")
    assert names[0] == "Đặng Minh Khôi"


@pytest.mark.parametrize(
    "text",
    ["098090012345", "098 090 012 345", "098090012345||Dang Minh Khoi|05031990|Nam|X|01012022"],
)
def test_a_number_or_a_scanned_card_finds_the_person(browser: Browser, text: str) -> None:
    browser.sign_in("nurse")
    assert len(browser.find(text)) == 1


def test_numbers_are_masked(browser: Browser) -> None:
    browser.sign_in("nurse")
    browser.find("dang")
    assert "098090012345" not in browser.page.text
    assert "•••••••••345" in browser.text


def test_a_search_goes_on_page_by_page_and_back(browser: Browser) -> None:
    browser.sign_in("nurse")
    first = browser.find("ng")
    assert len(first) == 25
    assert "Trang 1" in browser.text
    browser.get(browser.tree.xpath("//a[@rel='next']/@href")[0])
    assert len(browser.tree.xpath("//table//input[@name='handle']")) == 7
    browser.get(browser.tree.xpath("//a[@rel='prev']/@href")[0])
    assert [str(v) for v in browser.tree.xpath("//table//input[@name='handle']/@value")] == first


def test_too_little_text_is_a_fault_at_the_field(browser: Browser) -> None:
    browser.sign_in("nurse")
    browser.get("/people")
    assert browser.post("/people", text=" ").status_code == 422
    assert browser.tree.xpath("//*[@id='faults']//a/@href") == ["#f-text"]


def test_no_address_and_no_title_says_anything_about_a_person(browser: Browser) -> None:
    browser.sign_in("nurse")
    seen = []
    browser.find("dang minh khoi")
    seen += [(str(r.url), "") for r in (*browser.page.history, browser.page)]
    path = browser.open_person()
    for part in ("", "?kind=visit", "?shown=120", "/medicines", "/results", "/sources"):
        browser.get(path + part)
        assert browser.page.status_code == 200
        assert "Đặng Minh Khôi" in browser.text
        seen.append((str(browser.page.url), browser.title))
        seen += [(str(link), "") for link in browser.tree.xpath("//@href | //@action")]
    assert [(url, title) for url, title in seen if NAMES.search(url) or NAMES.search(title)] == []


def test_an_address_is_worth_nothing_in_another_session(browser: Browser) -> None:
    browser.sign_in("nurse")
    path = browser.open_person()
    browser.sign_in("nurse")
    assert browser.get(path).status_code == 404
    assert "Đặng" not in browser.text


def test_opening_is_a_post(browser: Browser) -> None:
    browser.sign_in("nurse")
    handle = browser.find("dang")[0]
    assert browser.get(f"/people/{handle}").status_code == 404
    assert browser.get("/people/open").status_code in (404, 405)


def test_each_page_writes_who_whom_and_why(browser: Browser, trail: FakeTrail) -> None:
    browser.sign_in("nurse")
    browser.get("/people")
    browser.post("/people/purpose", purpose="PUBHLTH")
    path = browser.open_person()
    browser.get(f"{path}/results")
    entry = trail.written[-1]
    assert (entry.action, entry.person, entry.outcome) == ("read", "person-1", "success")
    assert entry.access is not None
    assert entry.access.purpose is Purpose.PUBLIC_HEALTH
    assert entry.access.subject.id == "u-nurse"
    assert tuple(entry.patients) == ("patient-a", "patient-b")
    assert dict(entry.detail) == {"page": "results"}
    assert [e.action for e in trail.written].count("search") == 1


def test_without_the_audit_entry_no_page_is_sent(browser: Browser, trail: FakeTrail) -> None:
    browser.sign_in("nurse")
    path = browser.open_person()
    trail.broken = True
    answer = browser.get(path)
    assert answer.status_code == 500
    assert "Đặng Minh Khôi" not in browser.text


def test_out_of_reach_is_not_found_and_the_attempt_is_written_down(
    browser: Browser, trail: FakeTrail
) -> None:
    browser.sign_in("nurse")
    handle = browser.find("nguyen van an")[0]
    assert browser.post("/people/open", handle=handle).status_code == 404
    assert trail.written[-1].outcome == "refused"


def test_a_purpose_that_the_role_has_not_is_not_taken(browser: Browser, trail: FakeTrail) -> None:
    browser.sign_in("nurse")
    browser.get("/people")
    browser.post("/people/purpose", purpose="HPAYMT")
    browser.open_person()
    access = trail.written[-1].access
    assert access is not None
    assert access.purpose is Purpose.TREATMENT


def test_roles_without_the_right_are_refused(browser: Browser) -> None:
    browser.sign_in("leader")
    assert browser.get("/people").status_code == 403
    assert browser.get("/links").status_code == 403
    assert browser.get("/messages").status_code == 403


def test_a_citizen_opens_only_the_own_record_and_sees_who_did(browser: Browser) -> None:
    browser.sign_in("citizen")
    browser.get("/me")
    assert browser.path.startswith("/people/")
    assert "Đặng Minh Khôi" in browser.text
    browser.get(f"{browser.path}/openings")
    assert "Lò Thị Mai" in browser.text
    assert "Khám bệnh, chữa bệnh" in browser.text
    assert browser.get("/people").status_code == 403


def test_staff_do_not_see_the_log_of_openings(browser: Browser) -> None:
    browser.sign_in("nurse")
    path = browser.open_person()
    assert browser.get(f"{path}/openings").status_code == 403
