"""A registrar sends facilities as a spreadsheet, by the pages' port and the system's form."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook

from lanh.core.database import SyncDatabase, fetch
from lanh.core.desks import DeskError
from lanh.core.lists import Lists
from lanh.core.lists.sheets import table
from lanh.kit import roles_with
from lanh.kit.harness.trying import Trial
from lanh.nation.calendar import packaged
from lanh.nation.roles import ROLES
from lanh.site.pages.desks import PageDesks
from lanh.systems.facilities.system import SYSTEM

CELLS = {
    "name": "Bệnh viện Mẫu", "status": "đang hoạt động", "kind": "Bệnh viện", "level": "Tuyến tỉnh",
    "ownership": "province", "services": "child; emergency", "street": "Số 1 đường Mẫu",
    "commune": "urn:lanh:codes:commune|00004", "latitude": "21,0357", "longitude": "105,8320",
    "phone": "024 0000 0000", "days": "mon; tue", "opens": "07:00", "closes": "16:30",
    "code-value": "99801", "code-from": "01/07/2025", "licence-number": "000001/TEST-GPHD",
    "licence-by": "Bộ Y tế (mẫu)", "licence-from": "02/01/2020",
}  # fmt: skip
HEADS = list(CELLS)


def row(code: str, **more: str) -> list[str]:
    return list((CELLS | {"code-value": code, "name": f"Bệnh viện {code}"} | more).values())


class Page:
    """The port of the pages on the facilities system alone, with the country's codes."""

    def __init__(self, database: SyncDatabase) -> None:
        assert SYSTEM.desk is not None
        self.trial = Trial(SYSTEM.desk, roles_with(ROLES, [SYSTEM]), packaged(), database)
        lists = Lists(self.trial.store, self.trial.workflow)
        self.desks = PageDesks(self.trial.desks, lists, self.trial.workflow)


def test_it_reaches_the_form(database: SyncDatabase) -> None:
    page = Page(database)
    who = page.trial.visitor("facility-registrar")
    screen = page.trial.run(page.desks.listing("facilities", "facilities", who, ""))
    assert screen.importable
    empty = page.trial.run(page.desks.sheet("facilities", "facilities", who))
    heads = CalamineWorkbook.from_filelike(io.BytesIO(empty.content)).get_sheet_by_index(0)
    titles = [str(each) for each in heads.to_python()[0]]
    assert titles[0] == "Tên đầy đủ theo giấy phép *" and len(titles) == len(set(titles)) > 20


def test_good_rows_are_taken_and_bad_ones_come_back(database: SyncDatabase) -> None:
    page = Page(database)
    who = page.trial.visitor("facility-registrar")
    rows = [row("99801"), row("99802", level="Tuyến huyện cũ"), row("998"), row("99803", name="")]
    content = table("xlsx", "x", HEADS, rows, "vi")
    begun = page.desks.read_sheet("facilities", "facilities", who, content)
    done = begun.run(page.trial.run)
    told = [(fault.row, fault.column, fault.message.vi) for fault in done.faults]
    assert (done.taken, len(done.rest)) == (1, 3), told
    assert {fault.row for fault in done.faults} == {3, 4, 5}
    assert (3, "Tuyến") in {(fault.row, fault.column) for fault in done.faults}
    count = database.read(fetch("SELECT count(*) FROM store.location WHERE NOT deleted"))
    assert count[0][0] == 1
    rest = io.BytesIO(done.rest_file("vi"))
    back = CalamineWorkbook.from_filelike(rest).get_sheet_by_index(0)
    assert len(back.to_python()) == 4
    again = page.desks.read_sheet("facilities", "facilities", who, content).run(page.trial.run)
    assert (again.taken, again.again, len(again.rest)) == (0, 1, 3)


def test_who_may_not_send_the_form_gets_no_sheet(database: SyncDatabase) -> None:
    page = Page(database)
    for role, key in (("doctor", "facilities"), ("facility-registrar", "none")):
        with pytest.raises(DeskError) as refusal:
            page.trial.run(page.desks.sheet("facilities", key, page.trial.visitor(role)))
        assert refusal.value.status in (403, 404)
