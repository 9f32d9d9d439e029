"""The desks of the installed systems on the pages, and their description for programs."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

import lanh.systems
from lanh.core import accounts
from lanh.core.api.desks_described import described
from lanh.core.database import SyncDatabase
from lanh.core.web import application
from lanh.core.web.tests.conftest import Browser
from lanh.kit import desks_of
from lanh.nation.place import Places
from lanh.site.instance import Instance
from lanh.site.services import page_services
from lanh.site.settings import Settings
from lanh.site.wiring import open_records

PASSWORD = "a long password 1"
POSTS = {
    "planner": accounts.Post("hospital-planner", "99", "99011", "99001"),
    "doctor": accounts.Post("hospital-doctor", "99", "99011", "99001"),
    "registrar": accounts.Post("facility-registrar"),
    "nurse": accounts.Post("commune-nurse", "99001", "99001", "99001"),
}


@pytest.mark.parametrize(
    ("user", "desk", "opens"),
    [
        ("planner", "beds", True),
        ("doctor", "deaths", True),
        ("registrar", "facilities", True),
        ("nurse", "facilities", True),
        ("registrar", "deaths", False),
    ],
)
def test_a_desk_opens_for_its_roles(
    database: SyncDatabase, tmp_path: Path, user: str, desk: str, opens: bool
) -> None:
    instance = Instance(Settings(tmp_path))
    instance.make()
    posts = [POSTS[user]]
    database.transact(accounts.create_account(user, PASSWORD, f"Người {user}", posts=posts))
    pages = application(page_services(instance, database, open_records(), Places.packaged()))
    transport = httpx.WSGITransport(pages)
    with httpx.Client(transport=transport, base_url="http://lanh.test") as client:
        browser = Browser(client)
        browser.get("/sign-in")
        browser.post("/sign-in", username=user, password=PASSWORD)
        answer = browser.get(f"/{desk}/")
        assert (answer.status_code == 200) is opens, answer.status_code
        links = [str(link) for link in browser.tree.xpath("//nav//a/@href")]
        assert any(link.strip("/").split("/")[0] == desk for link in links) is opens


def test_each_act_of_a_program_has_a_name_of_its_own() -> None:
    paths = described(desks_of(lanh.systems))["paths"]
    names = [act["operationId"] for path in paths.values() for act in path.values()]
    assert len(names) == len(set(names))
    assert {"/api/beds", "/api/deaths", "/api/facilities"} <= set(paths)
