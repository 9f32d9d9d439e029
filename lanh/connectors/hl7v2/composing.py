"""Write acknowledgements: MSH, MSA and ERR as the sender's version of HL7 v2 has them.

From 2.5 an ERR segment a fault: place (ERL), table 0357, severity, text. Before that one ERR whose
first field repeats (ELD), and MSA-6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from lanh.connectors.hl7v2.reader import Envelope, Message, Segment, Value
from lanh.connectors.hl7v2.writer import Repeats, write

Issue = Mapping[str, str]

VERSIONS = re.compile(r"2\.(3(\.1)?|4|5(\.1)?|6|7(\.1)?|8(\.[12])?)")
_MAX_ERRORS = 20
_SEVERITY = {"fatal": "E", "error": "E", "warning": "W", "information": "I"}
_RANK = {"fatal": 0, "error": 1, "warning": 2, "information": 3}
_TEXTS = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "104": "Value too long",
    "199": "Other HL7 Error",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "207": "Application error",
}
# FHIR IssueType to table 0357
_CODES = {
    "required": "101",
    "value": "102",
    "invalid": "102",
    "code-invalid": "103",
    "too-long": "104",
    "not-supported": "200",
    "structure": "100",
    "not-found": "204",
    "conflict": "205",
    "duplicate": "205",
}
_UNSUPPORTED = {"MSH-9.2": "201", "MSH-11": "202", "MSH-12": "203"}
_PLACE = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\[(\d{1,6})\])?"
    r"(?:-(\d{1,3})(?:\((\d{1,4})\))?(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?)?",
    re.ASCII,
)


def compose(
    message: Message | None,
    code: str,
    issues: Sequence[Issue],
    receipt: str | None = None,
    *,
    application: bool = False,
) -> bytes:
    """An ACK to `message` (None: one that could not be read). Reasons come in both languages.

    `application` marks an application acknowledgement of enhanced mode, a message in its own
    right that wants no acknowledgement.
    """
    header = message.header if message is not None else None
    named = "" if header is None else header[12][1]
    version = named if VERSIONS.fullmatch(named) else "2.5.1"
    kind: list[str | None] = ["ACK"]
    if version != "2.3":
        kind += [(message.kind[1] if message is not None else None) or None, "ACK"]
    never = "NE" if application else None
    worst = sorted(issues, key=lambda issue: _RANK.get(issue["severity"], 1))[:_MAX_ERRORS]
    old = version in ("2.3", "2.3.1", "2.4")
    segments: list[list[Any]] = [
        [
            "MSH", _copied(header, 5), _copied(header, 6), _copied(header, 3), _copied(header, 4),
            datetime.now(UTC), None, kind, uuid4().hex[:20],
            (header[11][1] if header is not None else "") or "P", version,
            None, None, never, never, None, "UNICODE UTF-8",
        ],
        ["MSA", code, header[10][1] if header is not None else None, receipt],
    ]  # fmt: skip
    if old and worst:
        segments[1] += [None, None, _coded(worst[0])]
        segments.append(["ERR", Repeats([_located(issue) for issue in worst])])
    elif worst:
        segments += [_error(issue) for issue in worst]
    return write(segments)


def _error(issue: Issue) -> list[Any]:
    return [
        "ERR", None, _location(issue["expression"]), _coded(issue),
        _SEVERITY.get(issue["severity"], "E"), None, None, issue["expression"] or None,
        f"{issue['vi']} / {issue['en']}",
    ]  # fmt: skip


def _coded(issue: Issue) -> list[str]:
    """Table 0357 as a coded element."""
    if issue["severity"] in ("warning", "information"):
        number = "0"
    else:
        number = _CODES.get(issue["code"], "207")
        if number == "200":
            number = _UNSUPPORTED.get(issue["expression"], number)
    return [number, _TEXTS[number], "HL70357"]


def _location(expression: str) -> list[Any] | None:
    """ "OBX[3]-5(2).1" to ERL: segment, its number, field, repetition, component, subcomponent."""
    found = _PLACE.fullmatch(expression)
    if found is None:
        return None
    name, number, field, repetition, component, sub = found.groups()
    placed = [name, number or "1", field]
    if field is not None:
        placed += [repetition or "1", component, sub]
    return placed


def _located(issue: Issue) -> list[Any]:
    """ELD (before 2.5): segment, its number, field, and what is wrong with the text beside it."""
    place = _location(issue["expression"]) or [None, None, None]
    number, text, table = _coded(issue)
    said = f"{issue['vi']} / {issue['en']}"
    return [*place[:3], (number, text, table, None, said)]


def _copied(header: Segment | None, place: int) -> list[str] | None:
    if header is None:
        return None
    value: Value = header[place]
    parts = [value[number] for number in range(1, len(value) + 1)]
    return parts if any(parts) else None


def wrap(found: Envelope, count: int, body: bytes) -> bytes:
    """Acknowledgements of a batch or file as one, which refers to the one that it answers."""
    if not found.is_batch:
        return body
    batch = found.batches[0] if found.batches else None
    lines = [_envelope_header("BHS", batch) + body, write_line(["BTS", count])]
    if found.file is not None:
        lines = [_envelope_header("FHS", found.file), *lines, write_line(["FTS", 1])]
    return b"".join(lines)


def _envelope_header(name: str, answered: Segment | None) -> bytes:
    fields: list[Any] = [
        "MSH", _copied(answered, 5), _copied(answered, 6), _copied(answered, 3),
        _copied(answered, 4), datetime.now(UTC), None, None, None, uuid4().hex[:20],
        answered[11][1] if answered is not None else None,
    ]  # fmt: skip
    return name.encode() + write([fields])[3:]


def write_line(segment: list[Any]) -> bytes:
    """One segment without a header."""
    return write([["MSH"], segment]).split(b"\r", 1)[1]
