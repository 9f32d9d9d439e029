"""Events that join, move or renumber: MRG (A18, A30, A34 to A36, A39 to A51), A24 and A37.

No record is moved. A number that is given up leaves its record where it is, inactive and with a
link to the one that stays, so that every one of these events can be undone.
"""

from __future__ import annotations

from typing import Any

from lanh.connectors.hl7v2.billing import account
from lanh.connectors.hl7v2.patient import LOCAL_KINDS, extensions_joined, own_number
from lanh.connectors.hl7v2.reader import Message, Segment, Value
from lanh.connectors.hl7v2.scene import Scene
from lanh.nation import visit

PATIENT_EVENTS = frozenset({"A18", "A30", "A34", "A36", "A39", "A40", "A43", "A46", "A47"})
ACCOUNT_EVENTS = frozenset({"A35", "A36", "A41", "A44", "A49"})
VISIT_EVENTS = frozenset({"A42", "A45", "A50"})
IDENTIFIER_EVENTS = frozenset({"A48", "A51"})
EVENTS = PATIENT_EVENTS | ACCOUNT_EVENTS | VISIT_EVENTS | IDENTIFIER_EVENTS

Body = dict[str, Any]


def map_merge(scene: Scene, message: Message, event: str) -> None:
    """Link what MRG names to what stays. The patient and visit that stay are drafted already."""
    merged = message.first("MRG")
    if merged is None:
        scene.note("error", "required", "MRG", "merge-missing")
        return
    if event in PATIENT_EVENTS:
        _patients(scene, merged, event)
    if event in ACCOUNT_EVENTS:
        _accounts(scene, message, merged[3], merged.at(3), needed=event != "A36")
    if event in VISIT_EVENTS:
        _visits(scene, message, merged[5], merged.at(5))


def _patients(scene: Scene, merged: Segment, event: str) -> None:
    values, at = merged.all(1), merged.at(1)
    old = [v[1] for v in values if v[1] and (v[5].upper() in LOCAL_KINDS or event != "A47")]
    if not old and merged[4][1]:
        old, at = [merged[4][1]], merged.at(4)
    if not old and not (event == "A47" and values):
        scene.note("error", "required", at, "merge-without-number")
    for number in dict.fromkeys(old):
        if number == scene.number:
            scene.note("error", "value", f"{at}.1", "merge-with-itself")
            return
        gone: Body = {
            "resourceType": "Patient",
            "active": False,
            "identifier": [own_number(scene, number)],
            "link": [{"other": {"reference": scene.patient}, "type": "replaced-by"}],
        }
        reference = scene.draft(
            gone, scene.key("Patient", number), mode="merge", kept=True, segment=merged
        )
        _add_link(scene, scene.patient, reference, "replaces")


def _add_link(scene: Scene, patient: str, other: str, kind: str) -> None:
    for draft in scene.drafts:
        if f"{draft.type}/{draft.id}" == patient and draft.body is not None:
            link = {"other": {"reference": other}, "type": kind}
            draft.body["link"] = [*draft.body.get("link", []), link]
            draft.adapt = _links_joined


def _links_joined(under: Body, over: Body) -> Body:
    known = [link for link in under.get("link", []) if link not in over.get("link", [])]
    over = extensions_joined(under, over)
    return {**over, "link": [*over.get("link", []), *known]}


def _accounts(scene: Scene, message: Message, old: Value, at: str, *, needed: bool) -> None:
    if not old[1]:
        if needed:
            scene.note("error", "required", at, "merge-without-account")
        return
    person = message.first("PID")
    staying = person[18] if person is not None else old
    new = account(scene, staying, {"status": "active"}) if staying[1] else None
    if new is None or staying[1] == old[1]:
        if new is None:
            scene.note("error", "required", "PID-18", "merge-without-account")
        return
    account(scene, old, {"status": "inactive", "partOf": {"reference": new}}, owned=False)


def _visits(scene: Scene, message: Message, old: Value, at: str) -> None:
    if not old[1]:
        scene.note("error", "required", at, "merge-without-visit")
        return
    if scene.encounter is None:
        scene.note("error", "required", "PV1-19", "visit-number-missing")
        return
    key = scene.key("Encounter", old[1])
    if f"Encounter/{key}" == scene.encounter:
        return  # the same visit, now of this patient: its record has a new version
    gone: Body = {
        "resourceType": "Encounter",
        "status": "entered-in-error",
        "identifier": [visit.number(scene.place, old[1])],
        "partOf": {"reference": scene.encounter},
    }
    act = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    initial = {"class": act, "subject": {"reference": scene.patient}}
    scene.draft(gone, key, mode="merge", kept=True, initial=initial)


def map_links(scene: Scene, people: list[str], *, linked: bool) -> None:
    """A24 (`linked`) and A37: two PIDs are told to be, or not to be, one person."""
    one, other = people
    for here, there in ((one, other), (other, one)):
        if linked:
            _add_link(scene, here, there, "seealso")
            continue
        for draft in scene.drafts:
            if f"{draft.type}/{draft.id}" == here:
                draft.adapt = _Unlinked(there)


class _Unlinked:
    """Takes one link away from a record that has it."""

    def __init__(self, other: str) -> None:
        self._other = other

    def __call__(self, under: Body, over: Body) -> Body:
        links = [
            link for link in under.get("link", []) if link["other"].get("reference") != self._other
        ]
        over = extensions_joined(under, over)
        return {**over, "link": links or None} if "link" in under else over
