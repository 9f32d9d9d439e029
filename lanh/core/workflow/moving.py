"""Opening cases and moving them from state to state: plans, under a lock on the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lanh.core.access import Access, Interaction
from lanh.core.database import Plan, fetch, fetch_one
from lanh.core.store import Arguments, new_id
from lanh.core.workflow import clocks, signing, tasks
from lanh.core.workflow.cases import (
    COLUMNS,
    LONGEST_REASON,
    Case,
    Focus,
    case_of,
    record,
    steps_of,
)
from lanh.core.workflow.definition import Definition, Situation, Transition
from lanh.core.workflow.definitions import Definitions
from lanh.core.workflow.errors import Conflict, Forbidden, GuardRefused, NotFound, Refused
from lanh.core.workflow.rights import bucket_for, may_open, reaches, visible
from lanh.core.workflow.signing import Signer
from lanh.core.workflow.terms import Calendar

_OPEN = """
INSERT INTO workflow.cases (id, definition, version, key, state, focus_type, focus_id, patient,
    bucket, custodian, commune, sensitivity, opened_at, entered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text, $9, $10::text, $11::text, $12::text, $13, $13)
ON CONFLICT (definition, key) DO NOTHING
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Parts:
    """What acts need: definitions, the calendar, the signing service if there is one, the time."""

    definitions: Definitions
    calendar: Calendar
    signer: Signer | None
    now: Callable[[], datetime]

    def of(self, case: Case) -> Definition:
        """The definition that a case goes by. Raises UnknownVersion."""
        return self.definitions.of(case.definition, case.version)


def locked(
    parts: Parts, case_id: str, access: Access, interaction: Interaction = "read"
) -> Plan[Case]:
    """A case that may be seen, locked until the unit of work ends. Raises NotFound."""
    case = yield from seen(parts, case_id, access, interaction, lock=" FOR UPDATE OF c")
    return case


def seen(
    parts: Parts,
    case_id: str,
    access: Access,
    interaction: Interaction = "read",
    lock: str = "",
) -> Plan[Case]:
    """A case that may be seen. Raises NotFound where there is none or it is hidden."""
    arguments = Arguments(case_id)
    rule = visible(parts.definitions, access, interaction, arguments)
    row = yield from fetch_one(
        f"SELECT {COLUMNS} FROM workflow.cases c WHERE c.id = $1::text AND {rule}{lock}",  # noqa: S608
        *arguments.values,
    )
    if row is None:
        raise NotFound("not-found", case=case_id)
    return case_of(row)


def about(parts: Parts, kind: str, name: str, access: Access) -> Plan[Case | None]:
    """The case of a record: the open one, else the one opened last; None where none is seen."""
    arguments = Arguments(kind, name)
    rule = visible(parts.definitions, access, "read", arguments)
    row = yield from fetch_one(
        f"SELECT {COLUMNS} FROM workflow.cases c"  # noqa: S608
        f" WHERE c.focus_type = $1::text AND c.focus_id = $2::text AND {rule}"
        " ORDER BY c.closed_at IS NOT NULL, c.opened_at DESC, c.id LIMIT 1",
        *arguments.values,
    )
    return None if row is None else case_of(row)


def open_case(
    parts: Parts,
    key: str,
    focus: Focus,
    access: Access,
    *,
    once: str | None,
    since: datetime | None,
    reason: str,
    content: str,
) -> Plan[Case]:
    """Open a case by the newest version; what is open already by the same `once` is found."""
    definition = parts.definitions.newest(key)
    check_reason(reason)
    if not (yield from may_open(focus, definition.record_type, access, definition.openers)):
        raise Forbidden("may-not-open", definition=definition.title)
    moment = parts.now()
    name = once or f"{focus.type}/{focus.id}"
    rows = yield from fetch(
        _OPEN,
        new_id(bucket_for(focus)),
        key,
        definition.version,
        name,
        definition.initial,
        focus.type,
        focus.id,
        focus.patient,
        bucket_for(focus),
        focus.custodian,
        focus.commune,
        focus.sensitivity or None,
        moment,
    )
    if not rows:
        return (yield from _found(parts, definition, name, access))
    row = yield from fetch_one(f"SELECT {COLUMNS} FROM workflow.cases c WHERE id = $1", rows[0][0])  # noqa: S608
    assert row is not None
    case = case_of(row)
    case = yield from _arrive(parts, definition, case, moment, since or moment, content)
    case = yield from record(case, "opened", "", access, moment, before=None, reason=reason)
    return replace(case, fresh=True)


def _found(parts: Parts, definition: Definition, name: str, access: Access) -> Plan[Case]:
    arguments = Arguments(definition.key, name)
    rule = visible(parts.definitions, access, "read", arguments)
    row = yield from fetch_one(
        f"SELECT {COLUMNS} FROM workflow.cases c"  # noqa: S608
        f" WHERE c.definition = $1::text AND c.key = $2::text AND {rule}",
        *arguments.values,
    )
    if row is None:
        raise Conflict("key-taken", definition=definition.title)
    return case_of(row)


def act(
    parts: Parts,
    case_id: str,
    name: str,
    access: Access,
    *,
    revision: int,
    reason: str,
    facts: Mapping[str, Any],
    since: datetime | None,
    content: str,
) -> Plan[Case]:
    """Take a transition, checked whole under the lock on the case."""
    case = yield from locked(parts, case_id, access)
    definition = parts.of(case)
    way = definition.transition(name)
    if way is None:
        raise Refused(
            "unknown-transition", definition=definition.title, version=case.version, name=name
        )
    if not (yield from reaches(case, definition.record_type, access, way.roles, "update")):
        raise Forbidden("may-not-act", name=way.title)
    yield from _check_revision(case, revision)
    yield from check(parts, definition, case, way, access, facts)
    check_reason(reason)
    if way.reason and not reason.strip():
        raise Refused("reason-needed", name=way.title)
    moved = yield from move(
        parts, definition, case, way, access, reason=reason, since=since, content=content
    )
    return moved


def _check_revision(case: Case, revision: int) -> Plan[None]:
    if revision == case.revision:
        return
    steps = yield from steps_of(case.id)
    last = [s for s in steps if s.kind in ("opened", "moved", "migrated")][-1]
    raise Conflict(
        "changed",
        by=last.actor,
        at=last.at.isoformat(timespec="seconds"),
        now=case.revision,
        seen=revision,
    )


def check_reason(reason: str) -> None:
    """Raises Refused where a reason is longer than history keeps."""
    if len(reason) > LONGEST_REASON:
        raise Refused("reason-long", most=LONGEST_REASON)


def check(
    parts: Parts,
    definition: Definition,
    case: Case,
    way: Transition,
    access: Access,
    facts: Mapping[str, Any],
) -> Plan[None]:
    """Whether a transition can be taken now by who may take it. Raises Refused, Conflict."""
    if case.closed_at is not None:
        raise Refused("closed")
    if case.state not in way.sources:
        state = definition.state(case.state)
        raise Refused("not-from-here", name=way.title, state=state.title)
    task = yield from tasks.open_task(case)
    if task is not None and task.owner not in (None, access.actor):
        assigners = definition.queue(task.queue).assigners
        if not (yield from reaches(case, definition.record_type, access, assigners, "update")):
            raise Conflict("held", by=task.owner)
    asked = yield from signing.of_case(case.id)
    signed = frozenset(each.need for each in asked if each.signed_at is not None)
    missing = {need.name for need in definition.state(case.state).signatures} - signed
    if way.signed and missing:
        raise Refused("unsigned", count=len(missing), name=way.title)
    if way.guards:
        history = yield from steps_of(case.id)
        situation = Situation(case, access.actor, parts.now(), tuple(history), signed, dict(facts))
        for guard in way.guards:
            if not guard.holds(situation):
                raise GuardRefused(guard.code, guard.refusal)


def move(
    parts: Parts,
    definition: Definition,
    case: Case,
    way: Transition,
    access: Access,
    *,
    reason: str = "",
    since: datetime | None = None,
    content: str = "",
    by_itself: bool = False,
) -> Plan[Case]:
    """Take a transition that was checked."""
    moment = parts.now()
    before = case.state
    yield from signing.withdraw_open(case, parts.signer, moment)
    yield from tasks.end_task(case, None if by_itself else access.actor, moment)
    case = replace(
        case,
        state=way.target,
        revision=case.revision + 1,
        entered_at=moment,
        closed_at=moment if definition.state(way.target).final else None,
    )
    case = yield from _arrive(parts, definition, case, moment, since or moment, content)
    case = yield from record(case, "moved", way.name, access, moment, before=before, reason=reason)
    return case


def _arrive(
    parts: Parts,
    definition: Definition,
    case: Case,
    moment: datetime,
    since: datetime,
    content: str,
) -> Plan[Case]:
    """What a state brings with it: its task, its clocks, the signatures that it waits for."""
    state = definition.state(case.state)
    if state.queue is not None:
        priority = definition.queue(state.queue).priority
        yield from tasks.make_task(case, state.queue, priority, moment)
    case = yield from clocks.turn(case, definition, parts.calendar, moment, since)
    yield from signing.ask(case, state.signatures, content, parts.signer, moment)
    return case
