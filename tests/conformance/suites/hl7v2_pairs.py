"""HL7 v2 messages beside the FHIR bundles that another project makes of them, field by field.

A field is a path that both sides define in resources of one type; resources and elements of
lists are paired so that most of their fields agree. Left out: ids, references and extensions
(each side's own) and narrative. Numbers are equal by value, times by the instant they name.

Many messages of the set hold one segment only, without a patient: one is named in them before
they are read, since what names nobody is refused by the bus.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from lanh.connectors.hl7v2.mapping import map_message
from lanh.connectors.hl7v2.reader import envelope
from lanh.connectors.hl7v2.routes import kind_of
from lanh.connectors.hl7v2.scene import Scene
from lanh.core import fhir
from tests.conformance.suite import Results, shared

_DIFFERENCES = Path(__file__).with_name("hl7v2_pairs.yaml")
_LEFT_OUT = frozenset({"id", "meta", "text", "extension", "contained", "reference", "resourceType"})
_BEFORE_PATIENT = frozenset({"MSH", "SFT", "UAC", "EVN", "NTE"})
_SECONDS = 19


class Field(NamedTuple):
    """A leaf that both sides define: where it stands, what each says."""

    path: str
    ours: str
    theirs: str

    @property
    def agrees(self) -> bool:
        return _same(self.ours, self.theirs)


def run() -> Results:
    """Every field that both sides of a pair define."""
    folder = shared("hl7v2/reportstream-pairs")
    results: dict[str, str | None] = {}
    for file in sorted(folder.glob("*.hl7")):
        bundle = fhir.loads((folder / f"{file.stem}.fhir.json").read_bytes())
        theirs = [entry["resource"] for entry in bundle["entry"]]
        seen: Counter[str] = Counter()
        for field in _compared(_ours(file.read_bytes()), theirs):
            seen[field.path] += 1
            case = f"{file.stem} {field.path} {seen[field.path]}"
            results[case] = None if field.agrees else f"{field.ours!r} ~ {field.theirs!r}"
    return results


def explained(case: str, why: str) -> str | None:
    """The reason of a known difference, by its path and what the two sides say; else None."""
    path = case.split(" ")[1]
    for rule in _rules():
        if re.fullmatch(rule["path"], path) and re.fullmatch(rule["differs"], why, re.DOTALL):
            return str(rule["reason"]).strip()
    return None


@cache
def _rules() -> list[dict[str, str]]:
    found: list[dict[str, str]] = yaml.safe_load(_DIFFERENCES.read_text(encoding="utf-8"))
    return found


def _ours(raw: bytes) -> list[dict[str, Any]]:
    found = []
    for message in envelope(_with_patient(raw)).messages:
        scene = Scene("79001", f"{message.header[3].raw}\n{message.control_id}")
        map_message(scene, message, *kind_of(message))
        found += [{**draft.initial, **(draft.body or {})} for draft in scene.drafts]
    return found


def _with_patient(raw: bytes) -> bytes:
    text = raw.decode("utf-8", "replace").replace("\r\n", "\r").replace("\n", "\r")
    segments = [segment for segment in text.split("\r") if segment]
    at = next((n for n, each in enumerate(segments) if each.startswith("PID")), None)
    if at is None:
        after = (n for n, each in enumerate(segments) if each[:3] not in _BEFORE_PATIENT)
        segments.insert(next(after, len(segments)), "PID|1||9^^^^MR")
    else:
        fields = segments[at].split("|")
        fields += [""] * (6 - len(fields))
        if not (fields[2] or fields[3] or fields[5]):
            fields[3] = "9^^^^MR"
            segments[at] = "|".join(fields)
    return "\r".join(segments).encode()


def _compared(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> Iterator[Field]:
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for resource in ours:
        by_type[resource["resourceType"]].append(json.loads(json.dumps(resource, default=str)))
    for kind, resources in by_type.items():
        others = [each for each in theirs if each["resourceType"] == kind]
        yield from _fields(kind, resources, others)


def _fields(path: str, ours: Any, theirs: Any) -> list[Field]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        names = sorted((ours.keys() & theirs.keys()) - _LEFT_OUT)
        return [
            field
            for name in names
            if not name.startswith("_")
            for field in _fields(f"{path}.{name}", ours[name], theirs[name])
        ]
    if isinstance(ours, list) and isinstance(theirs, list):
        return _paired(path, ours, theirs)
    if isinstance(ours, (dict, list)) or isinstance(theirs, (dict, list)):
        return []
    return [] if ours is None else [Field(path, str(ours), str(theirs))]


def _paired(path: str, ours: list[Any], theirs: list[Any]) -> list[Field]:
    """The elements of two lists, each of ours with the one of theirs that agrees most."""
    left, found = list(theirs), list[Field]()
    for one in ours:
        tried = [(n, _fields(path, one, other)) for n, other in enumerate(left)]
        tried = [(n, fields) for n, fields in tried if fields]
        if not tried:
            continue
        best, fields = max(tried, key=lambda each: _likeness(each[1]))
        del left[best]
        found += fields
    return found


def _likeness(fields: list[Field]) -> tuple[int, int]:
    agreeing = sum(field.agrees for field in fields)
    return agreeing, agreeing - len(fields)


def _same(one: str, other: str) -> bool:
    if one.strip() == other.strip():
        return True
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        pass
    try:
        return _instant(one) == _instant(other)
    except (ValueError, TypeError):
        return False


def _instant(text: str) -> datetime:
    """A time of day with its zone, without parts of a second. Raises ValueError."""
    if len(text) < _SECONDS:
        raise ValueError(text)
    return datetime.fromisoformat(text).replace(microsecond=0)
