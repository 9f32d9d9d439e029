"""The one search box: people, records of lists, cases and pages, each only to who may see it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lanh.core.access import Access, Everything, Grant, Purpose, Subject
from lanh.core.database import SyncDatabase, fetch
from lanh.core.desks import RecordView
from lanh.core.lists import Column, Filter, ListDefinition
from lanh.core.store import Context, Store, Write
from lanh.core.text import Words
from lanh.core.web.tests.conftest import Browser
from lanh.core.web.tests.desk_steps import Open, sent
from lanh.core.web.tests.sink import DESK, personal

PLACES = ListDefinition(
    "places", Words("Cơ sở", "Facilities"),
    (Column("name", Words("Tên", "Name"), lambda row, _: row[0].get("name"), main=True),),
    resource_type="Location", filters=(Filter("name", Words("Tên", "Name"), "name"),),
    order="name",
)  # fmt: skip
FOUND = replace(
    DESK,
    lists=(*DESK.lists, PLACES),
    list_roles={**DESK.list_roles, "places": frozenset({"nurse"})},
    records=(*DESK.records, RecordView("Location", lambda body, _: str(body["name"]), ())),
)


@pytest.fixture
def seven(database: SyncDatabase) -> None:
    """Seven facilities, one of them called like a person."""
    grant = Grant("nurse", frozenset({"create"}), None, Everything())
    access = Access(Subject("person", "1", "Người Thử"), Purpose.OPERATIONS, (grant,))
    names = [*(f"Trạm Thử {n}" for n in range(1, 7)), "Bệnh viện Minh Khôi"]
    writes = [
        Write("create", "Location", None, {"resourceType": "Location", "name": name})
        for name in names
    ]
    database.transact(Store().write(writes, Context(access, None, "99001", "00101")))


def found(browser: Browser, text: str) -> dict[str, list[str]]:
    """What is found from the bar at the top, by the head of its group."""
    browser.get("/")
    form = browser.tree.xpath("//form[@role='search']")[0]
    assert form.get("method") == "post", "what is typed is in no address"
    browser.post(form.get("action"), text=text)
    return {
        group.xpath("./h2")[0].text_content(): [
            row.text_content() for row in group.xpath(".//li//a | .//li//button")
        ]
        for group in browser.tree.xpath("//main//section[h2]")
    }


@pytest.mark.usefixtures("seven")
def test_each_kind_has_five_at_most_and_leads_to_all(at: Open) -> None:
    nurse = at(FOUND).sign_in("nurse")
    groups = found(nurse, "tram thu")
    assert groups == {"Cơ sở": [f"Trạm Thử {n}" for n in range(1, 6)]}
    assert nurse.path.startswith("/find/") and "tram" not in str(nurse.page.url)
    nurse.get(str(nurse.tree.xpath("//main//section//p/a/@href")[0]))
    assert nurse.path == "/outbreaks/lists/places" and "Trạm Thử 6" in nurse.text
    assert "thu" not in str(nurse.page.url), "what was typed may be a name"
    assert not [each for each in nurse.tree.xpath("//main//@href") if "thu" in str(each)]
    assert len(found(nurse, "ng")["Người"]) == 5
    nurse.get(str(nurse.tree.xpath("//main//section//p/a/@href")[0]))
    assert nurse.path.startswith("/people/found/") and "Trang 1" in nurse.text


@pytest.mark.usefixtures("seven")
def test_people_stand_first_and_open_as_ever(at: Open) -> None:
    nurse = at(FOUND).sign_in("nurse")
    groups = found(nurse, "minh khoi")
    assert list(groups) == ["Người", "Cơ sở"]
    assert groups["Cơ sở"] == ["Bệnh viện Minh Khôi"]
    assert "098090012345" not in nurse.page.text
    handle = str(nurse.tree.xpath("//main//input[@name='handle']/@value")[0])
    nurse.post("/people/open", handle=handle)
    assert "Đặng Minh Khôi" in nurse.text and nurse.path.startswith("/people/")


@pytest.mark.usefixtures("seven")
def test_who_may_not_see_a_kind_does_not_find_it(at: Open) -> None:
    steward = at(FOUND).sign_in("steward")
    assert "Cơ sở" not in found(steward, "minh khoi"), "the list is for nurses"
    citizen = at(FOUND).sign_in("citizen")
    assert not citizen.tree.xpath("//form[@role='search']")
    assert citizen.get("/find").status_code == 403
    assert citizen.post("/find", text="minh khoi").status_code == 403


def test_the_first_page_asks_for_people_only_where_they_may_be_found(at: Open) -> None:
    lists = {**FOUND.list_roles, "places": frozenset({"leader"})}
    desk = replace(FOUND, roles=FOUND.roles | {"leader"}, list_roles=lists)
    browser = at(desk).sign_in("leader")
    browser.get("/")
    assert browser.tree.xpath("//form[@role='search']"), "a desk has records to be found"
    assert not browser.tree.xpath("//main//form[@action='/people']")
    browser.sign_in("nurse").get("/")
    assert browser.tree.xpath("//main//form[@action='/people']")


def test_pages_are_found_in_either_language(at: Open) -> None:
    nurse = at(FOUND).sign_in("nurse")
    assert "Bản đồ ổ dịch" in found(nurse, "ban do")["Trang"]
    nurse.post("/language", language="en", next="/")
    assert "Map" in found(nurse, "bản đồ")["Pages"]
    nurse.get(str(nurse.tree.xpath("//main//a[text()='Map']/@href")[0]))
    assert nurse.path == "/outbreaks/pages/map"


def test_a_case_is_found_by_its_whole_number(at: Open, database: SyncDatabase) -> None:
    nurse = at(personal(FOUND)).sign_in("nurse")
    sent(nurse)
    number = str(database.read(fetch("SELECT id FROM workflow.cases"))[0][0])
    assert len(found(nurse, number)["Hồ sơ"]) == 1
    where = str(nurse.tree.xpath("//main//section//li/a/@href")[0])
    assert where.startswith("/outbreaks/records/~"), "about a person: no id in the address"
    assert nurse.get(where).status_code == 200
    assert found(nurse, number[:-1]) == {}


def test_a_search_is_of_one_session_and_too_little_is_told(at: Open) -> None:
    nurse = at(FOUND).sign_in("nurse")
    nurse.get("/find")
    assert nurse.post("/find", text=" a ").status_code == 422
    assert nurse.tree.xpath("//*[@id='faults']//a/@href") == ["#f-text"]
    assert found(nurse, "zzzz") == {} and "Không tìm thấy gì" in nurse.text
    path = nurse.path
    nurse.sign_in("nurse")
    assert nurse.get(path).status_code == 404
