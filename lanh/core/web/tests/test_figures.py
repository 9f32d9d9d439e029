"""The national picture: drilling by address, figures that say where they come from."""

from __future__ import annotations

from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.fakes import FakeTrail


def test_from_the_country_to_a_commune_to_a_count(browser: Browser) -> None:
    browser.sign_in("leader").get("/figures/vn")
    province = browser.tree.xpath("//svg//a[contains(@aria-label,'Thí Điểm')]/@href")[0]
    browser.get(province)
    assert browser.tree.xpath("string(//h1)") == "Thành phố Thí Điểm"
    assert len(browser.tree.xpath("//svg//circle")) >= 3
    commune = browser.tree.xpath("//table//a[text()='Xã Mường Thử']/@href")[0]
    browser.get(commune)
    assert browser.path == "/figures/vn/01/00101"
    assert "bản ghi được đếm" in browser.text


def test_the_whole_view_stands_in_the_address(browser: Browser) -> None:
    browser.sign_in("leader").get("/figures/vn?indicator=measles&period=2026-Q3&bounds=63")
    assert "Quý 3/2026" in browser.text
    links = browser.tree.xpath("//svg//a/@href")
    assert links[0] == "/figures/vn/01?indicator=measles&period=2026-Q3&bounds=63"


def test_a_place_that_has_not_reported_is_said_and_hatched(browser: Browser) -> None:
    browser.sign_in("leader").get("/figures/vn")
    assert browser.tree.xpath(
        "//svg//a[contains(@aria-label,'Chưa có số liệu')]/path[@class='none']"
    )
    assert "Hoàng Sa" in browser.text
    assert "Trường Sa" in browser.text


def test_each_tile_says_change_base_and_time(browser: Browser) -> None:
    browser.sign_in("leader").get("/figures/vn")
    tiles = browser.tree.xpath("//main//a[contains(@class,'tile')]")
    assert len(tiles) == 3
    assert all("so với tháng trước" in tile.text_content() for tile in tiles)
    assert "Số liệu đến 09:30 20/10/2026" in browser.text


def test_a_part_of_an_indicator_is_in_the_list_and_a_tile_only_when_chosen(
    browser: Browser,
) -> None:
    browser.sign_in("leader").get("/figures/vn")
    assert "deaths-under-5" in browser.tree.xpath("//select[@name='indicator']/option/@value")
    assert not browser.tree.xpath("//main//a[contains(@class,'tile')][contains(.,'dưới 5 tuổi')]")
    browser.get("/figures/vn?indicator=deaths-under-5")
    assert browser.tree.xpath("//main//a[contains(@class,'tile')][contains(.,'dưới 5 tuổi')]")


def test_places_and_figures_that_do_not_exist_are_not_found(browser: Browser) -> None:
    browser.sign_in("leader")
    for path in ("/figures/xx", "/figures/vn/99", "/figures/vn/02/00101", "/figures/vn/01/00101/7"):
        assert browser.get(path).status_code == 404, path
    assert browser.get("/figures/vn?indicator=nothing&period=1066").status_code == 200


def test_records_behind_a_figure_are_listed_for_those_who_may(
    browser: Browser, trail: FakeTrail
) -> None:
    browser.sign_in("nurse").get("/figures/vn/01/00101")
    browser.get(browser.tree.xpath("//a[contains(@href,'/records')]/@href")[0])
    assert "1 bản ghi trong phạm vi của bạn" in browser.text
    entry = trail.written[-1]
    assert (entry.action, list(entry.patients)) == ("search", ["patient-a"])
    assert entry.detail["place"] == "00101"
    handle = browser.tree.xpath("//button[@name='handle']/@value")[0]
    browser.post("/people/open", handle=handle)
    assert "Đặng Minh Khôi" in browser.text


def test_others_are_told_why_not(browser: Browser, trail: FakeTrail) -> None:
    browser.sign_in("leader").get("/figures/vn")
    assert not browser.tree.xpath("//a[contains(@href,'/records')]")
    assert "không xem được bản ghi của từng người" in browser.text
    assert browser.get("/figures/vn/records").status_code == 403
    assert [entry.action for entry in trail.written] == ["sign-in"]


def test_work_begins_at_ones_own_place(browser: Browser) -> None:
    browser.sign_in("nurse")
    assert browser.tree.xpath("//a[contains(@href,'/figures/vn/01/00101')]")


def test_every_place_is_in_the_list_also_those_without_a_figure(browser: Browser) -> None:
    browser.sign_in("leader").get("/figures/vn")
    rows = browser.tree.xpath("//div[contains(@class,'scroll')]//tbody/tr")
    said = [[cell.text_content() for cell in row.xpath("./*")] for row in rows]
    assert said[-1] == ["Tỉnh Chưa Báo Cáo", "–"]
    assert len(said) == 3


def test_the_last_whole_month_is_shown_first(browser: Browser) -> None:
    browser.sign_in("leader").get("/figures/vn")
    assert "Tháng 09/2026" in browser.tree.xpath("string(//div[@class='head']//p)")


def test_what_is_withheld_is_said_in_the_table_the_map_the_tile_and_behind(
    browser: Browser,
) -> None:
    browser.sign_in("nurse").get("/figures/vn/01?indicator=deaths&period=2026-09")
    row = browser.tree.xpath("//tr[.//a[text()='Xã Mường Thử']]/td/text()")
    assert row == ["Không nêu"]
    assert browser.tree.xpath("//svg//*[contains(., 'Xã Mường Thử: Không nêu')]")
    assert "từ 1 đến dưới 5" in browser.text
    browser.get("/figures/vn/01/00101?indicator=deaths&period=2026-09")
    assert "Không nêu" in browser.tree.xpath("string(//main//a[contains(@class,'current')])")
    assert not browser.tree.xpath("//a[contains(@href,'/records')]")
    browser.get("/figures/vn/01/00101/records?indicator=deaths&period=2026-09")
    assert "không được nêu" in browser.text
    assert not browser.tree.xpath("//button[@name='handle']")
