"""What the mappings of one package share: its facility, its keys, and small FHIR shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.rules import parse_moment
from lanh.core.bus import Draft, derived_id
from lanh.nation import naming
from lanh.nation.local_time import VIETNAM

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
REGISTERED_FACILITY = "urn:lanh:extension:registered-facility"  # on Coverage: valueIdentifier


@dataclass(frozen=True, slots=True)
class Case:
    """One episode of one facility. Ids follow from facility and MA_BN or MA_LK."""

    facility: str
    row: Row

    @property
    def key(self) -> str:
        """MA_LK."""
        return self.row.values["MA_LK"]

    @property
    def patient_number(self) -> str:
        """MA_BN."""
        return self.row.values["MA_BN"]

    def id(self, kind: str, *parts: str) -> str:
        """The id of a record of this facility."""
        return derived_id(self.facility, kind, *parts)

    @property
    def patient(self) -> dict[str, str]:
        """The reference to the Patient; the same as that of HL7 v2 messages of the facility."""
        return {"reference": f"Patient/{self.id('Patient', self.patient_number)}"}

    @property
    def encounter(self) -> dict[str, str]:
        """The reference to the Encounter."""
        return {"reference": f"Encounter/{self.id('Encounter', self.key)}"}

    @property
    def organization(self) -> dict[str, Any]:
        """The facility, by its code."""
        identifier = {"system": naming.FACILITY_CODE, "value": self.facility}
        return {"type": "Organization", "identifier": identifier}

    def draft(self, resource: dict[str, Any], *parts: str, **options: Any) -> Draft:
        """A draft whose id follows from the parts."""
        kind = resource["resourceType"]
        return Draft(kind, resource, id=self.id(kind, *parts), settled=True, **options)


def moment(text: str) -> str | None:
    """yyyyMMddHHmm, Vietnamese time, as FHIR dateTime."""
    found = parse_moment(text)
    return found.replace(tzinfo=VIETNAM).isoformat() if found else None


def coding(system: str, code: str, display: str = "") -> dict[str, str]:
    """A Coding; white space in a code is folded to what FHIR allows."""
    result = {"system": system, "code": re.sub(r"\s+", " ", code).strip()}
    return result | {"display": display} if display else result


def concept(system: str, code: str, text: str = "") -> dict[str, Any]:
    """A CodeableConcept of one code."""
    result: dict[str, Any] = {"coding": [coding(system, code, text)]} if code else {}
    return result | {"text": text} if text else result


def practitioners(text: str) -> list[dict[str, Any]]:
    """MA_BAC_SI and its like ("a;b(c)") as references by licence number.

    A code in brackets is the facility's own number of somebody under supervision, or without a
    licence (Decision 4750, XML2 field 32); it is told apart by its use.
    """
    found = []
    for item in text.split(";"):
        match = re.fullmatch(r"\s*([^()]*?)\s*(?:\(([^()]*)\))?\s*", item)
        licence, staff = match.groups() if match else (item.strip(), None)
        if licence:
            identifier = {"system": naming.PRACTITIONER_LICENCE, "value": licence}
            found.append({"type": "Practitioner", "identifier": identifier})
        if staff and staff.strip():
            identifier = {"use": "secondary", "value": staff.strip()}
            found.append({"type": "Practitioner", "identifier": identifier})
    return found


def icd10(code: str) -> str:
    """An ICD-10 code with its point and without dagger or star: "J189" becomes "J18.9"."""
    plain = code.strip().rstrip("†*+").replace(".", "")
    return f"{plain[:3]}.{plain[3:]}" if len(plain) > 3 else plain


def elements(text: str) -> list[str]:
    """The elements of a list separated by ";", empty ones left out."""
    return [item.strip() for item in text.split(";") if item.strip()]
