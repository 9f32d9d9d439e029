"""Whose records need not be kept any more: a list for a records officer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from lanh.core import fhir
from lanh.core.access import system_access
from lanh.core.database import Plan
from lanh.core.store import Context, last_dates, scan
from lanh.nation import naming
from lanh.nation.local_time import VIETNAM
from lanh.nation.retention.rules import RULES, Keep, keep

_PLATFORM = Context(system_access("retention"))
# Nothing that happened more recently than the shortest rule says can be due.
_SHORTEST = timedelta(days=365 * min(rule.years for rule in RULES if rule.years is not None))
_DIAGNOSED = ("Condition", "Claim", "Encounter", "Procedure")


@dataclass(frozen=True, slots=True)
class Due:
    """A source Patient whose records need not be kept any more, and since when."""

    patient: str
    keep: Keep


def due(on: date, after: str = "", limit: int = 500) -> Plan[tuple[list[Due], str | None]]:
    """Those due among the next `limit` Patients by id, and where to go on (None: the end)."""
    now = datetime.now(UTC)
    rows, go_on = yield from scan("Patient", _PLATFORM, at=now, after=after, limit=limit)
    patients = {row.id: fhir.loads(row.body) for row in rows if not row.deleted}
    last = yield from last_dates(list(patients))
    # What goes on has its end in the year 9999, which no other zone can tell.
    oldest = datetime.combine(on, time(), VIETNAM) - _SHORTEST
    old = {name: at.astimezone(VIETNAM).date() for name, at in last.items() if at <= oldest}
    codes = yield from _diagnoses(list(old), now)
    found = []
    for patient, day in sorted(old.items()):
        kept = keep(patients[patient], codes.get(patient, set()), day)
        if kept.until is not None and kept.until < on:
            found.append(Due(patient, kept))
    return found, go_on


def _diagnoses(patients: list[str], now: datetime) -> Plan[dict[str, set[str]]]:
    found: dict[str, set[str]] = {}
    for kind in _DIAGNOSED if patients else ():
        after: str | None = ""
        while after is not None:
            rows, after = yield from scan(kind, _PLATFORM, at=now, after=after, patients=patients)
            for row in rows:
                if row.patient is not None and not row.deleted:
                    codes = found.setdefault(row.patient, set())
                    codes.update(_icd10(fhir.loads(row.body)))
    return found


def _icd10(part: Any) -> Iterator[str]:
    """Every ICD-10 code in a resource, wherever it stands."""
    if isinstance(part, list):
        for each in part:
            yield from _icd10(each)
    elif isinstance(part, dict):
        if part.get("system") == naming.ICD10 and isinstance(part.get("code"), str):
            yield part["code"]
        for each in part.values():
            if isinstance(each, (dict, list)):
                yield from _icd10(each)
