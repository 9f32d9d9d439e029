"""A nurse, a citizen, a leader, a hospital and a steward at work, end to end in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from lanh.core.text import fold
from lanh.core.web.tests.chromium import axe_faults, overflow
from lanh.site.tests.installation import Installation
from tests.journeys.conftest import Walker

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys"), pytest.mark.timeout(900)]

Open = Callable[[], Walker]


def clean(walker: Walker) -> None:
    """No accessibility fault, and nothing wider than the window of a small phone."""
    assert axe_faults(walker.page) == []
    walker.page.set_viewport_size({"width": 320, "height": 800})
    assert overflow(walker.page) <= 0
    walker.page.set_viewport_size({"width": 1366, "height": 800})


def test_a_nurse_finds_a_person_and_reads_the_timeline(walker: Open) -> None:
    citizen = walker()
    citizen.sign_in("citizen")
    name = citizen.own_name

    nurse = walker()
    nurse.sign_in("nurse")
    clean(nurse)
    nurse.search(fold(name))
    clean(nurse)
    hits = nurse.page.locator("main table button")
    assert name in hits.all_inner_texts()
    hits.get_by_text(name, exact=True).first.click()
    nurse.page.wait_for_selector(".banner")
    assert nurse.page.inner_text("h1").startswith(name)
    assert fold(name).split()[0] not in fold(nurse.page.url)
    assert name not in nurse.page.title()
    assert nurse.page.locator(".strip").count() == 1
    assert nurse.page.locator(".timeline > li").count() > 0
    sources = nurse.page.locator(".timeline .source").all_inner_texts()
    assert all("Nhận lúc" in source for source in sources)
    clean(nurse)

    citizen.go("/me?part=openings")
    log = citizen.page.inner_text("main table")
    assert nurse.own_name in log
    assert "Khám bệnh, chữa bệnh" in log
    clean(citizen)


def test_the_opening_is_kept_before_the_page_is_sent(
    walker: Open, running_platform: Installation
) -> None:
    citizen = walker()
    citizen.sign_in("citizen")
    before = running_platform.query("SELECT count(*) FROM audit.entry")[0][0]
    citizen.go("/me")
    citizen.page.wait_for_selector(".banner")
    assert running_platform.query("SELECT count(*) FROM audit.entry")[0][0] > before


def test_a_leader_drills_from_the_country_to_a_commune_to_a_count(walker: Open) -> None:
    leader = walker()
    leader.sign_in("leader")
    leader.go("/figures/vn?indicator=people")
    clean(leader)
    assert leader.page.locator("svg.map > a").count() == 34
    assert "Hoàng Sa" in leader.page.inner_text(".map-box")
    leader.page.click("text=63 tỉnh cũ")
    assert leader.page.locator("svg.map > a").count() == 63
    leader.page.click("text=34 tỉnh")

    province = leader.page.locator("main tbody th a").first
    name = province.inner_text()
    shape = leader.page.locator("svg.map > a").filter(has_text=re.compile(re.escape(name)))
    (shape.first if shape.count() else province).click()
    leader.page.wait_for_url("**/figures/vn/*")
    assert leader.page.inner_text("h1") == name
    clean(leader)

    row = leader.page.locator("main tbody tr").first
    commune, counted = row.locator("th").inner_text(), row.locator("td").first.inner_text()
    row.locator("a").click()
    leader.page.wait_for_url("**/figures/vn/*/*")
    assert leader.page.inner_text("h1") == commune
    behind = leader.page.locator("section", has_text="Bản ghi phía sau con số").last
    assert behind.locator(".tile-value").inner_text() == counted
    assert "không xem được bản ghi của từng người" in behind.inner_text()
    clean(leader)


def test_a_provincial_officer_follows_a_figure_to_its_records(walker: Open) -> None:
    officer = walker()
    officer.sign_in("province")
    officer.page.click("text=Xem bản đồ và xu hướng")
    here = officer.page.url.split("?")[0]
    officer.page.goto(f"{here}?indicator=people")
    officer.page.click("text=Xem danh sách bản ghi")
    told = re.search(r"([\d.]+) bản ghi trong phạm vi", officer.page.inner_text(".head"))
    assert told
    shown = officer.page.locator("main tbody tr").count()
    assert 0 < shown <= int(told.group(1).replace(".", ""))
    clean(officer)


def test_a_hospital_reads_its_receipts(walker: Open) -> None:
    hospital = walker()
    hospital.sign_in("hospital-it")
    hospital.go("/messages")
    clean(hospital)
    hospital.page.locator("main tbody th a").first.click()
    hospital.page.wait_for_selector("text=Mã biên nhận")
    assert hospital.page.locator("main tbody tr").count() > 0
    clean(hospital)
    hospital.go("/people")
    assert "không có quyền" in hospital.page.inner_text("main")


def test_a_steward_separates_a_link_and_no_record_moves(
    walker: Open, running_platform: Installation
) -> None:
    steward = walker()
    steward.sign_in("steward")
    steward.go("/links")
    clean(steward)
    rows = steward.page.locator("main tbody tr")
    if rows.count() == 0:
        pytest.skip("these made-up people were all linked by numbers")
    waiting = rows.count()
    records = running_platform.query("SELECT count(*) FROM store.patient")[0][0]
    rows.first.locator("a").click()
    clean(steward)
    steward.page.fill("#f-reason", "Đã gọi cơ sở: hai người khác nhau")
    steward.page.click("text=Gỡ khỏi người này")
    steward.page.wait_for_url("**/links")
    assert "không bản ghi nào bị di chuyển" in steward.page.inner_text(".notice")
    assert steward.page.locator("main tbody tr").count() == waiting - 1
    assert running_platform.query("SELECT count(*) FROM store.patient")[0][0] == records


def test_the_same_pages_in_english(walker: Open) -> None:
    leader = walker()
    leader.sign_in("leader")
    leader.go("/figures/vn")
    leader.page.click("button:has-text('English')")
    assert leader.page.url.startswith(f"{leader.base}/figures/vn")
    assert leader.page.inner_text("h1") == "The country"
    assert leader.page.get_attribute("html", "lang") == "en"
