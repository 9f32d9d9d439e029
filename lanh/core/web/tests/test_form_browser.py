"""A form from its first key to a conflict and an ended session, by keys alone, in both languages:
nothing lost, nothing doubled, told plainly; each page without faults of access, at 320 px too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from lanh.core.database import Plan, SyncDatabase, execute, fetch
from lanh.core.web.tests.chromium import chromium
from lanh.core.web.tests.fakes import PASSWORD
from lanh.core.web.tests.serving import served
from lanh.core.web.tests.sink import CHECKERS, REPORTERS, desk_services, reviewed
from lanh.core.web.tests.test_browser import sign_in
from lanh.core.web.tests.test_desk_browser import at, look

pytestmark = pytest.mark.browser

PRIMARY = "#entry-bar button.primary"
THEIRS, MINE = "[data-block='changes.theirs']", "[data-block='changes.title']"


@pytest.fixture(scope="module")
def real_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def base(database: SyncDatabase) -> Iterator[str]:
    desk = reviewed()
    forms = tuple(replace(each, roles=REPORTERS | CHECKERS) for each in desk.forms)
    with served(desk_services(database, replace(desk, forms=forms))) as address:
        yield address


def opened(browser: Browser, base: str, user: str, language: str) -> Page:
    page = browser.new_page(viewport={"width": 1366, "height": 800})
    page.set_default_timeout(60_000)
    sign_in(page, base, user)
    page.context.add_cookies([{"name": "lanh_language", "value": language, "url": base}])
    return page


def tab_to(page: Page, selector: str) -> None:
    """Go on by the tabulator until a place is reached."""
    for _ in range(120):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by keys: {selector}")


def write(page: Page, name: str, text: str) -> None:
    tab_to(page, at(name))
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def filled(page: Page, base: str) -> None:
    page.goto(f"{base}/outbreaks/forms/report")
    write(page, "q/place/title", "Tả, Bản Thử, 2026")
    write(page, "q/place/day", "05/03/2026")
    write(page, "q/disease/code", "benh ta")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("Enter")
    page.wait_for_selector(
        "[data-choose='q/disease/code'] [data-token][value='urn:icd|A00']", state="attached"
    )
    tab_to(page, at("q/disease/level"))
    page.keyboard.press("Space")
    write(page, "q/ward:0/village", "Bản Thử")
    write(page, "q/ward:0/ill", "12")
    write(page, "q/ward:0/dead", "1")


def checked(page: Page) -> None:
    """On to the page that shows all answers, or all changes, once more."""
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("form#entry", state="detached")
    page.wait_for_selector(PRIMARY)


def sent(page: Page) -> None:
    tab_to(page, PRIMARY)
    page.keyboard.press("Enter")
    page.wait_for_url("**/records/**")


def correct(page: Page, record: str, name: str, text: str) -> None:
    """Change one answer of a record, with a reason, as far as the page that tells the change."""
    page.goto(record)
    page.keyboard.press("e")
    page.wait_for_url("**/drafts/**")
    write(page, name, text)
    tab_to(page, at("reason"))
    page.keyboard.type("Ghi nhầm")
    checked(page)


def count(database: SyncDatabase) -> int:
    found = database.read(fetch("SELECT count(*) FROM forms.submission WHERE outcome <> ''"))
    return int(found[0][0])


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_form_by_keys_twice_sent_overtaken_and_past_its_session(
    real_browser: Browser, base: str, database: SyncDatabase, language: str
) -> None:
    found: dict[str, object] = {}
    nurse = opened(real_browser, base, "nurse", language)
    filled(nurse, base)
    look(nurse, "form", found)
    checked(nurse)
    assert nurse.evaluate("document.documentElement.lang") == language
    look(nurse, "answers", found)
    tab_to(nurse, PRIMARY)
    nurse.keyboard.press("Enter", delay=0)
    nurse.keyboard.press("Enter", delay=0)
    nurse.wait_for_url("**/records/**")
    assert count(database) == 1, "pressed twice is sent once"
    record = nurse.url

    steward = opened(real_browser, base, "steward", language)
    correct(nurse, record, "q/ward:0/ill", "15")
    correct(steward, record, "q/place/title", "Tả, Bản Mẫu")
    assert steward.inner_text(f"{MINE} ins") == "Tả, Bản Mẫu"
    look(steward, "changes", found)
    sent(steward)
    tab_to(nurse, PRIMARY)
    nurse.keyboard.press("Enter")
    nurse.wait_for_selector(THEIRS)
    look(nurse, "conflict", found)
    assert nurse.inner_text(f"{THEIRS} ins") == "Tả, Bản Mẫu"
    assert nurse.input_value(at("q/place/title")) == "Tả, Bản Mẫu", "what I left is theirs"
    assert nurse.input_value(at("q/ward:0/ill")) == "15", "what I changed is kept"
    checked(nurse)
    sent(nurse)
    assert count(database) == 3
    ended(nurse, base, database, found)
    assert found == {}
    for page in (nurse, steward):
        page.close()


def ended(page: Page, base: str, database: SyncDatabase, found: dict[str, object]) -> None:
    """The session ends in mid-form: told, kept, signed in again, gone on with."""
    filled(page, base)

    def end() -> Plan[None]:
        yield from execute("DELETE FROM web.session")

    database.transact(end())
    write(page, "q/ward:0/village", "Bản Cuối")
    page.wait_for_selector("#entry-status.failed")
    assert page.input_value(at("q/place/title")) == "Tả, Bản Thử, 2026"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(at("username"))
    look(page, "expired", found)
    tab_to(page, at("username"))
    page.keyboard.type("nurse")
    tab_to(page, at("password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("form[action*='/drafts/']")
    look(page, "signed in again", found)
    tab_to(page, "form[action*='/drafts/'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector(PRIMARY)
    assert "Bản Cuối" in page.inner_text("main"), "what was typed last is there"
    sent(page)
    assert count(database) == 4
