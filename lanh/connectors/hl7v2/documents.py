"""TXA and OBX to DocumentReference (guide: message MDM_T02, segments TXA and OBX)."""

from __future__ import annotations

import base64
from typing import Any

from lanh.connectors.hl7v2.datatypes import practitioner
from lanh.connectors.hl7v2.reader import Message, Segment
from lanh.connectors.hl7v2.results import attachment
from lanh.connectors.hl7v2.scene import Scene
from lanh.nation import naming

# Table 0271 (completion status)
_COMPLETION = {"DI": "preliminary", "DO": "preliminary", "IP": "preliminary",
               "IN": "preliminary", "PA": "preliminary", "AU": "final", "LA": "final"}  # fmt: skip
# Table 0273 (availability status)
_AVAILABILITY = {"AV": "current", "CA": "entered-in-error", "OB": "superseded", "UN": "current"}
# Table 0191 (presentation of content)
_CONTENT = {"TX": "text/plain", "FT": "text/plain", "AP": "application/octet-stream",
            "IM": "image/*", "SD": "application/octet-stream",
            "SI": "image/*", "TEXT": "text/plain"}  # fmt: skip
_APPENDS = {"T05", "T06"}
_REPLACES = {"T09", "T10"}
_MAX_TEXT = 4_000_000

Body = dict[str, Any]


def map_document(scene: Scene, message: Message, event: str) -> None:
    """Add the DocumentReference of a MDM message, keyed by TXA-12."""
    segment = message.first("TXA")
    if segment is None:
        scene.note("error", "required", "TXA", "document-header-missing")
        return
    number = _number(segment, 12)
    if not number:
        scene.note("error", "required", segment.at(12), "document-number-missing")
        return
    resource: Body = {
        "resourceType": "DocumentReference",
        "status": "entered-in-error" if event == "T11" else "current",
        "masterIdentifier": {"system": f"{scene.local}:document", "value": number},
        "subject": {"reference": scene.patient},
    }
    if event != "T11":
        resource["status"] = _AVAILABILITY.get(segment[19][1].upper(), "current")
    _kind(scene, segment, resource)
    _people(scene, segment, resource)
    context: Body = {}
    if scene.encounter:
        context["encounter"] = [{"reference": scene.encounter}]
    order = scene.identifier(segment[14], "placer-order") or scene.order(
        message.first("ORC"), message.first("OBR")
    )
    if order:
        context["related"] = [{"type": "ServiceRequest", "identifier": order}]
    if context:
        resource["context"] = context
    initial: Body = {}
    content = _content(scene, message, segment)
    if content:
        resource["content"] = content
    else:
        initial["content"] = [{"attachment": _described(segment)}]
        if event in ("T02", "T04", "T06", "T08", "T10"):
            scene.note("warning", "required", "OBX", "document-without-content")
    _parent(scene, segment, resource, event)
    key = scene.key("DocumentReference", number)
    scene.draft(resource, key, mode="merge", initial=initial, segment=segment)


def _number(segment: Segment, place: int) -> str:
    """An EI of a document: its number with whoever gave it, or the authority's id alone."""
    value = segment[place]
    return "|".join(part for part in (value[2], value[3], value[1]) if part)


def _kind(scene: Scene, segment: Segment, resource: Body) -> None:
    kind = scene.concept(segment[2])
    if kind:
        for coding in kind.get("coding", []):
            coding.setdefault("system", "http://terminology.hl7.org/CodeSystem/v2-0270")
        resource["type"] = kind
    else:
        scene.note("warning", "required", segment.at(2), "document-kind-missing")
    when = scene.time(segment, 6) or scene.time(segment, 4)
    if when and "T" in when:
        resource["date"] = when
    completion = segment[17][1].upper()
    if completion in _COMPLETION:
        resource["docStatus"] = _COMPLETION[completion]
    elif completion:
        scene.note(
            "warning", "code-invalid", segment.at(17), "completion-unknown", value=completion[:20]
        )
    secrecy = segment[18][1].upper()
    if secrecy:
        system = "http://terminology.hl7.org/CodeSystem/v2-0272"
        resource["securityLabel"] = [{"coding": [{"system": system, "code": secrecy}]}]
    if segment[25][1]:
        resource["description"] = segment[25].text
    if segment[16][1]:
        resource["identifier"] = [{"system": f"{scene.local}:file", "value": segment[16][1]}]


def _people(scene: Scene, segment: Segment, resource: Body) -> None:
    authors = [ref for value in segment.all(9) if (ref := practitioner(value, scene.local))]
    if authors:
        resource["author"] = authors
    signer = practitioner(segment[10], scene.local) or practitioner(segment[22], scene.local)
    if signer:
        resource["authenticator"] = signer
    resource["custodian"] = {
        "type": "Organization",
        "identifier": {"system": naming.FACILITY_CODE, "value": scene.place},
    }


def _described(segment: Segment) -> Body:
    """An attachment of a document whose content has not come."""
    kind = _CONTENT.get(segment[3][1].upper(), "application/octet-stream")
    kind = "application/octet-stream" if kind.endswith("*") else kind
    title = segment[25][1] or segment[16][1] or _number(segment, 12)
    return {"contentType": kind, "title": title}


def _content(scene: Scene, message: Message, header: Segment) -> list[Body]:
    """OBX after TXA: documents (ED), addresses (RP), and text, which is one document."""
    found: list[Body] = []
    lines: list[str] = []
    begun = False
    for segment in message.segments:
        begun = begun or segment is header
        if not begun or segment.name != "OBX":
            continue
        kind = segment[2][1].upper()
        if kind == "ED":
            made = attachment(scene, segment)
            found += [{"attachment": made}] if made else []
        elif kind == "RP" and segment[5][1]:
            found.append({"attachment": {"url": segment[5][1], **_titled(segment)}})
        elif kind in ("TX", "FT", "ST", "") and segment[5]:
            lines += [value.text for value in segment.all(5)]
    if lines:
        text = "\n".join(lines)[:_MAX_TEXT]
        data = base64.b64encode(text.encode()).decode()
        whole = {**_described(header), "contentType": "text/plain; charset=UTF-8", "data": data}
        found.insert(0, {"attachment": whole})
    return found


def _titled(segment: Segment) -> Body:
    title = segment[3][2] or segment[3][1]
    return {"title": title} if title else {}


def _parent(scene: Scene, segment: Segment, resource: Body, event: str) -> None:
    """TXA-13: what an addendum belongs to, what a replacement replaces."""
    if event not in _APPENDS | _REPLACES:
        return
    parent = _number(segment, 13)
    if not parent or parent == _number(segment, 12):
        scene.note("warning", "required", segment.at(13), "document-parent-missing")
        return
    reference = f"DocumentReference/{scene.key('DocumentReference', parent)}"
    code = "appends" if event in _APPENDS else "replaces"
    resource["relatesTo"] = [{"code": code, "target": {"reference": reference}}]
    if code == "replaces":
        older: Body = {"resourceType": "DocumentReference", "status": "superseded"}
        initial = {
            "masterIdentifier": {"system": f"{scene.local}:document", "value": parent},
            "subject": {"reference": scene.patient},
            "content": [{"attachment": {"title": parent}}],
        }
        key = scene.key("DocumentReference", parent)
        scene.draft(older, key, mode="merge", initial=initial, segment=segment)
