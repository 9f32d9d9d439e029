"""PV1, PV2, DG1, PR1 and IN1 to Encounter and what belongs to a visit."""

from __future__ import annotations

from typing import Any

from lanh.connectors.hl7v2.datatypes import decimal, location, period, practitioner
from lanh.connectors.hl7v2.patient import time_of_event
from lanh.connectors.hl7v2.reader import Message, Segment
from lanh.connectors.hl7v2.scene import Scene
from lanh.nation import naming, visit

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
# Table 0004 (patient class); B (obstetrics) and R (recurring) are care without a bed here.
CLASS = {"I": "IMP", "O": "AMB", "E": "EMER", "P": "PRENC", "R": "AMB", "B": "IMP", "C": "AMB"}

# Trigger event to Encounter.status
STATUS = {
    "A01": "in-progress", "A02": "in-progress", "A03": "finished", "A04": "in-progress",
    "A05": "planned", "A06": "in-progress", "A07": "in-progress",
    "A11": "cancelled", "A12": "in-progress", "A13": "in-progress", "A14": "planned",
    "A21": "onleave", "A22": "in-progress", "A23": "entered-in-error", "A27": "cancelled",
    "A38": "cancelled", "A52": "in-progress", "A53": "onleave",
}  # fmt: skip


# Patient class to Encounter.status where no event tells: who is preadmitted has not come yet.
_STANDING = {"P": "planned"}


def map_encounter(scene: Scene, message: Message, event: str, *, mode: str = "merge") -> None:
    """Add the Encounter of PV1, keyed by visit number (PV1-19); sets `scene.encounter`.

    Without a visit number the visit is known by patient, class and admission time, and without
    those no Encounter is made.
    """
    segment = message.first("PV1")
    if segment is None:
        return
    number = segment[19][1]
    admitted = scene.time(segment, 44) or (
        time_of_event(message) if event in ("A01", "A04") else None
    )
    key = number or ("\n".join((scene.number, segment[2][1], admitted)) if admitted else "")
    if not key:
        if segment[2][1] not in ("", "N"):
            scene.note("information", "informational", "PV1-19", "visit-without-number")
        return
    resource = _encounter(scene, message, segment, event, admitted)
    if number:
        resource["identifier"] = [visit.number(scene.place, number)]
    if segment[50][1]:
        other = scene.identifier_cx(segment[50], "alternate-visit")
        resource["identifier"] = [*resource.get("identifier", []), other]
    # An event that says nothing about the state of the visit must not open a finished one again.
    initial = {}
    if event not in STATUS and resource["status"] != "finished":
        initial["status"] = resource.pop("status")
    scene.encounter = scene.draft(
        resource, scene.key("Encounter", key), mode=mode, kept=True, initial=initial,
        adapt=visit.told_again, segment=segment,
    )  # fmt: skip


def _encounter(
    scene: Scene, message: Message, segment: Segment, event: str, admitted: str | None
) -> dict[str, Any]:
    left = scene.time(segment, 45)
    code = segment[2][1].upper()
    status = STATUS.get(event) or ("finished" if left else _STANDING.get(code, "in-progress"))
    if status == "in-progress" and left and event != "A13":
        status = "finished"
    resource: dict[str, Any] = {
        "resourceType": "Encounter",
        "status": status,
        "class": {"system": ACT, "code": CLASS.get(code, "AMB")},
        "subject": {"reference": scene.patient},
        "serviceProvider": {
            "type": "Organization",
            "identifier": {"system": naming.FACILITY_CODE, "value": scene.place},
        },
    }
    if code not in CLASS and code not in ("", "N", "U"):
        scene.note("warning", "code-invalid", "PV1-2", "class-unknown", value=code)
    when: dict[str, Any] = period(segment[44][1], segment[45][1] if event != "A13" else "") or {}
    if admitted and "start" not in when:
        when["start"] = admitted
    if event == "A03" and "end" not in when and (moment := time_of_event(message)):
        when["end"] = moment
    if when.get("start", "") > when.get("end", "9999"):
        del when["end"]
    if event == "A13":
        when["end"] = None
    if when:
        resource["period"] = when
    _people(scene, segment, resource)
    _places(segment, resource)
    _detail(scene, message, segment, resource)
    return resource


def _people(scene: Scene, segment: Segment, resource: dict[str, Any]) -> None:
    participants = []
    kinds = ((7, "ATND"), (8, "REF"), (9, "CON"), (17, "ADM"), (52, "PART"))
    for place, code in kinds:
        for value in segment.all(place):
            reference = practitioner(value, scene.local)
            if reference is None:
                continue
            system = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
            kind = {"coding": [{"system": system, "code": code}]}
            participants.append({"type": [kind], "individual": reference})
    if participants:
        resource["participant"] = participants


def _places(segment: Segment, resource: dict[str, Any]) -> None:
    places: list[dict[str, Any]] = []
    for place, status in ((3, "active"), (6, "completed"), (11, "active"), (42, "planned")):
        reference = location(segment[place])
        if reference and reference not in [item["location"] for item in places]:
            places.append({"location": reference, "status": status})
    if places:
        resource["location"] = places


def _detail(scene: Scene, message: Message, segment: Segment, resource: dict[str, Any]) -> None:
    service = scene.concept(segment[10])
    if service:
        resource["serviceType"] = service
    kinds = [concept for place in (4, 18) if (concept := scene.concept(segment[place]))]
    if kinds:
        resource["type"] = kinds
    hospital: dict[str, Any] = {}
    for place, name in ((13, "reAdmission"), (14, "admitSource"), (36, "dischargeDisposition")):
        concept = scene.concept(segment[place])
        if concept:
            hospital[name] = concept
    for place, name in (
        (15, "specialArrangement"),
        (16, "specialCourtesy"),
        (38, "dietPreference"),
    ):
        concepts = [concept for value in segment.all(place) if (concept := scene.concept(value))]
        if concepts:
            hospital[name] = concepts
    if segment[5][1]:
        hospital["preAdmissionIdentifier"] = scene.identifier_cx(segment[5], "preadmission")
    if segment[37][1]:
        hospital["destination"] = {"type": "Location", "display": segment[37][1]}
    if hospital:
        resource["hospitalization"] = hospital
    more = message.first("PV2")
    if more is not None:
        _more(scene, more, resource)


def _more(scene: Scene, segment: Segment, resource: dict[str, Any]) -> None:
    """PV2-3 (reason), PV2-11 (length of stay in days), PV2-25 (priority)."""
    reason, urgency = scene.concept(segment[3]), scene.concept(segment[25])
    if reason:
        resource["reasonCode"] = [reason]
    if urgency:
        resource["priority"] = urgency
    days = decimal(segment[11][1])
    if days is not None and days >= 0:
        unit = {"unit": "d", "system": naming.UCUM, "code": "d"}
        resource["length"] = {"value": days, **unit}


def map_diagnoses(scene: Scene, message: Message) -> None:
    """DG1 to Condition; several of one code and visit are one Condition."""
    role_system = "http://terminology.hl7.org/CodeSystem/condition-category"
    for segment in message.all("DG1"):
        concept = scene.concept(segment[3])
        if concept is None and segment[4][1]:
            concept = {"text": segment[4][1]}
        if concept is None:
            scene.note("warning", "required", segment.at(3), "diagnosis-missing")
            continue
        category = {"coding": [{"system": role_system, "code": "encounter-diagnosis"}]}
        resource = scene.about(
            {"resourceType": "Condition", "category": [category], "code": concept}
        )
        clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
        verified = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
        working = segment[6][1].upper() in ("W", "A")
        resource["verificationStatus"] = {
            "coding": [{"system": verified, "code": "provisional" if working else "confirmed"}]
        }
        resource["clinicalStatus"] = {"coding": [{"system": clinical, "code": "active"}]}
        if segment[21][1].upper() == "D":
            del resource["clinicalStatus"]
            resource["verificationStatus"]["coding"][0]["code"] = "entered-in-error"
        recorded = scene.time(segment, 19) or scene.time(segment, 5)
        if recorded:
            resource["recordedDate"] = recorded
        number = scene.identifier(segment[20], "diagnosis")
        if number:
            resource["identifier"] = [number]
        asserter = practitioner(segment[16], scene.local)
        if asserter:
            resource["asserter"] = asserter
        code = segment[3][1] or segment[4][1]
        key = scene.key("Condition", scene.encounter or scene.number, code)
        scene.draft(resource, key, segment=segment)


def map_procedures(scene: Scene, message: Message) -> None:
    """PR1 to Procedure."""
    for segment in message.all("PR1"):
        concept = scene.concept(segment[3])
        if concept is None and segment[4][1]:
            concept = {"text": segment[4][1]}
        if concept is None:
            scene.note("warning", "required", segment.at(3), "procedure-missing")
            continue
        resource = scene.about(
            {"resourceType": "Procedure", "status": "completed", "code": concept}
        )
        when = scene.time(segment, 5)
        if when:
            resource["performedDateTime"] = when
        performers = [
            {"actor": reference}
            for place in (8, 11, 12)
            for value in segment.all(place)
            if (reference := practitioner(value, scene.local))
        ]
        if performers:
            resource["performer"] = performers
        reason = scene.concept(segment[15])
        if reason:
            resource["reasonCode"] = [reason]
        key = segment[19][1] or "\n".join((segment[3][1] or segment[4][1], when or segment[1][1]))
        own = scene.key("Procedure", scene.encounter or scene.number, key)
        scene.draft(resource, own, segment=segment)


def map_insurance(scene: Scene, message: Message) -> None:
    """IN1 to Coverage; the payor is meant by its identifier and name (IN1-3, IN1-4)."""
    for segment in message.all("IN1"):
        number = segment[36][1] or segment[49][1] or segment[2][1]
        if not number:
            scene.note("warning", "required", segment.at(36), "policy-missing")
            continue
        payor: dict[str, Any] = {"type": "Organization"}
        identifier = scene.identifier(segment[3], "payor")
        if identifier:
            payor["identifier"] = identifier
        payor["display"] = segment[4][1] or segment[3][1] or number
        resource: dict[str, Any] = {
            "resourceType": "Coverage",
            "status": "active",
            "beneficiary": {"reference": scene.patient},
            "payor": [payor],
        }
        if segment[36][1]:
            card = len(number) == 15 and number[:2].isalpha()
            system = naming.INSURANCE_CARD if card else f"{scene.local}:policy"
            resource["identifier"] = [{"system": system, "value": number}]
            resource["subscriberId"] = number
        kind = scene.concept(segment[15])
        if kind:
            resource["type"] = kind
        relation = scene.concept(segment[17])
        if relation:
            resource["relationship"] = relation
        when = period(segment[12][1], segment[13][1])
        if when:
            resource["period"] = when
        key = scene.key("Coverage", scene.number, segment[3][1] or segment[4][1], number)
        scene.draft(resource, key, kept=True, segment=segment)
