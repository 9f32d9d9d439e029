"""A case in words: its states, ways, queues and actors, the working time left, its signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from lanh.core.database import Plan
from lanh.core.desks.definition import Desk
from lanh.core.desks.errors import MESSAGES
from lanh.core.desks.ports import Ports, person_of, roles_of
from lanh.core.desks.screens import SignatureLine, Visitor
from lanh.core.text import Language
from lanh.core.workflow import (
    Calendar,
    CalendarGap,
    Case,
    Definition,
    Judgement,
    Signature,
    Step,
    Task,
)

_DAY = timedelta(hours=8)
_PLATFORM = "system:lanh:"


def words_of(
    ports: Ports,
    desk: Desk,
    definition: Definition,
    history: Sequence[Step],
    task: Task | None,
    signatures: Sequence[Signature],
    language: Language,
) -> Plan[dict[str, str]]:
    """The words of names that a case's parts hold, as CaseScreen tells them."""
    made = {f"state.{each.name}": each.title.say(language) for each in definition.states}
    made |= {f"transition.{each.name}": each.title.say(language) for each in definition.transitions}
    made |= {f"queue.{each.name}": each.title.say(language) for each in definition.queues}
    made |= {
        f"signature.{need.name}": need.title.say(language)
        for state in definition.states
        for need in state.signatures
    }
    actors = {step.actor for step in history}
    actors |= {each.signed_by for each in signatures if each.signed_by}
    if task is not None and task.owner is not None:
        actors.add(task.owner)
    names = yield from ports.names(sorted(actors))
    made |= {f"actor.{actor}": named(names, actor, language) for actor in actors}
    partners = desk.partners.items()
    return made | {f"actor.{actor}": words.say(language) for actor, words in partners}


def named(names: Mapping[str, str], actor: str, language: Language) -> str:
    """Who an actor is, in words: a name that is known (not the id itself, which `Ports.names` gives
    for whom it does not know), "by itself" for what the platform did."""
    name = names.get(actor, actor)
    if name == actor and actor.startswith(_PLATFORM):
        return MESSAGES["by-itself"].say(language)
    return name


def remaining(case: Case, at: datetime, calendar: Calendar, language: Language) -> str:
    """How much working time is left until the case is due; "" where none runs."""
    if case.due is None or case.closed_at is not None or case.due <= at:
        return ""
    try:
        left = calendar.working_time(at, case.due)
    except CalendarGap:
        return ""
    if left >= 2 * _DAY:
        return MESSAGES["left-days"].say(language, count=left // _DAY)
    if left >= timedelta(hours=1):
        return MESSAGES["left-hours"].say(language, count=left // timedelta(hours=1))
    return MESSAGES["left-minutes"].say(language, count=left // timedelta(minutes=1))


def signature_lines(
    case: Case,
    definition: Definition,
    signatures: Sequence[Signature],
    words: Mapping[str, str],
    judgements: Mapping[str, Judgement],
    visitor: Visitor,
) -> list[SignatureLine]:
    """The signatures of a case with what is found of them; those of its state that the visitor's
    roles may give are `mine`."""
    wanted = {need.name: need for need in definition.state(case.state).signatures}
    lines = []
    for each in signatures:
        need = wanted.get(each.need)
        mine = need is not None and each.signed_at is None and bool(roles_of(visitor) & need.roles)
        title = words.get(f"signature.{each.need}", each.need)
        found = judgements.get(each.need)
        lines.append(
            SignatureLine(
                each.need, title, each.content, each.signed_by or "", each.signed_at, mine,
                found.sound if found else None,
                found.words.say(visitor.language) if found else "",
            )
        )  # fmt: skip
    return lines


def task_rights(definition: Definition, task: Task | None, visitor: Visitor) -> tuple[bool, bool]:
    """Whether the visitor may take the task, and whether they may give it back."""
    if task is None:
        return False, False
    queue = definition.queue(task.queue)
    roles = roles_of(visitor)
    if task.owner is None:
        return bool(roles & queue.roles), False
    return False, task.owner == person_of(visitor) or bool(roles & queue.assigners)
