"""Who the linked Patients are, what they react to, what they take, what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lanh.core import ui
from lanh.core.text import Language, Message, fold, nfc
from lanh.core.web.record import reading
from lanh.core.web.record.reading import Json
from lanh.core.web.services import Record
from lanh.core.web.words import WORDS

_MEDICINES = {"MedicationRequest", "MedicationDispense", "MedicationStatement"}
# SNOMED CT, and HL7's International Patient Summary: asked, and none known.
NO_KNOWN_ALLERGY = {"716186003", "no-known-allergies"}
_NOT_SO = {"entered-in-error", "cancelled", "refuted"}


def _struck(resource: Json) -> bool:
    words = {str(resource.get("status")), reading.code(resource.get("verificationStatus"))}
    return bool(words & _NOT_SO)


def of_type(records: Sequence[Record], *types: str) -> list[Record]:
    """Records of these types that hold, newest clinical time first."""
    kept = [r for r in records if r.type in types and not _struck(r.resource)]
    return sorted(kept, key=lambda r: reading.sort_key(reading.when(r.resource)), reverse=True)


def _name(patient: Json) -> str:
    names = reading.several(patient, "name")
    official = next((n for n in names if n.get("use") == "official"), names[0] if names else {})
    if official.get("text"):
        return nfc(str(official["text"]))
    given = " ".join(str(part) for part in official.get("given", []))
    return nfc(f"{official.get('family', '')} {given}".strip())


def _address(patient: Json, residence: str) -> str:
    """Street or hamlet as the source wrote it, then the place: by its code if it has one."""
    for address in reading.several(patient, "address"):
        lines = [address["text"]] if address.get("text") else list(address.get("line", []))
        told = fold(", ".join(str(line) for line in lines))
        wider = residence.split(", ") if residence else [address.get("city"), address.get("state")]
        parts = [*lines, *(part for part in wider if part and fold(str(part)) not in told)]
        return nfc(", ".join(str(part) for part in parts))
    return residence


def _died(patient: Json) -> str:
    return str(patient.get("deceasedDateTime") or "")


def person(
    patients: Sequence[Record],
    identifiers: Mapping[str, str],
    language: Language,
    residence: Callable[[Json], str] = lambda patient: "",
    number_warnings: Callable[[str, str, str, str], Sequence[Message]] = lambda *_: (),
) -> ui.PersonFacts:
    """One banner for all linked Patients: the most recently updated word wins, gaps are filled.

    `identifiers` maps the identifier systems worth showing to their words, in their order;
    `number_warnings` says where one disagrees with the sex and birth date that are shown.
    """
    newest = [r.resource for r in sorted(patients, key=lambda r: r.updated, reverse=True)]
    sex = next((str(p["gender"]) for p in newest if p.get("gender")), "unknown")
    birth = next((str(p["birthDate"]) for p in newest if p.get("birthDate")), "")
    numbers: list[tuple[str, str]] = []
    warnings: list[str] = []
    for system, label in identifiers.items():
        found = (
            str(identifier.get("value", ""))
            for patient in newest
            for identifier in reading.several(patient, "identifier")
            if identifier.get("system") == system and identifier.get("use") != "old"
        )
        number = next(found, "")
        numbers.append((label, number))
        warnings += [each.say(language) for each in number_warnings(system, number, sex, birth)]
    phones = (
        str(telecom.get("value", ""))
        for patient in newest
        for telecom in reading.several(patient, "telecom")
        if telecom.get("system") == "phone"
    )
    dead = any(patient.get("deceasedBoolean") for patient in newest)
    died = next((day for patient in newest if (day := _died(patient))), "")
    tags: list[tuple[str, ui.Tone]] = []
    if dead and not died:
        tags.append((WORDS["person.dead"].say(language), "off"))
    return ui.PersonFacts(
        name=next(
            (name for p in newest if (name := _name(p))), WORDS["person.nameless"].say(language)
        ),
        sex=sex,
        birth=birth,
        died=died,
        numbers=numbers,
        phone=next(phones, ""),
        address=next((text for p in newest if (text := _address(p, residence(p)))), ""),
        tags=tags,
        warnings=warnings,
    )


def safety(records: Sequence[Record]) -> tuple[list[ui.Allergy], bool]:
    """The allergies that hold, worst first, and whether anybody has asked at all."""
    allergies: dict[str, ui.Allergy] = {}
    asked = False
    for record in of_type(records, "AllergyIntolerance"):
        resource = record.resource
        asked = True
        inactive = reading.code(resource.get("clinicalStatus")) in {"inactive", "resolved"}
        if inactive or reading.code(resource.get("code")) in NO_KNOWN_ALLERGY:
            continue
        substance = reading.concept(resource.get("code")) or WORDS["person.unnamed_allergy"].vi
        reactions = [
            reading.concept(manifestation)
            for reaction in reading.several(resource, "reaction")
            for manifestation in reading.several(reaction, "manifestation")
        ]
        severe = resource.get("criticality") == "high" or any(
            reaction.get("severity") == "severe"
            for reaction in reading.several(resource, "reaction")
        )
        known = allergies.get(fold(substance))
        if known is None or (severe and not known.severe):
            allergies[fold(substance)] = ui.Allergy(substance, ", ".join(reactions), severe)
    worst_first = sorted(allergies.values(), key=lambda a: (not a.severe, fold(a.substance)))
    return worst_first, asked


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine as prescribed or handed over."""

    name: str
    dose: str
    quantity: str
    when: str
    status: str
    record: Record


def medicines(records: Sequence[Record], language: Language) -> list[Medicine]:
    """Prescriptions and dispensings, newest first."""
    found: list[Medicine] = []
    for record in of_type(records, *_MEDICINES):
        resource = record.resource
        doses = reading.several(resource, "dosageInstruction") or reading.several(
            resource, "dosage"
        )
        dose = "; ".join(nfc(str(item["text"])) for item in doses if item.get("text"))
        amount = resource.get("quantity") or reading.dig(resource, "dispenseRequest.quantity")
        found.append(
            Medicine(
                name=medicine_name(resource, records),
                dose=dose,
                quantity=reading.quantity(amount, language),
                when=reading.when(resource),
                status=str(resource.get("status", "")),
                record=record,
            )
        )
    return found


def medicine_name(resource: Json, records: Sequence[Record]) -> str:
    """The drug's name: its concept, or the referenced or contained Medication's."""
    name = reading.concept(resource.get("medicationCodeableConcept"))
    if name:
        return name
    reference = str(reading.dig(resource, "medicationReference.reference") or "")
    for contained in reading.several(resource, "contained"):
        if reference == f"#{contained.get('id')}":
            return reading.concept(contained.get("code"))
    for record in records:
        if record.type == "Medication" and reference.endswith(f"Medication/{record.id}"):
            return reading.concept(record.resource.get("code"))
    return str(reading.dig(resource, "medicationReference.display") or "")


@dataclass(frozen=True, slots=True)
class Result:
    """A measured value. `flag` is "high", "low", "abnormal" or ""."""

    name: str
    value: str
    range: str
    flag: str
    when: str
    category: str
    record: Record


def results(records: Sequence[Record], language: Language) -> list[Result]:
    """Measured values, newest first."""
    return [result(record, language) for record in of_type(records, "Observation")]


def result(record: Record, language: Language) -> Result:
    """One Observation as a line."""
    observation = record.resource
    categories = reading.several(observation, "category")
    return Result(
        name=reading.concept(observation.get("code")),
        value=reading.value(observation, language),
        range=reading.reference_range(observation, language),
        flag=reading.out_of_range(observation),
        when=reading.when(observation),
        category=reading.code(categories[0]) if categories else "",
        record=record,
    )


def problems(records: Sequence[Record]) -> list[tuple[str, str]]:
    """Active conditions as (words, since), each once, newest first."""
    found: dict[str, tuple[str, str]] = {}
    for record in of_type(records, "Condition"):
        status = reading.code(record.resource.get("clinicalStatus"))
        if status in {"active", "recurrence", "relapse", ""}:
            words = reading.concept(record.resource.get("code"))
            if words:
                found.setdefault(fold(words), (words, reading.when(record.resource)))
    return list(found.values())
