"""AL1 and IAM to AllergyIntolerance (guide: segments AL1 and IAM)."""

from __future__ import annotations

from typing import Any

from lanh.connectors.hl7v2.reader import Message, Segment
from lanh.connectors.hl7v2.scene import Scene

_KINDS = {"DA": "medication", "FA": "food", "EA": "environment", "AA": "biologic",
          "PA": "environment", "LA": "environment"}  # fmt: skip
_GRADES = {"SV": "high", "MO": "low", "MI": "low", "U": "unable-to-assess"}
_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def map_allergies(scene: Scene, message: Message) -> None:
    """AL1 and IAM to AllergyIntolerance, one a substance and patient.

    IAM says what to do (IAM-6): D takes an allergy back, X leaves it as it is.
    """
    for segment in message.segments:
        if segment.name == "AL1":
            _allergy(scene, segment, segment[6][1])
        elif segment.name == "IAM" and segment[6][1].upper() != "X":
            _allergy(scene, segment, segment[11][1])


def _allergy(scene: Scene, segment: Segment, began: str) -> None:
    concept = scene.concept(segment[3])
    if concept is None:
        scene.note("warning", "required", segment.at(3), "allergy-missing")
        return
    resource: dict[str, Any] = {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "code": concept,
        "patient": {"reference": scene.patient},
    }
    category = _KINDS.get(segment[2][1].upper())
    if category:
        resource["category"] = [category]
    grade = _GRADES.get(segment[4][1].upper())
    if grade:
        resource["criticality"] = grade
    reactions = [
        {"text": value.text if len(value) == 1 else value[2] or value[1]}
        for value in segment.all(5)
    ]
    if reactions:
        resource["reaction"] = [{"manifestation": [text]} for text in reactions]
    onset = scene.time(segment, 6 if segment.name == "AL1" else 11) if began else None
    if onset:
        resource["onsetDateTime"] = onset
    if segment.name == "IAM":
        _detailed(scene, segment, resource)
    key = scene.key("AllergyIntolerance", scene.number, segment[3][1] or segment[3][2])
    scene.draft(resource, key, kept=True, segment=segment)


def _detailed(scene: Scene, segment: Segment, resource: dict[str, Any]) -> None:
    number = scene.identifier(segment[7], "allergy")
    if number:
        resource["identifier"] = [number]
    reported = scene.time(segment, 13)
    if reported:
        resource["recordedDate"] = reported
    if "onsetDateTime" not in resource and segment[12][1]:
        resource["onsetString"] = segment[12].text
    state = segment[17][1].upper()
    if state in ("I", "INACTIVE"):
        resource["clinicalStatus"]["coding"][0]["code"] = "inactive"
    if segment[6][1].upper() == "D" or state == "E":
        del resource["clinicalStatus"]
        wrong = {"system": _VERIFICATION, "code": "entered-in-error"}
        resource["verificationStatus"] = {"coding": [wrong]}
