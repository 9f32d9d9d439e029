"""How many statements a page takes, whatever it shows: baselines that may only shrink."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from lanh.core.access import Access
from lanh.core.database import SyncDatabase
from lanh.core.lists import ListDefinition, Lists, Screen
from lanh.core.lists.tests.beds import BEDS, TAKEN, keep, reader, thirty
from lanh.core.lists.tests.test_screens import PATIENTS
from lanh.core.lists.tests.test_tasks import NOTICES, Room
from lanh.core.store import Store
from lanh.core.store.tests.conftest import counted, patient
from lanh.core.workflow.tests.scene import HEAD


def _statements(
    database: SyncDatabase,
    lists: Lists,
    definition: ListDefinition,
    query: str,
    access: Access,
    **more: bool,
) -> int:
    """The statements of a page, but for those that look after caches once in some seconds."""
    seen: list[str] = []
    plan = lists.screen(definition, parse_qsl(query), access, "person:7", "vi", **more)
    screen: Screen = database.transact(counted(plan, seen))
    assert screen.rows
    return len([each for each in seen if "search_parameter" not in each])


@pytest.mark.parametrize(
    ("query", "more", "most"),
    [
        ("", {}, 3),  # what the person keeps, the page, what it includes
        (f"status={TAKEN}&near=east&changed=2020&sort=-name", {}, 3),
        ("ward=khoa", {}, 3),
        ("", {"counts": True}, 6),  # the views of the person again, all, and one view
        ("", {"counts": True, "total": True}, 7),
    ],
)
def test_a_page_of_records(
    database: SyncDatabase, query: str, more: dict[str, bool], most: int
) -> None:
    thirty(database)
    assert _statements(database, Lists(Store()), BEDS, query, reader(), **more) == most


def test_a_page_of_people_has_one_more_for_the_audit(database: SyncDatabase) -> None:
    keep(database, *({**patient("Trần Thị Bình"), "id": f"p{at}"} for at in range(9)))
    assert _statements(database, Lists(Store()), PATIENTS, "", reader()) == 3


def test_a_page_of_tasks(database: SyncDatabase) -> None:
    room = Room(database)
    # What the person keeps, the count, the tasks, their records, what these include, the audit.
    assert _statements(database, room.lists, NOTICES, "", HEAD) <= 6
