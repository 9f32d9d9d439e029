"""TQ1, TQ and other times with durations to Timing, priority and periods (guide: TQ1, TQ, RPT)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from lanh.connectors.hl7v2.datatypes import decimal
from lanh.connectors.hl7v2.reader import Segment, Value
from lanh.connectors.hl7v2.scene import Scene
from lanh.connectors.hl7v2.times import date_time

# Table 0485 and the older priorities of TQ.6 and OBR-5
PRIORITY = {"S": "stat", "A": "asap", "R": "routine", "STAT": "stat", "ASAP": "asap",
            "ROUTINE": "routine", "U": "urgent", "URGENT": "urgent", "T": "urgent"}  # fmt: skip
_SECONDS = {"S": 1, "SEC": 1, "SECOND": 1, "SECONDS": 1, "M": 60, "MIN": 60, "MINUTE": 60,
            "MINUTES": 60, "H": 3600, "HR": 3600, "HOUR": 3600, "HOURS": 3600, "D": 86400,
            "DAY": 86400, "DAYS": 86400, "W": 604800, "WK": 604800, "WEEK": 604800,
            "WEEKS": 604800}  # fmt: skip
_UNITS = {1: "s", 60: "min", 3600: "h", 86400: "d", 604800: "wk"}


def seconds(number: str, unit: str, default: str = "MIN") -> int | None:
    """A duration such as ("50", "min") in seconds; None where it is none of ours."""
    amount = decimal(number)
    size = _SECONDS.get((unit or default).upper())
    if amount is None or size is None or not 0 < amount * size < 10**9:
        return None
    return int(amount * size)


def after(start: str | None, length: int | None) -> str | None:
    """The dateTime `length` seconds after `start`, or None where either is not known."""
    if start is None or length is None or "T" not in start:
        return None
    try:
        return (datetime.fromisoformat(start) + timedelta(seconds=length)).isoformat()
    except (ValueError, OverflowError):
        return None


def priority(*values: str) -> str | None:
    """The first of some priority codes that FHIR knows."""
    return next((PRIORITY[v.upper()] for v in values if v.upper() in PRIORITY), None)


def timing(scene: Scene, segments: list[Segment], older: Value) -> dict[str, Any] | None:
    """Timing of the TQ1 of an order, or of its older TQ (ORC-7, OBR-27)."""
    segment = segments[0] if segments else None
    repeat: dict[str, Any] = {}
    if segment is not None:
        pattern, amount, unit = segment[3][1], segment[6][1], segment[6][2, 1]
        start, end = scene.time(segment, 7), scene.time(segment, 8)
        count = segment[14][1]
    else:
        pattern, amount, unit = older[2], older[3][1:], older[3][:1]
        start, end, count = date_time(older[4]), date_time(older[5]), older[12]
    if start or end:
        bounds = {"start": start, "end": end if not (start and end and end < start) else None}
        repeat["boundsPeriod"] = {name: value for name, value in bounds.items() if value}
    elif (length := _duration(amount, unit)) is not None:
        repeat["boundsDuration"] = length
    if count.isdecimal() and 0 < int(count) < 2**31:
        repeat["count"] = int(count)
    result: dict[str, Any] = {"repeat": repeat} if repeat else {}
    if pattern:
        system = "http://terminology.hl7.org/CodeSystem/v2-0335"
        result["code"] = {"coding": [{"system": system, "code": pattern}], "text": pattern}
    return result or None


def _duration(amount: str, unit: str) -> dict[str, Any] | None:
    number = decimal(amount)
    size = _SECONDS.get(unit.upper())
    if number is None or size is None or number <= Decimal(0):
        return None
    code = _UNITS[size]
    return {"value": number, "unit": code, "system": "http://unitsofmeasure.org", "code": code}
