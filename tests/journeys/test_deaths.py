"""A death from the person's page to the civil registry: certified, signed by two, refused once,
mended, signed anew and registered."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from lanh.connectors.civil_registry.tests.registry import Simulator
from lanh.core.text import fold
from lanh.core.web.tests.chromium import axe_faults, overflow
from lanh.nation.local_time import VIETNAM
from lanh.site.tests.installation import Installation
from tests.journeys.conftest import PASSWORDS, REFUSAL, Walker

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
_SIGNATURES = "section[aria-labelledby='h-sign']"


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
    page.fill("[name='q/death/died']", died.strftime("%d%m%Y %Hh%M"))
    page.check("[name='q/death/place'][value$='|facility']")
    assert page.locator("[name='find.q/external/external-code']").count() == 0
    page.select_option("[name='q/death/manner']", "urn:lanh:codes:death-manner|disease")
    page.check("[name='q/death/surgery'][value='false']")
    page.check("[name='q/examination/autopsy'][value='false']")
    if page.locator("[name='q/maternal/pregnancy/timing']").count():
        page.check("[name='q/maternal/pregnancy/timing'][value$='|not-pregnant']")
    _find(page, f"{_LINE}/line-code", "viem phoi", "J18.9")
    page.fill(f"[name='{_LINE}/line-interval']", "5")
    page.select_option(f"[name='{_LINE}/line-interval#unit']", "http://unitsofmeasure.org|d")
    _find(page, "q/main/underlying", "J18.9", "J18.9")


def test_a_death_is_certified_signed_refused_mended_and_registered(
    walker: Callable[[], Walker],
    running_platform: Installation,
    civil_registry: Simulator,
    tmp_path: Path,
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
    assert _paper(doctor).startswith(b"%PDF-")

    _signed(page)
    assert "được tin cậy" in page.inner_text(_SIGNATURES)

    head = walker()
    head.sign_in("head")
    _head_signs_and_sends(head, name, running_platform)
    at_head = head.page
    _waited_for(at_head, "Hộ tịch từ chối")
    assert REFUSAL in at_head.inner_text("main"), "the reason is told"
    _looked_at(at_head, "death-refused")

    _mended(doctor, name)
    _waits_at_heads(head, name)
    _signed(at_head)
    at_head.click("button[name='transition'][value='send']")
    _waited_for(at_head, "Hộ tịch đã nhận")
    assert "MO-PHONG-000001" in at_head.inner_text("main"), "the registry's number is told"
    _looked_at(at_head, "death-registered")
    content = _paper(head)
    (tmp_path / "paper.pdf").write_bytes(content)
    said = subprocess.run(
        ["pdfsig", "-nocert", "paper.pdf"], cwd=tmp_path, capture_output=True, text=True,
        check=False, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    ).stdout  # fmt: skip
    assert said.count("Signature is Valid.") == 2, said
    states = [row["state"] for row in civil_registry.register()]
    assert states == ["refused", "accepted"], "each message came once"


def _paper(walker: Walker) -> bytes:
    link = str(walker.page.locator("a[href$='.pdf']").first.get_attribute("href"))
    answer = walker.page.context.request.get(walker.base + link)
    assert answer.status == 200 and answer.headers["content-type"] == "application/pdf"
    return answer.body()


def _signed(page: Page) -> None:
    """Sign what waits for the reader, with two presses as impatient people give."""
    waiting = page.locator(f"{_SIGNATURES} button.primary")
    assert "Bạn cần đọc hồ sơ rồi ký số" in page.inner_text("main")
    waiting.dblclick()
    page.wait_for_selector(".notice.ok")
    assert page.locator(f"{_SIGNATURES} button.primary").count() == 0
    assert "Chữ ký hợp lệ" in page.inner_text(_SIGNATURES)


def _waited_for(page: Page, state: str) -> None:
    for _ in range(60):
        if state in page.inner_text(".state-line"):
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(page.inner_text("main"))


def _waits_at_heads(head: Walker, name: str) -> None:
    """The head opens the notice from their queue."""
    head.go("/deaths/")
    head.page.click("a[href='/deaths/lists/heads']")
    head.page.wait_for_url("**/deaths/lists/heads")
    head.page.click(f"main table a:has-text('{name}')")
    head.page.wait_for_url("**/deaths/records/~*")


def _head_signs_and_sends(head: Walker, name: str, platform: Installation) -> None:
    _waits_at_heads(head, name)
    page = head.page
    not_now = page.locator("li.not-now")
    assert "Gửi hộ tịch" in not_now.first.inner_text(), "what needs the signature first says so"
    platform.query("UPDATE web.session SET ends_at = now() - interval '1 minute'")
    page.click(f"{_SIGNATURES} button.primary")
    assert "Phiên làm việc đã hết" in page.inner_text("main")
    page.fill("#f-username", "head")
    page.fill("#f-password", PASSWORDS["head"])
    page.press("#f-password", "Enter")
    page.get_by_role("button", name="Tiếp tục").click()
    page.wait_for_selector(".notice.ok")
    assert page.inner_text(_SIGNATURES).count("Chữ ký hợp lệ") == 2
    page.click("button[name='transition'][value='send']")
    page.wait_for_selector(".notice.ok")


def _mended(doctor: Walker, name: str) -> None:
    """The doctor finds what was refused in their queue, mends it and signs it anew."""
    doctor.sign_in("doctor")
    doctor.go("/deaths/lists/doctors")
    page = doctor.page
    page.click(f"main table a:has-text('{name}')")
    page.wait_for_url("**/deaths/records/~*")
    assert REFUSAL in page.inner_text("main")
    page.click("form[action$='/correct'] button")
    page.wait_for_url("**/deaths/drafts/*")
    page.fill("[name='q/giver/relative']", "Trần Thị Thân Nhân")
    page.fill("[name='reason']", "Bổ sung thân nhân theo lời từ chối")
    _kept(page)
    _looked_at(page, "death-correction")
    doctor.send_form("Đã hội chẩn")
    told = page.inner_text("main")
    assert "Bổ sung thân nhân theo lời từ chối" in told, "the version says why"
    _signed(page)
