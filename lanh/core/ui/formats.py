"""Numbers, dates and identifiers as people of each language read them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from lanh.core.text import Language
from lanh.core.ui.words import WORDS

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
_VIETNAMESE = str.maketrans(",.", ".,")
NO_BREAK = "\u00a0"
_PERIOD = re.compile(r"^(\d{4})(?:-(?:Q([1-4])|(\d{2})))?$")


def number(value: Decimal | int | float, language: Language, decimals: int | None = None) -> str:
    """1234.5 as "1.234,5" (Vietnamese) or "1,234.5" (English); None keeps the value's decimals."""
    exact = Decimal(str(value))
    if decimals is not None:
        exact = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    plain = f"{exact:,f}"
    if language == "en":
        return plain
    return plain.translate(_VIETNAMESE)


def short(value: Decimal | int | float, language: Language) -> str:
    """A number for an axis: 12 k, 1,2 tr. / 1.2 m."""
    exact = Decimal(str(value))
    for size, key in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if abs(exact) >= size:
            scaled = exact / size
            decimals = 0 if scaled == scaled.to_integral_value() or abs(scaled) >= 100 else 1
            unit = WORDS[f"format.{key}"].say(language)
            return f"{number(scaled, language, decimals)}{NO_BREAK}{unit}"
    return number(exact.normalize() if exact % 1 else exact.quantize(Decimal(1)), language)


def local(moment: datetime) -> datetime:
    """The time in Viet Nam; a time without zone is taken as UTC, as the database gives it."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(LOCAL)


def day(value: date | datetime) -> str:
    """dd/MM/yyyy, in local time."""
    return f"{local(value) if isinstance(value, datetime) else value:%d/%m/%Y}"


def moment(value: datetime) -> str:
    """dd/MM/yyyy HH:mm, in local time."""
    return f"{local(value):%d/%m/%Y %H:%M}"


def fhir_day(value: str) -> str:
    """A FHIR date, partial date or dateTime as 05/03/1990, 03/1990 or 1990; "" for none."""
    if not value:
        return ""
    if len(value) > 10:
        return day(datetime.fromisoformat(value))
    return "/".join(reversed(value.split("-")))


def fhir_moment(value: str) -> str:
    """As `fhir_day`, with the time of day where the value has one."""
    return moment(datetime.fromisoformat(value)) if len(value) > 10 else fhir_day(value)


def age(birth: str, on: date, language: Language) -> str:
    """Age in years, in months below two years, in days below one month; "" where unknown."""
    parts = [int(part) for part in birth[:10].split("-") if part]
    if not parts:
        return ""
    if len(parts) < 3:
        return WORDS["format.years_about"].say(language, count=on.year - parts[0])
    born = date(*parts)
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    if months < 1:
        return WORDS["format.days"].say(language, count=(on - born).days)
    if months < 24:
        return WORDS["format.months"].say(language, count=months)
    return WORDS["format.years"].say(language, count=months // 12)


def period(value: str, language: Language) -> str:
    """ "2026", "2026-Q1" or "2026-03" in words."""
    match = _PERIOD.match(value)
    if not match:
        return value
    year, quarter, month = match.groups()
    if quarter:
        return WORDS["format.quarter"].say(language, quarter=quarter, year=year)
    if month:
        return WORDS["format.month"].say(language, month=month, year=year)
    return WORDS["format.year"].say(language, year=year)


def grouped(identifier: str) -> str:
    """A 12-digit personal number in threes; others as they are."""
    if len(identifier) == 12:
        return NO_BREAK.join(identifier[at : at + 3] for at in range(0, 12, 3))
    return identifier


def masked(identifier: str) -> str:
    """All but the last three characters hidden, as on screens that others can see."""
    return "•" * max(0, len(identifier) - 3) + identifier[-3:]


def clock(value: datetime) -> str:
    """HH:mm dd/MM/yyyy, for "data to …"."""
    return f"{local(value):%H:%M %d/%m/%Y}"


def today() -> date:
    """The day in Viet Nam."""
    return datetime.now(LOCAL).date()
