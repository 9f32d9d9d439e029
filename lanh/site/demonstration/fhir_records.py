"""Records as a station's or a clinic's system writes them: plain FHIR R4 dictionaries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from lanh.nation import codes, naming
from lanh.nation import visit as visits
from lanh.nation.person import IdentityState
from lanh.site.demonstration.identity import is_newborn
from lanh.site.demonstration.model import (
    Death,
    Dispensed,
    Dose,
    Episode,
    Facility,
    Finding,
    Person,
    Place,
    Recorded,
    Staff,
)  # fmt: skip
from lanh.site.demonstration.randomness import record_id
from lanh.site.demonstration.results import reference

Resource: TypeAlias = dict[str, Any]

_HL7 = "http://terminology.hl7.org/CodeSystem/"
_META = {"tag": [{"system": naming.DEMONSTRATION_TAG[0], "code": naming.DEMONSTRATION_TAG[1]}]}
CAUSE_OF_DEATH = "69453-9"
PRESSURE_PANEL = "85354-9"


def meta(*sensitive: str) -> Resource:
    """meta with the demonstration tag, and security labels where the record is sensitive."""
    labels = [{"system": _HL7 + "v3-ActCode", "code": code} for code in sensitive]
    return {**_META, "security": labels} if labels else dict(_META)


def sensitivity(diagnoses: list[str]) -> tuple[str, ...]:
    """The labels that a diagnosis asks for: HIV (B20-B24), psychiatry (F20-F48)."""
    found = {"HIV" for code in diagnoses if "B20" <= code[:3] <= "B24"}
    found |= {"PSY" for code in diagnoses if "F20" <= code[:3] <= "F48"}
    return tuple(sorted(found))


def coding(system: str, listed: str, code: str) -> Resource:
    """A CodeableConcept of a bundled list, with its Vietnamese display."""
    display = codes.concept(listed, code).display.vi
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def standard(name: str, code: str) -> Resource:
    """A CodeableConcept of one of HL7's own code systems."""
    return {"coding": [{"system": _HL7 + name, "code": code}]}


def facility_reference(facility: Facility) -> Resource:
    """A facility by its code, as every sender can name it."""
    identifier = {"system": naming.FACILITY_CODE, "value": facility.code}
    return {"type": "Organization", "identifier": identifier, "display": facility.name}


def staff_reference(staff: Staff) -> Resource:
    """A practitioner by licence number."""
    identifier = {"system": naming.PRACTITIONER_LICENCE, "value": staff.licence}
    return {"type": "Practitioner", "identifier": identifier, "display": staff.name}


def patient_id(person: Person, facility: Facility) -> str:
    """The id of the facility's record of a person."""
    return record_id("patient", facility.code, person.key)


def patient_reference(person: Person, facility: Facility) -> Resource:
    """A reference to that record."""
    return {"reference": f"Patient/{patient_id(person, facility)}"}


def address(place: Place, line: str) -> Resource:
    """An address with its commune as the shared extension."""
    commune = {"system": naming.COMMUNE, "code": place.commune, "display": place.commune_name}
    return {
        "extension": [{"url": naming.COMMUNE_EXTENSION, "valueCoding": commune}],
        "use": "home",
        "text": f"{line}, {place.commune_name}, {place.province_name}",
        "line": [line],
        "city": place.commune_name,
        "state": place.province_name,
        "country": "VN",
    }


def human_name(text: str) -> Resource:
    """A name: family name first, as it is written."""
    family, *given = text.split()
    return {"use": "official", "text": text, "family": family, "given": given or [family]}


def patient(
    record: Recorded,
    facility: Facility,
    until: date,
    siblings: Sequence[Person] = (),
    *,
    died: datetime | None = None,
) -> Resource:
    """The facility's record of a person. `siblings` are those of the household."""
    person = record.person
    identifiers = [{"system": naming.patient_number(facility.code), "value": record.patient_number}]
    if record.number is not None:
        identifiers.append({"system": naming.PERSONAL_NUMBER, "value": record.number})
    if person.card is not None:
        identifiers.append({"system": naming.INSURANCE_CARD, "value": person.card})
        number = {"system": naming.INSURANCE_NUMBER, "value": person.insurance_number}
        identifiers.append(number)
    group = codes.concept("ethnic_groups", person.ethnic).display.vi
    ethnic = {"system": naming.ETHNIC_GROUP, "code": person.ethnic, "display": group}
    extensions: list[Resource] = [{"url": naming.ETHNIC_EXTENSION, "valueCoding": ethnic}]
    if is_newborn(person, until) and person.mother is not None:
        extensions.append({"url": naming.MOTHER_EXTENSION, "valueIdentifier": _mother(record)})
    resource: Resource = {
        "resourceType": "Patient",
        "id": patient_id(person, facility),
        "meta": meta(),
        "extension": extensions,
        "identifier": identifiers,
        "name": [human_name(record.name)],
        "gender": record.sex,
        "birthDate": record.birth.isoformat(),
        "address": [address(record.place, record.line)],
        "managingOrganization": facility_reference(facility),
    }
    if is_newborn(person, until) and (order := birth_order(person, siblings)):
        resource["multipleBirthInteger"] = order
    if record.phone:
        resource["telecom"] = [{"system": "phone", "value": record.phone, "use": "mobile"}]
    if died is not None:
        resource["deceasedDateTime"] = died.isoformat()
    return resource


def birth_order(person: Person, siblings: Sequence[Person]) -> int | None:
    """The place of a person in a multiple birth, from 1, or None for a single one."""
    same = [p for p in siblings if p.mother is person.mother and p.birth == person.birth]
    same.sort(key=lambda p: p.key)
    return same.index(person) + 1 if len(same) > 1 else None


def _mother(record: Recorded) -> Resource:
    mother = record.person.mother
    if mother is None:
        raise ValueError("this record names no mother")
    if mother.state is IdentityState.NO_NUMBER:
        system = naming.patient_number(record.facility.code)
        return {"system": system, "value": f"{record.facility.code[2:]}{mother.key:08d}"}
    return {"system": naming.PERSONAL_NUMBER, "value": mother.number}


def visit(episode: Episode) -> Iterator[Resource]:
    """The records of one visit: Encounter, Conditions, Observations, medicines."""
    labels = sensitivity(episode.diagnoses)
    where, who = episode.facility, episode.person
    own = record_id("encounter", where.code, episode.key)
    subject = patient_reference(who, where)
    about = {
        "meta": meta(*labels),
        "subject": subject,
        "encounter": {"reference": f"Encounter/{own}"},
    }
    conditions = [
        {
            "resourceType": "Condition",
            "id": record_id("condition", where.code, episode.key, code),
            **about,
            "clinicalStatus": standard("condition-clinical", _course(episode)),
            "verificationStatus": standard("condition-ver-status", "confirmed"),
            "category": [standard("condition-category", "encounter-diagnosis")],
            "code": coding(naming.ICD10, "icd10", code),
            "recordedDate": episode.end.isoformat(),
            "asserter": staff_reference(episode.doctor),
        }
        for code in episode.diagnoses
    ]
    yield _encounter(episode, own, subject, conditions, labels)
    yield from conditions
    yield from observations(episode, about)
    for number, given in enumerate(episode.dispensed):
        if episode.pharmacy is None:
            yield dispense(episode, given, number, where, about)
        else:
            yield _request(episode, given, number, about)


def _course(episode: Episode) -> str:
    return "active" if episode.care_type == "05" else "resolved"


def _encounter(
    episode: Episode,
    own: str,
    subject: Resource,
    conditions: list[Resource],
    labels: tuple[str, ...],
) -> Resource:
    ward = "IMP" if episode.inpatient else "EMER" if episode.emergency else "AMB"
    return {
        "resourceType": "Encounter",
        "id": own,
        "meta": meta(*labels),
        "identifier": [visits.number(episode.facility.code, episode.key)],
        "status": "finished",
        "class": {"system": _HL7 + "v3-ActCode", "code": ward},
        "type": [coding(naming.CARE_TYPE, "care_types", episode.care_type)],
        "subject": subject,
        "participant": [{"individual": staff_reference(episode.doctor)}],
        "period": {"start": episode.start.isoformat(), "end": episode.end.isoformat()},
        "reasonCode": [{"text": episode.reason}],
        "diagnosis": [
            {"condition": {"reference": f"Condition/{item['id']}"}, "rank": rank}
            for rank, item in enumerate(conditions, 1)
        ],
        "serviceProvider": facility_reference(episode.facility),
    }


def observations(episode: Episode, about: Resource) -> Iterator[Resource]:
    """Results and vital signs; the two blood pressures are one Observation."""
    pressures = [f for f in episode.findings if f.test in ("8480-6", "8462-4")]
    if pressures:
        yield {
            **_observed(episode, pressures[0], about, PRESSURE_PANEL),
            "code": {"coding": [{"system": naming.LOINC, "code": PRESSURE_PANEL,
                                 "display": "Huyết áp"}], "text": "Huyết áp"},
            "component": [
                {"code": coding(naming.LOINC, "laboratory", f.test), **_value(f, episode)}
                for f in pressures
            ],
        }  # fmt: skip
    for finding in episode.findings:
        if finding not in pressures:
            yield {
                **_observed(episode, finding, about, finding.test),
                "code": coding(naming.LOINC, "laboratory", finding.test),
                **_value(finding, episode),
            }


def _observed(episode: Episode, finding: Finding, about: Resource, code: str) -> Resource:
    vital = codes.concept("laboratory", finding.test).properties["kind"] == "vital"
    category = "vital-signs" if vital else "laboratory"
    return {
        "resourceType": "Observation",
        "id": record_id("observation", episode.facility.code, episode.key, code),
        **about,
        "status": "final",
        "category": [standard("observation-category", category)],
        "effectiveDateTime": finding.at.isoformat(),
        "performer": [facility_reference(episode.facility)],
    }


def _value(finding: Finding, episode: Episode) -> Resource:
    test = codes.concept("laboratory", finding.test)
    if not isinstance(finding.value, Decimal):
        return {"valueString": finding.value}
    unit = str(test.properties["ucum"])
    shape = {"unit": unit, "system": naming.UCUM, "code": unit}
    found: Resource = {"valueQuantity": {"value": finding.value, **shape}}
    limits = reference(test, episode.person.sex == "female")
    if limits is not None:
        low, high = ({"value": limit, **shape} for limit in limits)
        found["referenceRange"] = [{"low": low, "high": high}]
    if finding.flag:
        found["interpretation"] = [standard("v3-ObservationInterpretation", finding.flag)]
    return found


def _dosage(given: Dispensed) -> list[Resource]:
    return [{"text": f"Ngày {given.per_day} lần, trong {given.days} ngày"}]


def prescription_code(episode: Episode) -> str:
    """The code of a prescription: facility, seven signs, kind C (Circular 26/2025)."""
    own = record_id("prescription", episode.facility.code, episode.key).replace("-", "")[:7]
    return f"{episode.facility.code}{own}-c"


def _request(episode: Episode, given: Dispensed, number: int, about: Resource) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": record_id("request", episode.facility.code, episode.key, number),
        **about,
        "identifier": [{"system": "urn:lanh:id:prescription", "value": prescription_code(episode)}],
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": coding(naming.DRUG, "drugs", given.drug),
        "authoredOn": episode.end.isoformat(),
        "requester": staff_reference(episode.doctor),
        "dosageInstruction": _dosage(given),
        "dispenseRequest": {"quantity": _quantity(given)},
    }


def _quantity(given: Dispensed) -> Resource:
    unit = str(codes.concept("drugs", given.drug).properties["unit"])
    return {"value": given.quantity, "unit": unit}


def dispense(
    episode: Episode, given: Dispensed, number: int, at: Facility, about: Resource
) -> Resource:
    """A medicine handed over, by the facility of the visit or by a pharmacy."""
    resource: Resource = {
        "resourceType": "MedicationDispense",
        "id": record_id("dispense", at.code, episode.key, number),
        "meta": about["meta"],
        "status": "completed",
        "medicationCodeableConcept": coding(naming.DRUG, "drugs", given.drug),
        "subject": patient_reference(episode.person, at),
        "performer": [{"actor": facility_reference(at)}],
        "quantity": _quantity(given),
        "daysSupply": {"value": given.days, "unit": "ngày", "system": naming.UCUM, "code": "d"},
        "whenHandedOver": episode.end.isoformat(),
        "dosageInstruction": _dosage(given),
    }
    if at is episode.facility:
        resource["context"] = about["encounter"]
    else:
        code = {"system": "urn:lanh:id:prescription", "value": prescription_code(episode)}
        resource["authorizingPrescription"] = [{"type": "MedicationRequest", "identifier": code}]
    return resource


def immunization(dose: Dose) -> Resource:
    """A vaccine dose."""
    vaccine = codes.concept("vaccines", dose.vaccine)
    routes = {"im": "IM", "sc": "SQ", "id": "IDINJ", "po": "PO"}
    return {
        "resourceType": "Immunization",
        "id": record_id("dose", dose.facility.code, dose.person.key, dose.vaccine, dose.number),
        "meta": meta(),
        "status": "completed",
        "vaccineCode": coding(naming.CVX, "vaccines", dose.vaccine),
        "patient": patient_reference(dose.person, dose.facility),
        "occurrenceDateTime": dose.at.isoformat(),
        "primarySource": True,
        "lotNumber": dose.lot,
        "expirationDate": dose.expires.isoformat(),
        "route": standard("v3-RouteOfAdministration", routes[str(vaccine.properties["route"])]),
        "performer": [
            {"actor": staff_reference(dose.by)}, {"actor": facility_reference(dose.facility)}
        ],
        "protocolApplied": [
            {
                "targetDisease": [{"text": vaccine.properties["disease"]}],
                "doseNumberPositiveInt": dose.number,
            }
        ],
    }  # fmt: skip


def cause_of_death(death: Death, station: Facility) -> Resource:
    """The cause of a death as the commune station enters it in its book."""
    return {
        "resourceType": "Observation",
        "id": record_id("death", station.code, death.person.key),
        "meta": meta(*sensitivity([death.cause])),
        "status": "final",
        "code": {
            "coding": [{"system": naming.LOINC, "code": CAUSE_OF_DEATH,
                        "display": "Nguyên nhân tử vong"}],
            "text": "Nguyên nhân tử vong",
        },
        "subject": patient_reference(death.person, station),
        "effectiveDateTime": death.at.isoformat(),
        "performer": [facility_reference(station)],
        "valueCodeableConcept": coding(naming.ICD10, "icd10", death.cause),
    }  # fmt: skip
