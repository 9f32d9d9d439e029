"""A doctor certifies a death from the person's page; the notice waits for two signatures."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from lanh.core.text import fold
from lanh.core.web.tests.chromium import axe_faults, overflow
from lanh.nation.local_time import VIETNAM
from lanh.site.tests.installation import Installation
from tests.journeys.conftest import Walker

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys"), pytest.mark.timeout(900)]

# Where pictures of the pages are kept, for people to look at; none are kept by default.
PICTURES = os.environ.get("LANH_PICTURES")
_GROWN = """
SELECT features.written FROM store.patient JOIN matching.features ON features.record_id = patient.id
WHERE patient.custodian = (SELECT facility FROM accounts.post WHERE role = 'hospital-doctor')
  AND NOT patient.deleted AND features.written <> '' AND features.birth < '2010'
ORDER BY features.sex DESC, features.written LIMIT 1
"""
_LINE = "q/causes/line:0"


def _looked_at(page: Page, name: str) -> None:
    """No fault of accessibility and nothing wider than a small phone; a picture of both widths."""
    for width in (1366, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert axe_faults(page) == [], f"{name} at {width}"
        assert overflow(page) <= 0, f"{name} at {width}"
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
    page.set_viewport_size({"width": 1366, "height": 800})


def _find(page: Page, name: str, text: str, code: str) -> None:
    """Look for a diagnosis by what a doctor types, and take the line of a code."""
    field = page.locator(f"[name='find.{name}']")
    field.click()
    field.press_sequentially(text, delay=30)
    wanted = page.locator(f"[role=option][data-token$='|{code}'][id^='l-{name}-']")
    wanted.wait_for()
    wanted.click()
    page.wait_for_function(
        "([name, code]) => document.getElementsByName(name)[0].value.endsWith('|' + code)",
        arg=[name, code],
    )


def _kept(page: Page) -> None:
    """Wait until what was typed is saved, so that what follows stands on the saved page."""
    with page.expect_response(lambda answer: answer.url.endswith("/save")):
        page.click("#entry-bar button[value='save']")


def _filled(page: Page) -> None:
    died = datetime.now(VIETNAM) - timedelta(hours=2)
    page.fill("[name='q/death/died']", died.strftime("%d/%m/%Y %H:%M"))
    page.check("[name='q/death/place'][value$='|facility']")
    assert page.locator("[name='find.q/external/external-code']").count() == 0
    page.select_option("[name='q/death/manner']", "urn:lanh:codes:death-manner|disease")
    page.check("[name='q/death/surgery'][value='false']")
    page.check("[name='q/examination/autopsy'][value='false']")
    if page.locator("[name='q/maternal/pregnancy/timing']").count():
        page.check("[name='q/maternal/pregnancy/timing'][value$='|not-pregnant']")
    page.click("button[value*='q/causes/line']")
    page.wait_for_selector(f"[name='find.{_LINE}/line-code']")
    _find(page, f"{_LINE}/line-code", "viem phoi", "J18.9")
    page.fill(f"[name='{_LINE}/line-interval']", "5")
    page.select_option(f"[name='{_LINE}/line-interval#unit']", "http://unitsofmeasure.org|d")
    _find(page, "q/main/underlying", "J18.9", "J18.9")


def test_a_doctor_certifies_a_death_from_the_page_of_the_person(
    walker: Callable[[], Walker], running_platform: Installation
) -> None:
    ((name,),) = running_platform.query(_GROWN)
    doctor = walker()
    doctor.sign_in("doctor")
    page = doctor.page
    doctor.search(name)
    page.locator("main table button").get_by_text(name, exact=True).first.click()
    page.wait_for_selector(".banner")
    _looked_at(page, "death-person")
    page.click("form[action='/deaths/forms/death-notice'] button")
    page.wait_for_url("**/deaths/drafts/*")
    assert name in page.inner_text("#entry")
    _looked_at(page, "death-form")
    _filled(page)
    _kept(page)
    _looked_at(page, "death-filled")
    doctor.send_form("Đã hội chẩn")
    told = page.inner_text("main")
    assert "/deaths/records/~" in page.url, told
    assert fold(name).split()[0] not in fold(page.url)
    assert name not in page.title()
    assert "J18.9" in told
    assert "Viêm phổi" in told
    signatures = page.locator("section[aria-labelledby='h-sign'] li")
    assert signatures.count() == 2, told
    _looked_at(page, "death-record")
    link = str(page.locator("a[href$='.pdf']").first.get_attribute("href"))
    paper = page.context.request.get(doctor.base + link)
    assert paper.status == 200
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.body().startswith(b"%PDF-")

    head = walker()
    head.sign_in("head")
    head.go("/deaths/")
    _looked_at(head.page, "death-head")
