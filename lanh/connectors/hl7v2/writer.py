"""Write HL7 v2 messages: segments of plain values to the ER7 text of HL7 v2.5.1, chapter 2."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from lanh.core.text import nfc
from lanh.nation.local_time import VIETNAM

Component: TypeAlias = Any
"""str, int, Decimal, date, aware datetime, or None; a tuple of them is a list of subcomponents."""

_ESCAPES = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\",
     "\n": "\\.br\\"}
)  # fmt: skip
_LINE_END = re.compile(r"\r\n?")


class Repeats(list[Any]):
    """The repetitions of one field, each a value or a list of components."""


def write(segments: Sequence[Sequence[Any]]) -> bytes:
    """A message as UTF-8 bytes, segments ended by carriage returns.

    A segment is its name followed by its fields: a value, a list of components (a tuple inside it
    is subcomponents), or `Repeats([...])`. MSH starts at MSH-3: its delimiters are written here.
    Raises ValueError where the first segment is not MSH or a time has no zone.
    """
    if not segments or segments[0][0] != "MSH":
        raise ValueError("the first segment of a message is MSH")
    return ("\r".join(_segment(segment) for segment in segments) + "\r").encode()


def message_header(
    kind: str,
    structure: str,
    control_id: str,
    *,
    application: str,
    facility: str,
    sent: datetime,
    version: str = "2.5.1",
    accept: str | None = None,
    reply: str | None = None,
) -> list[Any]:
    """The MSH segment of a message such as `kind` "ADT^A01", `structure` "ADT_A01".

    `accept` and `reply` are MSH-15 and MSH-16 (table 0155); without them the mode is the original.
    """
    code, event = kind.split("^")
    return [
        "MSH", application, facility, "LANH", "LANH", sent, None, [code, event, structure],
        control_id, "P", version, None, None, accept, reply, None, "UNICODE UTF-8",
    ]  # fmt: skip


def _segment(segment: Sequence[Any]) -> str:
    name, *fields = segment
    text = "|".join(_field(field) for field in fields).rstrip("|")
    return f"MSH|^~\\&|{text}" if name == "MSH" else f"{name}|{text}"


def _field(value: Any) -> str:
    if isinstance(value, Repeats):
        return "~".join(_repetition(item) for item in value)
    return _repetition(value)


def _repetition(value: Any) -> str:
    if isinstance(value, list):
        return "^".join(_component(item) for item in value).rstrip("^")
    return _component(value)


def _component(value: Component) -> str:
    if isinstance(value, tuple):
        return "&".join(_leaf(item) for item in value).rstrip("&")
    return _leaf(value)


def _leaf(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time has a zone")
        return value.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S%z")
    if isinstance(value, date):
        return value.strftime("%Y%m%d")
    if isinstance(value, Decimal):
        return format(value, "f")
    return _LINE_END.sub("\n", nfc(str(value))).translate(_ESCAPES)
