"""ORC, OBR, OBX, NTE and SPM to DiagnosticReport, Observation and Specimen."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lanh.connectors.hl7v2.datatypes import decimal, practitioner
from lanh.connectors.hl7v2.observation import observed
from lanh.connectors.hl7v2.reader import Message, Segment
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.times import date_time

REPORT_STATUS = {"O": "registered", "I": "registered", "S": "registered", "A": "partial",
                 "P": "preliminary", "C": "corrected", "R": "partial", "F": "final",
                 "X": "cancelled", "Y": "unknown", "Z": "unknown", "M": "corrected",
                 "N": "registered"}  # fmt: skip
OBSERVATION_STATUS = {"F": "final", "P": "preliminary", "C": "corrected", "A": "amended",
                      "I": "registered", "S": "preliminary", "R": "preliminary", "U": "final",
                      "W": "entered-in-error", "D": "entered-in-error", "X": "cancelled",
                      "O": "registered", "N": "registered", "B": "preliminary",
                      "V": "final"}  # fmt: skip
IMAGING = {"RAD", "RX", "CT", "NMR", "NMS", "RUS", "OUS", "VUS", "CUS", "RCX", "XRC", "RTH", "IMG"}


@dataclass(slots=True)
class Order:
    """One OBR with what follows it."""

    request: Segment
    common: Segment | None
    results: list[tuple[Segment, list[str]]] = field(default_factory=list)
    specimens: list[Segment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def orders(message: Message, *, specimen_first: bool = False) -> list[Order]:
    """The orders of a result message; notes belong to what they follow.

    `specimen_first`: a specimen stands before the orders that use it (OUL^R22, R23).
    """
    found: list[Order] = []
    common: Segment | None = None
    leading: list[Segment] = []
    for segment in message.segments:
        if segment.name == "ORC":
            if specimen_first and found and found[-1].common is None:
                found[-1].common = segment
            else:
                common = segment
        elif segment.name == "OBR":
            found.append(Order(segment, common, specimens=list(leading)))
            common = None
        elif segment.name == "SPM" and specimen_first:
            leading = [segment]
        elif not found:
            continue
        elif segment.name == "OBX":
            found[-1].results.append((segment, []))
        elif segment.name == "SPM":
            found[-1].specimens.append(segment)
        elif segment.name == "NTE":
            text = "\n".join(value.text for value in segment.all(3))
            target = found[-1].results[-1][1] if found[-1].results else found[-1].notes
            target.extend([text] if text else [])
    return found


def map_measurements(scene: Scene, message: Message) -> None:
    """OBX that stand in an admission without an order: what was measured of the patient."""
    for segment in message.all("OBX"):
        resource = observation(scene, segment, [], None)
        if resource is None or attachment(scene, segment):
            continue
        when = segment[14][1] or message.control_id
        own = "\n".join((segment[3][1] or segment[3][2], segment[4].raw, when))
        key = scene.key("Observation", scene.encounter or scene.number, own)
        scene.draft(resource, key, segment=segment)


def map_results(scene: Scene, message: Message, *, specimen_first: bool = False) -> None:
    """Add a DiagnosticReport an OBR with its Observations and Specimens."""
    found = orders(message, specimen_first=specimen_first)
    if not found:
        scene.note("error", "required", "OBR", "order-missing")
    seen: Counter[str] = Counter()
    for order in found:
        _map_order(scene, order, seen)


def _map_order(scene: Scene, order: Order, seen: Counter[str]) -> None:
    request = order.request
    code = scene.concept(request[4])
    if code is None:
        scene.note("error", "required", request.at(4), "order-code-missing")
        return
    order_key = "\n".join(
        (request[3].raw or request[2].raw or scene.number, request[4][1] or request[4][2])
    )
    if not (request[3] or request[2]):
        order_key += "\n" + request[7].raw + "\n" + request[22].raw
    seen[order_key] += 1
    key = f"{order_key}\n{seen[order_key]}"
    specimens = map_specimens(scene, order, key)
    report: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "status": REPORT_STATUS.get(request[25][1].upper(), "unknown"),
        "category": [_category(request)],
        "code": code,
    }
    scene.about(report)
    _identifiers(scene, order, report)
    _times(scene, request, report)
    reader = practitioner(request[32], scene.local)
    if reader:
        report["resultsInterpreter"] = [reader]
    if specimens:
        report["specimen"] = [{"reference": reference} for reference in specimens]
    results, forms = map_observations(scene, order, key, report, specimens)
    if results:
        report["result"] = [{"reference": reference} for reference in results]
    if forms:
        report["presentedForm"] = forms
    if order.notes:
        report["conclusion"] = "\n".join(order.notes)
    scene.draft(report, scene.key("DiagnosticReport", key), segment=request)


def _category(request: Segment) -> dict[str, Any]:
    code = request[24][1].upper() or "LAB"
    if not re.fullmatch(r"[A-Z]{2,4}", code):
        code = "LAB"
    system = "http://terminology.hl7.org/CodeSystem/v2-0074"
    return {"coding": [{"system": system, "code": code}]}


def _identifiers(scene: Scene, order: Order, report: dict[str, Any]) -> None:
    request, common = order.request, order.common
    filler, placer = scene.filled(request, common), scene.order(request, common)
    if filler:
        report["identifier"] = [filler]
    if placer:
        report["basedOn"] = [{"type": "ServiceRequest", "identifier": placer}]


def _times(scene: Scene, request: Segment, report: dict[str, Any]) -> None:
    observed_at = scene.time(request, 7)
    end = scene.time(request, 8)
    if observed_at and end and end > observed_at:
        report["effectivePeriod"] = {"start": observed_at, "end": end}
    elif observed_at:
        report["effectiveDateTime"] = observed_at
    issued = scene.time(request, 22)
    if issued and "T" in issued:
        report["issued"] = issued


def map_specimens(scene: Scene, order: Order, key: str) -> list[str]:
    """Add the Specimens of an order; references to them."""
    references = []
    for index, segment in enumerate(order.specimens, start=1):
        resource: dict[str, Any] = {
            "resourceType": "Specimen",
            "subject": {"reference": scene.patient},
        }
        number = segment[2][1] or segment[2][2]
        if number:
            local = f"{scene.local}:specimen"
            resource["identifier"] = [{"system": local, "value": number}]
        kind = scene.concept(segment[4])
        if kind:
            resource["type"] = kind
        _collected(scene, segment, resource)
        received = scene.time(segment, 18)
        if received:
            resource["receivedTime"] = received
        own = "\n".join((number, segment[4][1])) if number else f"{key}\n{index}"
        reference = f"Specimen/{scene.key('Specimen', scene.number, own)}"
        if reference not in [f"{item.type}/{item.id}" for item in scene.drafts]:
            scene.draft(resource, scene.key("Specimen", scene.number, own), segment=segment)
        references.append(reference)
    return references


def _collected(scene: Scene, segment: Segment, resource: dict[str, Any]) -> None:
    """SPM-7, SPM-8, SPM-12, SPM-14, SPM-17, SPM-20 and SPM-24: how and when it was taken."""
    collection: dict[str, Any] = {}
    taken, until = scene.time(segment, 17), date_time(segment[17][2])
    if taken and until and until >= taken:
        collection["collectedPeriod"] = {"start": taken, "end": until}
    elif taken:
        collection["collectedDateTime"] = taken
    for place, name in ((7, "method"), (8, "bodySite")):
        concept = scene.concept(segment[place])
        if concept:
            collection[name] = concept
    amount = decimal(segment[12][1])
    unit = segment[12][2, 9] or segment[12][2, 2] or segment[12][2, 5] or segment[12][2, 1]
    if amount is not None and unit:
        collection["quantity"] = {"value": amount, "unit": unit}
    if collection:
        resource["collection"] = collection
    if segment[14]:
        resource["note"] = [{"text": segment[14].text}]
    state = {"Y": "available", "N": "unavailable"}.get(segment[20][1].upper())
    if state:
        resource["status"] = state
    conditions = [concept for value in segment.all(24) if (concept := scene.concept(value))]
    if conditions:
        resource["condition"] = conditions


def map_observations(
    scene: Scene,
    order: Order,
    key: str,
    report: dict[str, Any],
    specimens: list[str],
    *,
    category: str | None = "laboratory",
) -> tuple[list[str], list[dict[str, Any]]]:
    """Add the Observations of OBX; references to them, and the documents among them."""
    if category and order.request[24][1].upper() in IMAGING:
        category = "imaging"
    seen: Counter[str] = Counter()
    references: list[str] = []
    forms: list[dict[str, Any]] = []
    for segment, notes in order.results:
        form = attachment(scene, segment)
        if form:
            forms.append(form)
            continue
        resource = observation(scene, segment, notes, category)
        if resource is None:
            continue
        for name in ("effectiveDateTime", "effectivePeriod"):
            if name in report and "effectiveDateTime" not in resource:
                resource[name] = report[name]
        if specimens:
            resource["specimen"] = {"reference": specimens[0]}
        own = "\n".join((segment[3][1] or segment[3][2], segment[4].raw))
        seen[own] += 1
        number = f"{key}\n{own}\n{seen[own]}"
        references.append(scene.draft(resource, scene.key("Observation", number), segment=segment))
    return references, forms


def attachment(scene: Scene, segment: Segment) -> dict[str, Any] | None:
    """An ED value (a whole document) to Attachment; None for any other value."""
    value = segment[5]
    if segment[2][1] != "ED" or not value[5]:
        return None
    kind = {"application": "application/", "text": "text/", "image": "image/"}
    family, sub = value[2].lower(), value[3].lower()
    media = f"{kind.get(family, 'application/')}{sub}" if sub else "application/octet-stream"
    if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", media):
        media = "application/octet-stream"
    if value[4].lower() == "base64":
        packed = re.sub(r"\s+", "", value[5])
        try:
            binascii.a2b_base64(packed, strict_mode=True)
        except binascii.Error:
            scene.note("warning", "value", segment.at(5), "document-unreadable")
            return None
    else:
        packed = base64.b64encode(value[5].encode()).decode()
    title = segment[3][2] or segment[3][1]
    return {"contentType": media, "data": packed, **({"title": title} if title else {})}


def observation(
    scene: Scene, segment: Segment, notes: list[str], category: str | None
) -> dict[str, Any] | None:
    """OBX to Observation; None where it does not say what was observed."""
    code = scene.concept(segment[3])
    if code is None:
        scene.note("warning", "required", segment.at(3), "observation-code-missing")
        return None
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    status = segment[11][1].upper()
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "status": OBSERVATION_STATUS.get(status, "unknown"),
        "code": code,
    }
    if category:
        resource["category"] = [{"coding": [{"system": system, "code": category}]}]
    scene.about(resource)
    when = scene.time(segment, 14)
    if when:
        resource["effectiveDateTime"] = when
    issued = scene.time(segment, 19)
    if issued and "T" in issued:
        resource["issued"] = issued
    resource |= observed(scene, segment)
    flags = [concept for value in segment.all(8) if (concept := scene.concept(value))]
    if flags:
        for flag in flags:
            for coding in flag.get("coding", []):
                coding.setdefault(
                    "system", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
                )
        resource["interpretation"] = flags
    method = scene.concept(segment[17])
    if method:
        resource["method"] = method
    performers = [ref for value in segment.all(16) if (ref := practitioner(value, scene.local))]
    laboratory = segment[23][1] or segment[15][2] or segment[15][1]
    if laboratory:
        performers.append({"type": "Organization", "display": laboratory})
    if performers:
        resource["performer"] = performers
    if notes:
        resource["note"] = [{"text": note} for note in notes]
    return resource
