"""Every page: headers, static files, languages, faults; nothing inline, nothing from elsewhere."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from lanh.core.database import SyncDatabase
from lanh.core.web import application
from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.fake_figures import FakeFigures
from lanh.core.web.tests.fakes import made_up

PAGES = {
    "nurse": ["/", "/people", "/figures/vn", "/figures/vn/01", "/figures/vn/01/00101/records"],
    "it": ["/", "/messages", "/messages/0199-aaaa-000000000002"],
    "steward": ["/", "/links"],
    "leader": ["/", "/figures/vn?bounds=63", "/figures/vn/records", "/nowhere"],
    "citizen": ["/", "/me", "/me?part=openings"],
}
EVERY = [(user, path) for user, paths in PAGES.items() for path in paths]


@pytest.mark.parametrize(("user", "path"), EVERY)
def test_nothing_inline_and_nothing_from_other_hosts(
    browser: Browser, user: str, path: str
) -> None:
    browser.sign_in(user).get(path)
    tree = browser.tree
    assert tree.xpath("//@style | //style | //@*[starts-with(name(), 'on')]") == []
    assert tree.xpath("//script[not(@src)]") == []
    addresses = [str(each) for each in tree.xpath("//@href | //@src | //@action")]
    assert [each for each in addresses if not each.startswith(("/", "#"))] == []
    assert len(tree.xpath("//h1")) == 1
    assert tree.xpath("//main[@id='main']")


@pytest.mark.parametrize(("user", "path"), EVERY)
def test_english_pages_have_no_vietnamese_of_ours(browser: Browser, user: str, path: str) -> None:
    browser.sign_in(user)
    browser.post("/language", language="en", next="/")
    browser.get(path)
    tree = browser.tree
    assert tree.get("lang") == "en"
    words = " ".join(tree.xpath("//nav//text() | //h1//text() | //label//text() | //th//text()"))
    ours = re.compile(r"\b(Tìm|Việc của tôi|Đăng|Số liệu|Kỳ|Thông điệp|Liên kết|Trạng thái|Mức)\b")
    assert ours.search(words) is None


def test_headers_keep_pages_out_of_caches_and_frames(browser: Browser) -> None:
    headers = browser.sign_in("nurse").get("/people").headers
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"


def test_static_files_are_kept_for_a_year_and_gone_when_unknown(browser: Browser) -> None:
    browser.get("/sign-in")
    sheet = browser.tree.xpath("//link[@rel='stylesheet']/@href")[0]
    answer = browser.client.get(sheet)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    fonts = re.findall(r"url\((fonts/[^)]+)\)", answer.text)
    base = sheet.rsplit("/", 1)[0]
    assert fonts
    assert all(browser.client.get(f"{base}/{font}").status_code == 200 for font in fonts)
    for name in ("../settings.py", "nothing.css", "..%2f..%2fsettings.py"):
        assert browser.client.get(f"{base}/{name}").status_code == 404


def test_the_language_stays_and_the_path_too(browser: Browser) -> None:
    browser.get("/sign-in?next=/figures/vn")
    browser.post("/language", language="en", next="/sign-in?next=/figures/vn")
    assert str(browser.page.url).endswith("/sign-in?next=/figures/vn")
    assert browser.tree.get("lang") == "en"
    browser.get("/sign-in")
    assert browser.tree.get("lang") == "en"


class _Broken(FakeFigures):
    def periods(self) -> list[str]:
        raise RuntimeError("no warehouse, and a secret: 098090012345")


def test_our_own_faults_are_plain_and_say_nothing_of_the_inside(database: SyncDatabase) -> None:
    app: Any = application(made_up(database, figures=_Broken()))
    transport = httpx.WSGITransport(app, raise_app_exceptions=False)
    with httpx.Client(transport=transport, base_url="http://lanh.test") as client:
        browser = Browser(client)
        browser.get("/sign-in")
        answer = browser.post("/sign-in", username="leader", password="dung-thu-2026")
    assert answer.status_code == 500
    assert "Hệ thống gặp lỗi" in browser.text
    assert "098090012345" not in answer.text


def test_a_short_secret_is_refused(database: SyncDatabase) -> None:
    with pytest.raises(ValueError, match="32"):
        application(made_up(database, secret="short"))
