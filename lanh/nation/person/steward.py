"""A data steward's decisions on links: reversible, with a reason, audited; no record moves."""

from __future__ import annotations

from dataclasses import dataclass

from lanh.core import audit, matching
from lanh.core.access import Access, system_access
from lanh.core.database import Plan
from lanh.core.store import Context
from lanh.core.text import Message
from lanh.nation.person.identifiers import MESSAGES
from lanh.nation.person.linking import PersonLinking, new_person_id


class LinkRefused(Exception):
    """A decision that cannot be carried out; `message` says why and what to do."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.en)
        self.message = message


@dataclass(frozen=True, slots=True)
class Stewardship:
    """What a data steward may decide; the caller has checked that the subject is one."""

    linking: PersonLinking

    def link(self, patient: str, person: str, reason: str, access: Access) -> Plan[None]:
        """Put a source Patient under a Person. Raises LinkRefused where either is unknown."""
        known = yield from matching.records_of([person])
        if not known[person]:
            raise LinkRefused(MESSAGES.message("person.steward.no-person"))
        try:
            change = yield from matching.link(patient, person, access.subject.id, reason)
        except matching.UnknownRecord as error:
            raise LinkRefused(MESSAGES.message("person.steward.unknown")) from error
        yield from self._carry_out(change, "link", access)

    def unlink(self, patient: str, reason: str, access: Access) -> Plan[None]:
        """Give a source Patient a Person of its own. Raises LinkRefused where it is unknown."""
        try:
            change = yield from matching.unlink(patient, access.subject.id, reason, new_person_id)
        except matching.UnknownRecord as error:
            raise LinkRefused(MESSAGES.message("person.steward.unknown")) from error
        yield from self._carry_out(change, "unlink", access)

    def confirm(self, patient: str, reason: str, access: Access) -> Plan[None]:
        """Say that the link in force is right: from now on the rules leave it alone."""
        persons = yield from matching.persons_of([patient])
        if patient not in persons:
            raise LinkRefused(MESSAGES.message("person.steward.unknown"))
        yield from self.link(patient, persons[patient], reason, access)

    def _carry_out(self, change: matching.Change, action: str, access: Access) -> Plan[None]:
        context = Context(access)
        platform = yield from self._patient(change.record_id)
        yield from self.linking.keep_persons([change], platform, context)
        entry = audit.Entry.of(
            access, action, patient=change.record_id, type="Person", id=change.person_id
        )
        yield from audit.append([entry])

    def _patient(self, patient: str) -> Plan[dict[str, dict[str, object]]]:
        context = Context(system_access("person-linking"))
        stored = yield from self.linking.store().read("Patient", patient, context)
        return {} if stored is None or stored.deleted else {patient: stored.resource()}
