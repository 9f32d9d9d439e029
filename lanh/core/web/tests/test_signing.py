"""Signing in and out: sessions, throttling, cookies, forgery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lanh.core.database import SyncDatabase, fetch
from lanh.core.web import Services, sessions
from lanh.core.web.middleware import SESSION_COOKIE
from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.fakes import PASSWORD, FakeTrail


def test_nobody_sees_anything_without_signing_in(browser: Browser) -> None:
    for path in ("/", "/people", "/figures/vn", "/messages", "/links", "/me", "/people/abc"):
        browser.get(path)
        assert browser.path == "/sign-in", path


def test_after_signing_in_the_asked_page_is_shown(browser: Browser) -> None:
    browser.get("/figures/vn")
    hidden = browser.tree.xpath("//main//input[@name='next']/@value")[0]
    browser.post("/sign-in", username="leader", password=PASSWORD, next=hidden)
    assert browser.path == "/figures/vn"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
)
def test_no_other_site_is_gone_to(browser: Browser, target: str) -> None:
    browser.get("/sign-in")
    browser.post("/sign-in", username="leader", password=PASSWORD, next=target)
    assert str(browser.page.url) == "http://lanh.test/"


def test_a_wrong_password_is_refused_in_the_same_words_as_a_wrong_name(browser: Browser) -> None:
    browser.get("/sign-in")
    first = browser.post("/sign-in", username="nurse", password="x")
    said = browser.tree.xpath("//*[@id='faults']//a/text()")
    second = browser.post("/sign-in", username="nobody", password="x")
    assert first.status_code == second.status_code == 422
    assert said == browser.tree.xpath("//*[@id='faults']//a/text()")
    assert browser.title.startswith("Lỗi:")


def test_after_too_many_failures_the_right_password_is_refused_too(browser: Browser) -> None:
    browser.get("/sign-in")
    for _ in range(3):
        browser.post("/sign-in", username="nurse", password="x")
    assert browser.post("/sign-in", username="nurse", password=PASSWORD).status_code == 429


def test_the_cookie_is_out_of_reach_and_not_stored_as_it_is(
    browser: Browser, database: SyncDatabase
) -> None:
    browser.get("/sign-in")
    answer = browser.client.post(
        "/sign-in",
        data={
            "csrfmiddlewaretoken": browser.tree.xpath(
                "//input[@name='csrfmiddlewaretoken']/@value"
            )[0],
            "username": "nurse",
            "password": PASSWORD,
        },
    )
    cookie = next(v for v in answer.headers.get_list("set-cookie") if f"{SESSION_COOKIE}=" in v)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    token = browser.client.cookies[SESSION_COOKIE]
    rows = database.read(fetch("SELECT id FROM web.session"))
    assert len(rows) == 1
    assert token.encode() not in bytes(rows[0][0])


def test_signing_out_is_a_post_and_ends_the_session(browser: Browser, trail: FakeTrail) -> None:
    browser.sign_in("nurse")
    token = browser.client.cookies[SESSION_COOKIE]
    assert browser.get("/sign-out").status_code == 405
    browser.get("/")
    browser.post("/sign-out")
    browser.client.cookies.set(SESSION_COOKIE, token, domain="lanh.test")
    browser.get("/people")
    assert browser.path == "/sign-in"
    assert [opening.action for opening in trail.written] == ["sign-in", "sign-out"]


def test_a_form_without_its_token_is_refused(browser: Browser) -> None:
    browser.sign_in("nurse")
    answer = browser.client.post("/people", data={"text": "an"})
    assert answer.status_code == 403
    assert "Trang đã cũ" in answer.text


def test_signing_in_gives_a_new_session(browser: Browser, database: SyncDatabase) -> None:
    browser.sign_in("nurse")
    first = browser.client.cookies[SESSION_COOKIE]
    browser.get("/sign-in")
    browser.get("/")
    browser.post("/sign-in", username="it", password=PASSWORD)
    assert browser.client.cookies[SESSION_COOKIE] != first
    assert len(database.read(fetch("SELECT id FROM web.session"))) == 1


def test_a_session_ends_when_idle_and_at_the_latest_after_half_a_day(
    database: SyncDatabase,
) -> None:
    start = datetime(2026, 10, 20, 1, tzinfo=UTC)
    session = database.transact(sessions.begin("u-nurse", start))
    idle = start + sessions.IDLE + timedelta(seconds=1)
    assert database.transact(sessions.resume(session.token, idle)) is None
    at = start
    while at < start + sessions.LONGEST - timedelta(minutes=20):
        at += timedelta(minutes=20)
        assert database.transact(sessions.resume(session.token, at)) is not None
    late = start + sessions.LONGEST + timedelta(seconds=1)
    assert database.transact(sessions.resume(session.token, late)) is None


def test_addresses_of_an_ended_session_lead_on_for_the_same_account_only(
    database: SyncDatabase,
) -> None:
    start = datetime(2026, 10, 20, 1, tzinfo=UTC)
    first = database.transact(sessions.begin("u-nurse", start))
    handle = database.transact(sessions.keep_handle(first, "record", {"record": "Basic/1"}))
    late = start + sessions.IDLE + timedelta(minutes=1)
    again = database.transact(sessions.begin("u-nurse", late, first.token))
    assert database.transact(sessions.meaning(again, "record", handle)) == {"record": "Basic/1"}
    other = database.transact(sessions.begin("u-it", late, again.token))
    assert database.transact(sessions.meaning(other, "record", handle)) is None


def test_an_account_that_ended_is_out_at_once(browser: Browser, services: Services) -> None:
    browser.sign_in("nurse")
    services.accounts.ended.add("u-nurse")  # type: ignore[attr-defined]
    browser.get("/people")
    assert browser.path == "/sign-in"


def test_demonstration_users_show_only_in_a_demonstration(browser: Browser) -> None:
    browser.get("/sign-in")
    assert "DỮ LIỆU GIẢ" in browser.text
    assert PASSWORD in browser.page.text
