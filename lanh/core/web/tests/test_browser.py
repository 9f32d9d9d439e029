"""In a real browser: accessible, within the window, light, usable by keys and without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from lanh.core.database import SyncDatabase
from lanh.core.web.tests.chromium import axe_faults, chromium, overflow
from lanh.core.web.tests.fakes import PASSWORD, made_up
from lanh.core.web.tests.serving import served

pytestmark = pytest.mark.browser

# Every page template, by who sees it. Words in capitals stand for an address of the session.
TEMPLATES = {
    "": ["/sign-in"],
    "nurse": [
        "/", "/people", "FOUND", "PERSON", "PERSON/medicines", "PERSON/results",
        "PERSON/sources", "/figures/vn/01/00101/records",
    ],
    "leader": [
        "/figures/vn", "/figures/vn/01", "/figures/vn/01/00101", "/figures/vn/records", "/no",
        "/messages/scores", "/messages/scores?place=01",
    ],
    "it": [
        "/", "/messages", "/messages/0199-aaaa-000000000002", "/messages/rejects",
        "/messages/rejects/of?cause=sex-unknown+PID-8", "/messages/replays/replay-1",
        "/messages/scores",
    ],
    "steward": ["/", "/links", "LINK", "/pairs", "/pairs/later", "PAIR", "DECIDED"],
    "citizen": ["/", "/me", "/me?part=openings"],
}  # fmt: skip


@pytest.fixture(scope="module")
def real_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def address(database: SyncDatabase) -> Iterator[str]:
    with served(made_up(database)) as base:
        yield base


def sign_in(page: Page, base: str, user: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{base}/sign-in")
    if user:
        page.fill("#f-username", user)
        page.fill("#f-password", PASSWORD)
        page.press("#f-password", "Enter")
        page.wait_for_url(f"{base}/")


def go(page: Page, base: str, path: str) -> None:
    """Go to a path, or walk to the page that it stands for."""
    if path.startswith(("FOUND", "PERSON")):
        page.goto(f"{base}/people")
        page.fill("#f-text", "dang minh")
        page.press("#f-text", "Enter")
        page.wait_for_url("**/people/found/*")
        if path.startswith("PERSON"):
            page.click("main table button")
            page.wait_for_selector(".banner")
            if path != "PERSON":
                page.goto(page.url + path.removeprefix("PERSON"))
    elif path in ("PAIR", "DECIDED"):
        page.goto(f"{base}/pairs")
        page.click("main tbody a")
        if path == "DECIDED":
            page.click("text=Đã xem giấy tờ")
            page.click("main button[value=different]")
            page.click(".previous a")
    elif path == "LINK":
        page.goto(f"{base}/links")
        page.click("main tbody a")
    else:
        page.goto(base + path)


@pytest.mark.parametrize("user", list(TEMPLATES))
def test_no_axe_fault_and_no_sideways_scroll(
    real_browser: Browser, address: str, user: str
) -> None:
    page = real_browser.new_page(viewport={"width": 1366, "height": 800})
    complaints: list[str] = []
    page.on(
        "console", lambda m: complaints.append(m.text) if "Content Security" in m.text else None
    )
    sign_in(page, address, user)
    faults: dict[str, list[str]] = {}
    wide: dict[str, int] = {}
    for path in TEMPLATES[user]:
        go(page, address, path)
        if found := axe_faults(page):
            faults[path] = found
        page.set_viewport_size({"width": 320, "height": 800})
        if (more := overflow(page)) > 0:
            wide[f"{path} at 320"] = more
        page.set_viewport_size({"width": 1366, "height": 800})
        page.evaluate("document.documentElement.style.fontSize = '30px'")
        if (more := overflow(page)) > 0:
            wide[f"{path} with text of 200 %"] = more
    page.close()
    assert faults == {}
    assert wide == {}
    assert complaints == []


FIRST_VISIT = {"": 120, "citizen": 120, "nurse": 120, "leader": 150, "it": 150, "steward": 150}
AGAIN = {"": 15, "citizen": 15, "nurse": 15, "leader": 25, "it": 25, "steward": 25}


def _bytes_of(page: Page, base: str, path: str) -> int:
    """Bytes over the wire, heads included, of the page and of all it loads."""
    sizes: list[int] = []
    wire = page.context.new_cdp_session(page)
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    page.goto(base + path)
    page.evaluate("document.fonts.ready.then(() => true)")
    return sum(sizes)


@pytest.mark.parametrize("user", list(TEMPLATES))
def test_pages_are_within_their_budget_of_bytes(
    real_browser: Browser, address: str, user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = real_browser.new_page()
    sign_in(signed, address, user)
    heavy: list[str] = []
    for path in TEMPLATES[user]:
        go(signed, address, path)
        here = signed.url.removeprefix(address)
        fresh = real_browser.new_context(storage_state=signed.context.storage_state())
        first = _bytes_of(fresh.new_page(), address, here) / 1000
        again = _bytes_of(fresh.new_page(), address, here) / 1000
        fresh.close()
        with capsys.disabled():
            print(f"\n{user or 'nobody':8} {path:32} first {first:6.1f} kB, again {again:5.1f} kB")
        if first > FIRST_VISIT[user] or again > AGAIN[user]:
            heavy.append(f"{path}: {first:.1f} kB, again {again:.1f} kB")
    signed.close()
    assert heavy == []


def test_a_person_is_found_and_read_by_keys_alone(real_browser: Browser, address: str) -> None:
    page = real_browser.new_page()
    page.goto(f"{address}/sign-in")
    page.keyboard.type("nurse")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/")
    page.keyboard.press("Tab")  # leaves the field that has the focus at first
    page.keyboard.press("/")
    page.keyboard.type("dang minh khoi")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/found/*")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(".banner")
    assert "Đặng Minh Khôi" in page.inner_text("h1")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/figures/vn")
    page.close()


def test_the_skip_link_comes_first_and_leads_to_the_content(
    real_browser: Browser, address: str
) -> None:
    page = real_browser.new_page()
    sign_in(page, address, "leader")
    page.goto(f"{address}/figures/vn")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def test_everything_works_without_script(real_browser: Browser, address: str) -> None:
    context = real_browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, address, "nurse")
    go(page, address, "PERSON")
    page.click("text=Tiêm chủng")
    assert page.locator(".timeline .day ol li").count() == 1
    page.goto(f"{address}/people")
    page.check("#u-PUBHLTH")
    page.click("text=Đổi mục đích")
    go(page, address, "PERSON")
    assert "Y tế công cộng" in page.inner_text("main")
    page.goto(f"{address}/figures/vn")
    page.select_option("#f-period", "2026-Q3")
    page.click("text=Xem >> nth=0")
    assert "Quý 3/2026" in page.inner_text(".head")
    page.click("button:has-text('English')")
    assert page.url.endswith("bounds=34")
    assert "The country" in page.inner_text("h1")
    context.close()


def test_the_filter_changes_the_timeline_in_place(real_browser: Browser, address: str) -> None:
    page = real_browser.new_page()
    sign_in(page, address, "nurse")
    go(page, address, "PERSON")
    page.evaluate("window.stayed = true")
    page.click("#events .pill:has-text('Tiêm chủng')")
    page.wait_for_url("**?kind=vaccine")
    page.wait_for_function("document.querySelectorAll('.timeline .day ol li').length === 1")
    assert page.evaluate("window.stayed") is True
    page.close()


def test_a_pair_is_decided_and_undone_by_keys_alone(real_browser: Browser, address: str) -> None:
    page = real_browser.new_page()
    sign_in(page, address, "steward")
    page.keyboard.press("Tab")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/pairs")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(".pair")
    first = page.url
    page.keyboard.press("n")  # without a reason nothing is sent: the browser asks for it
    assert page.url == first
    page.keyboard.press("4")
    page.keyboard.press("Enter")  # no decision is the one that Enter makes
    page.wait_for_selector("#faults")
    page.keyboard.press("n")  # the reason is still chosen
    page.wait_for_selector(".previous")
    assert "Hai người khác nhau" in page.inner_text(".previous")
    page.keyboard.press("j")
    page.wait_for_selector("[rel=prev] >> nth=0")
    page.keyboard.press("u")
    page.wait_for_url(first)
    assert "Đã hoàn tác" in page.inner_text(".notice")
    page.fill("#f-note", "mn1")
    page.focus("#f-note")
    page.keyboard.press("n")  # a letter in a field is a letter
    assert page.url == first
    page.close()


def test_a_pair_is_decided_without_script(real_browser: Browser, address: str) -> None:
    context = real_browser.new_context(
        java_script_enabled=False, viewport={"width": 320, "height": 800}
    )
    page = context.new_page()
    sign_in(page, address, "steward")
    page.goto(f"{address}/pairs")
    page.click("main tbody a")
    first = page.url
    page.check("#f-because-3")
    page.click("main button[value=same]")
    page.wait_for_url(lambda url: url != first)
    page.click(".previous button")
    page.wait_for_url(first)
    assert "Đã hoàn tác" in page.inner_text(".notice")
    context.close()
