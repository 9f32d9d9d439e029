"""OBX-2 and OBX-5 to Observation.value[x], with units, reference range and absent reasons."""

from __future__ import annotations

import re
from typing import Any

from lanh.connectors.hl7v2.datatypes import decimal, quantity
from lanh.connectors.hl7v2.reader import Segment
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.times import clock, date_time

_CODED = {"CE", "CWE", "CNE", "CF", "IS", "ID", "CD"}
_WORDS = {"ST", "TX", "FT", "CX", "EI", "XCN", "XPN", "XON", "XAD", "XTN", "PN", "AD", "TN", "CK",
          "CN", "NA", "MA", "PL", "HD", "MO", "CP", "DR", "RI", "RP", "VR", ""}  # fmt: skip
_COMPARATORS = {"<": "<", "<=": "<=", ">=": ">=", ">": ">", "≤": "<=", "≥": ">="}
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*(?:-|–|to)\s*({_NUMBER})\s*")
_LIMIT = re.compile(rf"\s*([<>]=?|≤|≥)\s*({_NUMBER})\s*")
_MAX_TEXT = 1_000_000


def observed(scene: Scene, segment: Segment) -> dict[str, Any]:
    """The value, or why there is none, and the reference range."""
    result = _value(scene, segment)
    if not result and segment[11][1].upper() in ("F", "C", "P", "X"):
        system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
        code = "not-performed" if segment[11][1].upper() == "X" else "unknown"
        result = {"dataAbsentReason": {"coding": [{"system": system, "code": code}]}}
    reference = _range(scene, segment)
    if reference:
        result["referenceRange"] = [reference]
    return result


def _value(scene: Scene, segment: Segment) -> dict[str, Any]:
    kind = segment[2][1].upper()
    values = segment.all(5)
    if not values:
        return {}
    value = values[0]
    units = f"{scene.local}:units"
    if kind == "NM":
        found = quantity(value[1], segment[6], units)
        if found:
            return {"valueQuantity": found}
        return _as_text(scene, segment, "number-unreadable")
    if kind == "SN":
        return _structured(scene, segment) or _as_text(scene, segment, "number-unreadable")
    if kind in _CODED:
        concept = scene.concept(value)
        return {"valueCodeableConcept": concept} if concept else {}
    if kind in ("DT", "TS", "DTM"):
        moment = date_time(value[1])
        if moment:
            return {"valueDateTime": moment}
        return _as_text(scene, segment, "time-unreadable")
    if kind == "TM":
        time = clock(value[1])
        return {"valueTime": time} if time else _as_text(scene, segment, "time-unreadable")
    if kind not in _WORDS:
        scene.note("information", "informational", segment.at(2), "value-type-unknown", value=kind)
    return _text(segment)


def _text(segment: Segment) -> dict[str, Any]:
    text = "\n".join(value.text for value in segment.all(5)).strip()
    return {"valueString": text[:_MAX_TEXT]} if text else {}


def _as_text(scene: Scene, segment: Segment, key: str) -> dict[str, Any]:
    scene.note("warning", "value", segment.at(5), key, value=segment[5].text[:40])
    return _text(segment)


def _structured(scene: Scene, segment: Segment) -> dict[str, Any]:
    """SN: comparator ^ number ^ separator ^ number."""
    value, unit, local = segment[5], segment[6], f"{scene.local}:units"
    first = quantity(value[2], unit, local)
    second = quantity(value[4], unit, local)
    if first is None:
        return {}
    if value[3] == "-" and second:
        return {"valueRange": {"low": first, "high": second}}
    if value[3] in ("/", ":") and second:
        plain = [{"value": amount["value"]} for amount in (first, second)]
        return {"valueRatio": {"numerator": plain[0], "denominator": plain[1]}}
    if value[3] == "+" or second:
        return _text(segment)
    if value[1] in _COMPARATORS:
        first["comparator"] = _COMPARATORS[value[1]]
    elif value[1] not in ("", "="):
        return _text(segment)
    return {"valueQuantity": first}


def _range(scene: Scene, segment: Segment) -> dict[str, Any] | None:
    text = segment[7].text
    if not text:
        return None
    result: dict[str, Any] = {"text": text}
    unit, local = segment[6], f"{scene.local}:units"
    found = _RANGE.fullmatch(text)
    if found:
        low, high = decimal(found.group(1)), decimal(found.group(2))
        if low is not None and high is not None and low <= high:
            result["low"] = quantity(found.group(1), unit, local)
            result["high"] = quantity(found.group(2), unit, local)
    limit = _LIMIT.fullmatch(text)
    if limit:
        side = "high" if limit.group(1) in ("<", "<=", "≤") else "low"
        result[side] = quantity(limit.group(2), unit, local)
    return result
