"""PID, PD1 and NK1 to Patient (guide: Segment PID to Patient)."""

from __future__ import annotations

import re
from typing import Any

from lanh.connectors.hl7v2.datatypes import (
    address,
    contact_point,
    human_name,
    practitioner,
    system_uri,
)
from lanh.connectors.hl7v2.reader import Message, Segment, Value
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.times import date_time, day
from lanh.nation import naming

# Table 0001, as the v2-to-FHIR concept map has it; a sex that is not there is "unknown".
SEX = {"M": "male", "F": "female", "O": "other", "A": "other", "N": "other", "U": "unknown",
       "X": "other"}  # fmt: skip
MARITAL = {"A", "D", "I", "L", "M", "C", "P", "S", "T", "U", "W"}
RELATION = {"EMC": "C", "EMR": "E", "NOK": "N", "FTH": "N", "MTH": "N", "SPO": "N"}

_PERSONAL = re.compile(r"\d{12}")
_CARD = re.compile(r"[A-Z]{2}\d{13}")
_INSURANCE = re.compile(r"\d{10}")
LOCAL_KINDS = ("MR", "PI", "PT", "AN", "")


def patient_number(segment: Segment) -> str:
    """The patient number by which the sender knows a person: PID-3 (or PID-2), MR before others."""
    values = [value for value in segment.all(3) if value[1]]
    for kind in ("MR", "PI", "PT"):
        for value in values:
            if value[5].upper() == kind:
                return value[1]
    if values:
        return values[0][1]
    return segment[2][1]


def substitute_number(message: Message) -> str:
    """What tells a person without a number apart: visit, order, or the message itself.

    Never name and birth date: two people may share them, and a record that holds two people's
    results cannot be taken apart again. Whether it is the same person is decided by the linking.
    """
    for name, place in (("PV1", 19), ("OBR", 3), ("ORC", 3), ("OBR", 2)):
        segment = message.first(name)
        if segment is not None and segment[place][1]:
            return f"~{name}-{place}:{segment[place].raw}"
    return f"~MSH:{message.header[3].raw}\n{message.control_id}"


def identifiers(scene: Scene, segment: Segment, number: str) -> list[dict[str, Any]]:
    """PID-3 (and PID-19) to Patient.identifier; the sender's own number first."""
    found = [own_number(scene, number, _kind(segment, number))] if number else []
    for value in segment.all(3):
        if value[1]:
            found.append(_identifier(scene, value, number))
    if segment[19][1] and segment[19][1] != number:
        found.append(_identifier(scene, segment[19], number, "SS"))
    unique: dict[tuple[str, str], dict[str, Any]] = {}
    for identifier in found:
        unique.setdefault((identifier["system"], identifier["value"]), identifier)
    return list(unique.values())


def _kind(segment: Segment, number: str) -> str:
    """The type (table 0203) under which the sender gives its own number: MR, PI or PT."""
    kinds = [value[5].upper() for value in segment.all(3) if value[1] == number]
    return next((kind for kind in ("MR", "PI", "PT") if kind in kinds), "MR")


def own_number(scene: Scene, number: str, kind: str = "MR") -> dict[str, Any]:
    """The sender's own number of a patient as Identifier of a type of table 0203."""
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": kind}
    return {
        "use": "usual",
        "type": {"coding": [coding]},
        "system": naming.patient_number(scene.place),
        "value": number,
    }


def _identifier(scene: Scene, value: Value, number: str, default: str = "") -> dict[str, Any]:
    kind = (value[5] or default).upper()
    text = value[1]
    system: str | None = None
    if kind in ("NI", "NNVNM", "NNVN", "PRN", "SS", "") and _PERSONAL.fullmatch(text):
        system = naming.PERSONAL_NUMBER
    elif _CARD.fullmatch(text):
        system = naming.INSURANCE_CARD
    elif kind in ("MB", "HC", "SB") and _INSURANCE.fullmatch(text):
        system = naming.INSURANCE_NUMBER
    elif kind == "PPN":
        system = naming.PASSPORT
    elif kind in LOCAL_KINDS and text == number:
        system = naming.patient_number(scene.place)
    if system is None:
        local = f"{scene.local}:patient"
        system = system_uri(value[4, 1], value[4, 2], value[4, 3], local) or (
            f"{local}:{kind.lower()}" if re.fullmatch(r"[A-Z0-9]+", kind) else local
        )
    result: dict[str, Any] = {"system": system, "value": text}
    if re.fullmatch(r"[A-Z0-9]{1,10}", kind):
        coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": kind}
        result = {"type": {"coding": [coding]}, **result}
    return result


def map_patient(scene: Scene, message: Message, segment: Segment, **options: Any) -> None:
    """Add the Patient of a PID with the contacts of its NK1s; sets `scene.patient`."""
    number = patient_number(segment)
    scene.number = number or substitute_number(message)
    resource: dict[str, Any] = {"resourceType": "Patient"}
    found = identifiers(scene, segment, number)
    if found:
        resource["identifier"] = found
    _demographics(scene, segment, resource)
    _death(scene, segment, resource)
    _primary_care(scene, message, resource)
    _background(scene, segment, resource)
    resource |= options.pop("told", {})
    contacts = [contact for nk1 in message.all("NK1") if (contact := _contact(scene, nk1))]
    if contacts:
        resource["contact"] = contacts
    mode = options.pop("mode", "merge")
    scene.patient = scene.draft(
        resource, scene.key("Patient", scene.number), mode=mode, kept=True, segment=segment,
        adapt=extensions_joined, **options,
    )  # fmt: skip


def _demographics(scene: Scene, segment: Segment, resource: dict[str, Any]) -> None:
    names = [name for value in segment.all(5) if (name := human_name(value))]
    if names:
        resource["name"] = names
    else:
        scene.note("warning", "required", "PID-5", "name-missing")
    born = scene.time(segment, 7)
    if born:
        resource["birthDate"] = born[:10]
        if "T" in born:
            resource["_birthDate"] = {
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                        "valueDateTime": born,
                    }
                ]
            }
    sex = segment[8][1].upper()
    if sex:
        resource["gender"] = SEX.get(sex, "unknown")
        if sex not in SEX:
            scene.note("warning", "code-invalid", "PID-8", "sex-unknown", value=sex)
    _telecom(segment, resource)
    addresses = [item for value in segment.all(11) if (item := address(value))]
    if addresses:
        resource["address"] = addresses
    status = segment[16][1].upper()
    if status in MARITAL:
        system = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
        resource["maritalStatus"] = {"coding": [{"system": system, "code": status}]}
    order = segment[25][1]
    if order.isdecimal() and len(order) <= 2 and int(order) > 0:
        resource["multipleBirthInteger"] = int(order)
    elif segment[24][1].upper() in ("Y", "N"):
        resource["multipleBirthBoolean"] = segment[24][1].upper() == "Y"
    for place, part in ((5, "name"), (7, "birthDate"), (8, "gender"), (11, "address")):
        if segment.is_null(place):
            resource[part] = None


def extensions_joined(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """What of `over` is laid over `under`: extensions that only the other told of stay.

    Several formats tell of one Patient, each in extensions of its own.
    """
    if "extension" not in over or "extension" not in under:
        return over
    told = {each["url"] for each in over["extension"]}
    others = [each for each in under["extension"] if each["url"] not in told]
    return {**over, "extension": [*over["extension"], *others]}


_EXTENSION = "http://hl7.org/fhir/StructureDefinition/"


def _background(scene: Scene, segment: Segment, resource: dict[str, Any]) -> None:
    """PID-6, PID-15, PID-17, PID-23 and PID-26: mother's name, language, religion, birth place."""
    extensions: list[dict[str, Any]] = []
    if segment[6][1, 1]:
        url = f"{_EXTENSION}patient-mothersMaidenName"
        extensions.append({"url": url, "valueString": segment[6][1, 1]})
    religion = scene.concept(segment[17])
    if religion:
        url = f"{_EXTENSION}patient-religion"
        extensions.append({"url": url, "valueCodeableConcept": religion})
    if segment[23][1]:
        url = f"{_EXTENSION}patient-birthPlace"
        extensions.append({"url": url, "valueAddress": {"text": segment[23][1]}})
    for value in segment.all(26):
        country = scene.concept(value)
        if country:
            code = {"url": "code", "valueCodeableConcept": country}
            url = f"{_EXTENSION}patient-citizenship"
            extensions.append({"url": url, "extension": [code]})
    if extensions:
        resource["extension"] = extensions
    language = scene.concept(segment[15])
    if language:
        resource["communication"] = [{"language": language, "preferred": True}]


def _telecom(segment: Segment, resource: dict[str, Any]) -> None:
    points: list[dict[str, Any]] = []
    for place, use in ((13, "home"), (14, "work"), (40, None)):
        for value in segment.all(place):
            point = contact_point(value, use)
            if point and point not in points:
                points.append(point)
    if points:
        resource["telecom"] = points
    elif segment.is_null(13):
        resource["telecom"] = None


def _primary_care(scene: Scene, message: Message, resource: dict[str, Any]) -> None:
    """PD1-3 and PD1-4 to generalPractitioner."""
    segment = message.first("PD1")
    if segment is None:
        return
    found: list[dict[str, Any]] = []
    for value in segment.all(3):
        if value[1]:
            found.append({"type": "Organization", "display": value[1]})
    for value in segment.all(4):
        reference = practitioner(value, scene.local)
        if reference:
            found.append(reference)
    if found:
        resource["generalPractitioner"] = found


def _death(scene: Scene, segment: Segment, resource: dict[str, Any]) -> None:
    died = scene.time(segment, 29)
    if died:
        resource["deceasedDateTime"] = died
    elif segment[30][1].upper() in ("Y", "N"):
        resource["deceasedBoolean"] = segment[30][1].upper() == "Y"


def _contact(scene: Scene, segment: Segment) -> dict[str, Any] | None:
    contact: dict[str, Any] = {}
    relations = [concept for place in (3, 7) if (concept := scene.concept(segment[place]))]
    if relations:
        contact["relationship"] = relations
    name = human_name(segment[2])
    if name:
        contact["name"] = name
    points = [
        point
        for place, use in ((5, "home"), (6, "work"))
        for value in segment.all(place)
        if (point := contact_point(value, use))
    ]
    if points:
        contact["telecom"] = points
    where = address(segment[4])
    if where:
        contact["address"] = where
    sex = segment[15][1].upper()
    if sex:
        contact["gender"] = SEX.get(sex, "unknown")
    start, end = day(segment[8][1]), day(segment[9][1])
    if start or end:
        span = {"start": start, "end": end if not (start and end and end < start) else None}
        contact["period"] = {key: value for key, value in span.items() if value}
    if not (name or points or where):
        return None
    return contact


def time_of_event(message: Message) -> str | None:
    """EVN-6 (when it happened), else EVN-2, else MSH-7, as FHIR dateTime."""
    event = message.first("EVN")
    texts = [event[6][1], event[2][1]] if event else []
    for text in [*texts, message.header[7][1]]:
        found = date_time(text)
        if found:
            return found
    return None
