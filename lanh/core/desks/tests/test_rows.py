"""Spreadsheets at a desk: each row a form that is sent, with its rules, case and corrections."""

from __future__ import annotations

import pytest

from lanh.core.database import SyncDatabase
from lanh.core.desks import Forbidden, Invalid, Refused
from lanh.core.desks.tests.scene import FORM, HEAD, NURSE, OTHER_NURSE, STRANGER, Room, words
from lanh.core.lists import Imported, SheetColumn, SheetForm
from lanh.core.lists.sheets import table

SHEET = SheetForm(
    "fridges",
    FORM,
    (
        SheetColumn("day", words("Day")),
        SheetColumn("place", words("Shelf")),
        SheetColumn("temperature", words("Degrees")),
    ),
)
HEADS = ["Day", "Shelf", "Degrees"]


def take(room: Room, *rows: list[str], who: object = NURSE) -> Imported:
    content = table("xlsx", "x", HEADS, rows, "en")
    begun = room.desks.rows("fridges", "daily", who, content, SHEET)  # type: ignore[arg-type]
    return begun.run(room.run)


def test_each_row_is_a_form_that_was_sent(database: SyncDatabase) -> None:
    room = Room(database)
    done = take(
        room,
        ["9/3/2026", "Top", "4.5"],
        ["10/3/2026", "bottom", "5"],
        ["11/3/2026", "side", "5"],
        ["soon", "Top", ""],
    )
    assert (done.taken, done.again, len(done.rest)) == (2, 0, 2)
    told = {(fault.row, fault.column): fault.message.en for fault in done.faults}
    assert set(told) == {(4, "Shelf"), (5, "Day"), (5, "Degrees")}
    assert room.rows("SELECT count(*) FROM store.observation WHERE NOT deleted") == [(2,)]
    assert room.rows("SELECT count(*) FROM workflow.cases") == [(2,)]
    again = take(room, ["9/3/2026", "Top", "4.5"], who=OTHER_NURSE)
    assert (again.taken, again.again) == (0, 1)
    assert take(room, ["9/3/2026", "Top", "4.5"], who=STRANGER).taken == 1


def test_who_may_not_send_the_form_sends_no_rows(database: SyncDatabase) -> None:
    room = Room(database)
    with pytest.raises(Forbidden):
        take(room, ["9/3/2026", "Top", "4.5"], who=HEAD)
    with pytest.raises(Invalid, match="no row"):
        take(room)
    with pytest.raises((Invalid, Refused), match="cannot be read"):
        room.desks.rows("fridges", "daily", NURSE, b"PK")
    assert room.desks.empty_sheet("fridges", "daily", NURSE, SHEET).startswith(b"PK")
