"""The one search box: facilities by code and name, cases by number, pages by words, by rights."""

from __future__ import annotations

from lanh.core.access import CustodianIn
from lanh.core.database import Plan, SyncDatabase, fetch
from lanh.core.lists import (
    CaseProvider,
    Column,
    Everything,
    Filter,
    Group,
    ListDefinition,
    ListProvider,
    Lists,
    PageEntry,
    PageProvider,
)
from lanh.core.lists.tests.beds import keep, reader, words
from lanh.core.lists.tests.test_screens import PATIENTS
from lanh.core.store import Store
from lanh.core.store.tests.conftest import patient
from lanh.core.workflow import Case
from lanh.core.workflow.tests.scene import DOCTOR, STRANGER, Scene, focus

CODES = "urn:test:facility"
FACILITIES = ListDefinition(
    key="facilities",
    title=words("facilities"),
    columns=(
        Column("name", words("name"), lambda row, _: row[0]["name"], sort="name", main=True),
        Column("code", words("code"), lambda row, _: row[0]["identifier"][0]["value"]),
    ),
    resource_type="Organization",
    filters=(Filter("code", words("code"), "identifier"), Filter("name", words("name"), "name")),
    order="name",
)
PAGES = (
    PageEntry(words("Báo cáo giường bệnh"), "/beds", words=("bed report",)),
    PageEntry(words("Quản trị"), "/admin", frozenset({"administrator"})),
)


def box(scene: Scene | None = None) -> Everything:
    lists = Lists(Store())
    return Everything(
        [
            ListProvider(lists, FACILITIES, ("code", "name")),
            ListProvider(lists, PATIENTS, ("name",), roles=frozenset({"doctor"})),
            CaseProvider((scene or Scene()).engine, words("cases")),
            PageProvider(words("pages"), PAGES),
        ]
    )


def facility(code: str, name: str) -> dict[str, object]:
    return {"resourceType": "Organization", "id": f"o-{code}", "name": name,
            "identifier": [{"system": CODES, "value": code}]}  # fmt: skip


def find(database: SyncDatabase, text: str, scope: CustodianIn | None = None) -> list[Group]:
    return database.transact(box().find(text, reader(scope), "en"))


def test_things_are_found_by_code_then_by_folded_name(database: SyncDatabase) -> None:
    stations = [facility(f"9700{at}", f"Trạm Y tế xã Hòa Bình {at}") for at in range(8)]
    keep(database, *stations, facility("97100", "Bệnh viện Bạch Mai"))
    (group,) = find(database, " BACH  mai ")
    assert (group.kind, group.title, group.more) == ("facilities", "facilities", False)
    assert [(f.title, f.detail, f.record) for f in group.found] == [
        ("Bệnh viện Bạch Mai", "97100", "Organization/o-97100")
    ]
    (group,) = find(database, "97003")
    assert [f.record for f in group.found] == ["Organization/o-97003"]
    (group,) = find(database, "hoa binh")
    assert len(group.found) == 5 and group.more
    assert (group.list, group.query) == ("facilities", "name=hoa+binh")
    assert find(database, "hoa binh", CustodianIn(frozenset({"97002"}))) == []


def test_too_little_and_strange_texts_find_nothing(database: SyncDatabase) -> None:
    keep(database, facility("97100", "Bệnh viện A"))
    for text in ("", " ", "a", "\u0301", "a\x00b", "%", "||", "\\", "x" * 5000):
        assert find(database, text) == []


def test_pages_are_for_their_roles(database: SyncDatabase) -> None:
    (group,) = find(database, "bao cao")
    assert [(f.title, f.address) for f in group.found] == [("Báo cáo giường bệnh", "/beds")]
    assert find(database, "quan tri") == [] and len(find(database, "bed re")) == 1


def test_people_are_found_by_who_may_and_audited(database: SyncDatabase) -> None:
    keep(database, {**patient("Trần Thị Bình"), "id": "p1"})
    assert find(database, "tran thi binh") == []  # a nurse: this provider is for doctors
    lists = Lists(Store())
    doctors = Everything([ListProvider(lists, PATIENTS, ("name",))])
    groups = database.transact(doctors.find("tran thi binh", reader(), "vi"))
    assert [f.record for f in groups[0].found] == ["Patient/p1"]
    rows = database.read(fetch("SELECT detail FROM audit.entry ORDER BY number DESC LIMIT 1"))
    assert rows[0][0] == "everything:people"


def test_a_case_is_found_by_its_number_by_who_may_see_it(database: SyncDatabase) -> None:
    scene = Scene()

    def opened() -> Plan[Case]:
        case = yield from scene.engine.open("notice", focus(), DOCTOR)
        return case

    case = database.transact(opened())
    groups = database.transact(box(scene).find(case.id.upper(), DOCTOR, "en"))
    assert [(f.title, f.detail, f.case) for f in groups[-1].found] == [("notice", "draft", case.id)]
    assert database.transact(box(scene).find(case.id, STRANGER, "en")) == []
