"""What the pages need about people, their records, and who looked at them; see `services`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.text import Message, Words


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """One hit of a search. Numbers come masked; `exact` is a match with the same diacritics."""

    person: str
    name: str
    sex: str
    birth_date: str
    residence: str
    personal_number: str = ""
    insurance_number: str = ""
    deceased: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """A page of hits; `read_as` is what the text was taken for (a name, a number, a card)."""

    people: Sequence[FoundPerson]
    next_cursor: str | None = None
    read_as: Literal["name", "number", "card", "insurance", "nothing"] = "name"
    fault: Message | None = None


@dataclass(frozen=True, slots=True)
class PatientLink:
    """One source Patient of a Person and why it is linked."""

    patient: str
    person: str
    facility: str
    facility_name: str
    rule: str
    rule_name: Words
    score: Decimal | None
    evidence: Mapping[str, str]  # code of a feature -> code of a finding (`Services.link_words`)
    decided_at: datetime
    decided_by: str
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class LinkToReview:
    """A link made by likeness: the source Patient's own words beside the Person's.

    Fields by the code of their feature (`Services.link_words`); "sex" and "birth" as FHIR has them.
    """

    link: PatientLink
    patient_fields: Mapping[str, str]
    person_fields: Mapping[str, str]
    other_patients: int


@dataclass(frozen=True, slots=True)
class LinksToReview:
    """A page of links to review, newest first; `total` where the callee counted."""

    links: Sequence[LinkToReview]
    next_cursor: str | None = None
    total: int | None = None


class People(Protocol):
    """Persons and the source Patients linked to them."""

    def find(self, text: str, access: Access, limit: int, cursor: str | None) -> Plan[FoundPeople]:
        """Search by name (folded), by a number, or by the whole text of a scanned card."""
        ...

    def links(self, person: str, access: Access) -> Plan[Sequence[PatientLink]]:
        """The linked source Patients that this access may see; empty where there is none."""
        ...

    def person_of(self, patient: str, access: Access) -> Plan[str | None]:
        """The Person of a source Patient, where this access may see that Patient."""
        ...

    def to_review(self, access: Access, limit: int, cursor: str | None) -> Plan[LinksToReview]:
        """Links that were made by demographics and that nobody has confirmed."""
        ...

    def review(self, patient: str, access: Access) -> Plan[LinkToReview | None]:
        """One source Patient's present link, in the form of the review list."""
        ...

    def confirm(self, patient: str, reason: str, access: Access) -> Plan[None]:
        """A steward says that the link is right."""
        ...

    def unlink(self, patient: str, reason: str, access: Access) -> Plan[None]:
        """Give the source Patient a Person of its own; moves no record."""
        ...

    def link(self, patient: str, person: str, reason: str, access: Access) -> Plan[None]:
        """Link the source Patient to this Person; moves no record."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """A stored resource with where it came from."""

    type: str
    id: str
    version: int
    updated: datetime
    resource: Mapping[str, Any]
    facility: str | None = None
    facility_name: str | None = None
    receipt: str | None = None


class Records(Protocol):
    """Stored records about people."""

    def of_patients(self, patients: Sequence[str], access: Access) -> Plan[Sequence[Record]]:
        """Every readable record of these source Patients' compartments, the Patients too."""
        ...


# ---- audit -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """That somebody looked at people's records, to be written before the page is sent."""

    action: Literal["search", "read", "link", "unlink", "confirm", "sign-in", "sign-out"]
    access: Access | None
    subject: str
    person: str | None = None
    patients: Sequence[str] = ()
    detail: Mapping[str, str] = field(default_factory=dict)
    outcome: Literal["success", "refused"] = "success"


@dataclass(frozen=True, slots=True)
class Opened:
    """One line of a person's access log: who, from where, when, for what purpose."""

    at: datetime
    who: str
    role_name: Words | None
    facility_name: str
    purpose: str
    action: str


class AuditTrail(Protocol):
    """The access log."""

    def append(self, openings: Sequence[Opening]) -> Plan[None]:
        """Write entries into the current transaction."""
        ...

    def of_person(
        self, person: str, patients: Sequence[str], access: Access, limit: int, cursor: str | None
    ) -> Plan[tuple[Sequence[Opened], str | None]]:
        """Who opened this person's records, newest first, with the next cursor."""
        ...
