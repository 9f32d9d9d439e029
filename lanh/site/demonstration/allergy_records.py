"""What a station knows of allergies, as AllergyIntolerance: each one, or that none is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lanh.nation import codes, naming
from lanh.site.demonstration.fhir_records import (
    Resource,
    coding,
    meta,
    patient_reference,
    staff_reference,
    standard,
)  # fmt: skip
from lanh.site.demonstration.model import Allergy, Asked, Person
from lanh.site.demonstration.randomness import record_id

ATC = "http://www.whocc.no/atc"
# The code of HL7's International Patient Summary for "asked, and none known".
_NONE_KNOWN = {
    "coding": [{"system": naming.ABSENT_UNKNOWN, "code": "no-known-allergies"}],
    "text": "Không ghi nhận dị ứng",
}


def of(person: Person) -> Iterator[Resource]:
    """The records of a person; none where nobody asked."""
    asked = person.asked
    if asked is None:
        return
    for allergy in asked.allergies:
        yield _record(person, asked, allergy.allergen, _detail(allergy))
    if not asked.allergies:
        yield _record(person, asked, "none", {"code": _NONE_KNOWN})


def _record(person: Person, asked: Asked, key: str, detail: Resource) -> Resource:
    resource: Resource = {
        "resourceType": "AllergyIntolerance",
        "id": record_id("allergy", asked.facility.code, person.key, key),
        "meta": meta(),
        "clinicalStatus": standard("allergyintolerance-clinical", "active"),
        # Told by the patient and not tested; that none is known is all that can be confirmed.
        "verificationStatus": standard(
            "allergyintolerance-verification", "confirmed" if key == "none" else "unconfirmed"
        ),
        "patient": patient_reference(person, asked.facility),
        "recordedDate": asked.at.isoformat(),
        "recorder": staff_reference(asked.by),
        **detail,
    }
    if asked.visit is not None:
        visit = record_id("encounter", asked.facility.code, asked.visit)
        resource["encounter"] = {"reference": f"Encounter/{visit}"}
    return resource


def _detail(allergy: Allergy) -> dict[str, Any]:
    allergen = codes.concept("allergens", allergy.allergen)
    code = coding(naming.ALLERGEN, "allergens", allergen.code)
    classes = str(allergen.properties.get("atc", "")).split()
    code["coding"] += [{"system": ATC, "code": item} for item in classes]
    detail: dict[str, Any] = {
        "type": "allergy",
        "category": [allergen.properties["category"]],
        "criticality": "high" if allergy.high else "low",
        "code": code,
        "reaction": [{"manifestation": [{"text": allergy.reaction}],
                      "severity": allergy.severity}],
    }  # fmt: skip
    if allergy.onset is not None:
        detail["onsetDateTime"] = str(allergy.onset)
    return detail
