"""A hospital reports its beds, the province sees it, a doctor finds a bed, a citizen a place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.journeys.conftest import Walker

# Where pictures of the pages are kept, for people to look at; none are kept by default.
PICTURES = os.environ.get("LANH_PICTURES")


def _picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def test_a_report_goes_from_the_hospital_to_the_doctor_who_refers(
    walker: Callable[[], Walker],
) -> None:
    planner = walker()
    planner.sign_in("planner")
    planner.go("/beds/pages/hospital")
    _picture(planner.page, "hospital")
    planner.page.click("a[href^='/beds/forms/report']")
    planner.page.wait_for_url("**/beds/drafts/*")
    _picture(planner.page, "report")
    for name in ("occupied", "admitted", "left"):
        for field in planner.page.locator(f"input[name$='{name}-beds']").all():
            field.fill("1" if name == "occupied" else "0")
    planner.send_form("Đã kiểm tra tại khoa")
    assert "/beds/records/MeasureReport/" in planner.page.url, planner.page.inner_text("main")
    _picture(planner.page, "record")

    officer = walker()
    officer.sign_in("province")
    officer.go("/beds/pages/province")
    told = officer.page.inner_text("main")
    assert "Đã báo cáo 1" in told, told
    _picture(officer.page, "province")
    officer.go("/beds/lists/missing")
    _picture(officer.page, "missing")

    doctor = walker()
    doctor.sign_in("doctor")
    doctor.go("/beds/pages/free?type=icu")
    _picture(doctor.page, "free")
    assert "Khoa Hồi sức cấp cứu" in doctor.page.inner_text("main")


def test_a_citizen_finds_the_nearest_place_without_signing_in(walker: Callable[[], Walker]) -> None:
    citizen = walker()
    citizen.page.set_viewport_size({"width": 390, "height": 844})
    citizen.go("/facilities/pages/nearest")
    _picture(citizen.page, "nearest-before")
    citizen.page.fill("[name='where']", "ba dinh, ha noi")
    citizen.page.select_option("[name='service']", "urn:lanh:codes:facility-service|child")
    citizen.page.press("[name='where']", "Enter")
    citizen.page.wait_for_url("**where=*")
    assert "km" in citizen.page.inner_text("main table")
    _picture(citizen.page, "nearest")
    citizen.go("/facilities/pages/map")
    _picture(citizen.page, "map")
