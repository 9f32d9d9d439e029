"""RXO, RXE, RXR, RXC, RXD and RXA to MedicationRequest, Dispense and Administration.

Guide: segments ORC, RXO, RXR and TQ1 to MedicationRequest. What it leaves open (RXE, RXD, RXA of
RAS) follows the properties that FHIR's own "HL7 v2 mapping" gives.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from lanh.connectors.hl7v2.datatypes import location, practitioner, quantity
from lanh.connectors.hl7v2.orders import Request, requests, state
from lanh.connectors.hl7v2.reader import Segment, Value
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.timing import priority, timing

# request-status to medicationrequest-status; a revoked order is stopped where it had begun
_STATUS = {"active": "active", "on-hold": "on-hold", "revoked": "cancelled",
           "completed": "completed", "entered-in-error": "entered-in-error"}  # fmt: skip
_STOPPED = {"DC", "DR", "OD"}
_WITHDRAWN = {"CA", "CR", "OC", "DC", "DR", "OD"}

Body = dict[str, Any]

# Where code, least, most and unit of a dose, dispensed amount and unit, refills, instructions and
# the prescriber stand
_PLACES = {
    "RXO": {"code": 1, "least": 2, "most": 3, "unit": 4, "text": 7, "swap": 9, "amount": 11,
            "amount-unit": 12, "refills": 13, "prescriber": 14},
    "RXE": {"code": 2, "least": 3, "most": 4, "unit": 5, "text": 7, "swap": 9, "amount": 10,
            "amount-unit": 11, "refills": 12, "prescriber": 13},
}  # fmt: skip


def map_pharmacy(scene: Scene, segments: list[Segment], code: str) -> None:
    """Add what the pharmacy orders of a message make: a request, and what was given of it."""
    found = requests(segments)
    names = {"RDS": ("RXD",), "RAS": ("RXA",)}.get(code, ("RXE", "RXO"))
    fitting = [order for order in found if order.first(*names) is not None]
    if not fitting:
        scene.note("error", "required", names[0], "drug-missing", names=", ".join(names))
    seen: Counter[str] = Counter()
    for order in fitting:
        number = _number(scene, order)
        if number is None:
            scene.note("warning", "required", "ORC-2", "order-number-missing")
            number = f"~{scene.message}"
        seen[number] += 1
        key = f"{number}\n{seen[number]}" if seen[number] > 1 else number
        asked = _request(scene, order, key, code)
        if code == "RDS":
            _dispense(scene, order, key, asked)
        elif code == "RAS":
            _administration(scene, order, key, asked)


def _number(scene: Scene, order: Request) -> str | None:
    """What an order is known by: placer's number, filler's number, prescription number."""
    own = scene.order(order.common) or scene.filled(order.common)
    if own is not None:
        return f"{own['system']}\n{own['value']}"
    dispensed, encoded = order.details.get("RXD"), order.details.get("RXE")
    for segment, place in ((encoded, 15), (dispensed, 7)):
        if segment is not None and segment[place][1]:
            return f"prescription\n{segment[place][1]}"
    return None


def _request(scene: Scene, order: Request, key: str, code: str) -> str | None:
    segment = order.first("RXE", "RXO")
    if segment is None:
        return None
    places = _PLACES[segment.name]
    concept = scene.concept(segment[places["code"]])
    if concept is None and "RXO" in order.details:
        concept = scene.concept(order.details["RXO"][1])
    if concept is None:
        scene.note("error", "required", segment.at(places["code"], 1), "drug-code-missing")
        return None
    intent = "original-order" if segment.name == "RXO" else "order"
    resource: Body = {"resourceType": "MedicationRequest", "intent": intent}
    scene.about(resource)
    _medication(scene, order, concept, resource)
    told, initial = _state(order), {}
    if told:
        resource["status"] = told
    else:
        initial = {"status": "active"}
    numbers = [each for each in (scene.order(order.common), scene.filled(order.common)) if each]
    if segment.name == "RXE" and segment[15][1]:
        numbers.append({"system": f"{scene.local}:prescription", "value": segment[15][1]})
    if numbers:
        resource["identifier"] = numbers
    _prescriber(scene, order, segment, resource)
    resource["dosageInstruction"] = [_dosage(scene, order, segment)]
    if not resource["dosageInstruction"][0]:
        del resource["dosageInstruction"]
    _supply(scene, segment, resource)
    if order.notes:
        resource["note"] = [{"text": note} for note in order.notes]
    # What is given only names its order: it does not take away what the order said.
    mode = "absent" if code in ("RDS", "RAS") else "merge"
    name = scene.key("MedicationRequest", key)
    return scene.draft(resource, name, mode=mode, initial=initial, segment=segment)


def _state(order: Request) -> str | None:
    told = state(order.common)
    control = order.common[1][1].upper() if order.common is not None else ""
    if told == "revoked" and control in _STOPPED:
        return "stopped"
    return _STATUS[told] if told else None


def _medication(scene: Scene, order: Request, concept: Body, resource: Body) -> None:
    """One drug is a code; a mixture (RXC) is a Medication within, with its ingredients."""
    parts: list[Body] = []
    for segment in order.components:
        what = scene.concept(segment[2])
        if what is None:
            continue
        amount = quantity(segment[3][1], segment[4], f"{scene.local}:units")
        part: Body = {"itemCodeableConcept": what}
        if amount:
            part["strength"] = {"numerator": amount, "denominator": {"value": 1}}
        if part not in parts:
            parts.append(part)
    if not parts:
        resource["medicationCodeableConcept"] = concept
        return
    mixture = {"resourceType": "Medication", "id": "thuoc", "code": concept, "ingredient": parts}
    resource["contained"] = [mixture]
    resource["medicationReference"] = {"reference": "#thuoc"}


def _prescriber(scene: Scene, order: Request, segment: Segment, resource: Body) -> None:
    common = order.common
    values = [common[12]] if common is not None else []
    values.append(segment[_PLACES[segment.name]["prescriber"]])
    found = [ref for value in values if (ref := practitioner(value, scene.local))]
    if found:
        resource["requester"] = found[0]
    if common is not None and common[1][1].upper() in ("NW", ""):
        written = scene.time(common, 9)
        if written:
            resource["authoredOn"] = written
    urgent = priority(*(t[9][1] for t in order.timings), common[7][6] if common else "")
    if urgent:
        resource["priority"] = urgent


def _dosage(scene: Scene, order: Request, segment: Segment) -> Body:
    places, units = _PLACES[segment.name], f"{scene.local}:units"
    dosage: Body = {}
    words = [value[2] or value[1] for value in segment.all(places["text"])]
    words += [t[11].text for t in order.timings if t[11]]
    if any(words):
        dosage["text"] = "; ".join(word for word in words if word)
    when = timing(scene, order.timings, order.common[7] if order.common else segment[0])
    if when is None and segment.name == "RXE" and not order.timings:
        when = timing(scene, [], segment[1])
    if when:
        dosage["timing"] = when
    dosage |= _route(scene, order)
    least = quantity(segment[places["least"]][1], segment[places["unit"]], units)
    most = quantity(segment[places["most"]][1], segment[places["unit"]], units)
    if segment[places["least"]][1] and least is None:
        at = segment.at(places["least"])
        text = segment[places["least"]][1][:40]
        scene.note("warning", "value", at, "number-unreadable", value=text)
    if least and most and most["value"] > least["value"]:
        dosage["doseAndRate"] = [{"doseRange": {"low": least, "high": most}}]
    elif least:
        dosage["doseAndRate"] = [{"doseQuantity": least}]
    return dosage


def _route(scene: Scene, order: Request) -> Body:
    """RXR-1, RXR-2 and RXR-4."""
    if not order.routes:
        return {}
    segment = order.routes[0]
    found = {name: scene.concept(segment[place])
             for name, place in (("route", 1), ("site", 2), ("method", 4))}  # fmt: skip
    return {name: concept for name, concept in found.items() if concept}


def _supply(scene: Scene, segment: Segment, resource: Body) -> None:
    places = _PLACES[segment.name]
    supply: Body = {}
    unit: Value = segment[places["amount-unit"]]
    amount = quantity(segment[places["amount"]][1], unit, f"{scene.local}:units")
    if amount:
        supply["quantity"] = amount
    refills = segment[places["refills"]][1]
    if refills.isdecimal() and int(refills) < 10_000:
        supply["numberOfRepeatsAllowed"] = int(refills)
    if supply:
        resource["dispenseRequest"] = supply
    swap = segment[places["swap"]][1].upper()
    if swap in ("N", "G", "T"):
        system = "http://terminology.hl7.org/CodeSystem/v2-0161"
        coding = [{"system": system, "code": swap}]
        resource["substitution"] = {"allowedCodeableConcept": {"coding": coding}}


def _dispense(scene: Scene, order: Request, key: str, asked: str | None) -> None:
    segment = order.details["RXD"]
    concept = scene.concept(segment[2])
    if concept is None:
        scene.note("error", "required", segment.at(2, 1), "drug-code-missing")
        return
    control = order.common[1][1].upper() if order.common is not None else ""
    resource: Body = {
        "resourceType": "MedicationDispense",
        "status": "cancelled" if control in _WITHDRAWN else "completed",
        "medicationCodeableConcept": concept,
        "subject": {"reference": scene.patient},
    }
    if scene.encounter:
        resource["context"] = {"reference": scene.encounter}
    if segment[7][1]:
        number = {"system": f"{scene.local}:prescription", "value": segment[7][1]}
        resource["identifier"] = [number]
    amount = quantity(segment[4][1], segment[5], f"{scene.local}:units")
    if amount:
        resource["quantity"] = amount
    when = scene.time(segment, 3)
    if when:
        resource["whenHandedOver"] = when
    givers = [ref for value in segment.all(10) if (ref := practitioner(value, scene.local))]
    if givers:
        resource["performer"] = [{"actor": reference} for reference in givers]
    if asked:
        resource["authorizingPrescription"] = [{"reference": asked}]
    notes = [value.text for value in segment.all(9)] + order.notes
    if notes:
        resource["note"] = [{"text": note} for note in notes if note]
    dosage = _route(scene, order)
    if dosage:
        resource["dosageInstruction"] = [dosage]
    name = scene.key("MedicationDispense", key, segment[1][1], segment[3][1])
    scene.draft(resource, name, segment=segment)


def _administration(scene: Scene, order: Request, key: str, asked: str | None) -> None:
    segment = order.details["RXA"]
    concept, when = scene.concept(segment[5]), scene.time(segment, 3)
    if concept is None or when is None:
        place = 5 if concept is None else 3
        scene.note("error", "required", segment.at(place), "administration-incomplete")
        return
    states = {"RE": "not-done", "NA": "not-done", "PA": "completed"}
    status = states.get(segment[20][1].upper(), "completed")
    if segment[21][1].upper() == "D":
        status = "entered-in-error"
    resource: Body = {
        "resourceType": "MedicationAdministration",
        "status": status,
        "medicationCodeableConcept": concept,
        "subject": {"reference": scene.patient},
        "effectiveDateTime": when,
    }
    if scene.encounter:
        resource["context"] = {"reference": scene.encounter}
    end = scene.time(segment, 4)
    if end and end > when:
        del resource["effectiveDateTime"]
        resource["effectivePeriod"] = {"start": when, "end": end}
    givers = [ref for value in segment.all(10) if (ref := practitioner(value, scene.local))]
    if givers:
        resource["performer"] = [{"actor": reference} for reference in givers]
    if asked:
        resource["request"] = {"reference": asked}
    reasons = [concept for value in segment.all(18) if (concept := scene.concept(value))]
    if reasons and status == "not-done":
        resource["statusReason"] = reasons
    dose = quantity(segment[6][1], segment[7], f"{scene.local}:units")
    dosage: Body = {**_route(scene, order), **({"dose": dose} if dose else {})}
    if dose:
        resource["dosage"] = dosage
    where = location(segment[27]) or location(segment[11])
    if where:
        resource["supportingInformation"] = [where]
    name = scene.key("MedicationAdministration", key, segment[2][1], when)
    scene.draft(resource, name, segment=segment)
