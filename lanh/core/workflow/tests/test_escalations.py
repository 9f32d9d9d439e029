"""Clocks and escalations: in time, once, by whatever number of workers, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from time import monotonic, sleep

import pytest

from lanh.core import jobs
from lanh.core.database import Plan, SyncDatabase, execute, fetch
from lanh.core.workflow import (
    Case,
    Definition,
    Definitions,
    Escalation,
    Queue,
    State,
    Term,
    Transition,
    Unit,
    Workflow,
)
from lanh.core.workflow.tests.scene import (
    CHIEF,
    DOCTOR,
    HEAD,
    MONDAY,
    Clock,
    Scene,
    deadline,
    focus,
    notice,
    words,
)
from lanh.nation.calendar import WorkingTime, packaged


def _opened(database: SyncDatabase, scene: Scene, count: int = 1) -> list[Case]:
    def plan() -> Plan[list[Case]]:
        cases = []
        for number in range(1, count + 1):
            case = yield from scene.engine.open("notice", focus(number), DOCTOR)
            case = yield from scene.engine.act(
                case.id, "submit", DOCTOR, revision=1, facts={"complete": True}
            )
            cases.append(case)
        return cases

    return database.transact(plan())


def _names(database: SyncDatabase, scene: Scene, case: Case) -> list[str]:
    return [
        s.name for s in database.read(scene.engine.history(case.id, HEAD)) if s.kind == "escalated"
    ]


def _happened(database: SyncDatabase) -> Counter[tuple[str, ...]]:
    return Counter(tuple(r) for r in database.read(fetch("SELECT id, name FROM public.happened")))


@pytest.fixture
def happened(database: SyncDatabase) -> Iterator[SyncDatabase]:
    """A database in which what escalations bring about is written down."""
    database.transact(execute("CREATE TABLE public.happened (id text, name text)"))
    yield database


def _note(case: Case, escalation: Escalation) -> Plan[None]:
    yield from execute("INSERT INTO public.happened VALUES ($1, $2)", case.id, escalation.name)


def test_an_escalation_comes_in_working_time_and_once(happened: SyncDatabase) -> None:
    database = happened
    scene = Scene(on_escalation=_note)
    [case] = _opened(database, scene)
    scene.clock.forward(hours=1, minutes=59)
    assert scene.engine.run_escalations(database) == 0
    scene.clock.forward(minutes=1)
    assert scene.engine.run_escalations(database) == 1
    task = database.read(scene.engine.task(case.id, HEAD))
    assert task is not None
    assert (task.queue, task.priority) == ("review", "urgent")
    scene.clock.forward(hours=3, minutes=59)  # 13:59, of which two hours are lunch
    assert scene.engine.run_escalations(database) == 0
    scene.clock.forward(minutes=1)
    assert scene.engine.run_escalations(database) == 1
    late = database.read(scene.engine.task(case.id, HEAD))
    assert late is not None
    assert (late.queue, late.priority, late.status) == ("chief", "asap", "ready")
    assert late.id != task.id
    scene.clock.forward(days=9)
    assert scene.engine.run_escalations(database) == 0
    assert _names(database, scene, case) == ["hurry", "late"]
    assert _happened(database) == {(case.id, "hurry"): 1, (case.id, "late"): 1}
    steps = database.read(scene.engine.history(case.id, HEAD))
    assert {s.actor for s in steps if s.kind == "escalated"} == {"system:lanh:workflow"}


def test_what_is_done_in_time_escalates_never(happened: SyncDatabase) -> None:
    scene = Scene(on_escalation=_note)
    [case] = _opened(happened, scene)
    happened.transact(scene.engine.act(case.id, "drop", HEAD, revision=2))
    scene.clock.forward(days=30)
    assert scene.engine.run_escalations(happened) == 0
    assert _happened(happened) == {}


def test_a_clock_goes_on_from_state_to_state_and_begins_anew_after(database: SyncDatabase) -> None:
    scene = Scene()
    [case] = _opened(database, scene)
    scene.clock.forward(hours=1)
    back = database.transact(
        scene.engine.act(case.id, "refuse", HEAD, revision=2, reason="Thiếu ngày")
    )
    assert back.due == case.due


def test_a_transition_by_itself(database: SyncDatabase) -> None:
    expire = Escalation("expire", Term(1, Unit.DAYS), transition="expire")
    lapse = Definition(
        "lapse",
        1,
        words("lapse"),
        "Composition",
        "open",
        frozenset({"doctor"}),
        (
            State("open", words("open"), queue="all"),
            State("expired", words("expired"), final=True),
        ),
        (Transition("expire", words("expire"), frozenset({"open"}), "expired", frozenset()),),
        (Queue("all", words("all"), frozenset({"doctor"})),),
        (
            type(deadline())(
                "lapse", words("lapse"), Term(1, Unit.DAYS), frozenset({"open"}), (expire,)
            ),
        ),
    )
    scene = Scene((lapse,))
    case = database.transact(scene.engine.open("lapse", focus(), DOCTOR))
    scene.clock.forward(days=1, hours=16)
    assert scene.engine.run_escalations(database) == 1
    case = database.read(scene.engine.case(case.id, DOCTOR))
    assert (case.state, case.due, case.revision) == ("expired", None, 2)
    assert case.closed_at is not None
    steps = database.read(scene.engine.history(case.id, DOCTOR))
    assert [(s.kind, s.name) for s in steps] == [
        ("opened", ""),
        ("moved", "expire"),
        ("escalated", "expire"),
    ]


def test_two_workers_do_each_escalation_once(happened: SyncDatabase) -> None:
    scene = Scene(on_escalation=_note)
    cases = _opened(happened, scene, 15)
    scene.clock.forward(days=1)
    together = threading.Barrier(3)

    def work(_: int) -> int:
        together.wait()
        return scene.engine.run_escalations(happened)

    with ThreadPoolExecutor(3) as pool:
        done = sum(pool.map(work, range(3)))
    # A worker that finds only locked cases ends; the rest is for the next run.
    done += scene.engine.run_escalations(happened)
    assert done == 30
    assert _happened(happened) == {
        (case.id, name): 1 for case in cases for name in ("hurry", "late")
    }


def test_an_act_and_its_escalation_at_once(happened: SyncDatabase) -> None:
    """Either the case was dropped in time or it escalated first; never both ways half."""
    scene = Scene(on_escalation=_note)
    cases = _opened(happened, scene, 12)
    scene.clock.forward(days=1)
    together = threading.Barrier(2)

    def drop() -> None:
        together.wait()
        for case in cases:
            happened.transact(scene.engine.act(case.id, "drop", HEAD, revision=2))

    def escalate() -> None:
        together.wait()
        scene.engine.run_escalations(happened)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(drop), pool.submit(escalate)]:
            done.result()
    assert scene.engine.run_escalations(happened) == 0
    for case in cases:
        steps = happened.read(scene.engine.history(case.id, HEAD))
        assert steps[-1].name == "drop"
        escalated = [s.name for s in steps if s.kind == "escalated"]
        assert escalated == ["hurry", "late"][: len(escalated)]
        assert [n for (i, n) in _happened(happened) if i == case.id] == escalated


def test_killed_workers_leave_nothing_half_done(happened: SyncDatabase, database_url: str) -> None:
    scene = Scene(on_escalation=_note)
    cases = _opened(happened, scene, 20)
    # All are started before one begins, so that a kill comes in the middle however slow a start is.
    command = [sys.executable, "-m", "lanh.core.workflow.tests.kill_process", database_url]
    pipe = subprocess.PIPE
    workers = [subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(3)]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"ready\n"
        spare = iter(workers)
        _begin(next(spare))
        _begin(next(spare))
        kills = 0
        until = monotonic() + 60
        while monotonic() < until:
            done = sum(_happened(happened).values())
            if done == 2 * len(cases):
                break
            if kills < 2 and done > kills * 10:
                os.kill(workers[kills].pid, signal.SIGKILL)
                if kills == 0:
                    _begin(next(spare))
                kills += 1
            sleep(0.02)
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    assert kills == 2
    expected = {(case.id, name): 1 for case in cases for name in ("hurry", "late")}
    assert _happened(happened) == expected
    for case in cases:
        assert _names(happened, scene, case) == ["hurry", "late"]


def _begin(worker: subprocess.Popen[bytes]) -> None:
    assert worker.stdin is not None
    worker.stdin.write(b"\n")
    worker.stdin.flush()


def test_what_fails_waits_and_holds_back_no_other(happened: SyncDatabase) -> None:
    broken = {"patient-1"}

    def effect(case: Case, escalation: Escalation) -> Plan[None]:
        yield from _note(case, escalation)
        if case.focus.patient in broken:
            yield from execute("SELECT 1 / 0")

    scene = Scene(on_escalation=effect)
    bad, good = _opened(happened, scene, 2)
    scene.clock.forward(hours=2)
    assert scene.engine.run_escalations(happened) == 1
    assert _happened(happened) == {(good.id, "hurry"): 1}
    assert _names(happened, scene, bad) == []
    faults = happened.read(
        fetch("SELECT fault, failures FROM workflow.escalation WHERE fault <> ''")
    )
    assert [tuple(row) for row in faults] == [("DivisionByZero", 1)]
    broken.clear()
    assert scene.engine.run_escalations(happened) == 0
    scene.clock.forward(minutes=1)
    assert scene.engine.run_escalations(happened) == 1
    assert _names(happened, scene, bad) == ["hurry"]


def test_the_worker_of_jobs_runs_them(happened: SyncDatabase) -> None:
    scene = Scene(on_escalation=_note)
    [case] = _opened(happened, scene)
    scene.clock.forward(days=1)
    worker = jobs.Worker(happened, {}, scene.engine.schedules(happened))
    happened.transact(jobs.declare(list(worker.schedules)))
    while worker.run_once():
        pass
    assert _happened(happened) == {(case.id, "hurry"): 1, (case.id, "late"): 1}


def _engine(calendar: WorkingTime, clock: Clock) -> Workflow:
    return Workflow(Definitions([notice()]), calendar, now=clock)


def test_a_calendar_that_learns_mends_the_ends(database: SyncDatabase) -> None:
    """Without the year nobody is held up; with it the end and its escalations are there."""
    full = packaged()
    short = WorkingTime({n: y for n, y in full.years.items() if n < 2026}, full.weeks)
    clock = Clock(MONDAY)
    case = database.transact(_engine(short, clock).open("notice", focus(), DOCTOR))
    assert case.due is None
    clock.forward(days=2)
    assert _engine(short, clock).renew(database) == 0
    assert _engine(short, clock).run_escalations(database) == 0
    assert _engine(full, clock).renew(database) == 1
    case = database.read(_engine(full, clock).case(case.id, HEAD))
    assert case.due == MONDAY + timedelta(hours=6)
    assert _engine(full, clock).renew(database) == 0
    assert _engine(full, clock).run_escalations(database) == 2
    overdue = database.read(_engine(full, clock).overdue(CHIEF))
    assert [each.id for each in overdue.rows] == [case.id]


def test_an_end_on_days_not_settled_is_reckoned_anew(database: SyncDatabase) -> None:
    """24 November 2026 counts as a day off until a decision says otherwise."""
    full = packaged()
    clock = Clock(datetime(2026, 11, 23, 16, 30, tzinfo=MONDAY.tzinfo))
    case = database.transact(_engine(full, clock).open("notice", focus(), DOCTOR))
    assert case.due == datetime(2026, 11, 25, 10, 30, tzinfo=MONDAY.tzinfo)
    year = full.years[2026]
    days = {d: k for d, k in year.holidays.items() if k != "culture"}
    decided = type(year)(2026, True, year.sources, days, year.lieu, year.swaps, frozenset())
    settled = WorkingTime({**full.years, 2026: decided}, full.weeks)
    assert _engine(settled, clock).renew(database) == 1
    case = database.read(_engine(settled, clock).case(case.id, HEAD))
    assert case.due == datetime(2026, 11, 24, 10, 30, tzinfo=MONDAY.tzinfo)
