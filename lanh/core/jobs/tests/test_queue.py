"""The queue: nothing lost, nothing done twice, what fails is tried again and then set aside."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from lanh.core import jobs
from lanh.core.database import Plan, SyncDatabase, execute, fetch


def _put(database: SyncDatabase, count: int, kind: str = "note") -> None:
    def plan() -> Plan[None]:
        for number in range(count):
            yield from jobs.enqueue(kind, {"number": number})

    database.transact(plan())


def _table(database: SyncDatabase) -> None:
    database.transact(execute("CREATE TABLE public.done (number bigint)"))


def _note(job: jobs.Job) -> Plan[None]:
    yield from execute("INSERT INTO public.done VALUES ($1)", job.payload["number"])


def _done(database: SyncDatabase) -> list[int]:
    return [row[0] for row in database.read(fetch("SELECT number FROM public.done"))]


def _age(database: SyncDatabase) -> None:
    """Let every pause and lease run out."""
    database.transact(
        execute(
            "UPDATE jobs.job SET due = least(due, now()),"
            " held_until = held_until - interval '1 hour'"
        )
    )


def test_a_job_is_part_of_the_callers_unit_of_work(database: SyncDatabase) -> None:
    def plan() -> Plan[None]:
        yield from jobs.enqueue("note", {"number": 1})
        yield from execute("SELECT 1 / 0")

    with pytest.raises(Exception, match="division"):
        database.transact(plan())
    assert database.read(jobs.counts()) == {"waiting": 0, "held": 0, "dead": 0}


def test_four_workers_do_each_job_once(database: SyncDatabase) -> None:
    _table(database)
    _put(database, 200)
    handlers = {"note": jobs.PlanHandler(_note)}

    def work(_: int) -> None:
        worker = jobs.Worker(database, handlers, {}, batch=7)
        while worker.run_once():
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert Counter(_done(database)) == Counter(range(200))
    assert database.read(jobs.counts())["waiting"] == 0


def test_a_living_key_stands_once(database: SyncDatabase) -> None:
    first = database.transact(jobs.enqueue("note", {}, key="k"))
    second = database.transact(jobs.enqueue("note", {}, key="k"))
    other = database.transact(jobs.enqueue("other", {}, key="k"))
    assert first is not None
    assert second is None
    assert other is not None


def test_a_job_waits_for_its_hour(database: SyncDatabase) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    database.transact(jobs.enqueue("note", {}, due=later))
    assert database.transact(jobs.claim(["default"])) == []


def test_a_dead_workers_job_is_taken_up_again_and_its_own_end_is_void(
    database: SyncDatabase,
) -> None:
    _table(database)
    _put(database, 1)
    lost = database.transact(jobs.claim(["default"]))[0]
    assert database.transact(jobs.claim(["default"])) == []
    _age(database)
    again = database.transact(jobs.claim(["default"]))[0]
    assert (again.id, again.attempts) == (lost.id, 2)

    def late() -> Plan[None]:
        yield from _note(lost)
        yield from jobs.finish(lost)

    with pytest.raises(jobs.LeaseLost):
        database.transact(late())
    assert _done(database) == []
    database.transact(jobs.finish(again))


def test_what_keeps_failing_dies_and_can_be_revived(database: SyncDatabase) -> None:
    def broken(job: jobs.Job) -> None:
        raise ValueError("Nguyễn Văn A must not be written down")

    database.transact(jobs.enqueue("note", {}, most_attempts=3))
    worker = jobs.Worker(database, {"note": jobs.CallHandler(broken)}, {})
    for attempt in range(3):
        assert database.read(jobs.dead()) == [], attempt
        assert worker.run_once()
        assert not worker.run_once(), "it must pause before the next attempt"
        _age(database)

    (gone,) = database.read(jobs.dead())
    assert (gone.kind, gone.attempts, gone.fault) == ("note", 3, "ValueError")
    assert not worker.run_once()
    assert database.transact(jobs.revive(gone.id))
    assert worker.run_once()


def test_a_job_without_handler_is_kept(database: SyncDatabase) -> None:
    _put(database, 1, kind="unheard of")
    jobs.Worker(database, {}, {}).run_once()
    assert database.read(jobs.counts())["waiting"] == 1


def test_one_schedule_runs_in_one_worker_at_a_time(database: SyncDatabase) -> None:
    schedule = jobs.Schedule("tick", timedelta(hours=1))
    runs: list[int] = []
    entered, leave = threading.Event(), threading.Event()

    def act() -> None:
        runs.append(1)
        entered.set()
        leave.wait(10)

    first = jobs.Worker(database, {}, {schedule: act})
    second = jobs.Worker(database, {}, {schedule: act})
    database.transact(jobs.declare([schedule]))
    running = threading.Thread(target=first.run_once)
    running.start()
    entered.wait(10)
    second.run_once()
    leave.set()
    running.join()
    second.run_once()
    assert runs == [1]


def test_a_failing_schedule_is_tried_again_later_and_recovers(database: SyncDatabase) -> None:
    schedule = jobs.Schedule("tick", timedelta(seconds=30))
    faults = [ValueError("no"), None]

    def act() -> None:
        fault = faults.pop(0)
        if fault:
            raise fault

    worker = jobs.Worker(database, {}, {schedule: act})
    database.transact(jobs.declare([schedule]))
    query = "SELECT failures, fault, runs, due > now() FROM jobs.schedule"
    worker.run_once()
    assert tuple(database.read(fetch(query))[0]) == (1, "ValueError", 1, True)
    database.transact(execute("UPDATE jobs.schedule SET due = now()"))
    worker.run_once()
    assert tuple(database.read(fetch(query))[0]) == (0, None, 2, True)


def test_the_worker_goes_on_after_an_interruption(database: SyncDatabase) -> None:
    _table(database)
    stop = threading.Event()
    worker = jobs.Worker(database, {"note": jobs.PlanHandler(_note)}, {}, idle=0.02)
    running = threading.Thread(target=worker.run, args=(stop,))
    running.start()
    try:
        database.transact(execute("ALTER TABLE jobs.job RENAME TO away"))
        database.transact(execute("ALTER TABLE jobs.away RENAME TO job"))
        _put(database, 1)
        for _ in range(400):
            if _done(database):
                break
            stop.wait(0.02)
    finally:
        stop.set()
        running.join()
    assert _done(database) == [0]
