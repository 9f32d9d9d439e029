"""ORC, OBR, TQ1, NTE, SPM and OBX to ServiceRequest with what belongs to it (ORM, OML, OMG, REF).

Guide: messages ORM_O01 and OML_O21, segments ORC and OBR to ServiceRequest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from lanh.connectors.hl7v2.datatypes import practitioner
from lanh.connectors.hl7v2.reader import Segment, Value
from lanh.connectors.hl7v2.results import Order, map_observations, map_specimens
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.timing import priority, timing

# Table 0119 (order control) and 0038 (order status) to request-status. The guide leaves CA and HD
# "active", for the filler has not agreed yet; here the placer's own word on its order counts.
CONTROL = {"NW": "active", "OK": "active", "AF": "active", "PR": "active", "PY": "active",
           "RL": "active", "RO": "active", "RQ": "active", "XO": "active", "XR": "active",
           "CA": "revoked", "CR": "revoked", "DC": "revoked", "DF": "revoked", "DR": "revoked",
           "OC": "revoked", "OD": "revoked", "RP": "revoked", "UA": "revoked", "HD": "on-hold",
           "HR": "on-hold", "OH": "on-hold", "FU": "completed",
           "DE": "entered-in-error"}  # fmt: skip
STATUS = {"CA": "revoked", "CM": "completed", "DC": "revoked", "ER": "entered-in-error",
          "HD": "on-hold", "IP": "active", "RP": "revoked", "SC": "active",
          "A": "active"}  # fmt: skip

Body = dict[str, Any]


@dataclass(slots=True)
class Request:
    """One order of a message: its ORC, its OBR, RXO, RXE or RXD, and what follows them."""

    common: Segment | None = None
    details: dict[str, Segment] = field(default_factory=dict)
    """The first segment of each name that belongs to the order."""
    routes: list[Segment] = field(default_factory=list)
    components: list[Segment] = field(default_factory=list)
    timings: list[Segment] = field(default_factory=list)
    results: list[tuple[Segment, list[str]]] = field(default_factory=list)
    specimens: list[Segment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def first(self, *names: str) -> Segment | None:
        """The first of some segments that the order has."""
        return next((self.details[name] for name in names if name in self.details), None)


_DETAILS = ("OBR", "RXO", "RXE", "RXD", "RXA", "RXG", "RQD")


def requests(segments: list[Segment]) -> list[Request]:
    """The orders of a message; each begins with an ORC, or with a detail where there is none."""
    found: list[Request] = []
    for segment in segments:
        if segment.name == "ORC" or (
            segment.name in ("OBR", "RXA") and (not found or segment.name in found[-1].details)
        ):
            found.append(Request())
        if not found:
            continue
        _put(found[-1], segment)
    return found


def _put(order: Request, segment: Segment) -> None:
    name = segment.name
    if name == "ORC":
        order.common = segment
    elif name in _DETAILS:
        order.details.setdefault(name, segment)
    elif name == "RXR":
        order.routes.append(segment)
    elif name == "RXC":
        order.components.append(segment)
    elif name == "TQ1":
        order.timings.append(segment)
    elif name == "SPM":
        order.specimens.append(segment)
    elif name == "OBX":
        order.results.append((segment, []))
    elif name == "NTE":
        text = "\n".join(value.text for value in segment.all(3))
        target = order.results[-1][1] if order.results else order.notes
        target.extend([text] if text else [])


def state(common: Segment | None) -> str | None:
    """request-status of ORC-5, else of ORC-1; None where neither says any."""
    if common is None:
        return "active"
    told = STATUS.get(common[5][1].upper()) or CONTROL.get(common[1][1].upper())
    return told or (None if common[1][1] or common[5][1] else "active")


def map_orders(scene: Scene, segments: list[Segment]) -> None:
    """Add a ServiceRequest an order; one without OBR (ORC alone, RQD) tells its state."""
    found = [order for order in requests(segments) if order.common or "OBR" in order.details]
    if not found:
        scene.note("error", "required", "ORC", "request-missing")
    seen: Counter[str] = Counter()
    for order in found:
        _map_order(scene, order, seen)


def _map_order(scene: Scene, order: Request, seen: Counter[str]) -> None:
    common = order.common
    request = order.details.get("OBR")
    code = scene.concept(request[4]) if request is not None else _article(scene, order)
    if request is not None and code is None:
        scene.note("error", "required", request.at(4, 1), "order-code-missing")
        return
    origin = request or common
    if origin is None:
        return
    placer, filler = scene.order(common, request), scene.filled(common, request)
    own = placer or filler
    if own is None:
        scene.note("warning", "required", "ORC-2", "order-number-missing")
        number = f"~{scene.message}"
    else:
        number = f"{own['system']}\n{own['value']}"
    seen[number] += 1
    key = f"{number}\n{seen[number]}"
    reflex = request is not None and request[11][1].upper() == "G"
    resource: Body = {"resourceType": "ServiceRequest"}
    resource["intent"] = "reflex-order" if reflex else "order"
    if code:
        resource["code"] = code
    scene.about(resource)
    initial: Body = {}
    told = state(common)
    (resource if told else initial)["status"] = told or "active"
    resource["identifier"] = [
        {"type": {"coding": [{"system": _TYPES, "code": name}]}, **each}
        for name, each in (("PLAC", placer), ("FILL", filler))
        if each
    ]
    group = scene.identifier(common[4], "order-group") if common is not None else None
    if group:
        resource["requisition"] = group
    if not resource["identifier"]:
        del resource["identifier"]
    if request is not None:
        _detail(scene, order, request, key, resource)
    scene.draft(
        resource, scene.key("ServiceRequest", key), mode="merge", initial=initial, segment=origin
    )


def _article(scene: Scene, order: Request) -> Body | None:
    """What a requisition (RQD) asks for."""
    segment = order.details.get("RQD")
    if segment is None:
        return None
    return scene.concept(segment[2]) or scene.concept(segment[3]) or scene.concept(segment[4])


def _detail(scene: Scene, order: Request, request: Segment, key: str, resource: Body) -> None:
    common = order.common
    _when(scene, order, request, resource)
    _people(scene, common, request, resource)
    specimens = map_specimens(scene, Order(request, common, specimens=order.specimens), key)
    if specimens:
        resource["specimen"] = [{"reference": reference} for reference in specimens]
    asked = Order(request, common, results=order.results)
    answers, _ = map_observations(scene, asked, f"order\n{key}", {}, specimens, category=None)
    if answers:
        resource["supportingInfo"] = [{"reference": reference} for reference in answers]
    reasons = [concept for value in request.all(31) if (concept := scene.concept(value))]
    if reasons:
        resource["reasonCode"] = reasons
    notes = [*order.notes, *(t[11].text for t in order.timings if t[11])]
    if request[13]:
        notes.append(request[13].text)
    if notes:
        resource["note"] = [{"text": note} for note in notes]


_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"


def _older(common: Segment | None, request: Segment) -> Value:
    return common[7] if common is not None and common[7] else request[27]


def _when(scene: Scene, order: Request, request: Segment, resource: Body) -> None:
    common = order.common
    older = _older(common, request)
    urgent = priority(*(t[9][1] for t in order.timings), older[6], request[5][1])
    if urgent:
        resource["priority"] = urgent
    planned = timing(scene, order.timings, older)
    wanted = scene.time(request, 6) or scene.time(request, 36)
    if planned:
        resource["occurrenceTiming"] = planned
    elif wanted:
        resource["occurrenceDateTime"] = wanted
    written = scene.time(common, 9) if common is not None else None
    if written and common is not None and common[1][1].upper() in ("NW", ""):
        resource["authoredOn"] = written


def _people(scene: Scene, common: Segment | None, request: Segment, resource: Body) -> None:
    values = ([common[12]] if common is not None else []) + [request[16]]
    found = [ref for value in values if (ref := practitioner(value, scene.local))]
    if found:
        resource["requester"] = found[0]
    service = request[24][1].upper()
    if service.isalpha() and 2 <= len(service) <= 4:
        system = "http://terminology.hl7.org/CodeSystem/v2-0074"
        resource["category"] = [{"coding": [{"system": system, "code": service}]}]
