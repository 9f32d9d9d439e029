"""Cases and their history as they are kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from lanh.core import audit
from lanh.core.access import Access
from lanh.core.database import Plan, Row, execute, fetch

StepKind: TypeAlias = Literal[
    "opened", "moved", "claimed", "given-back", "assigned", "escalated", "signed", "migrated"
]

LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Focus:
    """The record that a case is about, and where it stands for access predicates."""

    type: str
    id: str
    patient: str | None = None
    custodian: str | None = None
    commune: str | None = None
    sensitivity: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands. `due` is the nearest end of its running clocks; `fresh` says that this
    call opened it."""

    id: str
    definition: str
    version: int
    state: str
    revision: int
    steps: int
    focus: Focus
    opened_at: datetime
    entered_at: datetime
    due: datetime | None
    closed_at: datetime | None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a case: who, why, when, from where to where."""

    number: int
    at: datetime
    kind: StepKind
    name: str
    actor: str
    purpose: str
    on_behalf_of: str | None
    from_state: str | None
    to_state: str
    version: int
    reason: str


COLUMNS = (
    "c.id, c.definition, c.version, c.state, c.revision, c.steps, c.focus_type, c.focus_id,"
    " c.patient, c.custodian, c.commune, c.sensitivity, c.opened_at, c.entered_at, c.due,"
    " c.closed_at"
)
WIDTH = 16

_STEP = """
INSERT INTO workflow.step (case_id, number, at, kind, name, actor, purpose, on_behalf_of,
                           from_state, to_state, version, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_SAVE = """
UPDATE workflow.cases SET state = $2, version = $3, revision = $4, steps = $5, entered_at = $6,
       due = $7::timestamptz, closed_at = $8::timestamptz
WHERE id = $1
"""


def case_of(row: Row) -> Case:
    """The case of a row of COLUMNS."""
    identity, definition, version, state, revision, steps, kind, record_id, *place = row[:WIDTH]
    patient, custodian, commune, sensitivity, opened_at, entered_at, due, closed_at = place
    focus = Focus(kind, record_id, patient, custodian, commune, sensitivity or "")
    return Case(
        identity,
        definition,
        version,
        state,
        revision,
        steps,
        focus,
        opened_at,
        entered_at,
        due,
        closed_at,
    )


def record(
    case: Case,
    kind: StepKind,
    name: str,
    access: Access,
    moment: datetime,
    *,
    before: str | None,
    reason: str = "",
) -> Plan[Case]:
    """Keep a case as it now stands, one more step of its history, and the entry of the audit.

    The case is locked.
    """
    case = replace(case, steps=case.steps + 1)
    yield from execute(
        _SAVE,
        case.id,
        case.state,
        case.version,
        case.revision,
        case.steps,
        case.entered_at,
        case.due,
        case.closed_at,
    )
    yield from execute(
        _STEP,
        case.id,
        case.steps,
        moment,
        kind,
        name,
        access.actor,
        str(access.purpose),
        access.on_behalf_of,
        before,
        case.state,
        case.version,
        reason,
    )
    entry = audit.Entry.of(
        access,
        f"workflow.{kind}",
        patient=case.focus.patient,
        type=case.focus.type,
        id=case.focus.id,
        detail=f"{case.definition}:{name or case.state}",
    )
    yield from audit.append([entry])
    return case


def steps_of(case_id: str) -> Plan[list[Step]]:
    """The history of a case, in order."""
    rows = yield from fetch(
        "SELECT number, at, kind, name, actor, purpose, on_behalf_of, from_state, to_state,"
        " version, reason FROM workflow.step WHERE case_id = $1 ORDER BY number",
        case_id,
    )
    return [Step(*row) for row in rows]


def erase_words(patients: Collection[str]) -> Plan[None]:
    """Empty what people wrote in cases about source Patients, and evidence of signatures.

    For an order of erasure; that a case went its way stays.
    """
    yield from execute(
        "UPDATE workflow.step SET reason = '' WHERE reason <> '' AND case_id IN"
        " (SELECT id FROM workflow.cases WHERE patient = ANY($1::text[]))",
        list(patients),
    )
    yield from execute(
        "UPDATE workflow.signature SET evidence = NULL WHERE case_id IN"
        " (SELECT id FROM workflow.cases WHERE patient = ANY($1::text[]))",
        list(patients),
    )
