"""Tasks: what waits in a queue while a case is in a state; claimed, given back, assigned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lanh.core.database import Plan, Row, execute, fetch_one
from lanh.core.store import new_id
from lanh.core.workflow.cases import Case
from lanh.core.workflow.definition import Definition, Priority
from lanh.core.workflow.rights import bucket_for

TASK_COLUMNS = "t.id, t.queue, t.status, t.priority, t.owner, t.made_at, t.changed_at, t.ended_at"

_OPEN = f"SELECT {TASK_COLUMNS} FROM workflow.task t WHERE t.case_id = $1 AND t.ended_at IS NULL"  # noqa: S608
_END = """
UPDATE workflow.task SET status = $2, owner = coalesce(owner, $3::text), changed_at = $4,
       ended_at = $4
WHERE case_id = $1 AND ended_at IS NULL
"""
_MAKE = """
INSERT INTO workflow.task (id, case_id, queue, status, priority, made_at, changed_at)
VALUES ($1, $2, $3, 'ready', $4, $5, $5)
"""
_OWN = """
UPDATE workflow.task SET owner = $2::text, changed_at = $3,
       status = CASE WHEN $2::text IS NULL THEN 'ready' ELSE 'accepted' END
WHERE id = $1
"""

# Under this system a task's owner, and the version of its definition, are named.
SUBJECTS = "urn:lanh:subject"
DEFINITIONS = "urn:lanh:workflow"


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a case. `owner` is the opaque id of who holds it; `status` a code of FHIR Task."""

    id: str
    case: Case
    queue: str
    status: str
    priority: Priority
    owner: str | None
    made_at: datetime
    changed_at: datetime
    ended_at: datetime | None


def task_of(row: Row, case: Case) -> Task:
    """The task of a row of TASK_COLUMNS."""
    return Task(row[0], case, *row[1:8])


def open_task(case: Case) -> Plan[Task | None]:
    """The task that waits, or None."""
    row = yield from fetch_one(_OPEN, case.id)
    return None if row is None else task_of(row, case)


def end_task(case: Case, by: str | None, moment: datetime) -> Plan[None]:
    """End the task that waits: completed by somebody, or cancelled where `by` is None."""
    yield from execute(_END, case.id, "completed" if by else "cancelled", by, moment)


def make_task(case: Case, queue: str, priority: Priority, moment: datetime) -> Plan[None]:
    """Let a task wait in a queue."""
    yield from execute(_MAKE, new_id(bucket_for(case.focus)), case.id, queue, priority, moment)


def own(task: Task, owner: str | None, moment: datetime) -> Plan[None]:
    """Give a task to somebody, or back to its queue."""
    yield from execute(_OWN, task.id, owner, moment)


def press(task: Task, priority: Priority, moment: datetime) -> Plan[None]:
    """Change how urgent a task is."""
    yield from execute(
        "UPDATE workflow.task SET priority = $2, changed_at = $3 WHERE id = $1",
        task.id,
        priority,
        moment,
    )


def as_fhir_task(task: Task, definition: Definition) -> dict[str, Any]:
    """The task as a FHIR R4 Task. Its owner is told by an opaque identifier, never by name."""
    case, queue = task.case, definition.queue(task.queue)
    state = definition.state(case.state)
    told: dict[str, Any] = {
        "resourceType": "Task",
        "id": task.id,
        "instantiatesUri": f"{DEFINITIONS}:{definition.key}:{definition.version}",
        "groupIdentifier": {"system": DEFINITIONS, "value": case.id},
        "status": task.status,
        "businessStatus": {
            "coding": [{"system": f"{DEFINITIONS}:{definition.key}", "code": state.name}],
            "text": state.title.vi,
        },
        "intent": "order",
        "priority": task.priority,
        "description": definition.title.vi,
        "focus": {"reference": f"{case.focus.type}/{case.focus.id}"},
        "authoredOn": _instant(task.made_at),
        "lastModified": _instant(task.changed_at),
        "performerType": [
            {
                "coding": [{"system": f"{DEFINITIONS}:{definition.key}:queue", "code": queue.name}],
                "text": queue.title.vi,
            }
        ],
    }
    if case.focus.patient is not None:
        told["for"] = {"reference": f"Patient/{case.focus.patient}"}
    if task.owner is not None:
        told["owner"] = {"identifier": {"system": SUBJECTS, "value": task.owner}}
    if case.due is not None:
        told["restriction"] = {"period": {"end": _instant(case.due)}}
    if task.ended_at is not None:
        told["executionPeriod"] = {
            "start": _instant(task.made_at),
            "end": _instant(task.ended_at),
        }
    return told


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
