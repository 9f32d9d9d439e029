"""The engine: every act as a plan, to be run in one transaction with its caller's records."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from lanh.core.access import Access
from lanh.core.database import Plan, SyncDatabase, fetch_one
from lanh.core.jobs import Schedule
from lanh.core.text import Message
from lanh.core.workflow import clocks, escalating, lists, moving, signing, tasks
from lanh.core.workflow.cases import Case, Focus, Step, StepKind, record, steps_of
from lanh.core.workflow.definition import Transition
from lanh.core.workflow.definitions import Definitions, Migration
from lanh.core.workflow.errors import Conflict, Forbidden, NotFound, Refused, WorkflowError
from lanh.core.workflow.escalating import Escalated, EscalationFailed, OnEscalation
from lanh.core.workflow.lists import LONGEST_PAGE, Cursor, Page, QueueCount
from lanh.core.workflow.migrating import migrate_cases
from lanh.core.workflow.moving import Parts
from lanh.core.workflow.rights import reaches
from lanh.core.workflow.signing import Judgement, Signature, Signer
from lanh.core.workflow.tasks import Task
from lanh.core.workflow.terms import Calendar

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Choice:
    """A transition that somebody may take from where the case is, and why not now, if so."""

    transition: Transition
    refusal: Message | None


class Workflow:
    """Cases by definitions. All methods are plans, save `schedules` and `run_escalations`.

    `on_escalation` may write whatever an escalation brings about elsewhere, in its transaction.
    `now` gives the moment of an act, aware. Refusals are WorkflowErrors.
    """

    def __init__(
        self,
        definitions: Definitions,
        calendar: Calendar,
        *,
        signer: Signer | None = None,
        on_escalation: OnEscalation | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.definitions = definitions
        self._parts = Parts(definitions, calendar, signer, now)
        self._on_escalation = on_escalation

    @property
    def calendar(self) -> Calendar:
        """The working time that terms are counted in."""
        return self._parts.calendar

    def open(
        self,
        key: str,
        focus: Focus,
        access: Access,
        *,
        once: str | None = None,
        since: datetime | None = None,
        reason: str = "",
        content: str = "",
    ) -> Plan[Case]:
        """Open a case by the newest version of a definition.

        What is opened twice for the same record (or the same `once`) is one case, told as not
        `fresh` the second time. Terms count from `since`, else from now. `content` is the SHA-256
        of what is to be signed, where the state waits for signatures.
        """
        case = yield from moving.open_case(
            self._parts,
            key,
            focus,
            access,
            once=once,
            since=since,
            reason=reason,
            content=content,
        )
        return case

    def act(
        self,
        case_id: str,
        transition: str,
        access: Access,
        *,
        revision: int,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
        since: datetime | None = None,
        content: str = "",
    ) -> Plan[Case]:
        """Take a transition on the `revision` that was seen.

        Raises NotFound, Forbidden, Conflict (the case changed, or another holds its task), and
        Refused or GuardRefused where it cannot be done. `facts` are what guards ask about records.
        """
        case = yield from moving.act(
            self._parts,
            case_id,
            transition,
            access,
            revision=revision,
            reason=reason,
            facts=facts or {},
            since=since,
            content=content,
        )
        return case

    def case(self, case_id: str, access: Access) -> Plan[Case]:
        """A case. Raises NotFound where there is none or it may not be seen."""
        case = yield from moving.seen(self._parts, case_id, access)
        return case

    def about(self, record_type: str, record: str, access: Access) -> Plan[Case | None]:
        """The case of a record: the open one, else the one opened last; None where none is seen."""
        case = yield from moving.about(self._parts, record_type, record, access)
        return case

    def history(self, case_id: str, access: Access) -> Plan[list[Step]]:
        """All that happened to a case, in order. Raises NotFound."""
        case = yield from moving.seen(self._parts, case_id, access)
        steps = yield from steps_of(case.id)
        return steps

    def choices(
        self, case_id: str, access: Access, facts: Mapping[str, Any] | None = None
    ) -> Plan[list[Choice]]:
        """What somebody may do with a case as it stands, with the reason where not now."""
        case = yield from moving.seen(self._parts, case_id, access)
        definition = self._parts.of(case)
        found = []
        for way in definition.transitions:
            if case.state not in way.sources:
                continue
            kind = definition.record_type
            if not (yield from reaches(case, kind, access, way.roles, "update")):
                continue
            refusal = None
            try:
                yield from moving.check(self._parts, definition, case, way, access, facts or {})
            except WorkflowError as error:
                refusal = error.message
            found.append(Choice(way, refusal))
        return found

    def task(self, case_id: str, access: Access) -> Plan[Task | None]:
        """The task that waits for a case, or None. Raises NotFound."""
        case = yield from moving.seen(self._parts, case_id, access)
        task = yield from tasks.open_task(case)
        return task

    def claim(self, task_id: str, access: Access) -> Plan[Task]:
        """Take a task. Raises NotFound, Forbidden, Conflict where another holds it."""
        task = yield from self._task(task_id, access)
        me = access.actor
        if task.owner == me:
            return task
        yield from self._need(task, access, assigning=False)
        if task.owner is not None:
            raise Conflict("held", by=task.owner)
        given = yield from self._hand(task, me, access, kind="claimed", reason="")
        return given

    def give_back(self, task_id: str, access: Access, reason: str = "") -> Plan[Task]:
        """Give a task back to its queue: who holds it, or who assigns there."""
        task = yield from self._task(task_id, access)
        if task.owner != access.actor:
            yield from self._need(task, access, assigning=True)
        if task.owner is None:
            raise Conflict("not-held")
        given = yield from self._hand(task, None, access, kind="given-back", reason=reason)
        return given

    def assign(self, task_id: str, to: str, access: Access, reason: str = "") -> Plan[Task]:
        """Give a task to somebody, by opaque id ("person:17"). What they may do is checked when
        they act: an assignment lends no right."""
        task = yield from self._task(task_id, access)
        yield from self._need(task, access, assigning=True)
        given = yield from self._hand(task, to, access, kind="assigned", reason=reason)
        return given

    def signatures(self, case_id: str, access: Access) -> Plan[list[Signature]]:
        """The signatures asked for in a case, given or not. Raises NotFound."""
        case = yield from moving.seen(self._parts, case_id, access)
        found = yield from signing.of_case(case.id)
        return found

    def judgements(
        self, case_id: str, signatures: Sequence[Signature]
    ) -> Plan[dict[str, Judgement]]:
        """What is found now of the signatures of a case that `signatures` gave, by need."""
        signer = self._parts.signer
        if signer is None:
            return {}
        return (yield from signing.judged(case_id, signatures, signer))

    def hold(self, case_id: str, access: Access) -> Plan[Case]:
        """A case that nobody else acts on or signs until this transaction ends. Raises NotFound."""
        return (yield from moving.locked(self._parts, case_id, access))

    def sign(self, case_id: str, need: str, access: Access, evidence: str) -> Plan[None]:
        """Give a signature that the case's state waits for; the signing service verifies it."""
        case = yield from moving.locked(self._parts, case_id, access)
        definition = self._parts.of(case)
        needs = {each.name: each for each in definition.state(case.state).signatures}
        wanted = needs.get(need)
        if wanted is None:
            raise Refused("no-signature-asked", need=need)
        if not (yield from reaches(case, definition.record_type, access, wanted.roles, "update")):
            raise Forbidden("may-not-act", name=wanted.title)
        moment = self._parts.now()
        by = access.actor
        yield from signing.keep(case, wanted, by, evidence, self._parts.signer, moment)
        yield from record(case, "signed", need, access, moment, before=case.state)

    def in_queues(
        self,
        access: Access,
        queues: Collection[str] | None = None,
        *,
        mine: bool = False,
        unclaimed: bool = False,
        overdue: bool = False,
        after: Cursor | None = None,
        before: Cursor | None = None,
        limit: int = 50,
    ) -> Plan[Page[Task]]:
        """A page of the tasks that wait in queues (None: all) that somebody works on, after a
        place or `before` one."""
        page = yield from lists.in_queues(
            self.definitions,
            access,
            queues,
            mine=mine,
            unclaimed=unclaimed,
            after=after,
            before=before,
            overdue_at=self._parts.now() if overdue else None,
            limit=min(limit, LONGEST_PAGE),
        )
        return page

    def now(self) -> datetime:
        """The moment by which the engine judges what is overdue."""
        return self._parts.now()

    def overdue(
        self,
        access: Access,
        keys: Collection[str] | None = None,
        *,
        after: Cursor | None = None,
        limit: int = 50,
    ) -> Plan[Page[Case]]:
        """A page of open cases whose time has run out, the longest overdue first."""
        moment = self._parts.now()
        page = yield from lists.overdue(
            self.definitions, access, keys, moment, after=after, limit=min(limit, LONGEST_PAGE)
        )
        return page

    def counts(self, access: Access) -> Plan[list[QueueCount]]:
        """How much waits in each queue that somebody works on."""
        found = yield from lists.counts(self.definitions, access, self._parts.now())
        return found

    def migrate(self, migration: Migration, access: Access, limit: int = 100) -> Plan[int]:
        """Take a batch of open cases over to another version; how many there were."""
        done = yield from migrate_cases(self._parts, migration, access, limit)
        return done

    def escalate_next(self) -> Plan[Escalated | None]:
        """Do the escalation that is due longest; None where none is left."""
        done = yield from escalating.escalate_next(self._parts, self._on_escalation)
        return done

    def run_escalations(self, database: SyncDatabase) -> int:
        """Do all escalations that are due, a transaction each; how many. One that fails waits."""
        done = 0
        while True:
            try:
                if database.transact(self.escalate_next()) is None:
                    return done
                done += 1
            except EscalationFailed as failed:
                log.error(
                    "escalation failed", clock=failed.clock, name=failed.name, exc_info=failed
                )
                database.transact(escalating.postpone(failed, self._parts.now()))

    def renew(self, database: SyncDatabase) -> int:
        """Reckon all clocks anew that were not certain; how many ends changed."""
        after: int | None = 0
        changed = 0
        while after is not None:
            plan = clocks.renew(self.definitions.of, self._parts.calendar, after, 200)
            after, some = database.transact(plan)
            changed += some
        return changed

    def schedules(self, database: SyncDatabase) -> Mapping[Schedule, Callable[[], None]]:
        """What the worker does for the engine: escalations that are due, uncertain clocks."""

        def escalate() -> None:
            self.run_escalations(database)

        def renew() -> None:
            self.renew(database)

        return {
            Schedule("workflow.escalate", timedelta(seconds=10)): escalate,
            Schedule("workflow.renew", timedelta(hours=6)): renew,
        }

    def _task(self, task_id: str, access: Access) -> Plan[Task]:
        row = yield from fetch_one("SELECT case_id FROM workflow.task WHERE id = $1", task_id)
        if row is None:
            raise NotFound("task-not-found", task=task_id)
        try:
            case = yield from moving.locked(self._parts, row[0], access)
        except NotFound as error:
            raise NotFound("task-not-found", task=task_id) from error
        task = yield from tasks.open_task(case)
        if task is None or task.id != task_id:
            raise NotFound("task-not-found", task=task_id)
        return task

    def _need(self, task: Task, access: Access, *, assigning: bool) -> Plan[None]:
        definition = self._parts.of(task.case)
        queue = definition.queue(task.queue)
        roles = queue.assigners if assigning else queue.roles
        if not (yield from reaches(task.case, definition.record_type, access, roles, "update")):
            raise Forbidden("may-not-act", name=queue.title)

    def _hand(
        self, task: Task, owner: str | None, access: Access, *, kind: StepKind, reason: str
    ) -> Plan[Task]:
        moving.check_reason(reason)
        moment = self._parts.now()
        yield from tasks.own(task, owner, moment)
        case = yield from record(
            task.case, kind, task.queue, access, moment, before=task.case.state, reason=reason
        )
        changed = yield from tasks.open_task(case)
        assert changed is not None
        return changed
