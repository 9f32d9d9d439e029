"""A desk in a real browser: accessible, narrow, light; its forms save themselves, lose nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Route

from lanh.core.database import SyncDatabase
from lanh.core.web.tests.chromium import axe_faults, chromium, overflow
from lanh.core.web.tests.serving import served
from lanh.core.web.tests.sink import desk_services, sheet_hand
from lanh.core.web.tests.test_browser import _bytes_of, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def real_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def base(database: SyncDatabase) -> Iterator[str]:
    with served(desk_services(database)) as address:
        yield address


@pytest.fixture
def page(real_browser: Browser, base: str) -> Iterator[Page]:
    made = real_browser.new_page(viewport={"width": 1366, "height": 800})
    sign_in(made, base, "nurse")
    yield made
    made.close()


def at(name: str) -> str:
    return f'[id="f-{name}"]'


def saved(page: Page) -> None:
    """Wait until all that was typed is kept."""
    page.wait_for_selector("#entry-status.muted:has-text('Đã lưu')")


def fill(page: Page, base: str) -> None:
    """All that is asked, by keys: typed, found, added."""
    page.goto(f"{base}/outbreaks/forms/report")
    page.fill(at("q/place/title"), "Tả, Bản Thử, 2026")
    page.fill(at("q/place/day"), "05/03/2026")
    page.focus(at("q/disease/code"))
    page.keyboard.type("benh ta")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("Enter")
    page.wait_for_selector(
        "[data-choose='q/disease/code'] input[data-token][value='urn:icd|A00']", state="attached"
    )
    assert page.input_value(at("q/disease/code")) == "A00 Bệnh tả"
    page.check("label:has-text('Nặng')")
    page.click("text=Thêm Thôn")
    page.wait_for_selector(at("q/ward:1/village"))
    assert page.evaluate("document.activeElement.id") == "f-q/ward:1/village"
    page.focus(at("q/ward:0/village"))
    page.keyboard.type("Bản Thử")
    page.keyboard.press("Tab")
    page.keyboard.type("12")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.keyboard.press("Enter")


def look(page: Page, name: str, found: dict[str, object]) -> None:
    """Faults of a page at both widths."""
    if faults := axe_faults(page):
        found[name] = faults
    page.set_viewport_size({"width": 320, "height": 800})
    # At the end of a page the bar of its buttons stands below all fields, never over one.
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    if (more := overflow(page)) > 0:
        found[f"{name} at 320"] = more
    if faults := axe_faults(page):
        found[f"{name} at 320, axe"] = faults
    page.set_viewport_size({"width": 1366, "height": 800})


def reported(page: Page, base: str, found: dict[str, object]) -> str:
    """Fill in, reload, mend, send past a warning; the record's address."""
    page.goto(f"{base}/outbreaks/")
    look(page, "home", found)
    fill(page, base)
    page.wait_for_selector("[data-grid] output:has-text('8,3')")
    saved(page)
    page.reload()
    assert page.input_value(at("q/ward:0/village")) == "Bản Thử", "a reload keeps all"
    look(page, "form", found)

    page.fill(at("q/place/day"), "31/02/2026")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#faults")
    assert page.evaluate("document.activeElement.id") == "faults"
    assert page.title().startswith("Lỗi:")
    look(page, "faults", found)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "f-q/place/day"
    page.fill(at("q/place/day"), "05/03/2026")
    page.fill(at("q/ward:0/ill"), "600")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(at("warned"))
    look(page, "warnings", found)
    page.fill(at("warned"), "Đã đếm lại")
    page.click(".entry-bar .primary")
    page.wait_for_url("**/records/**")
    look(page, "record", found)
    return page.url


def test_a_report_from_the_first_letter_to_its_correction(
    real_browser: Browser, base: str, page: Page
) -> None:
    found: dict[str, object] = {}
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda m: complaints.append(m.text) if "Content Security" in m.text else None
    )
    record = reported(page, base, found)
    sign_in(page, base, "steward")
    page.goto(f"{base}/outbreaks/lists/to-check")
    look(page, "queue", found)
    page.goto(record)
    page.click("summary:has-text('Trả lại')")
    page.keyboard.press("Tab")
    page.keyboard.type("Thiếu phiếu xét nghiệm")
    look(page, "reason", found)
    page.click("details[open] button")
    page.wait_for_selector(".notice.ok")

    sign_in(page, base, "nurse")
    page.goto(record)
    page.keyboard.press("e")
    page.wait_for_url("**/drafts/**")
    page.fill(at("q/place/title"), "Tả, Bản Mẫu")
    page.fill(at("reason"), "Ghi nhầm tên")
    look(page, "correction", found)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".warnings")  # the reason of a correction is that of its warnings too
    page.click(".entry-bar .primary")
    page.wait_for_url("**/records/**")
    page.click("summary:has-text('thay đổi')")
    assert page.inner_text("del") == "Tả, Bản Thử, 2026"
    assert page.inner_text("ins") == "Tả, Bản Mẫu"
    look(page, "versions", found)
    page.goto(f"{base}/outbreaks/lists/outbreaks")
    look(page, "list", found)
    page.goto(f"{base}/outbreaks/pages/week")
    look(page, "overview", found)
    page.click("table a:has-text('1')")
    page.wait_for_url("**/lists/outbreaks?s=*")  # of people: the filter stands in the session
    assert page.input_value("[name=status]") == "final"
    assert found == {}
    assert complaints == []


def test_a_lost_connection_loses_nothing_and_says_so(page: Page, base: str) -> None:
    page.goto(f"{base}/outbreaks/forms/report")

    def lost(route: Route) -> None:
        route.abort()

    page.route("**/save", lost)
    page.fill(at("q/place/title"), "Vẫn còn")
    page.keyboard.press("Tab")
    page.wait_for_selector(".saved.waiting")
    assert "Mất kết nối" in page.inner_text("#entry-status")
    page.route("**/send", lost)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".saved.failed")
    assert page.input_value(at("q/place/title")) == "Vẫn còn"
    page.unroute("**/save")
    page.unroute("**/send")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    saved(page)
    page.reload()
    assert page.input_value(at("q/place/title")) == "Vẫn còn"


def test_what_is_pressed_while_the_form_is_being_saved_is_done(page: Page, base: str) -> None:
    held: list[Route] = []

    def first_waits(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.goto(f"{base}/outbreaks/forms/report")
    page.route("**/save", first_waits)
    page.fill(at("q/place/title"), "Tả, Bản Thử, 2026")
    while not held:
        page.wait_for_timeout(50)
    page.click("text=Thêm Thôn")
    held[0].continue_()
    page.wait_for_selector(at("q/ward:1/village"), timeout=10_000)


def test_what_depends_on_an_answer_comes_without_losing_the_place(page: Page, base: str) -> None:
    page.goto(f"{base}/outbreaks/forms/report")
    page.check("label:has-text('Có') >> nth=0")
    page.focus(at("q/disease/free"))
    page.keyboard.type("Phẩy", delay=40)
    page.wait_for_selector(at("q/disease/lab"))
    assert page.evaluate("document.activeElement.id") == "f-q/disease/free"
    assert page.input_value(at("q/disease/free")) == "Phẩy"


def test_a_filter_changes_the_list_in_place_and_its_address(page: Page, base: str) -> None:
    page.goto(f"{base}/outbreaks/lists/outbreaks")
    page.evaluate("window.stayed = true")
    page.select_option("[name=status]", "final")
    page.wait_for_url("**/outbreaks/lists/outbreaks?s=**")  # about people: it says no more
    assert page.evaluate("window.stayed") is True
    assert page.input_value("[name=status]") == "final"
    page.reload()
    assert page.input_value("[name=status]") == "final"


def _in(page: Page, base: str, language: str) -> None:
    page.goto(f"{base}/systems")
    if page.get_attribute("html", "lang") != language:
        page.focus(f"button[name=language][value={language}]")
        page.keyboard.press("Enter")
    page.wait_for_selector(f"html[lang={language}]")


def test_a_sheet_is_sent_followed_and_mended_by_keys(
    page: Page, base: str, database: SyncDatabase
) -> None:
    found: dict[str, object] = {}
    heads = "Tên ổ dịch,Ngày phát hiện,Chẩn đoán (ICD-10),Mức độ,Thôn,Số ca"
    lines = [f"Ổ {n},01/03/2026,urn:icd|A00,Nặng,Bản Thử,3" for n in range(1, 106)]
    lines[102] = lines[102].replace("01/03", "31/02")
    content = "\r\n".join([heads, *lines]).encode()
    page.goto(f"{base}/outbreaks/lists/outbreaks")
    page.focus("a[href='/outbreaks/import/outbreaks']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#f-sheet")
    look(page, "import", found)
    page.focus("main form .primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#e-sheet")
    look(page, "import, a fault", found)
    page.set_input_files("#f-sheet", FilePayload(name="o.csv", mimeType="text/csv", buffer=content))
    page.focus("main form .primary")
    page.keyboard.press("Enter")
    page.wait_for_selector("progress")
    report = page.url
    look(page, "progress", found)
    hand = sheet_hand(database)
    while hand.run_once():
        pass
    page.wait_for_selector("a[download]", timeout=15_000)  # the page looks again by itself
    assert "1 dòng chưa nhận" in page.inner_text("[role=status]")
    look(page, "report", found)
    for language in ("en", "vi"):
        _in(page, base, language)
        look(page, f"systems, {language}", found)
        for path in (report.removeprefix(base), "/outbreaks/import/outbreaks",
                     "/outbreaks/lists/outbreaks"):  # fmt: skip
            page.goto(f"{base}{path}")
            look(page, f"{path[:24]}, {language}", found)
        page.goto(f"{base}/find")
        page.fill("main [name=text]", "ban do")
        page.keyboard.press("Enter")
        page.wait_for_url("**/find/**")
        look(page, f"find, {language}", found)
    assert found == {}


def test_pages_of_a_desk_are_light(
    real_browser: Browser, base: str, page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(page, base)
    saved(page)
    heavy = []
    for path in ("/outbreaks/", page.url.removeprefix(base), "/outbreaks/lists/outbreaks"):
        fresh = real_browser.new_context(storage_state=page.context.storage_state())
        first = _bytes_of(fresh.new_page(), base, path) / 1000
        again = _bytes_of(fresh.new_page(), base, path) / 1000
        fresh.close()
        with capsys.disabled():
            print(f"\ndesk {path[:32]:32} first {first:6.1f} kB, again {again:5.1f} kB")
        if first > 120 or again > 15:
            heavy.append(f"{path}: {first:.1f} kB, again {again:.1f} kB")
    assert heavy == []
