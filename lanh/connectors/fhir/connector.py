"""The FHIR connector: Bundles, resources by themselves, and NDJSON, to parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lanh.connectors.fhir import mending
from lanh.connectors.fhir.entries import CARRIED, EXECUTED, executed_part, resource_part
from lanh.connectors.fhir.words import fault
from lanh.core import fhir
from lanh.core.bus import Judged, Part, Submission
from lanh.core.fhir import Issue, ParseError

MAX_PARTS = 200_000
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_LINES = frozenset({"application/fhir+ndjson", "application/ndjson", "application/x-ndjson"})


class FhirConnector:
    """FHIR R4 JSON. A transaction is one group of parts; everything else is a group a part."""

    name = "fhir"
    media_types = ("application/fhir+json", "application/json", *sorted(_LINES))

    def recognises(self, head: bytes) -> bool:
        """Whether the body begins like a JSON object."""
        return head[:1] == b"{"

    def field(self, content: bytes, part: int, place: str) -> str | None:
        """What stands at a path such as "Patient.gender" of a part."""
        return mending.field(content, part, place)

    def mended(self, content: bytes, values: Sequence[tuple[int, str, str]]) -> bytes:
        """The content with elements written anew."""
        return mending.mended(content, values)

    def judge(self, submission: Submission) -> Judged:
        """Read and check a message. The key is Bundle.identifier, or Bundle.id."""
        kind = submission.content_type.partition(";")[0].strip().lower()
        content = submission.content.removeprefix(b"\xef\xbb\xbf")
        if kind in _LINES:
            return _lines(content)
        try:
            whole = fhir.loads(content)
        except ParseError as error:
            if _looks_like_lines(content):
                return _lines(content)
            return Judged(issues=[error.issue])
        return _judge(whole)


def _looks_like_lines(content: bytes) -> bool:
    first, _, rest = content.lstrip().partition(b"\n")
    if not rest.strip():
        return False
    try:
        return isinstance(fhir.loads(first), dict)
    except ParseError:
        return False


def _judge(whole: Any) -> Judged:
    judged = Judged()
    _add(judged, whole)
    if isinstance(whole, dict) and whole.get("resourceType") == "Bundle" and not judged.refused:
        judged.key = _key(whole)
        judged.made_at = _made_at(whole)
    elif len(judged.parts) == 1 and not isinstance(whole, dict):
        judged.issues = judged.parts[0].issues
        judged.parts = []
    return judged


def _key(bundle: dict[str, Any]) -> str | None:
    identifier = bundle.get("identifier")
    if isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
        return f"{identifier.get('system', '')}|{identifier['value']}"
    own = bundle.get("id")
    return own if isinstance(own, str) else None


def _made_at(bundle: dict[str, Any]) -> datetime | None:
    """Bundle.timestamp, an instant."""
    told = bundle.get("timestamp")
    if not isinstance(told, str) or not _INSTANT.fullmatch(told):
        return None
    try:
        return datetime.fromisoformat(told)
    except ValueError:
        return None


def _lines(content: bytes) -> Judged:
    judged = Judged()
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            value = fhir.loads(line)
        except ParseError as error:
            part = _group(judged, Part(len(judged.parts), "?", None))
            at = f"line {number}"
            part.issues.append(Issue("error", error.issue.code, at, error.message))
            continue
        _add(judged, value)
        if judged.refused:
            return judged
    if not judged.parts:
        judged.issues.append(fault("empty-lines", "required"))
    return judged


def _group(judged: Judged, part: Part, group: int | None = None) -> Part:
    part.group = part.index if group is None else group
    judged.parts.append(part)
    if len(judged.parts) > MAX_PARTS:
        judged.issues.append(fault("too-many-parts", "too-costly", limit=MAX_PARTS))
        judged.parts = []
    return part


def _add(judged: Judged, value: Any) -> None:
    """Add the parts of one JSON value: a Bundle or a resource."""
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        _add_bundle(judged, value)
    else:
        _group(judged, resource_part(len(judged.parts), value))


def _add_bundle(judged: Judged, bundle: dict[str, Any]) -> None:
    kind = bundle.get("type")
    entries = bundle.get("entry", [])
    if not isinstance(kind, str) or kind not in EXECUTED | CARRIED:
        issue = fault("bundle-type", "value", "Bundle.type", type=str(kind)[:40])
    elif not isinstance(entries, list):
        issue = fault("bundle-entries", "structure", "Bundle.entry")
    elif not entries:
        issue = fault("bundle-empty", "required", "Bundle.entry")
    else:
        _add_entries(judged, kind, entries)
        return
    if judged.parts:
        _group(judged, Part(len(judged.parts), "Bundle", None)).issues.append(issue)
    else:
        judged.issues.append(issue)


def _add_entries(judged: Judged, kind: str, entries: list[Any]) -> None:
    first = len(judged.parts)
    for entry in entries:
        index = len(judged.parts)
        if kind in EXECUTED:
            part = executed_part(index, entry, kind)
        else:
            url = entry.get("fullUrl") if isinstance(entry, dict) else None
            resource = entry.get("resource") if isinstance(entry, dict) else None
            part = resource_part(index, resource, full_url=url if isinstance(url, str) else None)
        _group(judged, part, first if kind == "transaction" else None)
        if judged.refused:
            return
