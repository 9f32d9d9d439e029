"""Lists of tasks: what waits in queues, with its records, the nearest end first."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest

from lanh.core.access import Access
from lanh.core.database import Plan, SyncDatabase, execute, fetch
from lanh.core.lists import (
    DUE,
    HOLDER,
    OWNER,
    STATE,
    Column,
    ListDefinition,
    Lists,
    SavedView,
    Screen,
    task_of,
)
from lanh.core.lists.tests.beds import keep, words
from lanh.core.store import Store
from lanh.core.workflow.tests.scene import DOCTOR, HEAD, SECOND_HEAD, STRANGER, Scene, focus

NOTICES = ListDefinition(
    key="notices",
    title=words("notices"),
    columns=(
        Column("title", words("title"), lambda row, _: row[0].get("title"), main=True),
        STATE,
        HOLDER,
        Column("task", words("task"), lambda row, _: task_of(row)["id"], shown=False),
    ),
    queues=frozenset({"review"}),
    include=("Composition:subject",),
    filters=(OWNER, DUE),
    views=(SavedView("mine", words("mine"), {"owner": "mine"}),),
    page=3,
)


class Room:
    """Seven notices that wait, one of them about a record that was never written."""

    def __init__(self, database: SyncDatabase) -> None:
        self.database, self.scene = database, Scene()
        self.lists = Lists(Store(), self.scene.engine)
        for number in range(1, 7):
            keep(database, _notice(number))
        for number in range(1, 8):
            database.transact(self._submit(number))
            self.scene.clock.forward(minutes=10)

    def _submit(self, number: int) -> Plan[None]:
        case = yield from self.scene.engine.open("notice", focus(number), DOCTOR)
        yield from self.scene.engine.act(
            case.id, "submit", DOCTOR, revision=1, facts={"complete": True}
        )

    def show(self, query: str = "", access: Access = HEAD, **more: bool) -> Screen:
        person = f"person:{access.subject.id}"
        pairs = parse_qsl(query)
        return self.database.transact(
            self.lists.screen(NOTICES, pairs, access, person, "en", **more)
        )


def _notice(number: int) -> dict[str, object]:
    return {
        "resourceType": "Composition",
        "id": f"notice-{number}",
        "status": "preliminary",
        "type": {"text": "notice"},
        "date": "2026-03-09",
        "title": f"notice {number}",
        "author": [{"display": "x"}],
    }


@pytest.fixture
def room(database: SyncDatabase) -> Iterator[Room]:
    yield Room(database)


def titles(screen: Screen) -> list[str]:
    return [row.cells[0] for row in screen.rows]


def notices(*numbers: int) -> list[str]:
    return [f"notice {each}" for each in numbers]


def test_tasks_come_by_their_end_with_their_records(room: Room) -> None:
    screen = room.show()
    assert titles(screen) == notices(1, 2, 3) and screen.total == "7"
    row = screen.rows[0]
    assert row.cells == ["notice 1", "under review", "Nobody's yet"]
    assert row.record == "Composition/notice-1" and row.due is not None and not row.overdue
    task = room.database.read(room.scene.engine.task(row.case or "", HEAD))
    assert task is not None and row.task == task.id
    room.database.transact(room.scene.engine.claim(task.id, HEAD))
    assert room.show().rows[0].cells[2] == "Held"
    assert titles(room.show(access=STRANGER)) == []


def test_pages_lead_forth_and_back(room: Room) -> None:
    second = room.show(room.show().next_query or "")
    third = room.show(second.next_query or "")
    assert [titles(second), titles(third)] == [notices(4, 5, 6), [""]]
    assert third.next_query is None
    again = room.show(third.previous_query or "")
    assert titles(again) == notices(4, 5, 6)
    first = room.show(again.previous_query or "")
    assert titles(first) == notices(1, 2, 3) and first.previous_query is None
    assert titles(room.show(first.next_query or "")) == notices(4, 5, 6)


def test_cases_without_an_end_are_paged_too(room: Room) -> None:
    room.database.transact(execute("UPDATE workflow.cases SET due = NULL"))
    seen, query = [], ""
    for _ in range(3):
        screen = room.show(query)
        seen += [row.record for row in screen.rows]
        query = screen.next_query or ""
    assert len(set(seen)) == 7 and query == ""
    assert room.show(screen.previous_query or "").rows[0].record == seen[3]


def test_filters_of_tasks(room: Room) -> None:
    first = room.show().rows[0]
    room.database.transact(room.scene.engine.claim(first.task or "", HEAD))
    assert titles(room.show("owner=mine")) == notices(1)
    assert titles(room.show("owner=none")) == notices(2, 3, 4)
    assert titles(room.show("owner=mine", SECOND_HEAD)) == []
    room.scene.clock.forward(hours=5)  # 14:10: four working hours of the first have run out
    assert titles(room.show("due=overdue")) == notices(1)
    assert [row.overdue for row in room.show().rows] == [True, False, False]
    pills = room.show(counts=True).views
    assert [(each.title, each.count) for each in pills] == [("All", "7"), ("mine", "1")]


@pytest.mark.parametrize("page", ["after-x", "upto-~a", "before-soon~a", "after-2026-03-09~a"])
def test_a_page_that_is_none_is_the_first(room: Room, page: str) -> None:
    screen = room.show(f"page={page}")
    assert titles(screen) == notices(1, 2, 3) and len(screen.notes) == 1


def test_tasks_about_people_are_audited(room: Room) -> None:
    room.show()
    rows = room.database.read(
        fetch("SELECT detail, ids, patients FROM audit.entry ORDER BY number DESC LIMIT 1")
    )
    ids = "notice-1,notice-2,notice-3"
    assert tuple(rows[0]) == ("list:notices", ids, ["patient-1", "patient-2", "patient-3"])
