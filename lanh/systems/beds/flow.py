"""The way of a daily report: expected, late, missing, reported, taken in. Clocks move it."""

from __future__ import annotations

from datetime import date

from lanh.core.workflow import (
    Deadline,
    Definition,
    Escalation,
    Queue,
    State,
    Term,
    Transition,
)
from lanh.kit import catalogue
from lanh.nation.calendar import clock
from lanh.nation.roles import HOSPITAL_PLANNER, PROVINCIAL_OFFICER

WORDS = catalogue(__file__)

REPORT = "bed-report"
AT_HOSPITAL, AT_PROVINCE = "bed-reports-due", "bed-reports-missing"
_PLANNERS = frozenset({HOSPITAL_PLANNER.code})
_OFFICERS = frozenset({PROVINCIAL_OFFICER.code})
_WRITTEN = date(2026, 1, 1)  # the day whose terms this version of the flow goes by


def _term(key: str) -> Term:
    return clock(key, _WRITTEN).term


def _state(name: str, queue: str | None = None, *, final: bool = False) -> State:
    return State(name, WORDS[f"beds.state.{name}"], queue, final)


def _way(name: str, sources: set[str], target: str, roles: frozenset[str], *, reason: bool = False
         ) -> Transition:  # fmt: skip
    return Transition(
        name, WORDS[f"beds.way.{name}"], frozenset(sources), target, roles, reason=reason
    )


def _deadline(name: str, state: str, term: Term, escalation: Escalation) -> Deadline:
    return Deadline(name, WORDS[f"beds.deadline.{name}"], term, frozenset({state}), (escalation,))


FLOW = Definition(
    key=REPORT,
    version=1,
    title=WORDS["beds.report"],
    record_type="MeasureReport",
    initial="expected",
    openers=frozenset({"system"}),
    states=(
        _state("expected", AT_HOSPITAL),
        _state("late", AT_HOSPITAL),
        _state("missing", AT_PROVINCE),
        _state("returned", AT_HOSPITAL),
        _state("reported"),
        _state("accepted", final=True),
        _state("excused", final=True),
    ),
    transitions=(
        _way("send", {"expected", "late", "missing", "returned"}, "reported", _PLANNERS),
        _way("return", {"reported"}, "returned", _OFFICERS, reason=True),
        _way("accept", {"reported"}, "accepted", _OFFICERS),
        _way("excuse", {"late", "missing"}, "excused", _OFFICERS, reason=True),
        _way("become-late", {"expected"}, "late", frozenset()),
        _way("become-missing", {"late"}, "missing", frozenset()),
        _way("take-in", {"reported"}, "accepted", frozenset()),
    ),
    queues=(
        Queue(AT_HOSPITAL, WORDS["beds.queue.due"], _PLANNERS, _PLANNERS),
        Queue(AT_PROVINCE, WORDS["beds.queue.missing"], _OFFICERS, _OFFICERS, "urgent"),
    ),
    deadlines=(
        _deadline(
            "due", "expected", _term("daily-beds"),
            Escalation("late", _term("daily-beds"), transition="become-late"),
        ),
        _deadline(
            "overdue", "late", _term("daily-beds-late"),
            Escalation("missing", _term("daily-beds-late"), transition="become-missing"),
        ),
        _deadline(
            "mend", "returned", _term("daily-beds-late"),
            Escalation("not-mended", _term("daily-beds-late"), priority="asap"),
        ),
        _deadline(
            "check", "reported", _term("daily-beds-check"),
            Escalation("checked", _term("daily-beds-check"), transition="take-in"),
        ),
    ),
)  # fmt: skip
