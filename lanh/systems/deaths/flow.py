"""The way of a notice: two signatures, the registry's answer, within 4 working hours."""

from __future__ import annotations

from lanh.core.text import Words
from lanh.core.workflow import (
    Deadline,
    Definition,
    Escalation,
    Queue,
    SignatureNeed,
    State,
    Term,
    Transition,
    Unit,
)
from lanh.nation.calendar import CLOCKS
from lanh.nation.roles import HOSPITAL_DOCTOR, HOSPITAL_HEAD
from lanh.systems.deaths.words import WORDS

KEY = "deaths.notice"
REGISTRY = "system:civil-registry"
"""The role under which the answer of the civil registry moves a case: no person can have it."""

DOCTORS = frozenset({HOSPITAL_DOCTOR.code})
HEADS = frozenset({HOSPITAL_HEAD.code})
_REGISTRY = frozenset({REGISTRY})


def _state(name: str, queue: str | None = None, *needs: SignatureNeed) -> State:
    return State(name, WORDS[f"state.{name}"], queue, name == "withdrawn", needs)


def _way(
    name: str, sources: str, target: str, roles: frozenset[str], title: Words | None = None,
    *, reason: bool = False, signed: bool = False,
) -> Transition:  # fmt: skip
    words = title or WORDS[f"act.{name}"]
    return Transition(
        name, words, frozenset(sources.split()), target, roles, reason=reason, signed=signed
    )


def _queue(name: str, roles: frozenset[str]) -> Queue:
    return Queue(name, WORDS[f"queue.{name}"], roles, HEADS)


# Clocks that changed by law would be a new version of this definition, with the new term.
_TERM = next(each.term for each in CLOCKS if each.key == "death-data" and each.until is None)

NOTICE = Definition(
    key=KEY,
    version=1,
    title=WORDS["workflow.title"],
    record_type="Composition",
    initial="signing",
    openers=DOCTORS,
    states=(
        _state(
            "signing", "heads",
            SignatureNeed("doctor", WORDS["need.doctor"], DOCTORS),
            SignatureNeed("head", WORDS["need.head"], HEADS),
        ),
        _state("returned", "doctors"),
        _state("sent"),
        _state("refused", "doctors"),
        _state("registered"),
        _state("withdrawn"),
    ),
    transitions=(
        _way("send", "signing", "sent", HEADS, signed=True),
        _way("return", "signing", "returned", HEADS, reason=True),
        _way("resubmit", "signing returned refused registered", "signing", DOCTORS),
        _way("accept", "sent", "registered", _REGISTRY),
        _way("refuse", "sent", "refused", _REGISTRY, reason=True),
        _way("withdraw", "signing returned refused", "withdrawn", HEADS, reason=True),
    ),
    queues=(_queue("heads", HEADS), _queue("doctors", DOCTORS), _queue("late", HEADS)),
    deadlines=(
        Deadline(
            "notice", WORDS["deadline.notice"], _TERM,
            frozenset({"signing", "returned", "refused"}),
            (
                Escalation("hurry", Term(max(_TERM.amount - 1, 0), Unit.WORKING_HOURS),
                           priority="urgent"),
                Escalation("late", _TERM, queue="late"),
            ),
        ),
    ),
)  # fmt: skip
