"""A spreadsheet of 10,000 rows with 300 faults of 20 kinds: 9,700 taken, each fault told, although
the worker is killed in mid-way."""

from __future__ import annotations

import io
import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.context import SpawnProcess

import pytest
from python_calamine import CalamineWorkbook

from lanh.core.access import system_access
from lanh.core.database import Plan, SyncDatabase, fetch
from lanh.core.jobs import PlanHandler, Worker
from lanh.core.lists import (
    JOB,
    QUEUE,
    Import,
    Table,
    Turns,
    Upload,
    begin_import,
    find_upload,
    keep_upload,
    report_of,
)
from lanh.core.lists.sheets import table
from lanh.core.lists.tests.bed_sheet import FAULTS, HEADS, SHEET, Sender, bad, good
from lanh.core.store import Store

ROWS, BAD, KINDS = 10_000, 300, 20
ME, PLACE = "person:7", "beds/beds"


def _opened(upload: Upload, read: Table) -> Plan[Import | None]:
    yield from ()
    return begin_import(SHEET, read, Sender(Store()), upload.person, upload.language)


def _work(url: str) -> None:
    handlers = {JOB: PlanHandler(Turns(_opened).take)}
    database = SyncDatabase.connect(url, max_size=2)
    lease = timedelta(seconds=30)
    worker = Worker(database, handlers, {}, queues=(QUEUE,), batch=1, lease=lease, idle=0.1)
    worker.run(threading.Event())


def _started(url: str) -> SpawnProcess:
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(url,))
    process.start()
    return process


def _keep(database: SyncDatabase, content: bytes) -> str:
    begun = begin_import(SHEET, content, Sender(Store()), ME, "vi")
    return database.transact(keep_upload(begun, content, PLACE, system_access("test")))


def _until(database: SyncDatabase, identity: str, reached: Callable[[Upload], bool]) -> Upload:
    while True:
        upload = database.read(find_upload(identity, PLACE, ME))
        if reached(upload):
            return upload
        time.sleep(0.05)


def _ended(upload: Upload) -> bool:
    return upload.state == "done"


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_rows_with_three_hundred_faults(
    database: SyncDatabase, database_url: str
) -> None:
    rows = [good(at) for at in range(ROWS)]
    faults = {7 + 33 * at: at % KINDS for at in range(BAD)}
    for place, kind in faults.items():
        rows[place] = bad(place, kind)
    content = table("xlsx", "x", HEADS, rows, "vi")
    began = time.monotonic()
    first = _keep(database, content)
    process = _started(database_url)
    _until(database, first, lambda upload: upload.judged >= ROWS // 3)
    process.kill()
    process.join()
    stood = database.read(find_upload(first, PLACE, ME))
    assert stood.judged < ROWS and _counts(database) == (stood.taken, stood.taken)
    process = _started(database_url)
    done = _until(database, first, _ended)
    taken_in = time.monotonic() - began
    assert (done.taken, done.again, done.refused) == (ROWS - BAD, 0, BAD)
    report = database.read(report_of(done))
    assert {fault.row - 2: fault.column for fault in report.faults} == {
        place: HEADS[FAULTS[kind][0]] for place, kind in faults.items()
    }
    assert all(fault.message.vi and fault.message.en for fault in report.faults)
    assert Counter(fault.row for fault in report.faults).most_common(1)[0][1] == 1
    assert _counts(database) == (ROWS - BAD, ROWS - BAD)

    book = CalamineWorkbook.from_filelike(io.BytesIO(report.rest_file("vi")))
    back = book.get_sheet_by_index(0).to_python()
    assert len(back) == BAD + 1
    mended = [["", *good(place)] for place in faults]
    heads = [str(each) for each in back[0]]
    second = _until(database, _keep(database, table("xlsx", "x", heads, mended, "vi")), _ended)
    assert (second.taken, second.again, second.refused) == (BAD, 0, 0)
    began = time.monotonic()
    whole = table("xlsx", "x", HEADS, [good(at) for at in range(ROWS)], "vi")
    again = _until(database, _keep(database, whole), _ended)
    assert (again.taken, again.again) == (0, ROWS)
    print(f"\ntaken in {taken_in:.0f} s with a kill, again in {time.monotonic() - began:.0f} s")
    process.kill()
    process.join()


def _counts(database: SyncDatabase) -> tuple[int, int]:
    """Records and forms that were written."""
    rows = database.read(
        fetch(
            "SELECT (SELECT count(*) FROM store.location),"
            " (SELECT count(*) FROM store.questionnaireresponse)"
        )
    )
    return rows[0][0], rows[0][1]
