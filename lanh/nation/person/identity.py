"""The identity state of each source Patient, kept so that it can be worked through and counted."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lanh.core.database import Plan, execute, fetch
from lanh.core.matching import Features
from lanh.nation.person.features import PERSONAL, display_name, features_of
from lanh.nation.person.register import IdentityState


@dataclass(frozen=True, slots=True)
class Answer:
    """What the register said of one Patient; `said` is that of the Patient that was asked about."""

    patient: str
    said: bytes
    state: IdentityState


def said_of(patient: Mapping[str, Any], features: Features | None = None) -> bytes:
    """A digest of what the register is asked: number, name, birth date, sex."""
    parts = (
        *sorted((features or features_of(dict(patient))).values(PERSONAL)),
        display_name(dict(patient)),
        patient.get("birthDate") or "",
        patient.get("gender") or "",
    )
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


def note_identities(patients: Sequence[tuple[Mapping[str, Any], Features]]) -> Plan[None]:
    """Note Patients as written: without a number, or not verified yet. One statement.

    A state that the register gave stays while what was compared is the same.
    """
    if not patients:
        return
    yield from execute(
        "INSERT INTO nation.identity_state AS held (patient, state, commune, said)"
        " SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])"
        " ON CONFLICT (patient) DO UPDATE SET commune = excluded.commune, said = excluded.said,"
        "  state = CASE WHEN held.said = excluded.said THEN held.state ELSE excluded.state END,"
        "  since = CASE WHEN held.said = excluded.said THEN held.since ELSE now() END"
        " WHERE (held.said, held.commune) IS DISTINCT FROM (excluded.said, excluded.commune)",
        [features.record_id for _, features in patients],
        [
            str(
                IdentityState.NOT_VERIFIED if features.values(PERSONAL) else IdentityState.NO_NUMBER
            )
            for _, features in patients
        ],
        [features.place for _, features in patients],
        [said_of(patient, features) for patient, features in patients],
    )


def keep_answers(answers: Iterable[Answer]) -> Plan[int]:
    """Keep what the register said; returns how many states changed.

    An answer about a Patient that was changed meanwhile is dropped: it will be asked again.
    """
    kept = list(answers)
    rows = yield from fetch(
        "UPDATE nation.identity_state AS held SET state = answer.state, since = now()"
        " FROM unnest($1::text[], $2::bytea[], $3::text[]) AS answer (patient, said, state)"
        " WHERE held.patient = answer.patient AND held.said = answer.said"
        " AND held.state <> answer.state RETURNING held.patient",
        [answer.patient for answer in kept],
        [answer.said for answer in kept],
        [str(answer.state) for answer in kept],
    )
    return len(rows)


def forget_identities(patients: Sequence[str]) -> Plan[None]:
    """Drop the states of Patients that were deleted."""
    yield from execute(
        "DELETE FROM nation.identity_state WHERE patient = ANY($1::text[])", list(patients)
    )


def identity_states(patients: Sequence[str]) -> Plan[dict[str, IdentityState]]:
    """The state of each Patient that has one."""
    rows = yield from fetch(
        "SELECT patient, state FROM nation.identity_state WHERE patient = ANY($1::text[])",
        list(patients),
    )
    return {row[0]: IdentityState(row[1]) for row in rows}


def count_identities(communes: Collection[str] | None = None) -> Plan[dict[IdentityState, int]]:
    """How many Patients stand in each state: in the country, or with residence in `communes`."""
    rows = yield from fetch(
        "SELECT state, count(*) FROM nation.identity_state"
        " WHERE $1::text[] IS NULL OR commune = ANY($1::text[]) GROUP BY state",
        None if communes is None else sorted(communes),
    )
    counted = {str(row[0]): int(row[1]) for row in rows}
    return {state: counted.get(str(state), 0) for state in IdentityState}


def identity_worklist(
    state: IdentityState, communes: Collection[str], after: str = "", limit: int = 50
) -> Plan[list[str]]:
    """A page of Patients in a state with residence in `communes`, by id; `after` is the last seen.

    A list of no communes is empty: who works through it does so for named places.
    """
    rows = yield from fetch(
        "SELECT patient FROM nation.identity_state WHERE state = $1::text"
        " AND commune = ANY($2::text[]) AND patient > $3::text"
        " ORDER BY patient LIMIT $4::integer",
        str(state),
        sorted(communes),
        after,
        limit,
    )
    return [row[0] for row in rows]
