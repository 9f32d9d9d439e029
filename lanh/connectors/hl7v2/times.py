"""HL7 v2 dates and times (DT, DTM, TS) to FHIR: a time without zone is Vietnamese time."""

from __future__ import annotations

import re
from datetime import date, datetime

from lanh.nation.local_time import VIETNAM

_TIME = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(\.\d{1,6})?)?)?)?)?)?"
    r"([+-]\d{4})?",
    re.ASCII,
)


def date_time(text: str) -> str | None:
    """A FHIR dateTime of the same precision (minutes get ":00"), or None where it is none."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
        if hour is None or day is None:
            return "-".join(part for part in (year, month, day) if part)
        moment = datetime(  # noqa: DTZ001 (the zone is put on below)
            int(year), int(month), int(day), int(hour), int(minute or 0), int(second or 0)
        )
    except ValueError:
        return None
    if zone:
        if int(zone[1:3]) > 14 or int(zone[3:]) > 59:
            return None
        offset = f"{zone[:3]}:{zone[3:]}"
    else:
        local = moment.replace(tzinfo=VIETNAM).strftime("%z")
        offset = f"{local[:3]}:{local[3:]}"
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction or ''}{offset}"


def day(text: str) -> str | None:
    """A FHIR date: what comes before the hour of a date or time."""
    found = date_time(text)
    return found[:10] if found else None


def instant(text: str) -> str | None:
    """A FHIR dateTime with a time of day, or None where the text is only a day."""
    found = date_time(text)
    return found if found and "T" in found else None


def clock(text: str) -> str | None:
    """A FHIR time of a TM: HH[MM[SS]]; a zone is left out, for FHIR's time has none."""
    found = re.fullmatch(r"(\d{2})(\d{2})?(\d{2})?(\.\d+)?([+-]\d{4})?", text.strip(), re.ASCII)
    if found is None:
        return None
    hour, minute, second = found.group(1), found.group(2) or "00", found.group(3) or "00"
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        return None
    return f"{hour}:{minute}:{second}"
