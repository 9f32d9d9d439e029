"""A spreadsheet of 10,000 rows with 300 faults of 20 kinds: 9,700 taken, each fault told."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from python_calamine import CalamineWorkbook

from lanh.core.database import SyncDatabase, fetch
from lanh.core.lists import begin_import
from lanh.core.lists.sheets import table
from lanh.core.lists.tests.bed_sheet import FAULTS, HEADS, SHEET, Sender, bad, good
from lanh.core.store import Store

ROWS, BAD, KINDS = 10_000, 300, 20


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_rows_with_three_hundred_faults(database: SyncDatabase) -> None:
    rows = [good(at) for at in range(ROWS)]
    faults = {7 + 33 * at: at % KINDS for at in range(BAD)}
    for place, kind in faults.items():
        rows[place] = bad(place, kind)
    content = table("xlsx", "x", HEADS, rows, "vi")
    done = begin_import(SHEET, content, Sender(Store()), "person:7", "vi").run(database.transact)
    assert (done.taken, done.again, len(done.rest)) == (ROWS - BAD, 0, BAD)
    assert {fault.row - 2: fault.column for fault in done.faults} == {
        place: HEADS[FAULTS[kind][0]] for place, kind in faults.items()
    }
    assert all(fault.message.vi and fault.message.en for fault in done.faults)
    assert Counter(fault.row for fault in done.faults).most_common(1)[0][1] == 1
    kept = database.read(
        fetch(
            "SELECT (SELECT count(*) FROM store.location),"
            " (SELECT count(*) FROM store.questionnaireresponse)"
        )
    )
    assert tuple(kept[0]) == (ROWS - BAD, ROWS - BAD)
    book = CalamineWorkbook.from_filelike(io.BytesIO(done.rest_file("vi")))
    back = book.get_sheet_by_index(0).to_python()
    assert len(back) == BAD + 1
    mended = [["", *good(place)] for place in faults]
    heads = [str(each) for each in back[0]]
    second = table("xlsx", "x", heads, mended, "vi")
    done = begin_import(SHEET, second, Sender(Store()), "person:7", "vi").run(database.transact)
    assert (done.taken, done.again, done.faults) == (BAD, 0, ())
    again = begin_import(SHEET, content, Sender(Store()), "person:7", "vi").run(database.transact)
    assert (again.taken, again.again) == (0, ROWS - BAD)
