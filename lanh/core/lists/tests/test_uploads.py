"""Sheets taken in turns by a worker: each row once, whatever is killed; what is told and kept."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lanh.core.access import system_access
from lanh.core.database import Plan, SyncDatabase, execute, fetch
from lanh.core.jobs import Job, PlanHandler, Principal, Worker
from lanh.core.lists import (
    Import,
    ListRefused,
    Table,
    Turns,
    Upload,
    begin_import,
    erase_rows,
    find_upload,
    forget_uploads,
    importing,
    keep_upload,
    report_of,
    sheets_under_way,
    uploads,
    uploads_of,
)
from lanh.core.lists.sheets import table
from lanh.core.lists.tests.bed_sheet import FAULTS, HEADS, SHEET, Sender, bad, good
from lanh.core.store import Store

ME, PLACE = "person:7", "beds/beds"
BY = system_access("test")


def file_of(rows: list[list[str]]) -> bytes:
    return table("xlsx", "x", HEADS, rows, "vi")


def keep(database: SyncDatabase, rows: list[list[str]], person: str = ME) -> Upload:
    content = file_of(rows)
    begun = begin_import(SHEET, content, Sender(Store()), person, "vi")
    identity = database.transact(keep_upload(begun, content, PLACE, BY))
    return database.read(find_upload(identity, PLACE, person))


def opened(upload: Upload, read: Table) -> Plan[Import | None]:
    yield from ()
    assert upload.principal == Principal.of(BY)
    return begin_import(SHEET, read, Sender(Store()), upload.person, upload.language)


def worker(
    database: SyncDatabase,
    take: Callable[[Job], Plan[None]] | None = None,
    lease: timedelta = timedelta(minutes=1),
) -> Worker:
    handlers = {uploads.JOB: PlanHandler(take or Turns(opened).take)}
    return Worker(database, handlers, {}, queues=(uploads.QUEUE,), batch=1, lease=lease)


def count(database: SyncDatabase, what: str = "store.location") -> int:
    return int(database.read(fetch(f"SELECT count(*) FROM {what}"))[0][0])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (importing, uploads):
        monkeypatch.setattr(module, "BATCH", 10)


@pytest.mark.usefixtures("small")
def test_a_sheet_is_taken_in_turns_and_told_of(database: SyncDatabase) -> None:
    rows = [good(at) for at in range(35)]
    rows[3], rows[17], rows[30] = bad(3, 0), bad(17, 4), good(0)
    upload = keep(database, rows)
    assert (upload.state, upload.judged, upload.lines) == ("running", 0, 35)
    assert database.read(sheets_under_way(datetime.now(UTC)))
    hand = worker(database)
    assert hand.run_once()
    upload = database.read(find_upload(upload.id, PLACE, ME))
    assert (upload.judged, upload.taken, upload.refused, upload.state) == (10, 9, 1, "running")
    while hand.run_once():
        pass
    (upload,) = database.read(uploads_of(PLACE, ME))
    assert (upload.judged, upload.taken, upload.again, upload.refused) == (35, 32, 1, 2)
    assert upload.state == "done" and count(database) == 32
    assert database.read(fetch("SELECT content FROM lists.upload"))[0][0] is None
    assert not database.read(sheets_under_way(datetime.now(UTC)))
    report = database.read(report_of(upload))
    told = [(fault.row, fault.column) for fault in report.faults]
    assert told == [(5, HEADS[FAULTS[0][0]]), (19, HEADS[FAULTS[4][0]])]
    assert all(fault.message.vi and fault.message.en for fault in report.faults)
    assert [line.cells for line in report.rest] == [tuple(bad(3, 0)), tuple(bad(17, 4))]
    assert report.rest_file("en").startswith(b"PK")
    with pytest.raises(ListRefused):  # somebody else's
        database.read(find_upload(upload.id, PLACE, "person:8"))


def test_a_small_sheet_is_taken_at_once(database: SyncDatabase) -> None:
    upload = keep(database, [good(0), bad(1, 2)])
    assert (upload.state, upload.taken, upload.refused) == ("done", 1, 1)
    assert not worker(database).run_once()


def _work(url: str, dies_at: int) -> None:
    """A worker that is killed when it has sent some rows."""
    sent = 0

    def rule(_: str) -> str | None:
        nonlocal sent
        sent += 1
        if sent == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return None

    def open_(upload: Upload, read: Table) -> Plan[Import | None]:
        yield from ()
        return begin_import(SHEET, read, Sender(Store(), rule), upload.person, upload.language)

    for module in (importing, uploads):
        vars(module)["BATCH"] = 10
    database = SyncDatabase.connect(url, max_size=2)
    hand = worker(database, Turns(open_).take, timedelta(seconds=1))
    hand.idle = 0.1
    hand.run(threading.Event())


@pytest.mark.usefixtures("small")
def test_killed_workers_leave_each_row_once(database: SyncDatabase, database_url: str) -> None:
    rows = [good(at) for at in range(40)]
    rows[5], rows[25] = bad(5, 1), bad(25, 3)
    upload = keep(database, rows)
    context = multiprocessing.get_context("spawn")
    for dies_at in (5, 15, 12):  # in a first batch, after one, between two
        process = context.Process(target=_work, args=(database_url, dies_at))
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
    before = database.read(find_upload(upload.id, PLACE, ME))
    assert 0 < before.judged < 40 and count(database) == before.taken == before.judged - 1
    process = context.Process(target=_work, args=(database_url, -1))
    process.start()
    for _ in range(600):
        if database.read(find_upload(upload.id, PLACE, ME)).state == "done":
            break
        threading.Event().wait(0.1)
    process.kill()
    process.join(10)
    done = database.read(find_upload(upload.id, PLACE, ME))
    assert (done.state, done.taken, done.again, done.refused) == ("done", 38, 0, 2)
    assert count(database) == 38 == count(database, "lists.imported")
    numbers = database.read(fetch("SELECT count(DISTINCT sort_name) FROM store.location"))
    assert numbers[0][0] == 38 and count(database, "lists.refused") == 2


@pytest.mark.usefixtures("small")
def test_a_sheet_that_cannot_go_on_is_stopped_and_says_so(database: SyncDatabase) -> None:
    def gone(upload: Upload, read: Table) -> Plan[Import | None]:
        yield from ()
        return None

    def broken(upload: Upload, read: Table) -> Plan[Import | None]:
        yield from ()
        raise OSError("the disk is gone")

    upload = keep(database, [good(at) for at in range(12)])
    assert worker(database, Turns(gone).take).run_once()
    stopped = database.read(find_upload(upload.id, PLACE, ME))
    assert stopped.state == "stopped" and "không còn quyền" in str(stopped.reason.vi)  # type: ignore[union-attr]

    upload = keep(database, [good(at) for at in range(12)])
    hand = worker(database, Turns(broken).take)
    for _ in range(8):
        database.transact(execute("UPDATE jobs.job SET due = now()"))
        assert hand.run_once()
    stopped = database.read(find_upload(upload.id, PLACE, ME))
    assert stopped.state == "stopped" and count(database, "jobs.job") == 0
    assert count(database, "lists.upload WHERE content IS NOT NULL") == 0


@pytest.mark.usefixtures("small")
def test_few_sheets_of_one_person_are_under_way_at_once(database: SyncDatabase) -> None:
    for at in range(uploads.MOST_RUNNING):
        keep(database, [good(n + 100 * at) for n in range(11)])
    with pytest.raises(ListRefused, match="still being taken"):
        keep(database, [good(999)])
    assert keep(database, [good(999)], "person:8").state == "done"


@pytest.mark.usefixtures("small")
def test_what_is_kept_goes_in_time(database: SyncDatabase) -> None:
    keep(database, [good(0), bad(1, 2)])
    old = keep(database, [good(at) for at in range(11)])
    database.transact(execute("UPDATE lists.upload SET made_at = now() - interval '25 hours'"))
    assert database.transact(forget_uploads()) == 0
    assert database.read(find_upload(old.id, PLACE, ME)).state == "stopped"
    database.transact(execute("UPDATE lists.upload SET expires_at = now() - interval '1 second'"))
    with pytest.raises(ListRefused, match="no more"):
        database.read(find_upload(old.id, PLACE, ME))
    assert database.transact(forget_uploads()) == 2
    assert count(database, "lists.refused") == 0


def test_erasure_reaches_rows_and_views(database: SyncDatabase) -> None:
    held = bad(1, 9)
    held[-1] = "gọi 0979 000.123"
    upload = keep(database, [good(0), held, bad(2, 9)])
    for name, query in (("a", "q=0979000123"), ("b", "status=final")):
        database.transact(
            execute(
                "INSERT INTO lists.view (person, list, name, title, query)"
                " VALUES ('person:7', 'beds', $1::text, 'x', $2::text)",
                name, query,
            )
        )  # fmt: skip
    record = database.read(fetch("SELECT record FROM lists.imported"))[0][0]
    for _ in range(2):
        database.transact(erase_rows([record], ["0979000123", "12"]))
        assert count(database, "lists.imported") == 0
        assert count(database, "lists.view") == 1
        report = database.read(report_of(upload))
        assert [line.number for line in report.rest] == [4] and len(report.faults) == 2
        assert "xóa theo quyết định" in report.faults[0].message.vi
