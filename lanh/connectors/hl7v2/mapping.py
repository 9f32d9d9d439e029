"""One message to drafts: which segments make which records (guide: tables of messages)."""

from __future__ import annotations

from lanh.connectors.hl7v2 import merging
from lanh.connectors.hl7v2.allergies import map_allergies
from lanh.connectors.hl7v2.billing import map_account, map_charges
from lanh.connectors.hl7v2.datatypes import human_name
from lanh.connectors.hl7v2.documents import map_document
from lanh.connectors.hl7v2.encounter import (
    map_diagnoses,
    map_encounter,
    map_insurance,
    map_procedures,
)
from lanh.connectors.hl7v2.immunization import map_immunizations
from lanh.connectors.hl7v2.orders import map_orders
from lanh.connectors.hl7v2.patient import map_patient, patient_number
from lanh.connectors.hl7v2.pharmacy import map_pharmacy
from lanh.connectors.hl7v2.reader import Message, Segment
from lanh.connectors.hl7v2.referral import map_problems, map_referral
from lanh.connectors.hl7v2.results import map_measurements, map_results
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.scheduling import SLOT_EVENTS, map_appointment

_PAIRS = frozenset({"A24", "A37"})
_DELETIONS = frozenset({"A23", "A29"})
# These say that something did not happen, and nothing else.
_CANCELLATIONS = frozenset({"A11", "A12", "A13", "A25", "A26", "A27", "A38", "A52", "A53", "A55"})
# What only names its patient must not take away what an admission told.
_DEMOGRAPHIC = frozenset({"ADT", "VXU"})
_PATIENT_FIRST = frozenset({"PID", "PD1"})


def map_message(scene: Scene, message: Message, code: str, event: str) -> None:
    """Add the drafts and notes of a message whose code and event are taken."""
    if code == "SIU" and event in SLOT_EVENTS and not message.all("PID"):
        scene.note("information", "informational", "SCH", "slots-not-recorded")
        return
    groups = _groups(message)
    if not groups:
        scene.note("error", "required", "PID", "patient-missing")
        return
    if code in ("OML", "OMG", "ORM") and len(groups) > 1:
        groups = _without_prior_results(scene, groups)
    people = []
    for group in groups:
        if not _map_group(scene, group, code, event):
            return
        people.append(scene.patient)
    if event in _PAIRS and code == "ADT":
        if len(people) != 2 or people[0] == people[1]:
            scene.note("error", "structure", "PID", "pair-expected")
            return
        merging.map_links(scene, people, linked=event == "A24")


def _groups(message: Message) -> list[Message]:
    """The message as often as it names a patient, each with the segments of that patient."""
    starts = [i for i, segment in enumerate(message.segments) if segment.name == "PID"]
    if len(starts) < 2:
        return [message] if starts else []
    shared = message.segments[: starts[0]]
    ends = [*starts[1:], len(message.segments)]
    return [
        message.part([*shared, *message.segments[start:end]])
        for start, end in zip(starts, ends, strict=True)
    ]


def _without_prior_results(scene: Scene, groups: list[Message]) -> list[Message]:
    """An order may bring earlier results under a PID of their own: those were told in their time.

    A PID of another person in an order is a fault.
    """
    numbers = {patient_number(group.all("PID")[0]) for group in groups}
    if len(numbers) > 1:
        scene.note("error", "structure", groups[1].all("PID")[0].at(), "patient-twice")
        return []
    scene.note("information", "informational", "PID", "prior-results-left")
    return groups[:1]


def _map_group(scene: Scene, message: Message, code: str, event: str) -> bool:
    person = message.all("PID")[0]
    scene.encounter = None
    if not patient_number(person):
        if not human_name(person[5]):
            scene.note("error", "required", person.at(3), "patient-unnamed")
            return False
        scene.note("warning", "required", person.at(3), "patient-number-missing")
    told = {"active": False} if code == "ADT" and event == "A29" else {}
    if code == "ADT" and event == "A28":
        told = {"active": True}
    mode = "merge" if code in _DEMOGRAPHIC else "absent"
    map_patient(scene, message, person, mode=mode, told=told)
    if event in _PAIRS:
        return True
    if not (code == "ADT" and event in merging.PATIENT_EVENTS | {"A35", "A41", "A49"}):
        _map_visit(scene, message, code, event)
    if code == "ADT":
        _map_admission(scene, message, event)
    else:
        _map_service(scene, message, code, event)
    return True


def _map_visit(scene: Scene, message: Message, code: str, event: str) -> None:
    map_encounter(scene, message, event, mode="merge" if code == "ADT" else "absent")
    if code == "ADT" and event == "A23" and scene.encounter is None:
        for draft in scene.drafts:
            if draft.type == "Patient" and draft.body is not None:
                draft.body["active"] = False


def _map_admission(scene: Scene, message: Message, event: str) -> None:
    if event in merging.EVENTS:
        merging.map_merge(scene, message, event)
        return
    if event in _CANCELLATIONS | _DELETIONS:
        return
    map_allergies(scene, message)
    _map_clinical(scene, message)
    map_measurements(scene, message)


def _map_clinical(scene: Scene, message: Message) -> None:
    map_diagnoses(scene, message)
    map_procedures(scene, message)
    map_insurance(scene, message)


def _map_service(scene: Scene, message: Message, code: str, event: str) -> None:
    segments = message.segments
    if code in ("ORU", "OUL"):
        map_results(scene, message, specimen_first=event in ("R22", "R23"))
    elif code == "SIU":
        _map_clinical(scene, message)
        map_appointment(scene, message, event)
    elif code == "MDM":
        map_document(scene, message, event)
    elif code == "VXU":
        map_insurance(scene, message)
        map_immunizations(scene, segments)
    elif code in ("DFT", "BAR"):
        _map_clinical(scene, message)
        account = map_account(scene, message, event)
        if code == "DFT":
            map_charges(scene, message, account)
    elif code == "REF":
        map_allergies(scene, message)
        _map_clinical(scene, message)
        map_referral(scene, message, event)
    elif code == "PPR":
        map_problems(scene, message)
    else:
        map_allergies(scene, message)
        _map_clinical(scene, message)
        _map_order(scene, segments, code)


def _map_order(scene: Scene, segments: list[Segment], code: str) -> None:
    """A general order (ORM) is one for drugs where it has RXO, else one for a service."""
    drugs = any(segment.name in ("RXO", "RXE") for segment in segments)
    if code in ("OMP", "RDE", "RDS", "RAS") or (code == "ORM" and drugs):
        map_pharmacy(scene, segments, code)
    if code in ("OML", "OMG", "ORM") and (
        not drugs or any(segment.name == "OBR" for segment in segments)
    ):
        map_orders(scene, segments)
