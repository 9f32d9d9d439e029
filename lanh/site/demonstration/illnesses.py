"""What people come for: illnesses with ages, seasons, medicines, tests; read from data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from lanh.site.demonstration.sources import Sex, read

_BANDS = (5, 15, 40, 60)  # upper ages of the columns of `weight`


@dataclass(frozen=True, slots=True)
class Illness:
    """A reason to come, with what is usually done. `weight` is by age band."""

    code: str
    department: str
    reason: str
    weight: tuple[float, ...] = ()
    share: tuple[float, ...] = ()
    season: str = "flat"
    place: str = "mild"
    sex: Sex | None = None
    admitted: float = 0.0
    days: tuple[int, int] = (2, 5)
    drugs: tuple[tuple[str, int, int], ...] = ()
    tests: tuple[str, ...] = ()
    imaging: str | None = None
    service: str | None = None
    shift: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()
    external: tuple[str, ...] = ()
    emergency: bool = False


def _illness(row: dict[str, Any]) -> Illness:
    values = dict(row)
    for name in ("weight", "share", "tests", "also", "external", "days"):
        if name in values:
            values[name] = tuple(values[name])
    values["drugs"] = tuple((str(code), a, d) for code, a, d in row.get("drugs", ()))
    values["shift"] = tuple(row.get("shift", {}).items())
    return Illness(**values)


@cache
def acute() -> tuple[Illness, ...]:
    """Illnesses that begin and end."""
    return tuple(_illness(row) for row in read("illnesses")["illnesses"])


@cache
def chronic() -> tuple[Illness, ...]:
    """Illnesses that bring a person back every month or quarter."""
    return tuple(_illness(row) for row in read("illnesses")["chronic"])


def band(age: int) -> int:
    """The column of an age in the weights: 0-4, 5-14, 15-39, 40-59, 60 and over."""
    return sum(age >= upper for upper in _BANDS)


@cache
def weights(age_band: int, sex: Sex) -> tuple[float, ...]:
    """How often each acute illness brings people of an age and sex."""
    return tuple(
        illness.weight[age_band] if illness.sex in (None, sex) else 0.0 for illness in acute()
    )


@cache
def _months(season: str, first: date, last: date) -> tuple[tuple[date, ...], tuple[float, ...]]:
    shares = read("illnesses")["seasons"][season]
    days: list[date] = []
    day = first.replace(day=1)
    while day <= last:
        days.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    return tuple(days), tuple(shares[day.month - 1] for day in days)


def seasonal_day(season: str, first: date, last: date, random: Random) -> date:
    """A day between two days (both included), by the season's share of each month."""
    months, shares = _months(season, first, last)
    while True:
        month = random.choices(months, shares)[0]
        day = month + timedelta(days=random.randrange(31))
        if day.month == month.month and first <= day <= last:
            return day


def death_rate(age: int) -> float:
    """Chance of dying within a year at an age."""
    rates: dict[int, float] = read("illnesses")["deaths"]["rates"]
    return rates[max(lowest for lowest in rates if lowest <= age)] / 1000


def death_causes(age: int) -> dict[str, float]:
    """Causes of death at an age with their weights."""
    causes: dict[int, dict[str, float]] = read("illnesses")["deaths"]["causes"]
    return causes[max(lowest for lowest in causes if lowest <= age)]
