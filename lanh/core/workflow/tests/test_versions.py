"""Versions: in-flight cases keep theirs or are migrated; definitions hold together."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lanh.core.access import system_access
from lanh.core.database import SyncDatabase
from lanh.core.workflow import (
    Conflict,
    Deadline,
    DefinitionFault,
    Definitions,
    Escalation,
    Migration,
    Queue,
    State,
    Term,
    Transition,
    Unit,
    UnknownVersion,
)
from lanh.core.workflow.tests.scene import (
    DOCTOR,
    HEAD,
    MONDAY,
    Clock,
    Scene,
    focus,
    notice,
    words,
)

BY = system_access("migration")
CHECK = State("check", words("check"), queue="chief")
SAME = {"draft": "draft", "review": "review", "signing": "signing"}


def _second(**changes: Any) -> Scene:
    """Both versions: in the second there is another state, and two working days instead of 4 h."""
    later = notice(2, term=Term(2, Unit.WORKING_DAYS), states=(CHECK,))
    return Scene((notice(), replace(later, **changes)), Clock(MONDAY))


def test_cases_in_flight_keep_their_version(database: SyncDatabase) -> None:
    old = database.transact(Scene().engine.open("notice", focus(1), DOCTOR))
    both = _second(transitions=notice(2).transitions[1:])  # nobody submits any more
    new = database.transact(both.engine.open("notice", focus(2), DOCTOR))
    assert (old.version, new.version) == (1, 2)
    assert old.due == MONDAY + timedelta(hours=6)
    assert new.due == MONDAY.replace(hour=0) + timedelta(days=3)
    moved = database.transact(
        both.engine.act(old.id, "submit", DOCTOR, revision=1, facts={"complete": True})
    )
    assert (moved.version, moved.state) == (1, "review")
    with pytest.raises(Exception, match="no transition 'submit'"):
        database.transact(
            both.engine.act(new.id, "submit", DOCTOR, revision=1, facts={"complete": True})
        )


def test_cases_are_migrated_where_it_is_said(database: SyncDatabase) -> None:
    scene = Scene()
    engine = scene.engine
    draft = database.transact(engine.open("notice", focus(1), DOCTOR))
    review = database.transact(engine.open("notice", focus(2), DOCTOR))
    database.transact(engine.act(review.id, "submit", DOCTOR, revision=1, facts={"complete": True}))
    done = database.transact(engine.open("notice", focus(3), DOCTOR))
    database.transact(engine.act(done.id, "drop", HEAD, revision=1))

    both = _second()
    migration = Migration("notice", 1, 2, {**SAME, "review": "check"})
    assert database.transact(both.engine.migrate(migration, BY, limit=1)) == 1
    while database.transact(both.engine.migrate(migration, BY)):
        pass
    after = {
        case.id: database.read(both.engine.case(case.id, HEAD)) for case in (draft, review, done)
    }
    assert [(after[c.id].version, after[c.id].state) for c in (draft, review, done)] == [
        (2, "draft"),
        (2, "check"),
        (1, "dropped"),
    ]
    # The clock that both versions have goes on; `check` is not among its states, so it ends there.
    assert after[draft.id].due == draft.due
    assert after[review.id].due is None
    task = database.read(both.engine.task(review.id, HEAD))
    assert task is not None
    assert task.queue == "chief"
    last = database.read(both.engine.history(review.id, HEAD))[-1]
    assert (last.kind, last.name, last.from_state, last.to_state, last.version) == (
        "migrated",
        "1-2",
        "review",
        "check",
        2,
    )
    with pytest.raises(Conflict, match="revision 2"):
        database.transact(both.engine.act(draft.id, "drop", HEAD, revision=1))


def test_a_migration_that_leaves_a_state_out_is_refused(database: SyncDatabase) -> None:
    both = _second()
    for states in ({"draft": "draft"}, {**SAME, "review": "nowhere"}, {**SAME, "review": "sent"}):
        with pytest.raises(DefinitionFault, match="is not said"):
            database.transact(both.engine.migrate(Migration("notice", 1, 2, states), BY))


def test_a_version_that_is_missing_is_told(database: SyncDatabase) -> None:
    case = database.transact(Scene().engine.open("notice", focus(), DOCTOR))
    alone = Scene((notice(2),))
    with pytest.raises(UnknownVersion, match="1 cases go by it"):
        database.read(alone.engine.definitions.check_in_flight())
    with pytest.raises(UnknownVersion):
        database.transact(alone.engine.act(case.id, "drop", HEAD, revision=1))
    database.read(Scene().engine.definitions.check_in_flight())
    database.transact(Scene().engine.act(case.id, "drop", HEAD, revision=1))
    database.read(alone.engine.definitions.check_in_flight())


def test_an_escalation_of_a_missing_version_waits(database: SyncDatabase) -> None:
    case = database.transact(Scene().engine.open("notice", focus(), DOCTOR))
    alone = Scene((notice(2),), Clock(MONDAY + timedelta(days=1)))
    assert alone.engine.run_escalations(database) == 0
    both = _second()
    both.clock.forward(days=2)
    assert both.engine.run_escalations(database) == 2
    steps = database.read(both.engine.history(case.id, HEAD))
    assert [s.name for s in steps if s.kind == "escalated"] == ["hurry", "late"]


def _way(**changes: Any) -> Transition:
    return replace(notice().transitions[0], **changes)


def _late(step: Escalation) -> tuple[Deadline, ...]:
    return (replace(notice().deadlines[0], escalations=(step,)),)


@pytest.mark.parametrize(
    "changes",
    [
        {"initial": "nowhere"},
        {"initial": "sent"},
        {"states": (*notice().states, notice().states[0])},
        {"states": (*notice().states, State("x", words("x"), queue="nowhere"))},
        {"states": (*notice().states, State("x", words("x"), queue="review", final=True))},
        {"transitions": (_way(target="nowhere"),)},
        {"transitions": (_way(sources=frozenset({"sent"})),)},
        {"transitions": (_way(), _way())},
        {"queues": (*notice().queues, Queue("chief", words("x"), frozenset()))},
        {"deadlines": (replace(notice().deadlines[0], states=frozenset({"sent"})),)},
        {"deadlines": notice().deadlines * 2},
        {"deadlines": _late(Escalation("x", Term(1, Unit.HOURS), queue="nowhere"))},
        {"deadlines": _late(Escalation("x", Term(1, Unit.HOURS), transition="nowhere"))},
        {"deadlines": _late(Escalation("x", Term(1, Unit.HOURS), transition="submit"))},
        {"deadlines": _late(Escalation("x", Term(1, Unit.HOURS), transition="refuse"))},
    ],
)
def test_a_definition_that_does_not_hold_together_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DefinitionFault):
        replace(notice(), **changes)


def test_definitions_stand_once_and_keep_their_record_type() -> None:
    with pytest.raises(DefinitionFault, match="twice"):
        Definitions([notice(), notice()])
    with pytest.raises(DefinitionFault, match="record type"):
        Definitions([notice(), replace(notice(2), record_type="Observation")])
