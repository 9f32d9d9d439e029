"""ORC, RXA, RXR and OBX to Immunization (guide: message VXU_V04, segments ORC, RXA, RXR)."""

from __future__ import annotations

from typing import Any

from lanh.connectors.hl7v2.datatypes import codeable, location, practitioner, quantity
from lanh.connectors.hl7v2.orders import Request, requests
from lanh.connectors.hl7v2.reader import Segment
from lanh.connectors.hl7v2.results import Order, map_observations
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.times import day

_DONE = {"CP": "completed", "PA": "completed", "RE": "not-done", "NA": "not-done"}
_FUNCTION = "http://terminology.hl7.org/CodeSystem/v2-0443"
_NOTHING_GIVEN = "998"  # CVX: no vaccine administered
_NO_NUMBER = "9999"  # NIP: the number of a dose of which there is no order
# LOINC codes of OBX that are properties of the Immunization itself
_ELIGIBILITY, _FUNDING, _DOSE, _DOSES = "64994-7", "30963-3", "30973-2", "59782-3"
_PROPERTIES = frozenset({_ELIGIBILITY, _FUNDING, _DOSE, _DOSES})
_ORIGIN = "http://terminology.hl7.org/CodeSystem/immunization-origin"

Body = dict[str, Any]


def map_immunizations(scene: Scene, segments: list[Segment]) -> None:
    """Add an Immunization an RXA; a message that says that nothing was given adds none."""
    found = [order for order in requests(segments) if "RXA" in order.details]
    if not found:
        scene.note("error", "required", "RXA", "vaccine-missing")
    for order in found:
        _map_dose(scene, order)


def _map_dose(scene: Scene, order: Request) -> None:
    segment = order.details["RXA"]
    vaccine = scene.concept(segment[5])
    if vaccine is None:
        scene.note("error", "required", segment.at(5, 1), "vaccine-code-missing")
        return
    status = _DONE.get(segment[20][1].upper(), "completed")
    if segment[21][1].upper() == "D":
        status = "entered-in-error"
    if segment[5][1] == _NOTHING_GIVEN and status != "not-done":
        scene.note("information", "informational", segment.at(5), "nothing-given")
        return
    when = scene.time(segment, 3)
    if when is None:
        scene.note("error", "required", segment.at(3), "vaccine-time-missing")
        return
    resource: Body = {
        "resourceType": "Immunization",
        "status": status,
        "vaccineCode": vaccine,
        "patient": {"reference": scene.patient},
        "occurrenceDateTime": when,
    }
    if scene.encounter:
        resource["encounter"] = {"reference": scene.encounter}
    _identify(scene, order, segment, resource)
    _product(scene, segment, resource)
    _source(scene, segment, resource)
    _people(scene, order, segment, resource)
    if order.routes:
        for name, place in (("route", 1), ("site", 2)):
            concept = scene.concept(order.routes[0][place])
            if concept:
                resource[name] = concept
    _properties(scene, order, resource)
    if order.notes:
        resource["note"] = [{"text": note} for note in order.notes]
    own = order.common[3] if order.common is not None else None
    number = own.raw if own is not None and own[1] not in ("", _NO_NUMBER) else ""
    dose = number or "\n".join((segment[5][1] or segment[5][2], when, status))
    key = scene.key("Immunization", scene.number, dose)
    scene.draft(resource, key, segment=segment)
    others = [pair for pair in order.results if pair[0][3][1] not in _PROPERTIES]
    map_observations(
        scene, Order(segment, order.common, results=others), f"dose\n{key}", {}, [], category=None
    )


def _identify(scene: Scene, order: Request, segment: Segment, resource: Body) -> None:
    numbers = [
        each
        for each in (scene.order(order.common), scene.filled(order.common))
        if each and each["value"] != _NO_NUMBER
    ]
    if numbers:
        resource["identifier"] = numbers
    entered = scene.time(segment, 22) or (
        scene.time(order.common, 9) if order.common is not None else None
    )
    if entered:
        resource["recorded"] = entered
    if resource["status"] == "not-done" and (reason := scene.concept(segment[18])):
        resource["statusReason"] = reason
    reasons = [concept for value in segment.all(19) if (concept := scene.concept(value))]
    if reasons:
        resource["reasonCode"] = reasons


def _product(scene: Scene, segment: Segment, resource: Body) -> None:
    if segment[6][1] not in ("", "999"):
        dose = quantity(segment[6][1], segment[7], f"{scene.local}:units")
        if dose:
            resource["doseQuantity"] = dose
        else:
            text = segment[6][1][:40]
            scene.note("warning", "value", segment.at(6), "number-unreadable", value=text)
    if segment[15][1]:
        resource["lotNumber"] = segment[15][1]
    expires = day(segment[16][1])
    if expires and len(expires) == 10:
        resource["expirationDate"] = expires
    maker = segment[17][2] or segment[17][1]
    if maker:
        resource["manufacturer"] = {"type": "Organization", "display": maker}
    where = location(segment[27]) or location(segment[11])
    if where:
        resource["location"] = where


def _source(scene: Scene, segment: Segment, resource: Body) -> None:
    """RXA-9 (NIP001): 00 is a new record of who gave it, 01 to 08 were told by somebody else."""
    for value in segment.all(9):
        if not value[1]:
            resource.setdefault("note", []).append({"text": value[2]}) if value[2] else None
            continue
        resource["primarySource"] = value[1] == "00"
        if value[1] != "00":
            resource["reportOrigin"] = codeable(value, f"{scene.local}:codes") or {}
        return
    resource["primarySource"] = True


def _people(scene: Scene, order: Request, segment: Segment, resource: Body) -> None:
    performers: list[Body] = []
    groups = [("AP", segment.all(10))]
    if order.common is not None:
        groups.append(("OP", order.common.all(12)))
    for code, values in groups:
        for value in values:
            reference = practitioner(value, scene.local)
            if reference:
                function = {"coding": [{"system": _FUNCTION, "code": code}]}
                performers.append({"function": function, "actor": reference})
    if performers:
        resource["performer"] = performers


def _properties(scene: Scene, order: Request, resource: Body) -> None:
    protocol: Body = {}
    for segment, _ in order.results:
        code, value = segment[3][1], segment[5]
        concept = scene.concept(value)
        if code == _ELIGIBILITY and concept:
            resource["programEligibility"] = [concept]
        elif code == _FUNDING and concept:
            resource["fundingSource"] = concept
        elif code in (_DOSE, _DOSES) and value[1].isdecimal() and 0 < int(value[1]) < 100:
            name = "doseNumberPositiveInt" if code == _DOSE else "seriesDosesPositiveInt"
            protocol[name] = int(value[1])
    if "doseNumberPositiveInt" in protocol:
        resource["protocolApplied"] = [protocol]
