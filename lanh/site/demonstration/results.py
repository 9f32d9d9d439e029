"""Results that look like results: within the reference range, or out of it as the illness says."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from random import Random

from lanh.core.terminology import Concept
from lanh.nation import codes
from lanh.site.demonstration.model import Finding, Person

_NEGATIVE = "Âm tính"


@cache
def tests_of(service: str) -> tuple[Concept, ...]:
    """The laboratory indices that a service reports."""
    found = codes.concepts("laboratory")
    return tuple(concept for concept in found if concept.properties.get("service") == service)


def reference(test: Concept, female: bool) -> tuple[Decimal, Decimal] | None:
    """The reference range of an index for a sex, or None where it has none."""
    low, high = test.properties.get("low"), test.properties.get("high")
    if female and "lowFemale" in test.properties:
        low, high = test.properties["lowFemale"], test.properties["highFemale"]
    if not isinstance(low, Decimal) or not isinstance(high, Decimal):
        return None
    return low, high


def findings(
    service: str, person: Person, shift: dict[str, str], at: datetime, random: Random
) -> list[Finding]:
    """One finding for each index of the service; `shift` maps an index to high, low or a word."""
    return [_finding(test, person, shift.get(test.code), at, random) for test in tests_of(service)]


def _finding(
    test: Concept, person: Person, shift: str | None, at: datetime, random: Random
) -> Finding:
    if test.properties["kind"] == "group":
        return Finding(test.code, person.blood, at)
    limits = reference(test, person.sex == "female")
    if limits is None:
        if shift is not None and random.random() < 0.8:
            return Finding(test.code, shift, at, "A")
        return Finding(test.code, _NEGATIVE, at)
    low, high = (float(limit) for limit in limits)
    width = high - low
    value, flag = random.gauss((low + high) / 2, width / 5), ""
    if shift == "high" and random.random() < 0.7:
        value = high * random.uniform(1.08, 1.9)
    elif shift == "low" and random.random() < 0.7:
        value = low * random.uniform(0.45, 0.93)
    places = Decimal(1).scaleb(-int(str(test.properties["decimals"])))
    figure = Decimal(str(max(value, low * 0.3))).quantize(places)
    if figure > limits[1]:
        flag = "H"
    elif figure < limits[0]:
        flag = "L"
    return Finding(test.code, figure, at, flag)


def blood_pressure(at: datetime, raised: bool, random: Random) -> list[Finding]:
    """Systolic and diastolic pressure, mm[Hg]."""
    upper = random.gauss(148, 14) if raised else random.gauss(121, 10)
    lower = upper * random.uniform(0.58, 0.66)
    return [
        Finding("8480-6", Decimal(round(upper)), at, "H" if upper >= 140 else ""),
        Finding("8462-4", Decimal(round(lower)), at, "H" if lower >= 90 else ""),
    ]


def weight(person: Person, at: datetime, random: Random) -> Finding:
    """Body weight in kilogrammes for the age, roughly along the WHO curves."""
    months = max(0, (at.date() - person.birth).days / 30.4)
    if months < 12:
        usual = 3.2 + 0.75 * min(months, 6) + 0.35 * max(0.0, months - 6)
    elif months < 240:
        usual = 9 + (months - 12) / 12 * 2.5
    else:
        usual = 61 if person.sex == "male" else 53
    figure = Decimal(str(usual * random.uniform(0.86, 1.16))).quantize(Decimal("0.1"))
    return Finding("29463-7", figure, at)
