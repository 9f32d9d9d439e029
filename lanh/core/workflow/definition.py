"""What a workflow is: states, transitions with guards and roles, queues, deadlines. Immutable.

A definition has a version; a case keeps the one that it was opened by until it is migrated. Roles
are those that grants name (`Grant.role`); where none is named, nobody may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from lanh.core.text import Words
from lanh.core.workflow.cases import Case, Step
from lanh.core.workflow.terms import Term

Priority: TypeAlias = Literal["routine", "urgent", "asap", "stat"]


class DefinitionFault(ValueError):
    """A definition that does not hold together; the text says where."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a guard may look at. `facts` are the caller's, read in the same unit of work;
    `signed` are the signatures that the case has."""

    case: Case
    actor: str
    moment: datetime
    history: tuple[Step, ...]
    signed: frozenset[str]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guard:
    """A pure condition of a transition, and what is said where it does not hold."""

    code: str
    holds: Callable[[Situation], bool]
    refusal: Words


@dataclass(frozen=True, slots=True)
class Queue:
    """Where tasks wait: `roles` see and claim them, `assigners` give them to somebody."""

    name: str
    title: Words
    roles: frozenset[str]
    assigners: frozenset[str] = frozenset()
    priority: Priority = "routine"


@dataclass(frozen=True, slots=True)
class SignatureNeed:
    """A signature that a state waits for, and the roles that may give it."""

    name: str
    title: Words
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class State:
    """A state; in one with a queue a task waits there, in a final one the case is closed."""

    name: str
    title: Words
    queue: str | None = None
    final: bool = False
    signatures: tuple[SignatureNeed, ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from some states to another, for some roles, while all guards hold.

    `reason` says that one must be given; `signed` that every signature of the state must be there.
    """

    name: str
    title: Words
    sources: frozenset[str]
    target: str
    roles: frozenset[str]
    guards: tuple[Guard, ...] = ()
    reason: bool = False
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Escalation:
    """What happens once, a term after a deadline began to run: the task goes to another queue or
    becomes more urgent, or the case takes a transition that has no guards."""

    name: str
    term: Term
    queue: str | None = None
    priority: Priority | None = None
    transition: str | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A term that runs while the case is in one of `states`, from the moment it comes there."""

    name: str
    title: Words
    term: Term
    states: frozenset[str]
    escalations: tuple[Escalation, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a workflow. `record_type` is the type whose grants its cases go by.

    Raises DefinitionFault where a name is missing, given twice, or leads nowhere.
    """

    key: str
    version: int
    title: Words
    record_type: str
    initial: str
    openers: frozenset[str]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    queues: tuple[Queue, ...] = ()
    deadlines: tuple[Deadline, ...] = ()

    def __post_init__(self) -> None:
        check(self)

    def state(self, name: str) -> State:
        """The state of a name. Raises KeyError."""
        return {each.name: each for each in self.states}[name]

    def queue(self, name: str) -> Queue:
        """The queue of a name. Raises KeyError."""
        return {each.name: each for each in self.queues}[name]

    def transition(self, name: str) -> Transition | None:
        """The transition of a name, or None."""
        return next((each for each in self.transitions if each.name == name), None)

    def deadline(self, name: str) -> Deadline | None:
        """The deadline of a name, or None."""
        return next((each for each in self.deadlines if each.name == name), None)


def someone_else(transition: str, refusal: Words) -> Guard:
    """The guard that who took a transition last does not take this one too (four eyes)."""

    def holds(situation: Situation) -> bool:
        steps = [s for s in situation.history if s.kind == "moved" and s.name == transition]
        return not steps or steps[-1].actor != situation.actor

    return Guard(f"someone-else-than-{transition}", holds, refusal)


def check(definition: Definition) -> None:
    """See that a definition holds together. Raises DefinitionFault with the first fault."""
    states = _names(definition, "states", (each.name for each in definition.states))
    queues = _names(definition, "queues", (each.name for each in definition.queues))
    ways = _names(definition, "transitions", (each.name for each in definition.transitions))
    _names(definition, "deadlines", (each.name for each in definition.deadlines))
    _known(definition, "initial", {definition.initial}, states)
    final = {each.name for each in definition.states if each.final}
    if definition.initial in final:
        raise _fault(definition, "a case cannot begin in a final state")
    for state in definition.states:
        _known(definition, state.name, {state.queue} - {None}, queues)
        _names(definition, state.name, (need.name for need in state.signatures))
        if state.final and (state.queue or state.signatures):
            raise _fault(definition, f"{state.name} is final, so nothing can wait there")
    for way in definition.transitions:
        _known(definition, way.name, {way.target, *way.sources}, states)
        if way.sources & final:
            raise _fault(definition, f"{way.name} leads out of a final state")
    for deadline in definition.deadlines:
        _known(definition, deadline.name, deadline.states, states)
        if deadline.states & final:
            raise _fault(definition, f"{deadline.name} runs in a final state")
        _names(definition, deadline.name, (each.name for each in deadline.escalations))
        for step in deadline.escalations:
            _known(definition, step.name, {step.queue} - {None}, queues)
            _known(definition, step.name, {step.transition} - {None}, ways)
            _check_escalation(definition, deadline, step)


def _check_escalation(definition: Definition, deadline: Deadline, step: Escalation) -> None:
    way = definition.transition(step.transition) if step.transition else None
    if way is None:
        return
    if way.guards or way.signed or step.queue or step.priority:
        raise _fault(definition, f"{step.name}: {way.name} must go by itself, without guards")
    if not deadline.states <= way.sources:
        raise _fault(definition, f"{step.name}: {way.name} does not leave all of {deadline.name}")


def _names(definition: Definition, where: str, names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for name in names:
        if name in found:
            raise _fault(definition, f"{where} has {name} twice")
        found.add(name)
    return found


def _known(
    definition: Definition, where: str, names: Iterable[str | None], known: set[str]
) -> None:
    strange = {str(name) for name in names} - known
    if strange:
        raise _fault(definition, f"{where} names {sorted(strange)}, which is not there")


def _fault(definition: Definition, text: str) -> DefinitionFault:
    return DefinitionFault(f"{definition.key} {definition.version}: {text}")
