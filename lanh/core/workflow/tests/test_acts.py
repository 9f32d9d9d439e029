"""Opening, moving, refusing: rights, guards, signatures, history, audit, and two at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from lanh.core import audit
from lanh.core.access import Access
from lanh.core.database import Plan, SyncDatabase, execute, fetch
from lanh.core.workflow import (
    Case,
    Conflict,
    Forbidden,
    GuardRefused,
    NotFound,
    Refused,
    WorkflowError,
    erase_words,
)
from lanh.core.workflow.tests.scene import (
    CHIEF,
    CONTENT,
    DOCTOR,
    HEAD,
    MONDAY,
    OTHER_DOCTOR,
    SECOND_HEAD,
    STRANGER,
    BoxSigner,
    Scene,
    focus,
    person,
)

COMPLETE = {"complete": True}


def _opened(database: SyncDatabase, scene: Scene, number: int = 1) -> Case:
    return database.transact(scene.engine.open("notice", focus(number), DOCTOR))


def _in_review(database: SyncDatabase, scene: Scene, number: int = 1) -> Case:
    case = _opened(database, scene, number)
    plan = scene.engine.act(case.id, "submit", DOCTOR, revision=1, facts=COMPLETE)
    return database.transact(plan)


def test_a_notice_from_draft_to_sent(database: SyncDatabase) -> None:
    scene = Scene()
    engine = scene.engine
    database.transact(BoxSigner().create())
    case = _in_review(database, scene)
    assert (case.state, case.revision) == ("review", 2)
    assert case.due == MONDAY + timedelta(hours=6)  # 8:00 and 4 working hours, lunch between
    scene.clock.forward(minutes=10)
    case = database.transact(
        engine.act(case.id, "approve", HEAD, revision=2, content=CONTENT, reason="Đủ")
    )
    with pytest.raises(Refused, match="2 signatures are missing"):
        database.transact(engine.act(case.id, "send", HEAD, revision=3))
    database.transact(engine.sign(case.id, "author", DOCTOR, f"person:1 signed {CONTENT}"))
    with pytest.raises(Refused, match="wrong key"):
        database.transact(engine.sign(case.id, "head", HEAD, "something else"))
    database.transact(engine.sign(case.id, "head", HEAD, f"person:3 signed {CONTENT}"))
    with pytest.raises(Refused, match="already"):
        database.transact(engine.sign(case.id, "head", HEAD, f"person:3 signed {CONTENT}"))
    case = database.transact(engine.act(case.id, "send", HEAD, revision=3))
    assert case.closed_at is not None
    assert case.due is None
    steps = database.read(engine.history(case.id, DOCTOR))
    assert [(s.kind, s.name, s.actor, s.from_state, s.to_state) for s in steps] == [
        ("opened", "", "person:1", None, "draft"),
        ("moved", "submit", "person:1", "draft", "review"),
        ("moved", "approve", "person:3", "review", "signing"),
        ("signed", "author", "person:1", "signing", "signing"),
        ("signed", "head", "person:3", "signing", "signing"),
        ("moved", "send", "person:3", "signing", "sent"),
    ]
    assert steps[2].reason == "Đủ"
    assert steps[2].at == MONDAY + timedelta(minutes=10)
    told = database.read(audit.of_patient("patient-1"))
    assert sorted(each.action for each in told) == sorted(f"workflow.{s.kind}" for s in steps)
    assert {each.detail for each in told if each.action == "workflow.moved"} == {
        "notice:submit",
        "notice:approve",
        "notice:send",
    }


def test_signatures_go_with_the_state(database: SyncDatabase) -> None:
    scene = Scene()
    engine = scene.engine
    database.transact(BoxSigner().create())
    case = _in_review(database, scene)
    with pytest.raises(Refused, match="SHA-256"):
        database.transact(engine.act(case.id, "approve", HEAD, revision=2, content="short"))
    database.transact(engine.act(case.id, "approve", HEAD, revision=2, content=CONTENT))
    with pytest.raises(Forbidden):
        database.transact(engine.sign(case.id, "head", DOCTOR, f"person:1 signed {CONTENT}"))
    database.transact(engine.sign(case.id, "head", HEAD, f"person:3 signed {CONTENT}"))
    database.transact(engine.act(case.id, "drop", HEAD, revision=3))
    box = database.read(fetch("SELECT state, count(*) FROM public.box GROUP BY 1 ORDER BY 1"))
    assert [tuple(row) for row in box] == [("open", 1), ("withdrawn", 1)]
    with pytest.raises(Refused, match="waits for no signature"):
        database.transact(engine.sign(case.id, "author", DOCTOR, "late"))


def test_guards_and_reasons(database: SyncDatabase) -> None:
    scene = Scene()
    engine = scene.engine
    case = _opened(database, scene)
    with pytest.raises(GuardRefused) as caught:
        database.transact(engine.act(case.id, "submit", DOCTOR, revision=1))
    assert (caught.value.key, caught.value.message.vi) == ("complete", "cause is missing (vi)")
    database.transact(engine.act(case.id, "submit", DOCTOR, revision=1, facts=COMPLETE))
    with pytest.raises(GuardRefused, match="somebody else"):
        database.transact(engine.act(case.id, "approve", DOCTOR, revision=2, content=CONTENT))
    with pytest.raises(Refused, match="reason is needed"):
        database.transact(engine.act(case.id, "refuse", HEAD, revision=2, reason="  "))
    with pytest.raises(Refused, match="longer"):
        database.transact(engine.act(case.id, "refuse", HEAD, revision=2, reason="x" * 2001))
    with pytest.raises(Refused, match="'send' cannot be done while the case is in 'under review'"):
        database.transact(engine.act(case.id, "send", HEAD, revision=2))
    back = database.transact(engine.act(case.id, "refuse", HEAD, revision=2, reason="Thiếu ngày"))
    assert (back.state, back.revision) == ("draft", 3)
    closed = database.transact(engine.act(case.id, "drop", HEAD, revision=3))
    with pytest.raises(Refused, match="closed"):
        database.transact(engine.act(closed.id, "drop", HEAD, revision=4))


@pytest.mark.parametrize(
    "somebody",
    [
        person(6),
        person(6, "clerk"),
        person(6, "head"),
        person(6, "doctor", facility="97002"),
        person(6, "doctor", interactions=frozenset({"read", "search"})),
    ],
)
def test_who_may_not_open_opens_nothing(database: SyncDatabase, somebody: Access) -> None:
    with pytest.raises(Forbidden):
        database.transact(Scene().engine.open("notice", focus(), somebody))
    assert database.read(fetch("SELECT id FROM workflow.cases")) == []


def test_hidden_and_absent_look_the_same(database: SyncDatabase) -> None:
    scene = Scene()
    engine = scene.engine
    case = _opened(database, scene)
    said = set()
    for identity in (case.id, "0" * 24):
        for plan in (
            engine.case(identity, STRANGER),
            engine.act(identity, "drop", STRANGER, revision=1),
            engine.history(identity, STRANGER),
            engine.choices(identity, STRANGER),
            engine.sign(identity, "head", STRANGER, ""),
        ):
            with pytest.raises(NotFound) as caught:
                database.transact(plan)
            said.add(caught.value.message.en.replace(identity, "ID"))
    assert len(said) == 1


def test_a_role_acts_only_by_its_own_grant(database: SyncDatabase) -> None:
    """A role without reach and a reach without role do not lend each other a part."""
    scene = Scene()
    case = _opened(database, scene)
    far_head = person(7, "head", facility="97002")
    near_clerk = person(7, "clerk")
    mixed = Access(far_head.subject, far_head.purpose, far_head.grants + near_clerk.grants)
    assert database.read(scene.engine.case(case.id, mixed)).id == case.id
    with pytest.raises(Forbidden, match="drop"):
        database.transact(scene.engine.act(case.id, "drop", mixed, revision=1))


def test_choices_say_what_and_why_not(database: SyncDatabase) -> None:
    scene = Scene()
    case = _opened(database, scene)
    mine = database.read(scene.engine.choices(case.id, DOCTOR))
    assert [(c.transition.name, c.refusal.en if c.refusal else None) for c in mine] == [
        ("submit", "cause is missing")
    ]
    heads = database.read(scene.engine.choices(case.id, HEAD, COMPLETE))
    assert [(c.transition.name, c.refusal) for c in heads] == [("drop", None)]
    assert database.read(scene.engine.choices(case.id, CHIEF)) == []


def test_a_case_is_opened_once(database: SyncDatabase) -> None:
    scene = Scene()
    first = _opened(database, scene)
    again = database.transact(scene.engine.open("notice", focus(), OTHER_DOCTOR))
    assert (first.fresh, again.fresh, again.id) == (True, False, first.id)
    other = database.transact(scene.engine.open("notice", focus(), DOCTOR, once="second"))
    assert other.id != first.id
    taken = focus(1, facility="97002")
    with pytest.raises(Conflict, match="outside of what you may see"):
        database.transact(scene.engine.open("notice", taken, STRANGER))


def test_two_that_open_at_once_have_one_case(database: SyncDatabase) -> None:
    scene = Scene()
    together = threading.Barrier(2)

    def open_it(access: Access) -> Case:
        together.wait()
        return database.transact(scene.engine.open("notice", focus(), access))

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(open_it, (DOCTOR, OTHER_DOCTOR))
    assert one.id == other.id
    assert sorted((one.fresh, other.fresh)) == [False, True]
    assert len(database.read(scene.engine.history(one.id, DOCTOR))) == 1


def test_records_of_the_caller_commit_with_the_act_or_not_at_all(database: SyncDatabase) -> None:
    scene = Scene()
    database.transact(execute("CREATE TABLE public.written (id text)"))

    def both(number: int, fail: bool) -> Plan[Case]:
        case = yield from scene.engine.open("notice", focus(number), DOCTOR)
        yield from execute("INSERT INTO public.written VALUES ($1)", case.id)
        if fail:
            yield from execute("SELECT 1 / 0")
        return case

    kept = database.transact(both(1, False))
    with pytest.raises(Exception, match="division"):
        database.transact(both(2, True))
    assert database.read(fetch("SELECT id FROM workflow.cases")) == [(kept.id,)]
    assert database.read(fetch("SELECT id FROM public.written")) == [(kept.id,)]
    assert database.read(audit.of_patient("patient-2")) == []
    with pytest.raises(WorkflowError):
        database.transact(scene.engine.act(kept.id, "submit", DOCTOR, revision=1))
    assert len(database.read(scene.engine.history(kept.id, DOCTOR))) == 1


def test_of_two_at_once_the_second_is_told(database: SyncDatabase) -> None:
    scene = Scene()
    case = _in_review(database, scene)
    together = threading.Barrier(2)

    def refuse(access: Access) -> Case | Conflict:
        together.wait()
        try:
            plan = scene.engine.act(case.id, "refuse", access, revision=2, reason="Thiếu")
            return database.transact(plan)
        except Conflict as conflict:
            return conflict

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(refuse, (HEAD, SECOND_HEAD)))
    lost = [each for each in done if isinstance(each, Conflict)]
    assert len(lost) == 1
    winner = "person:3" if isinstance(done[0], Case) else "person:4"
    assert (lost[0].by, lost[0].status) == (winner, 409)
    assert "bản 3, bạn đang xem bản 2" in lost[0].message.vi
    assert [s.name for s in database.read(scene.engine.history(case.id, HEAD))] == [
        "",
        "submit",
        "refuse",
    ]


def test_history_only_grows_and_erasure_empties_reasons(database: SyncDatabase) -> None:
    scene = Scene()
    case = _in_review(database, scene)
    database.transact(
        scene.engine.act(case.id, "refuse", HEAD, revision=2, reason="Họ tên ghi sai")
    )
    for sql in (
        "UPDATE workflow.step SET actor = 'person:9'",
        "UPDATE workflow.step SET reason = 'khác'",
        "UPDATE workflow.step SET reason = '', actor = 'person:9'",
        "DELETE FROM workflow.step",
        "TRUNCATE workflow.step",
    ):
        with pytest.raises(Exception, match="append-only"):
            database.transact(execute(sql))
    database.transact(erase_words(["patient-1"]))
    steps = database.read(scene.engine.history(case.id, HEAD))
    assert [s.reason for s in steps] == ["", "", ""]
    assert steps[2].actor == "person:3"


def test_a_term_may_have_begun_before_the_case(database: SyncDatabase) -> None:
    scene = Scene()
    since = datetime(2026, 3, 6, 9, 30, tzinfo=UTC)  # Friday 16:30 in Vietnam
    case = database.transact(scene.engine.open("notice", focus(), DOCTOR, since=since))
    assert case.due == MONDAY + timedelta(hours=2, minutes=30)
