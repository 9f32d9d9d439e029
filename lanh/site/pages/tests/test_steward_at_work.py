"""Stewards on the pages as they are installed: real accounts, real records, the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from lanh.core import accounts, audit
from lanh.core.access import system_access
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Write
from lanh.core.web import application
from lanh.core.web.tests.conftest import Browser
from lanh.nation.place import Places
from lanh.site.instance import Instance
from lanh.site.pages.tests.test_pairs import HERE, NEAR, OTHER_PROVINCE, PROVINCE, patient
from lanh.site.services import page_services
from lanh.site.settings import Settings
from lanh.site.wiring import open_records

PASSWORD = "a long password 1"
POSTS = {
    "steward": accounts.Post("data-steward"),
    "here": accounts.Post("provincial-data-steward", PROVINCE),
    "elsewhere": accounts.Post("provincial-data-steward", OTHER_PROVINCE),
    "nurse": accounts.Post("commune-nurse", HERE, "99001", HERE),
    "leader": accounts.Post("ministry-leader"),
}


@pytest.fixture
def sign_in(database: SyncDatabase, tmp_path: Path) -> Iterator[Callable[[str], Browser]]:
    instance = Instance(Settings(tmp_path))
    instance.make()
    records = open_records()
    for name, post in POSTS.items():
        database.transact(accounts.create_account(name, PASSWORD, f"Người {name}", posts=[post]))
    for name, commune, number in (("a1", HERE, "099091000001"), ("b2", NEAR, None)):
        context = Context(system_access("test"), custodian=f"9900{name[-1]}", commune=commune)
        write = Write("update", "Patient", name, patient(name, commune, number))
        database.transact(records.store.write([write], context))
    pages = application(page_services(instance, database, records, Places.packaged()))
    transport = httpx.WSGITransport(pages)
    with ExitStack() as clients:

        def open_one(user: str) -> Browser:
            client = httpx.Client(transport=transport, base_url="http://lanh.test")
            browser = Browser(clients.enter_context(client))
            browser.get("/sign-in")
            browser.post("/sign-in", username=user, password=PASSWORD)
            assert browser.path == "/", browser.text
            return browser

        yield open_one


def _open_pair(browser: Browser) -> str:
    browser.get("/pairs")
    (link,) = browser.tree.xpath("//main//tbody//th//a/@href")
    browser.get(str(link))
    return browser.path


def _decide(browser: Browser, here: str, act: str) -> httpx.Response:
    (seen,) = browser.tree.xpath("//input[@name='seen']/@value")
    return browser.post(f"{here}/decide", act=act, because="called", note="", seen=str(seen))


def test_a_pair_from_the_list_to_the_decision_and_back(
    sign_in: Callable[[str], Browser], database: SyncDatabase
) -> None:
    steward = sign_in("here")
    here = _open_pair(steward)
    assert "Năm sinh trong số định danh là 1991" in steward.text
    read = [entry for entry in database.read(audit.of_patient("b2")) if entry.action == "read"]
    assert [entry.purpose for entry in read] == ["HOPERAT"]
    assert _decide(steward, here, "same").status_code == 200
    assert "Không còn cặp nào chờ bạn" in steward.text
    steward.get("/pairs/decided")
    assert "Cùng một người" in steward.text and "Người here" in steward.text
    (verdict,) = steward.tree.xpath("//input[@name='verdict']/@value")
    steward.post(f"{here}/undo", verdict=str(verdict), because="slip")
    assert "Đã hoàn tác" in steward.text and "Bấm nhầm" in steward.text
    actions = [entry.action for entry in database.read(audit.of_patient("a1"))]
    assert {"link", "undo", "read", "search"} <= set(actions)


def test_the_second_steward_reads_who_decided_and_why(
    sign_in: Callable[[str], Browser],
) -> None:
    first, second = sign_in("steward"), sign_in("here")
    one, two = _open_pair(first), _open_pair(second)
    _decide(first, one, "different")
    answer = _decide(second, two, "same")
    assert answer.status_code == 409
    assert "Người khác vừa quyết định cặp này" in second.text
    assert "Hai người khác nhau" in second.text and "Người steward" in second.text
    assert "Đã gọi cơ sở xác minh" in second.text
    assert not second.tree.xpath("//input[@name='seen']")


def test_a_steward_elsewhere_has_an_empty_list_and_others_none(
    sign_in: Callable[[str], Browser],
) -> None:
    elsewhere = sign_in("elsewhere")
    elsewhere.get("/pairs")
    assert "Không còn cặp nào chờ bạn" in elsewhere.text and "Khôi" not in elsewhere.page.text
    for user in ("nurse", "leader"):
        assert sign_in(user).get("/pairs").status_code == 403
