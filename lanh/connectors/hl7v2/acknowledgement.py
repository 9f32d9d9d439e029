"""ACK messages in original mode (HL7 v2.5.1 chapter 2.9.2): MSA says what, ERR says why.

AA: the message is kept and taken. AE: something in it is wrong (mend it and send again). AR: it
is not taken here as it stands (type not supported, sender unknown, id used before).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from lanh.connectors.hl7v2.reader import Message, Unreadable, Value, read
from lanh.connectors.hl7v2.writer import write

MEDIA_TYPE = "x-application/hl7-v2+er7"
_MAX_ERRORS = 20
_SEVERITY = {"fatal": "E", "error": "E", "warning": "W", "information": "I"}
# FHIR IssueType to table 0357
_CODES = {
    "required": ("101", "Required field missing"),
    "value": ("102", "Data type error"),
    "code-invalid": ("103", "Table value not found"),
    "not-supported": ("200", "Unsupported message type"),
    "structure": ("100", "Segment sequence error"),
    "conflict": ("205", "Duplicate key identifier"),
    "duplicate": ("205", "Duplicate key identifier"),
}
_OTHER = ("207", "Application internal error")
_REJECTED = frozenset({"not-supported", "forbidden", "conflict"})

Issue = Mapping[str, str]


def acknowledge(content: bytes, receipt: Mapping[str, Any]) -> tuple[str, bytes]:
    """(media type, body): an ACK for each message of `content`, as its receipt has it."""
    try:
        messages = read(content)
    except Unreadable:
        messages = []
    parts = {part["index"]: part for part in receipt["parts"]}
    whole: list[Issue] = list(receipt["issues"])
    if not messages:
        return MEDIA_TYPE, compose(None, _code(receipt["state"], whole), whole, receipt["id"])
    answers = []
    for index, message in enumerate(messages):
        part = parts.get(index)
        issues = whole + (list(part["issues"]) if part else [])
        state = "refused" if part and part["outcome"] == "refused" else receipt["state"]
        if part and part["outcome"] != "refused" and state != "received":
            state = "accepted"
        answers.append(compose(message, _code(state, issues), issues, receipt["id"]))
    return MEDIA_TYPE, b"".join(answers)


def _code(state: str, issues: Sequence[Issue]) -> str:
    if state in ("accepted", "accepted-in-part", "received"):
        return "AA"
    errors = {issue["code"] for issue in issues if issue["severity"] in ("error", "fatal")}
    return "AR" if state == "conflict" or errors & _REJECTED else "AE"


def compose(
    message: Message | None, code: str, issues: Sequence[Issue], receipt: str | None = None
) -> bytes:
    """An ACK to `message` (None: one that could not be read). Reasons come in both languages."""
    header = message.header if message is not None else None

    def copied(place: int) -> list[str] | None:
        return _components(header[place]) if header is not None else None

    version = "2.5.1" if header is None else header[12][1] or "2.5.1"
    processing = "P" if header is None else header[11][1] or "P"
    event = message.kind[1] if message is not None else ""
    segments: list[list[Any]] = [
        [
            "MSH", copied(5), copied(6), copied(3), copied(4), datetime.now(UTC), None,
            ["ACK", event or None, "ACK"], uuid4().hex[:20], processing, version,
            None, None, None, None, None, "UNICODE UTF-8",
        ],
        ["MSA", code, header[10][1] if header is not None else None, receipt],
    ]  # fmt: skip
    for issue in list(issues)[:_MAX_ERRORS]:
        number, text = _CODES.get(issue["code"], _OTHER)
        if issue["severity"] in ("warning", "information"):
            number, text = "0", "Message accepted"
        segments.append(
            [
                "ERR", None, _location(issue["expression"]), [number, text, "HL70357"],
                _SEVERITY[issue["severity"]], None, None, issue["expression"] or None,
                f"{issue['vi']} / {issue['en']}",
            ]
        )  # fmt: skip
    return write(segments)


def _components(value: Value) -> list[str] | None:
    parts = [value[place] for place in range(1, len(value) + 1)]
    return parts if any(parts) else None


def _location(expression: str) -> list[Any] | None:
    """ "OBX[3]-5" to ERL: segment, its number, field."""
    segment, _, place = expression.partition("-")
    name, _, number = segment.partition("[")
    if len(name) != 3 or not name.isupper():
        return None
    number = number.rstrip("]")
    return [name, number if number.isdecimal() else 1, place if place.isdecimal() else None]
