"""What people write in fields and what it means: Vietnamese numbers, dates, times; and back.

Reading is strict. What could mean two things (1.234 where a decimal is asked) is refused with how
to write it, never guessed. A decimal keeps its digits.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from lanh.core.text import Language, nfc

LONGEST = 20_000
"""Signs of one text; an item may set fewer."""

_LOCAL = timezone(timedelta(hours=7))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_DAY = re.compile(r"(?:(?:(\d{1,2})[/.-])?(\d{1,2})[/.-])?(\d{4})", re.ASCII)
_DIGITS_DAY = re.compile(r"(\d{2})(\d{2})((?:1[89]|2[01])\d{2})", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})[:hg](\d{2})(?::(\d{2})(\.\d{1,9})?)?", re.ASCII)
_DIGITS_CLOCK = re.compile(r"(\d{2})(\d{2})", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?", re.ASCII)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_LOW, _HIGH = -(2**31), 2**31 - 1


class EntryFault(ValueError):
    """What was written cannot be read: the key of a message and its parameters."""

    def __init__(self, key: str, /, **parameters: Any) -> None:
        super().__init__(key)
        self.key = key
        self.parameters = parameters


def tidy(text: str, *, lines: bool = False) -> str:
    """A field's text in NFC, without blanks at its ends. Raises EntryFault on control signs."""
    found = nfc(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(found) > LONGEST:
        raise EntryFault("entry-long", limit=LONGEST, count=len(found))
    if _CONTROL.search(found) or (not lines and "\n" in found):
        raise EntryFault("entry-signs")
    return found


def read_number(text: str, language: Language) -> Decimal:
    """A decimal with its digits: `1.234,50` and `1 234,50` in Vietnamese, `1,234.50` in English.

    Points in Vietnamese (commas in English) only part thousands, and only where nothing else can
    be meant. Raises EntryFault.
    """
    mark, group = (",", ".") if language == "vi" else (".", ",")
    plain = text.replace("\u2212", "-")
    whole, _, rest = plain.partition(mark)
    parts = re.split(rf"[{re.escape(group)} \u00a0\u202f]", whole)
    if len(parts) > 1:
        grouped = all(len(p) == 3 for p in parts[1:]) and 1 <= len(parts[0].lstrip("+-")) <= 3
        sure = bool(rest) or len(parts) > 2 or group not in whole
        if not grouped:
            raise EntryFault("entry-number", text=shown(text))
        if not sure:
            raise EntryFault("entry-number-unclear", text=shown(text))
    joined = "".join(parts) + (f".{rest}" if plain != whole else "")
    if not _NUMBER.fullmatch(joined):
        raise EntryFault("entry-number", text=shown(text))
    return Decimal(joined)


def read_whole(text: str, language: Language) -> int:
    """A whole number of 32 bits; thousands may be parted. Raises EntryFault."""
    group = "." if language == "vi" else ","
    plain = re.sub(r"[ \u00a0\u202f]", group, text.replace("\u2212", "-"))
    parts = plain.split(group)
    grouped = len(parts) == 1 or (
        all(len(p) == 3 for p in parts[1:]) and 1 <= len(parts[0].lstrip("+-")) <= 3
    )
    joined = "".join(parts)
    if not grouped or not _WHOLE.fullmatch(joined):
        raise EntryFault("entry-whole", text=shown(text))
    if not _LOW <= int(joined) <= _HIGH:
        raise EntryFault("entry-whole-large", text=shown(text))
    return int(joined)


def read_date(text: str) -> str:
    """A FHIR date of dd/mm/yyyy (parted by `/`, `-`, `.`, or the eight digits alone), mm/yyyy or
    yyyy, or of a whole ISO day. Raises EntryFault.

    Eight digits are a day only with a year from 1800 to 2199: no ISO day without its hyphens can
    be taken for one, since its last four digits would be a month of 18 or more.
    """
    iso = _ISO_DAY.fullmatch(text)
    if iso is not None:
        year, month, day = iso.groups()
    else:
        match = _DIGITS_DAY.fullmatch(text) or _DAY.fullmatch(text)
        if match is None:
            raise EntryFault("entry-date", text=shown(text))
        day, month, year = match.groups()
    if year == "0000" or (month is not None and not 1 <= int(month) <= 12):
        raise EntryFault("entry-date", text=shown(text))
    if day is not None and not 1 <= int(day) <= monthrange(int(year), int(month))[1]:
        raise EntryFault("entry-date-absent", text=shown(text))
    parts = [year, *(f"{int(each):02}" for each in (month, day) if each is not None)]
    return "-".join(parts)


def read_time(text: str) -> str:
    """A FHIR time of hh:mm (also 8h30, 8g30, 0830) or hh:mm:ss. Raises EntryFault."""
    match = _CLOCK.fullmatch(text.lower())
    digits = _DIGITS_CLOCK.fullmatch(text)
    if match is not None:
        hour, minute, second, fraction = match.groups()
    elif digits is not None:
        (hour, minute), second, fraction = digits.groups(), None, None
    else:
        raise EntryFault("entry-time", text=shown(text))
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        raise EntryFault("entry-time", text=shown(text))
    return f"{int(hour):02}:{minute}:{second or '00'}{fraction or ''}"


def read_moment(text: str) -> str:
    """A FHIR dateTime of `dd/mm/yyyy hh:mm`, in Vietnamese time; without a clock, of a date. The
    clock may stand first, as it is said: `7h15 2/3/2026`."""
    day, _, clock = text.replace("T", " ").partition(" ")
    if _CLOCK.fullmatch(day.rstrip(",").lower()):
        day, clock = clock.strip(), day.rstrip(",")
    found = read_date(day)
    if not clock.strip():
        return found
    if len(found) < 10:
        raise EntryFault("entry-date", text=shown(text))
    return f"{found}T{read_time(clock.strip())}+07:00"


def read_plain(kind: str, text: str, language: Language) -> Any:
    """The value of a field of an item type that one text can tell. Raises EntryFault."""
    match kind:
        case "boolean":
            if text not in ("true", "false"):
                raise EntryFault("entry-option", text=shown(text))
            return text == "true"
        case "decimal":
            return read_number(text, language)
        case "integer":
            return read_whole(text, language)
        case "date":
            return read_date(text)
        case "dateTime":
            return read_moment(text)
        case "time":
            return read_time(text)
        case "url":
            if not _URL.fullmatch(text):
                raise EntryFault("entry-url", text=shown(text))
            return text
    return text


def write_number(value: int | Decimal, language: Language) -> str:
    """A number as it may be read back: no thousands parted, no exponent."""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return text.replace(".", ",") if language == "vi" else text


def write_date(value: str) -> str:
    """A FHIR date as dd/mm/yyyy, mm/yyyy or yyyy."""
    return "/".join(reversed(value.split("-")))


def write_time(value: str) -> str:
    """A FHIR time without seconds where they are none."""
    return value[:5] if value[5:] == ":00" else value


def write_moment(value: str) -> str:
    """A FHIR dateTime in Vietnamese time."""
    if "T" not in value:
        return write_date(value)
    clean, _, fraction = value.partition(".")
    digits = re.match(r"\d*", fraction)
    moment = datetime.fromisoformat(
        value if not digits or not digits[0] else clean + fraction[len(digits[0]) :]
    )
    local = moment.astimezone(_LOCAL)
    tail = f".{digits[0]}" if digits and digits[0] else ""
    clock = write_time(local.strftime("%H:%M:%S") + tail)
    return f"{local.day:02}/{local.month:02}/{local.year:04} {clock}"


def write_plain(kind: str, value: Any, language: Language) -> str:
    """The text of a value as its field shows it."""
    match kind:
        case "boolean":
            return "true" if value else "false"
        case "decimal" | "integer":
            return write_number(value, language)
        case "date":
            return write_date(str(value))
        case "dateTime":
            return write_moment(str(value))
        case "time":
            return write_time(str(value))
    return str(value)


def shown(text: str) -> str:
    """A text as a message may repeat it: short, on one line."""
    plain = " ".join(text.split())
    return plain if len(plain) <= 40 else plain[:39] + "…"
