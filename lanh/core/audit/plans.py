"""Appending entries, and reading back those about a patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lanh.core.audit.entries import Act, Entry, Listing
from lanh.core.database import Plan, execute, fetch

_APPEND = """
INSERT INTO audit.entry
    (action, subject, purpose, on_behalf_of, detail, outcome, types, ids, patients)
SELECT action, subject, purpose, on_behalf_of, detail, outcome, types, ids,
       string_to_array(patients, ',')
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[])
    AS t (action, subject, purpose, on_behalf_of, detail, outcome, types, ids, patients)
"""

_OF_PATIENT = """
SELECT at, action, subject, purpose, on_behalf_of, detail, outcome
FROM audit.entry
WHERE patients @> ARRAY[$1::text]
ORDER BY at DESC
LIMIT $2::integer
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One act on a patient's records, as the patient may see it."""

    at: datetime
    action: str
    subject: str
    purpose: str
    on_behalf_of: str | None
    detail: str
    outcome: str


def append(entries: Sequence[Entry | Listing]) -> Plan[None]:
    """Append entries in the current unit of work: one statement, one row for each kind of act.

    Entries that differ only in their target (type, id, patient) share a row.
    """
    if not entries:
        return
    groups: dict[Act, list[tuple[str | None, str | None, str | None]]] = {}
    for entry in entries:
        group = groups.get(entry.act)
        if group is None:
            group = groups[entry.act] = []
        group.extend(entry.targets)
    columns: list[list[str | None]] = [[] for _ in range(9)]
    for act, targets in groups.items():
        for column, value in zip(columns, (*act, *_told(targets)), strict=True):
            column.append(value)
    yield from execute(_APPEND, *columns)


def _told(targets: Sequence[tuple[str | None, str | None, str | None]]) -> tuple[str, str, str]:
    types = [kind or "" for kind, _, _ in targets]
    patients = dict.fromkeys(patient for _, _, patient in targets if patient)
    return (
        types[0] if len(set(types)) == 1 else ",".join(types),
        ",".join([name or "" for _, name, _ in targets]),
        ",".join(patients),
    )


def of_patient(patient: str, limit: int = 100) -> Plan[list[Recorded]]:
    """Who read or wrote a patient's records, newest first."""
    rows = yield from fetch(_OF_PATIENT, patient, limit)
    return [Recorded(*row) for row in rows]
