"""SCH, TQ1, AIS, AIG, AIL and AIP to Appointment (guide: message SIU_S12, segments SCH to AIP)."""

from __future__ import annotations

from typing import Any

from lanh.connectors.hl7v2.datatypes import location, practitioner
from lanh.connectors.hl7v2.reader import Message, Segment
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.times import date_time
from lanh.connectors.hl7v2.timing import after, seconds

SLOT_EVENTS = frozenset({"S23", "S24", "S25"})
# Table 0278 (filler status), as the guide maps it, and what the guide leaves open
_STATUS = {"PENDING": "pending", "WAITLIST": "waitlist", "BOOKED": "booked",
           "STARTED": "checked-in", "COMPLETE": "fulfilled", "CANCELLED": "cancelled",
           "CANCELED": "cancelled", "DISCONTINUED": "cancelled", "DC": "cancelled",
           "DELETED": "entered-in-error", "OVERBOOK": "booked", "NOSHOW": "noshow",
           "ARRIVED": "arrived"}  # fmt: skip
# What the event itself says, whatever the status field says
_DECIDED = {"S15": "cancelled", "S16": "cancelled", "S17": "entered-in-error", "S26": "noshow"}
_WITHOUT_TIME = {"proposed", "cancelled", "waitlist"}
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
# Resource segment: where its start, and its length and unit, stand
_TIMES = {"AIS": (4, 7, 8), "AIG": (8, 11, 12), "AIL": (6, 9, 10), "AIP": (6, 9, 10)}

Body = dict[str, Any]


def map_appointment(scene: Scene, message: Message, event: str) -> None:
    """Add the Appointment of a SIU message, keyed by SCH-2 (filler) or SCH-1 (placer)."""
    schedule = message.first("SCH")
    if schedule is None:
        scene.note("error", "required", "SCH", "schedule-missing")
        return
    number = schedule[2][1] or schedule[1][1]
    if not number:
        scene.note("error", "required", "SCH-2", "appointment-number-missing")
        return
    status = _status(message, schedule, event)
    resource: Body = {"resourceType": "Appointment", "status": status}
    identifiers = [
        scene.identifier(schedule[place], kind)
        for place, kind in ((1, "placer-appointment"), (2, "filler-appointment"))
        if schedule[place][1]
    ]
    resource["identifier"] = identifiers
    start, end = _when(scene, message, schedule)
    if start and end:
        resource |= {"start": start, "end": end}
    elif status == "entered-in-error" and not start:
        resource["status"] = "cancelled"
    if "start" not in resource and resource["status"] not in _WITHOUT_TIME:
        scene.note("error", "required", "AIS-4", "appointment-without-time")
        return
    _reasons(scene, message, schedule, resource)
    _length(scene, schedule, resource)
    resource["participant"] = _participants(scene, message, schedule)
    orders = [
        {"type": "ServiceRequest", "identifier": found}
        for place, kind in ((26, "placer-order"), (27, "filler-order"))
        if (found := scene.identifier(schedule[place], kind))
    ]
    if orders:
        resource["basedOn"] = orders[:1]
    notes = [value.text for note in message.all("NTE") for value in note.all(3)]
    if notes:
        resource["comment"] = "\n".join(notes)
    key = scene.key("Appointment", number)
    scene.draft(resource, key, mode="merge", segment=schedule)


def _status(message: Message, schedule: Segment, event: str) -> str:
    if event in _DECIDED:
        return _DECIDED[event]
    told = [schedule[25][1], schedule[25][2]]
    for service in message.all("AIS"):
        told += [service[10][1], service[10][2]]
    known = [_STATUS[word.upper()] for word in told if word.upper() in _STATUS]
    return known[0] if known else "booked"


def _when(scene: Scene, message: Message, schedule: Segment) -> tuple[str | None, str | None]:
    """Start and end: of TQ1, else of SCH-11, else of the resources, else start and duration."""
    length = seconds(schedule[9][1], schedule[10][1])
    quantity = message.first("TQ1")
    start = scene.time(quantity, 7) if quantity is not None else None
    end = scene.time(quantity, 8) if quantity is not None else None
    older = schedule[11]
    start, end = start or date_time(older[4]), end or date_time(older[5])
    for name, (begins, lasts, unit) in _TIMES.items():
        for segment in message.all(name):
            own = scene.time(segment, begins)
            start = start or own
            end = end or after(own, seconds(segment[lasts][1], segment[unit][1]))
    end = end or after(start, length)
    start = start if start and "T" in start else None
    return start, end if start and end and "T" in end and end >= start else after(start, length)


def _reasons(scene: Scene, message: Message, schedule: Segment, resource: Body) -> None:
    kind = None
    for place in (8, 7):
        concept = scene.concept(schedule[place])
        if concept is None:
            continue
        if place == 8 or schedule[7][3].upper() == "HL70277":
            kind = kind or concept
        else:
            resource["reasonCode"] = [concept]
    if kind:
        resource["appointmentType"] = kind
    if schedule[6][1] or schedule[6][2]:
        resource["description"] = schedule[6][2] or schedule[6][1]
    services = [concept for each in message.all("AIS") if (concept := scene.concept(each[3]))]
    if services:
        resource["serviceType"] = services


def _length(scene: Scene, schedule: Segment, resource: Body) -> None:
    if not schedule[9][1]:
        return
    length = seconds(schedule[9][1], schedule[10][1])
    if length is None:
        text = schedule[9][1][:40]
        scene.note("warning", "value", schedule.at(9), "duration-unreadable", value=text)
    elif length >= 60:
        resource["minutesDuration"] = length // 60


def _participants(scene: Scene, message: Message, schedule: Segment) -> list[Body]:
    found: list[Body] = [
        {"actor": {"reference": f"{draft.type}/{draft.id}"}, "status": "accepted"}
        for draft in scene.drafts
        if draft.type == "Patient"
    ]
    for place, code in ((12, "REF"), (16, "ATND"), (20, "ENT")):
        for value in schedule.all(place):
            reference = practitioner(value, scene.local)
            if reference:
                found.append({"type": [_kind(code)], "actor": reference, "status": "accepted"})
    for segment in message.segments:
        if segment.name not in ("AIG", "AIL", "AIP"):
            continue
        found += [each for value in segment.all(3) if (each := _resource(scene, segment, value))]
    unique: list[Body] = []
    for each in found:
        if each["actor"] not in [other["actor"] for other in unique]:
            unique.append(each)
    return unique


def _kind(code: str) -> Body:
    return {"coding": [{"system": _PARTICIPANT, "code": code}]}


def _resource(scene: Scene, segment: Segment, value: Any) -> Body | None:
    """A person, place or thing that is booked."""
    actor: Body | None
    if segment.name == "AIP":
        actor = practitioner(value, scene.local)
    elif segment.name == "AIL":
        actor = location(value)
    else:
        text = value[2] or value[1]
        actor = {"type": "Device", "display": text} if text else None
    if actor is None:
        return None
    participant: Body = {"actor": actor, "status": "accepted"}
    role = scene.concept(segment[4])
    if role:
        participant["type"] = [role]
    begins, lasts, unit = _TIMES[segment.name]
    start = scene.time(segment, begins)
    if start:
        end = after(start, seconds(segment[lasts][1], segment[unit][1]))
        participant["period"] = {"start": start, **({"end": end} if end else {})}
    return participant
