"""Linking source Patients to Persons as they are written, in the same unit of work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import uuid_utils

from lanh.core import matching
from lanh.core.access import system_access
from lanh.core.database import Plan
from lanh.core.store import Context, Store, Write, Written
from lanh.nation import naming
from lanh.nation.local_time import VIETNAM
from lanh.nation.person.features import PERSONAL, POLICY, features_of
from lanh.nation.person.identity import forget_identities, note_identities

# FHIR Person.link.assurance: how sure the link is (R4, identity-assuranceLevel).
_ASSURANCE = {
    "personal-number": "level4",
    "steward": "level4",
    "insurance-number": "level3",
    "facility-number": "level3",
    "newborn": "level2",
    "demographics": "level2",
    "new": "level1",
}


def new_person_id() -> str:
    """A Person id: opaque, in order of time."""
    return str(UUID(int=uuid_utils.uuid7().int))


@dataclass(slots=True)
class PersonLinking:
    """The store's hook that links Patients, and what keeps the Person resources in step.

    `store` is asked for when it is needed, because the store itself is built with this hook.
    """

    store: Callable[[], Store]

    def hook(self, written: Sequence[Written], context: Context) -> Plan[None]:
        """Find or make the Person of each Patient written, and link it; deleted ones leave theirs.

        A constant number of statements whatever the size of the batch.
        """
        concerned = [entry for entry in written if entry.outcome.type == "Patient"]
        patients = {
            entry.outcome.id: entry.resource for entry in concerned if entry.resource is not None
        }
        changes: list[matching.Change] = []
        gone = [entry.outcome.id for entry in concerned if entry.outcome.id not in patients]
        if gone:
            changes += yield from matching.forget_records(gone)
            yield from forget_identities(gone)
        if patients:
            today = datetime.now(VIETNAM).date()
            read = [(patient, features_of(patient, today)) for patient in patients.values()]
            features = [each for _, each in read]
            changes += yield from matching.link_records(features, POLICY, new_person_id)
            yield from note_identities(read)
        yield from self.keep_persons(changes, patients, context)

    def keep_persons(
        self,
        changes: Iterable[matching.Change],
        patients: dict[str, dict[str, Any]],
        context: Context,
    ) -> Plan[None]:
        """Bring the Person resources in step with links that changed; no Patient is touched."""
        changes = list(changes)
        if not changes:
            return
        concerned = {change.person_id for change in changes if change.person_id}
        concerned |= {change.before for change in changes if change.before}
        platform = Context(system_access("person-linking"), source=context.source)
        stored = yield from self.store().read_many(
            [("Person", person) for person in sorted(concerned)], platform
        )
        persons = {entry.id: entry.resource() for entry in stored if not entry.deleted}
        existing = set(persons)
        for change in changes:
            if change.before in persons:
                _drop(persons[change.before], change.record_id)
            if not change.person_id:
                continue
            person = persons.setdefault(change.person_id, _empty(change.person_id))
            _add(person, change, patients.get(change.record_id))
        writes = [
            Write("update" if person in existing else "create", "Person", person, body)
            for person, body in persons.items()
        ]
        yield from self.store().write(writes, platform)

    def renew_persons(self, person_ids: Sequence[str], context: Context) -> Plan[None]:
        """Write Persons anew from the Patients that they still have: what others told is gone."""
        links = yield from matching.links_of(person_ids)
        wanted = [("Patient", link.record_id) for link in links]
        rows = yield from self.store().read_many(wanted, context)
        patients = {row.id: row.resource() for row in rows if not row.deleted}
        persons = {person: _empty(person) for person in person_ids}
        for link in links:
            change = matching.Change(
                link.record_id, link.person_id, link.rule, link.score, link.evidence
            )
            _add(persons[link.person_id], change, patients.get(link.record_id))
        writes = [Write("update", "Person", person, body) for person, body in persons.items()]
        if writes:
            yield from self.store().write(writes, context)


def _empty(person_id: str) -> dict[str, Any]:
    return {"resourceType": "Person", "id": person_id, "active": True}


def _drop(person: dict[str, Any], record_id: str) -> None:
    target = f"Patient/{record_id}"
    links = [link for link in person.get("link", []) if link["target"]["reference"] != target]
    if links:
        person["link"] = links
    else:
        person.pop("link", None)
        person["active"] = False


def _add(person: dict[str, Any], change: matching.Change, patient: dict[str, Any] | None) -> None:
    _drop(person, change.record_id)
    person["active"] = True
    link = {
        "extension": [
            {
                "url": naming.LINK_EXTENSION,
                "valueCodeableConcept": {
                    "coding": [{"system": naming.LINK_RULE, "code": change.rule}],
                    "text": " ".join(f"{part.feature}={part.finding}" for part in change.evidence)
                    or change.rule,
                },
            }
        ],
        "target": {"reference": f"Patient/{change.record_id}"},
        "assurance": _ASSURANCE.get(change.rule, "level1"),
    }
    person.setdefault("link", []).append(link)
    if patient is not None:
        _fill(person, patient)


def _fill(person: dict[str, Any], patient: dict[str, Any]) -> None:
    """Take over what the Person lacks; what stands is not overwritten by a later source."""
    for field in ("name", "gender", "birthDate"):
        if field not in person and field in patient:
            person[field] = patient[field]
    if "identifier" not in person:
        numbers = [
            identifier
            for identifier in patient.get("identifier") or []
            if identifier.get("system") == naming.PERSONAL_NUMBER
        ]
        if numbers and features_of(patient).values(PERSONAL):
            person["identifier"] = numbers
