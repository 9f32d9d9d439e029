"""Cases at a desk: opened by a form, moved by acts, told as screens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.desks import telling
from lanh.core.desks.definition import Desk, Happening, Indexing
from lanh.core.desks.drafting import Desktop
from lanh.core.desks.errors import Conflict, NotFound, Refused
from lanh.core.desks.ports import Ports, existing, roles_of, split
from lanh.core.desks.screens import CaseScreen, Visitor
from lanh.core.store import Context, Stored
from lanh.core.store.transaction import Entry
from lanh.core.workflow import Case, Definition, Focus, Task

__all__ = ["Focus", "act", "after_sending", "case_screen"]


def after_sending(
    ports: Ports,
    open_: Desktop,
    focus: Focus,
    main: Entry,
    index: Indexing,
    visitor: Visitor,
    reason: str,
    corrects: bool,
) -> Plan[Case | None]:
    """Open the case of what was sent; or move the one that stands: that of a correction, of the
    record that the form is about, or one that waited for this form."""
    form, workflow = open_.form, ports.workflow
    access = visitor.access
    if form.workflow is None:
        if open_.about is None or not form.ways:
            return None
        case = yield from workflow.about(*split(open_.about), access)
        if case is None:
            return None
    else:
        case = None
        if corrects:
            case = yield from workflow.about(focus.type, focus.id, access)
        if case is None or case.closed_at is not None:
            content = yield from _content(ports, open_, main, focus, access)
            case = yield from workflow.open(
                form.workflow, focus, access, once=index.once, since=index.since, reason=reason,
                content=content,
            )  # fmt: skip
            if case.fresh:
                return case
    way = _leaving(ports, case, form.ways)
    if way is None:
        return case
    facts = yield from open_.desk.case_facts(access, main.resource or {})
    content = yield from _content(ports, open_, main, focus, access)
    moved = yield from workflow.act(
        case.id, way, access, revision=case.revision, reason=reason, facts=facts, content=content
    )
    return moved


def _content(ports: Ports, open_: Desktop, main: Entry, focus: Focus, access: Access) -> Plan[str]:
    """The digest of what is to be signed of a record that has just been written."""
    if not _signs(open_.desk):
        return ""
    outcome = main.outcome
    if outcome is None or outcome.body is None:
        stored = yield from existing(ports, f"{main.type}/{main.id}", Context(access))
    else:
        stored = Stored(
            main.type, main.id or "", outcome.version, outcome.updated, outcome.body,
            patient=focus.patient, custodian=focus.custodian, commune=focus.commune,
            sensitivity=focus.sensitivity,
        )  # fmt: skip
    return (yield from ports.content(open_.desk.key, stored))


def _signs(desk: Desk) -> bool:
    return any(state.signatures for each in desk.workflows for state in each.states)


def _leaving(ports: Ports, case: Case, ways: Iterable[str]) -> str | None:
    """The first of some transitions that leaves the state of a case."""
    if case.closed_at is not None:
        return None
    definition = definition_of(ports, case)
    for name in ways:
        way = definition.transition(name)
        if way is not None and case.state in way.sources:
            return name
    return None


def act(
    ports: Ports,
    desk: str,
    case_id: str,
    transition: str,
    visitor: Visitor,
    *,
    revision: int,
    reason: str = "",
) -> Plan[Case]:
    """Take a transition of a case on the revision that was seen; what follows is done with it."""
    found = ports.desk(desk, visitor)
    case = yield from seen(ports, found, case_id, visitor)
    if transition in found.by_form(case.definition):
        raise Refused.because("by-form")
    record = yield from existing(ports, f"{case.focus.type}/{case.focus.id}",
                                 Context(visitor.access))  # fmt: skip
    resource = record.resource()
    facts = yield from found.case_facts(visitor.access, resource)
    content = (yield from ports.content(found.key, record)) if _signs(found) else ""
    moved = yield from ports.workflow.act(
        case.id, transition, visitor.access, revision=revision, reason=reason, facts=facts,
        content=content,
    )  # fmt: skip
    yield from found.follow(
        Happening(
            visitor.access, visitor.at, f"{record.type}/{record.id}", resource,
            record.source or f"urn:lanh:desk:{found.key}", ports.store, transition=transition,
            case=moved, reason=reason,
        )
    )  # fmt: skip
    return moved


def _task(ports: Ports, desk: str, case_id: str, visitor: Visitor) -> Plan[Task]:
    case = yield from seen(ports, ports.desk(desk, visitor), case_id, visitor)
    task = yield from ports.workflow.task(case.id, visitor.access)
    if task is None:
        raise NotFound.because("not-found")
    return task


def claim(ports: Ports, desk: str, case_id: str, visitor: Visitor) -> Plan[Task]:
    """Take the task of a case."""
    task = yield from _task(ports, desk, case_id, visitor)
    return (yield from ports.workflow.claim(task.id, visitor.access))


def give_back(ports: Ports, desk: str, case_id: str, visitor: Visitor, reason: str) -> Plan[Task]:
    """Give the task of a case back to its queue."""
    task = yield from _task(ports, desk, case_id, visitor)
    return (yield from ports.workflow.give_back(task.id, visitor.access, reason))


def assign(
    ports: Ports, desk: str, case_id: str, to: str, visitor: Visitor, reason: str
) -> Plan[Task]:
    """Give the task of a case to somebody."""
    task = yield from _task(ports, desk, case_id, visitor)
    return (yield from ports.workflow.assign(task.id, to, visitor.access, reason))


def sign(
    ports: Ports,
    desk: str,
    case_id: str,
    need: str,
    visitor: Visitor,
    evidence: str,
    *,
    revision: int,
) -> Plan[None]:
    """Give a signature that a case waits for. Raises Conflict where the case has changed since."""
    case = yield from seen(ports, ports.desk(desk, visitor), case_id, visitor)
    if case.revision != revision:
        raise Conflict.because("case-changed")
    yield from ports.workflow.sign(case.id, need, visitor.access, evidence)


def seen(ports: Ports, desk: Desk, case_id: str, visitor: Visitor) -> Plan[Case]:
    """A case of a desk that the visitor may see. Raises NotFound."""
    case = yield from ports.workflow.case(case_id, visitor.access)
    if case.definition not in {each.key for each in desk.workflows}:
        raise NotFound.because("not-found")
    return case


def definition_of(ports: Ports, case: Case) -> Definition:
    """The definition that a case goes by."""
    return ports.workflow.definitions.of(case.definition, case.version)


def case_screen(
    ports: Ports, desk: Desk, case: Case, visitor: Visitor, record: Stored
) -> Plan[CaseScreen]:
    """A case as the visitor sees it: what may be done, what is asked, what happened."""
    access, workflow, language = visitor.access, ports.workflow, visitor.language
    definition = definition_of(ports, case)
    state = definition.state(case.state)
    facts = yield from desk.case_facts(access, record.resource())
    task: Task | None = yield from workflow.task(case.id, access)
    ways = yield from workflow.choices(case.id, access, facts)
    taken = desk.by_form(case.definition)
    choices = [each for each in ways if each.transition.name not in taken]
    sendable = next((w for w in ways if w.transition.name in taken and w.refusal is None), None)
    if state.queue is None or not definition.queue(state.queue).roles & roles_of(visitor):
        sendable = None  # it waits for somebody else: what could be done is a correction
    signatures = yield from workflow.signatures(case.id, access)
    history = yield from workflow.history(case.id, access)
    overdue = case.due is not None and case.closed_at is None and case.due < visitor.at
    words = yield from telling.words_of(
        ports, desk, definition, history, task, signatures, language
    )
    left = telling.remaining(case, visitor.at, workflow.calendar, language)
    notes = yield from desk.notes(case)
    judged = yield from workflow.judgements(case.id, signatures)
    lines = telling.signature_lines(case, definition, signatures, words, judged, visitor)
    claim, give_back = telling.task_rights(definition, task, visitor)
    return CaseScreen(
        case, state.title.say(language), task, choices, signatures, history, overdue, left, lines,
        words, claim, give_back, sendable.transition.title.say(language) if sendable else "",
        [(note.words.say(language), note.grave) for note in notes],
    )  # fmt: skip


def queues_of(desk: Desk, visitor: Visitor) -> Sequence[str]:
    """The queues of a desk where the visitor's roles work or assign."""
    roles = roles_of(visitor)
    return [
        queue.name
        for definition in desk.workflows
        for queue in definition.queues
        if roles & (queue.roles | queue.assigners)
    ]
