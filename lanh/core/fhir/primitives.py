"""The lexical rules of FHIR's primitive types (R4 2.24.0.1), dates that exist included."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

_DATE = r"(?!0000)\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01])%s)?)?"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"

DATE = re.compile(_DATE % "", re.ASCII)
DATE_TIME = re.compile(_DATE % f"(?:T{_CLOCK}{_ZONE})?", re.ASCII)
INSTANT = re.compile(
    rf"(?!0000)\d{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T{_CLOCK}{_ZONE}", re.ASCII
)
TIME = re.compile(_CLOCK, re.ASCII)
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
CODE = re.compile(r"[^\s]+(?:\s[^\s]+)*")
URI = re.compile(r"\S+")
OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+", re.ASCII)
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SPACES = re.compile(r"[ \t\r\n]+")

_DAY = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")

Accepts = Callable[[str], bool]


def exists(text: str) -> bool:
    """Whether the day of a well-formed date or dateTime is one its month has."""
    if len(text) < 10 or text[8:10] <= "28":
        return True
    return int(text[8:10]) <= monthrange(int(text[:4]), int(text[5:7]))[1]


def first_day(value: object) -> date | None:
    """The first day of a FHIR date or dateTime as written, None where there is none."""
    match = _DAY.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None


def is_text(text: str) -> bool:
    """A string or markdown: some character that is not blank, no control characters."""
    if text.isprintable():
        return text != "" and not text.isspace()
    return not text.isspace() and _CONTROL.search(text) is None


def is_code(text: str) -> bool:
    """A code: no blanks at the ends, single blanks inside."""
    return text.isalnum() or (CODE.fullmatch(text) is not None and _CONTROL.search(text) is None)


def is_uri(text: str) -> bool:
    """A uri, url or canonical: no blanks, not empty."""
    if text.isprintable():
        return text != "" and " " not in text
    return URI.fullmatch(text) is not None and _CONTROL.search(text) is None


def is_base64(text: str) -> bool:
    """Base64 with blanks allowed between."""
    packed = _SPACES.sub("", text) if not text.isalnum() else text
    return packed != "" and len(packed) % 4 == 0 and _BASE64.fullmatch(packed) is not None


def _full(pattern: re.Pattern[str]) -> Accepts:
    fullmatch = pattern.fullmatch
    return lambda text: fullmatch(text) is not None


# Types written as JSON strings. Dates are judged for form here and for existence by `exists`.
TEXTUAL: dict[str, Accepts] = {
    "string": is_text,
    "markdown": is_text,
    "code": is_code,
    "uri": is_uri,
    "url": is_uri,
    "canonical": is_uri,
    "id": _full(ID),
    "oid": _full(OID),
    "uuid": _full(UUID),
    "date": _full(DATE),
    "dateTime": _full(DATE_TIME),
    "instant": _full(INSTANT),
    "time": _full(TIME),
    "base64Binary": is_base64,
}
DATED = frozenset({"date", "dateTime", "instant"})

# Whole numbers by type: lowest and highest value (R4: 32 bits, signed).
WHOLE: dict[str, tuple[int, int]] = {
    "integer": (-(2**31), 2**31 - 1),
    "unsignedInt": (0, 2**31 - 1),
    "positiveInt": (1, 2**31 - 1),
}


def is_number(value: Any) -> bool:
    """A finite JSON number."""
    kind = type(value)
    if kind is int:
        return True
    if kind is Decimal:
        finite: bool = value.is_finite()
        return finite
    return kind is float and value - value == 0
