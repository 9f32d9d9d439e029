"""Cases, records and the first screen of a desk."""

from __future__ import annotations

import pytest

from lanh.core.database import SyncDatabase
from lanh.core.desks import Conflict, Forbidden, NotFound, Refused
from lanh.core.desks.telling import named
from lanh.core.desks.tests.scene import FIELDS, HEAD, NURSE, STRANGER, Room


def test_the_first_screen_tells_what_waits(database: SyncDatabase) -> None:
    room = Room(database)
    assert [e.key for e in room.desks.entries(NURSE)] == ["fridges"]
    room.sent()
    home = room.run(room.desks.home("fridges", HEAD))
    assert [(q.key, q.count) for q in home.queues] == [("to-check", "1")]
    assert not home.forms
    room.begin()
    mine = room.run(room.desks.home("fridges", NURSE))
    assert [f.key for f in mine.forms] == ["daily"]
    assert [each.key for each in mine.lists] == ["all"]
    assert not mine.queues
    assert [title for _, title, _ in mine.drafts] == ["Vaccine fridge temperatures"]
    with pytest.raises(Forbidden):
        room.desks.list_definition("fridges", "all", HEAD)
    assert room.desks.list_definition("fridges", "to-check", HEAD).queues


def test_a_case_goes_its_way_and_a_correction_moves_it(database: SyncDatabase) -> None:
    room = Room(database)
    sent = room.sent()
    case = sent.case
    assert case is not None
    task = room.run(room.desks.claim("fridges", case, HEAD))
    assert task.owner == "person:3"
    room.run(room.desks.give_back("fridges", case, HEAD))
    room.run(room.desks.assign("fridges", case, "person:3", HEAD))
    with pytest.raises(Refused):
        room.run(room.desks.act("fridges", case, "return", HEAD, revision=1))
    back = room.run(room.desks.act("fridges", case, "return", HEAD, revision=1, reason="blurred"))
    assert back.state == "returned"
    with pytest.raises(Conflict):
        room.run(room.desks.act("fridges", case, "check", HEAD, revision=1))
    screen = room.run(room.desks.correct("fridges", sent.record, NURSE))
    room.sent({**FIELDS, "q/shelf:1/temperature": ["6"]}, screen=screen, reason="sharp now")
    shown = room.run(room.desks.record("fridges", sent.record, HEAD))
    assert shown.case is not None
    assert shown.case.case.state == "sent"
    assert [s.name for s in shown.case.history if s.kind == "moved"] == ["return", "resend"]
    assert [c.transition.name for c in shown.case.choices] == ["return", "check"]


def test_others_see_no_case(database: SyncDatabase) -> None:
    room = Room(database)
    sent = room.sent()
    assert sent.case is not None
    with pytest.raises(NotFound):
        room.run(room.desks.act("fridges", sent.case, "check", STRANGER, revision=1))
    with pytest.raises(Forbidden):
        room.run(room.desks.act("fridges", sent.case, "check", NURSE, revision=1))


def test_a_reading_is_in_the_audit(database: SyncDatabase) -> None:
    room = Room(database)
    sent = room.sent()
    room.run(room.desks.record("fridges", sent.record, NURSE))
    rows = room.rows("SELECT count(*) FROM audit.entry WHERE detail = 'desk:fridges:record'")
    assert rows == [(1,)]


def test_papers_need_a_printer(database: SyncDatabase) -> None:
    room = Room(database)
    sent = room.sent()
    with pytest.raises(NotFound):
        room.run(room.desks.paper("fridges", sent.record, "slip", NURSE))


def test_what_the_platform_did_by_itself_is_told_in_words() -> None:
    known = {"person:1": "Trần Văn Thử", "system:lanh:beds": "system:lanh:beds"}
    for names in (known, {}):
        assert named(names, "system:lanh:beds", "en") == "Done by the system"
    assert named(known, "person:1", "vi") == "Trần Văn Thử"
    assert named(known, "system:facility-99001", "vi") == "system:facility-99001"
