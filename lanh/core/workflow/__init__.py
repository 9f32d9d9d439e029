"""Cases that go from state to state by versioned definitions, with tasks, deadlines and history.

`Definition` says in typed objects what a workflow is: states, transitions with guards and roles,
queues, deadlines with escalations. `Workflow(definitions, calendar, signer=)` gives the plans:

    open(key, focus, access) -> Plan[Case]                 by the newest version
    act(case, transition, access, revision=) -> Plan[Case] guards, roles and revision checked inside
    claim, give_back, assign                               tasks; `as_fhir_task` tells one as FHIR
    sign(case, need, access, evidence)                     through the port `Signer`
    in_queues, overdue, counts, choices, case, about, history   what somebody may see and do
    migrate(migration, access)                             in-flight cases to another version
    schedules(database)                                    what a Worker does for it

Each plan is part of its caller's transaction, in which the caller's own records are written too;
audit and history are written by the plan. `Calendar` and `Signer` are ports that a site fills.
"""

from lanh.core.workflow.cases import Case, Focus, Step, erase_words
from lanh.core.workflow.definition import (
    Deadline,
    Definition,
    DefinitionFault,
    Escalation,
    Guard,
    Queue,
    SignatureNeed,
    Situation,
    State,
    Transition,
    someone_else,
)
from lanh.core.workflow.definitions import Definitions, Migration
from lanh.core.workflow.engine import Choice, Workflow
from lanh.core.workflow.errors import (
    Conflict,
    Forbidden,
    GuardRefused,
    NotFound,
    Refused,
    UnknownVersion,
    WorkflowError,
)
from lanh.core.workflow.escalating import Escalated, EscalationFailed
from lanh.core.workflow.lists import MOST_COUNTED, Cursor, Page, QueueCount
from lanh.core.workflow.signing import (
    Judgement,
    Signature,
    SignatureRequest,
    Signer,
    evidence_of,
)
from lanh.core.workflow.tasks import Task, as_fhir_task
from lanh.core.workflow.terms import Calendar, CalendarGap, Term, Unit, end_of

__all__ = [
    "MOST_COUNTED",
    "Calendar",
    "CalendarGap",
    "Case",
    "Choice",
    "Conflict",
    "Cursor",
    "Deadline",
    "Definition",
    "DefinitionFault",
    "Definitions",
    "Escalated",
    "Escalation",
    "EscalationFailed",
    "Focus",
    "Forbidden",
    "Guard",
    "GuardRefused",
    "Judgement",
    "Migration",
    "NotFound",
    "Page",
    "Queue",
    "QueueCount",
    "Refused",
    "Signature",
    "SignatureNeed",
    "SignatureRequest",
    "Signer",
    "Situation",
    "State",
    "Step",
    "Task",
    "Term",
    "Transition",
    "Unit",
    "UnknownVersion",
    "Workflow",
    "WorkflowError",
    "as_fhir_task",
    "end_of",
    "erase_words",
    "evidence_of",
    "someone_else",
]
