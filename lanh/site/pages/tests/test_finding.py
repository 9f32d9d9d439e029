"""The search box over the installed systems: facilities by code or name, pages by their roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lanh.core.access import Access, Everything, Grant, Interaction, Purpose, Subject
from lanh.core.accounts import Role
from lanh.core.database import SyncDatabase
from lanh.core.desks import Visitor
from lanh.core.store import Context, Write
from lanh.core.text import Language
from lanh.core.web.services import FoundGroup
from lanh.nation import naming
from lanh.nation.roles import CITIZEN, HOSPITAL_DOCTOR, MINISTRY_LEADER
from lanh.site.desks import menu_pages, open_desks
from lanh.site.pages.finding import PageSearch
from lanh.site.wiring import open_records

ALL: frozenset[Interaction] = frozenset({"read", "search", "create"})


def _visitor(role: Role, language: Language = "vi") -> Visitor:
    grant = Grant(role.code, ALL, frozenset({"Location"}), Everything())
    access = Access(Subject("person", "1", "Người Thử"), Purpose.OPERATIONS, (grant,))
    return Visitor("1", role.code, access, language, datetime.now(UTC))


def test_facilities_and_pages_are_found_within_what_a_role_may_see(database: SyncDatabase) -> None:
    records = open_records()
    opened = open_desks(records)
    desks = list(opened.desks.desks.values())
    finder = PageSearch(desks, opened.lists, opened.workflow, menu_pages())
    leader = _visitor(MINISTRY_LEADER)
    place = {
        "resourceType": "Location", "status": "active", "name": "Bệnh viện Thử Nghiệm",
        "identifier": [{"system": naming.FACILITY_CODE, "value": "99001"}],
    }  # fmt: skip
    context = Context(leader.access, None, "99001", "00004")
    database.transact(records.store.write([Write("create", "Location", None, place)], context))

    def find(text: str, who: Visitor) -> dict[str, Sequence[str]]:
        groups: Sequence[FoundGroup] = database.transact(finder.find(text, who))
        assert all(len(group.things) <= 5 for group in groups)
        return {
            thing.title: (thing.desk, thing.address) for group in groups for thing in group.things
        }

    for text in ("99001", "benh vien thu", "Thử Nghiệm"):
        assert find(text, leader)["Bệnh viện Thử Nghiệm"] == ("facilities", "")
        assert "Bệnh viện Thử Nghiệm" not in find(text, _visitor(CITIZEN))
    mortality = find("tu vong", leader)["Tử vong theo nguyên nhân"]
    assert mortality == ("", "/deaths/pages/mortality")
    assert "Mortality" in find("mortality", _visitor(MINISTRY_LEADER, "en"))
    assert "Tử vong theo nguyên nhân" not in find("tu vong", _visitor(HOSPITAL_DOCTOR))
    assert find("x", leader) == {}
