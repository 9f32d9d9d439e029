"""The port People: persons found and opened under an access, and a steward's decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from lanh.core import matching
from lanh.core.access import Access, permitted
from lanh.core.database import Plan
from lanh.core.store import Context, Store, Stored
from lanh.core.web.services import (
    DecisionRefused,
    FoundPeople,
    FoundPerson,
    LinksToReview,
    LinkToReview,
    PatientLink,
)
from lanh.nation import naming, person
from lanh.nation.facility import FacilityNames
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import Places
from lanh.site.pages.care import in_care

_BY_LIKENESS = ("demographics", "newborn")


@dataclass(frozen=True, slots=True)
class PagePeople:
    """People for the pages. Every Patient shown was read under the page's own access."""

    store: Store
    facilities: FacilityNames
    stewardship: person.Stewardship
    places: Places

    def find(self, text: str, access: Access, limit: int, cursor: str | None) -> Plan[FoundPeople]:
        """Search by name (folded), by a number, or by the whole text of a scanned card."""
        if not permitted(access, "search", "Patient"):
            return FoundPeople([], None, "nothing")
        hits = yield from person.find_people(self.store, text, access, limit, cursor)
        people = [self._found(hit) for hit in hits.hits]
        return FoundPeople(people, hits.next_cursor, hits.wanted.kind)

    def links(self, person_id: str, access: Access) -> Plan[Sequence[PatientLink]]:
        """The linked source Patients that this access may see; empty where there is none."""
        links = yield from matching.links_of([person_id])
        access = yield from in_care(self.store, [link.record_id for link in links], access)
        stored = yield from self._patients([link.record_id for link in links], access)
        names = yield from self.facilities.of(entry.custodian for entry in stored.values())
        return [
            _page_link(link, stored[link.record_id], names)
            for link in links
            if link.record_id in stored
        ]

    def person_of(self, patient: str, access: Access) -> Plan[str | None]:
        """The Person of a source Patient, where this access may see that Patient."""
        stored = yield from self._patients([patient], access)
        if patient not in stored:
            return None
        persons = yield from matching.persons_of([patient])
        return persons.get(patient)

    def to_review(self, access: Access, limit: int, cursor: str | None) -> Plan[LinksToReview]:
        """Links that were made by likeness and that nobody has confirmed."""
        links = yield from matching.links_by_rule(_BY_LIKENESS, cursor, limit + 1)
        page = yield from self._reviews(links[:limit], access)
        following = links[limit - 1].record_id if len(links) > limit else None
        return LinksToReview(page, following)

    def review(self, patient: str, access: Access) -> Plan[LinkToReview | None]:
        """One source Patient's present link, in the form of the review list."""
        persons = yield from matching.persons_of([patient])
        if patient not in persons:
            return None
        links = yield from matching.links_of([persons[patient]])
        own = [link for link in links if link.record_id == patient]
        found = yield from self._reviews(own, access)
        return found[0] if found else None

    def confirm(self, patient: str, reason: str, access: Access) -> Plan[None]:
        """A steward says that the link is right. Raises DecisionRefused, as do the next two."""
        yield from _kept(self.stewardship.confirm(patient, reason, access))

    def unlink(self, patient: str, reason: str, access: Access) -> Plan[None]:
        """Give the source Patient a Person of its own; moves no record."""
        yield from _kept(self.stewardship.unlink(patient, reason, access))

    def link(self, patient: str, person_id: str, reason: str, access: Access) -> Plan[None]:
        """Link the source Patient to this Person; moves no record."""
        yield from _kept(self.stewardship.link(patient, person_id, reason, access))

    def _patients(self, patients: Sequence[str], access: Access) -> Plan[dict[str, Stored]]:
        wanted = [("Patient", patient) for patient in patients]
        stored = yield from self.store.read_many(wanted, Context(access))
        return {entry.id: entry for entry in stored if not entry.deleted}

    def _reviews(self, links: Sequence[matching.Link], access: Access) -> Plan[list[LinkToReview]]:
        together = yield from matching.records_of([link.person_id for link in links])
        wanted = {record for records in together.values() for record in records}
        stored = yield from self._patients(sorted(wanted), access)
        names = yield from self.facilities.of(entry.custodian for entry in stored.values())
        reviews: list[LinkToReview] = []
        for link in links:
            if link.record_id not in stored:
                continue
            others = [
                stored[record]
                for record in together[link.person_id]
                if record != link.record_id and record in stored
            ]
            own = stored[link.record_id]
            beside = others[0].resource() if others else own.resource()
            reviews.append(
                LinkToReview(
                    _page_link(link, own, names),
                    self.fields(own.resource()),
                    self.fields(beside),
                    len(others),
                )
            )
        return reviews

    def _found(self, hit: person.Hit) -> FoundPerson:
        patient = hit.patients[0]
        return FoundPerson(
            person=hit.person_id,
            name=person.display_name(patient),
            sex=patient.get("gender", ""),
            birth_date=patient.get("birthDate", ""),
            residence=self.residence(patient),
            personal_number=person.masked(_first(hit.patients, naming.PERSONAL_NUMBER)),
            insurance_number=person.masked(
                _first(hit.patients, naming.INSURANCE_CARD)
                or _first(hit.patients, naming.INSURANCE_NUMBER)
            ),
            deceased=any(_deceased(found) for found in hit.patients),
            exact=hit.exact,
        )

    def fields(self, patient: Mapping[str, Any]) -> dict[str, str]:
        """What two Patients are compared by on a steward's screen; keys are the catalogue's."""
        insured = _first([patient], naming.INSURANCE_CARD) or _first(
            [patient], naming.INSURANCE_NUMBER
        )
        return {
            "name": person.display_name(dict(patient)),
            "birth": patient.get("birthDate", ""),
            "sex": patient.get("gender", ""),
            "place": self.residence(patient),
            "phone": next(
                (
                    telecom.get("value", "")
                    for telecom in patient.get("telecom") or []
                    if telecom.get("system") == "phone"
                ),
                "",
            ),
            "personal-number": _first([patient], naming.PERSONAL_NUMBER),
            "insurance-number": person.insurance_number(insured) or insured,
        }

    def residence(self, patient: Mapping[str, Any]) -> str:
        """The commune and province by the code where there is one, else as the source wrote it."""
        code = person.residence(dict(patient))
        commune = self.places.commune(code, datetime.now(VIETNAM).date()) if code else None
        if commune is not None:
            province = self.places.province_of(commune.code, commune.valid_from)
            return ", ".join(unit.name for unit in (commune, province) if unit)
        for address in patient.get("address") or []:
            parts = [address.get("city"), address.get("state")]
            return ", ".join(part for part in parts if part) or str(address.get("text", ""))
        return ""


def _deceased(patient: Mapping[str, Any]) -> bool:
    return bool(patient.get("deceasedDateTime") or patient.get("deceasedBoolean"))


def _first(patients: Sequence[Mapping[str, Any]], system: str) -> str:
    for patient in patients:
        for identifier in patient.get("identifier") or []:
            if identifier.get("system") == system and identifier.get("value"):
                return str(identifier["value"])
    return ""


def _page_link(link: matching.Link, stored: Stored, names: Mapping[str, str]) -> PatientLink:
    return PatientLink(
        patient=link.record_id,
        person=link.person_id,
        facility=stored.custodian or "",
        facility_name=names.get(stored.custodian or "", stored.custodian or ""),
        rule=link.rule,
        rule_name=person.MESSAGES[f"person.rule.{link.rule}"],
        score=Decimal(str(link.score)),
        evidence={part.feature: part.finding for part in link.evidence if part.feature != "prior"},
        decided_at=link.decided_at,
        decided_by=link.decided_by,
        receipt=naming.receipt_of(stored.source),
    )


def _kept(decision: Plan[None]) -> Plan[None]:
    """A decision on a link; where its Patient or Person is gone by now, it is refused."""
    try:
        yield from decision
    except person.LinkRefused as error:
        raise DecisionRefused(error.message, overtaken=True) from error
