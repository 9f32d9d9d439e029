"""RF1 and PRD to ServiceRequest (REF), PRB to Condition (PPR)."""

from __future__ import annotations

from typing import Any

from lanh.connectors.hl7v2.datatypes import human_name
from lanh.connectors.hl7v2.reader import Message
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.timing import priority

# Table 0283 (referral status)
_STATUS = {"A": "active", "P": "active", "R": "revoked", "E": "completed"}
# Table 0287 (problem action)
_ERASED = {"DE", "D"}

Body = dict[str, Any]


def map_referral(scene: Scene, message: Message, event: str) -> None:
    """Add the ServiceRequest of a referral, keyed by RF1-6 or RF1-11."""
    segment = message.first("RF1")
    if segment is None:
        scene.note("error", "required", "RF1", "referral-missing")
        return
    own = segment[6] if segment[6][1] else segment[11]
    if not own[1]:
        scene.note("error", "required", segment.at(6), "referral-number-missing")
        return
    status = "revoked" if event == "I14" else _STATUS.get(segment[1][1].upper(), "active")
    resource: Body = {"resourceType": "ServiceRequest", "status": status, "intent": "order"}
    scene.about(resource)
    resource["identifier"] = [scene.identifier(own, "referral")]
    kind = scene.concept(segment[3])
    system = "http://snomed.info/sct"
    coding = {"system": system, "code": "3457005", "display": "Patient referral"}
    resource["category"] = [{"coding": [coding]}]
    if kind:
        resource["code"] = kind
    urgent = priority(segment[2][1])
    if urgent:
        resource["priority"] = urgent
    written = scene.time(segment, 7)
    if written:
        resource["authoredOn"] = written
    reasons = [concept for value in segment.all(10) if (concept := scene.concept(value))]
    if reasons:
        resource["reasonCode"] = reasons
    for provider in message.all("PRD"):
        name = human_name(provider[2])
        words = [name["text"] if name else "", provider[4][9] or provider[4][1]]
        person = {"type": "Practitioner", "display": ", ".join(word for word in words if word)}
        role = provider[1][1].upper()
        if role == "RP" and person["display"]:
            resource["requester"] = person
        elif role == "RT" and person["display"]:
            resource["performer"] = [person]
    scene.draft(resource, scene.key("ServiceRequest", f"referral\n{own.raw}"), segment=segment)


def map_problems(scene: Scene, message: Message) -> None:
    """Add a Condition a PRB, keyed by PRB-4 (problem instance)."""
    found = message.all("PRB")
    if not found:
        scene.note("error", "required", "PRB", "problem-missing")
    for segment in found:
        concept = scene.concept(segment[3])
        if concept is None:
            scene.note("error", "required", segment.at(3, 1), "problem-code-missing")
            continue
        base = "http://terminology.hl7.org/CodeSystem/condition-"
        resource: Body = {"resourceType": "Condition", "code": concept}
        scene.about(resource)
        item = {"coding": [{"system": f"{base}category", "code": "problem-list-item"}]}
        resource["category"] = [item]
        erased = segment[1][1].upper() in _ERASED
        if erased:
            wrong = {"system": f"{base}ver-status", "code": "entered-in-error"}
            resource["verificationStatus"] = {"coding": [wrong]}
        else:
            ended = scene.time(segment, 9)
            words = f"{segment[14][1]} {segment[14][2]}".upper()
            over = bool(ended) or "RESOLV" in words or "INACTIV" in words
            status = {"system": f"{base}clinical", "code": "resolved" if over else "active"}
            resource["clinicalStatus"] = {"coding": [status]}
            if ended:
                resource["abatementDateTime"] = ended
        if segment[4][1]:
            resource["identifier"] = [scene.identifier(segment[4], "problem")]
        onset, recorded = scene.time(segment, 16), scene.time(segment, 7)
        if onset:
            resource["onsetDateTime"] = onset
        if recorded:
            resource["recordedDate"] = recorded
        own = segment[4].raw or segment[3][1] or segment[3][2]
        key = scene.key("Condition", scene.number, f"problem\n{own}")
        scene.draft(resource, key, segment=segment)
