"""Escalations that are due: each happens once, in a transaction with what it brings about.

Whoever runs them locks the case and reads anew what is still due, so two workers never do one
twice, and one that is killed leaves nothing behind. What fails waits, longer each time, and holds
back no other case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from lanh.core.access import system_access
from lanh.core.database import Plan, execute, fetch, fetch_one
from lanh.core.workflow import tasks
from lanh.core.workflow.cases import COLUMNS, Case, case_of, record
from lanh.core.workflow.definition import Definition, Escalation
from lanh.core.workflow.moving import Parts, move

OnEscalation: TypeAlias = Callable[[Case, Escalation], Plan[None]]
BY_ITSELF = system_access("workflow")

_LOCK = f"""
SELECT {COLUMNS} FROM workflow.cases c JOIN workflow.escalation e ON e.case_id = c.id
JOIN workflow.clock k ON k.id = e.clock_id AND k.ended_at IS NULL
WHERE e.done_at IS NULL AND e.try_at <= $1
ORDER BY e.try_at, e.clock_id, e.name
LIMIT 1
FOR UPDATE OF c SKIP LOCKED
"""  # noqa: S608 - constants only
_NEXT = """
SELECT e.clock_id, e.name, k.deadline FROM workflow.escalation e
JOIN workflow.clock k ON k.id = e.clock_id
WHERE e.case_id = $1 AND e.done_at IS NULL AND e.try_at <= $2 AND k.ended_at IS NULL
ORDER BY e.due, e.clock_id, e.name LIMIT 1
"""
_DONE = "UPDATE workflow.escalation SET done_at = $3 WHERE clock_id = $1 AND name = $2"
_POSTPONE = """
UPDATE workflow.escalation SET failures = failures + 1, fault = $3,
       try_at = $4::timestamptz + make_interval(secs => least(60 * power(2, failures), 21600))
WHERE clock_id = $1 AND name = $2 AND done_at IS NULL
"""


class EscalationFailed(RuntimeError):
    """What an escalation brings about failed and was undone; the cause says why."""

    def __init__(self, clock: int, name: str) -> None:
        super().__init__(f"escalation {name} of clock {clock}")
        self.clock = clock
        self.name = name


@dataclass(frozen=True, slots=True)
class Escalated:
    """One escalation that happened; `case` is how it stands after it."""

    case: Case
    deadline: str
    name: str


def escalate_next(parts: Parts, on_escalation: OnEscalation | None) -> Plan[Escalated | None]:
    """Do the escalation that is due longest; None where none is left to this worker.

    Raises EscalationFailed, on which the unit of work must be undone and `postpone` done.
    """
    while True:
        moment = parts.now()
        row = yield from fetch_one(_LOCK, moment)
        if row is None:
            return None
        case = case_of(row)
        found = yield from fetch(_NEXT, case.id, moment)
        if found:  # else another worker was there between the search and the lock
            break
    clock, name, deadline = found[0]
    try:
        case = yield from _happen(parts, case, clock, deadline, name, on_escalation, moment)
    except Exception as error:
        raise EscalationFailed(clock, name) from error
    return Escalated(case, deadline, name)


def _happen(
    parts: Parts,
    case: Case,
    clock: int,
    deadline: str,
    name: str,
    on_escalation: OnEscalation | None,
    moment: datetime,
) -> Plan[Case]:
    definition = parts.of(case)
    running = definition.deadline(deadline)
    steps = running.escalations if running else ()
    escalation = next((each for each in steps if each.name == name), None)
    yield from execute(_DONE, clock, name, moment)
    if escalation is None:  # a migration left it without meaning
        return case
    case = yield from _effect(parts, definition, case, escalation, moment)
    case = yield from record(case, "escalated", name, BY_ITSELF, moment, before=case.state)
    if on_escalation is not None:
        yield from on_escalation(case, escalation)
    return case


def _effect(
    parts: Parts, definition: Definition, case: Case, escalation: Escalation, moment: datetime
) -> Plan[Case]:
    task = yield from tasks.open_task(case)
    if escalation.queue is not None and (task is None or task.queue != escalation.queue):
        yield from tasks.end_task(case, None, moment)
        priority = escalation.priority or definition.queue(escalation.queue).priority
        yield from tasks.make_task(case, escalation.queue, priority, moment)
    elif escalation.priority is not None and task is not None:
        yield from tasks.press(task, escalation.priority, moment)
    way = definition.transition(escalation.transition) if escalation.transition else None
    if way is None:
        return case
    moved = yield from move(parts, definition, case, way, BY_ITSELF, by_itself=True)
    return moved


def postpone(failed: EscalationFailed, moment: datetime) -> Plan[None]:
    """Let an escalation that failed wait: a minute, doubling up to six hours."""
    fault = type(failed.__cause__).__name__
    yield from execute(_POSTPONE, failed.clock, failed.name, fault, moment)
