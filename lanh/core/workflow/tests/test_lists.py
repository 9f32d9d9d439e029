"""Tasks and lists: claimed by one, given back, assigned; pages and counts of what may be seen."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from lanh.core import fhir
from lanh.core.access import Access, system_access
from lanh.core.database import Plan, SyncDatabase, execute
from lanh.core.workflow import (
    Case,
    Conflict,
    Cursor,
    Focus,
    Forbidden,
    NotFound,
    QueueCount,
    Task,
    as_fhir_task,
)
from lanh.core.workflow.tests.scene import (
    ALL,
    CHIEF,
    DOCTOR,
    HEAD,
    SECOND_HEAD,
    STRANGER,
    Scene,
    focus,
    person,
)


def _submit(database: SyncDatabase, scene: Scene, what: Focus, by: Access = DOCTOR) -> Case:
    def plan() -> Plan[Case]:
        case = yield from scene.engine.open("notice", what, by)
        moved = yield from scene.engine.act(
            case.id, "submit", by, revision=1, facts={"complete": True}
        )
        return moved

    return database.transact(plan())


def _task(database: SyncDatabase, scene: Scene, case: Case) -> Task:
    found = database.read(scene.engine.task(case.id, HEAD))
    assert found is not None
    return found


def test_a_task_is_claimed_given_back_and_assigned(database: SyncDatabase) -> None:
    scene = Scene()
    engine = scene.engine
    case = _submit(database, scene, focus())
    task = _task(database, scene, case)
    with pytest.raises(Forbidden):
        database.transact(engine.claim(task.id, DOCTOR))
    held = database.transact(engine.claim(task.id, HEAD))
    assert (held.owner, held.status) == ("person:3", "accepted")
    assert database.transact(engine.claim(task.id, HEAD)).case.steps == held.case.steps
    with pytest.raises(Conflict) as caught:
        database.transact(engine.claim(task.id, SECOND_HEAD))
    assert caught.value.by == "person:3"
    with pytest.raises(Conflict, match="holds this task"):
        database.transact(engine.act(case.id, "refuse", SECOND_HEAD, revision=2, reason="x"))
    with pytest.raises(Forbidden):
        database.transact(engine.give_back(task.id, SECOND_HEAD))
    database.transact(engine.give_back(task.id, HEAD, "Nghỉ phép"))
    with pytest.raises(Forbidden):
        database.transact(engine.assign(task.id, "person:4", HEAD))
    given = database.transact(engine.assign(task.id, "person:4", CHIEF, "Phân công"))
    assert given.owner == "person:4"
    database.transact(engine.act(case.id, "refuse", SECOND_HEAD, revision=2, reason="Thiếu"))
    with pytest.raises(NotFound):
        database.transact(engine.claim(task.id, HEAD))
    steps = database.read(engine.history(case.id, HEAD))
    assert [(s.kind, s.actor, s.reason) for s in steps[2:]] == [
        ("claimed", "person:3", ""),
        ("given-back", "person:3", "Nghỉ phép"),
        ("assigned", "person:5", "Phân công"),
        ("moved", "person:4", "Thiếu"),
    ]


def test_of_two_that_claim_one_gets_it(database: SyncDatabase) -> None:
    scene = Scene()
    task = _task(database, scene, _submit(database, scene, focus()))
    together = threading.Barrier(2)

    def claim(access: Access) -> str:
        together.wait()
        try:
            return database.transact(scene.engine.claim(task.id, access)).owner or ""
        except Conflict as conflict:
            return f"after {conflict.by}"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(claim, (HEAD, SECOND_HEAD)))
    assert said in (["after person:3", "person:3"], ["after person:4", "person:4"])


def test_a_task_of_a_hidden_case_is_not_there(database: SyncDatabase) -> None:
    scene = Scene()
    task = _task(database, scene, _submit(database, scene, focus()))
    for identity in (task.id, "0" * 24):
        with pytest.raises(NotFound, match=identity):
            database.transact(scene.engine.claim(identity, STRANGER))


def test_queues_by_pages_under_the_predicate(database: SyncDatabase) -> None:
    scene = Scene()
    engine = scene.engine
    far = person(11, "doctor", facility="97002")
    for number in range(1, 8):
        _submit(database, scene, focus(number))
        _submit(database, scene, focus(100 + number, "97002", "99002"), far)
        scene.clock.forward(minutes=10)
    seen: list[Task] = []
    after: Cursor | None = None
    while True:
        page = database.read(engine.in_queues(HEAD, after=after, limit=3))
        assert page.total == 7
        seen += page.rows
        after = page.next
        if after is None:
            break
    assert [t.case.focus.id for t in seen] == [f"notice-{n}" for n in range(1, 8)]
    assert all(t.case.focus.custodian == "97001" for t in seen)

    database.transact(engine.claim(seen[0].id, HEAD))
    mine = database.read(engine.in_queues(HEAD, mine=True))
    assert [t.id for t in mine.rows] == [seen[0].id]
    assert database.read(engine.in_queues(SECOND_HEAD, unclaimed=True)).total == 6
    assert database.read(engine.in_queues(HEAD, {"chief"})).total == 0
    assert database.read(engine.in_queues(DOCTOR)).total == 0
    assert database.read(engine.in_queues(system_access("test"))).total == 0
    province = person(12, "head", communes=frozenset({"99001", "99002"}))
    assert database.read(engine.in_queues(province)).total == 14
    blind = person(13, "head", interactions=frozenset({"update"}))
    assert database.read(engine.in_queues(blind)).total == 0

    assert database.read(engine.counts(HEAD)) == [QueueCount("review", 7, 6, 0)]
    scene.clock.forward(hours=5)  # 14:10: only the first, begun at 8:00, has had its four hours
    assert database.read(engine.counts(HEAD)) == [QueueCount("review", 7, 6, 1)]
    late = database.read(engine.overdue(HEAD))
    assert [c.focus.id for c in late.rows] == ["notice-1"]
    scene.clock.forward(days=1)
    first = database.read(engine.overdue(province, limit=10))
    second = database.read(engine.overdue(province, {"notice"}, after=first.next))
    assert (first.total, len(first.rows), len(second.rows)) == (14, 10, 4)
    assert len({c.id for c in first.rows + second.rows}) == 14
    assert database.read(engine.overdue(province, {"other"})).total == 0
    assert database.read(engine.overdue(person(14))).total == 0


def test_rows_without_an_end_come_last_and_are_paged(database: SyncDatabase) -> None:
    scene = Scene()
    cases = [_submit(database, scene, focus(number)) for number in range(1, 6)]
    for case in cases[:3]:
        database.transact(_without_end(case))
    seen: list[str] = []
    after: Cursor | None = None
    while True:
        page = database.read(scene.engine.in_queues(HEAD, after=after, limit=2))
        seen += [task.case.id for task in page.rows]
        after = page.next
        if after is None:
            break
    assert sorted(seen[:2]) == sorted(case.id for case in cases[3:])
    assert sorted(seen[2:]) == sorted(case.id for case in cases[:3])


def _without_end(case: Case) -> Plan[None]:
    yield from execute("UPDATE workflow.cases SET due = NULL WHERE id = $1", case.id)


def test_sensitive_cases_need_their_grant(database: SyncDatabase) -> None:
    scene = Scene()
    secret = Focus("Composition", "n-1", "p-1", "97001", "99001", "HIV")
    with pytest.raises(Forbidden):
        database.transact(scene.engine.open("notice", secret, DOCTOR))
    grant = type(DOCTOR.grants[0])
    trusted = Access(
        DOCTOR.subject,
        DOCTOR.purpose,
        tuple(
            grant(g.role, ALL, g.types, g.scope, frozenset({"HIV"}))
            for g in person(1, "doctor", "head").grants
        ),
    )
    case = _submit(database, scene, secret, trusted)
    assert database.read(scene.engine.in_queues(HEAD)).total == 0
    assert database.read(scene.engine.in_queues(trusted)).total == 1
    with pytest.raises(NotFound):
        database.read(scene.engine.case(case.id, HEAD))


@pytest.mark.parametrize("step", ["ready", "claimed", "ended"])
def test_a_task_can_be_told_as_fhir(database: SyncDatabase, step: str) -> None:
    scene = Scene()
    case = _submit(database, scene, focus())
    task = _task(database, scene, case)
    if step == "claimed":
        task = database.transact(scene.engine.claim(task.id, HEAD))
    if step == "ended":
        ended = task.made_at + timedelta(hours=1)
        task = type(task)(
            task.id,
            case,
            task.queue,
            "completed",
            "routine",
            "person:3",
            task.made_at,
            ended,
            ended,
        )
    told = as_fhir_task(task, scene.definitions[0])
    issues = [issue for issue in fhir.validate(told) if issue.severity == "error"]
    assert issues == []
    assert told["status"] == {"ready": "ready", "claimed": "accepted", "ended": "completed"}[step]
    assert told["focus"] == {"reference": "Composition/notice-1"}
    assert told["for"] == {"reference": "Patient/patient-1"}
    assert told["restriction"]["period"]["end"].startswith("2026-03-09T")
    assert "Người" not in str(told)
