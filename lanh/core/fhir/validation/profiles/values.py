"""Comparing values with what a profile fixes, gives as a pattern, bounds or binds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from lanh.core.fhir.path import Node
from lanh.core.fhir.path.ports import moment_of
from lanh.core.fhir.path.quantities import WORD_OF_CODE
from lanh.core.fhir.path.temporal import parse_temporal, shift
from lanh.core.fhir.ucum import canonical_quantity

UCUM = "http://unitsofmeasure.org"

Member = Callable[[str, "str | None", str], "bool | None"]


def same(value: Any, fixed: Any) -> bool:
    """Whether a value is exactly the fixed one: all of it, and nothing more (R4: fixed[x])."""
    if type(value) is dict and type(fixed) is dict:
        return value.keys() == fixed.keys() and all(same(v, fixed[k]) for k, v in value.items())
    if type(value) is list and type(fixed) is list:
        return len(value) == len(fixed) and all(
            same(one, two) for one, two in zip(value, fixed, strict=True)
        )
    if type(value) is bool or type(fixed) is bool:
        return value is fixed
    return bool(value == fixed)


def matches(value: Any, pattern: Any) -> bool:
    """Whether a value has all that a pattern has (R4: pattern[x]); a list needs a match for each
    of the pattern's entries, in any order."""
    if type(pattern) is dict:
        return type(value) is dict and all(
            key in value and matches(value[key], part) for key, part in pattern.items()
        )
    if type(pattern) is list:
        return type(value) is list and all(
            any(matches(item, part) for item in value) for part in pattern
        )
    return same(value, pattern)


def in_set(node: Node, url: str, member: Member) -> bool | None:
    """Whether a coded value is in a value set; None where that cannot be told."""
    value = node.value
    if type(value) is str:
        return member(url, None, value)
    if type(value) is not dict:
        return None
    if node.type == "CodeableConcept":
        codings = value.get("coding")
        answers = [
            _coding(coding, url, member)
            for coding in (codings if type(codings) is list else ())
            if type(coding) is dict
        ]
        if True in answers:
            return True
        return None if None in answers else False
    return _coding(value, url, member)


def _coding(coding: dict[str, Any], url: str, member: Member) -> bool | None:
    code, system = coding.get("code"), coding.get("system")
    if type(code) is not str:
        return False
    return member(url, system if type(system) is str else "", code)


def bound_of(given: Any, value: Any, sign: int, clock: Callable[[], datetime]) -> Any:
    """A bound as a value of the kind that it bounds: a length of time counts back (sign -1) or on
    (sign 1) from the clock's moment for dates; every other bound is itself."""
    if type(given) is not dict or type(value) is not str:
        return given
    unit, amount = WORD_OF_CODE.get(str(given.get("code"))), given.get("value")
    if unit is None or isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        return given
    try:
        return str(shift(moment_of(clock), sign * amount, unit))
    except ValueError:
        return given


def _in_base_units(value: dict[str, Any], limit: dict[str, Any]) -> int | None:
    """The order of two amounts of UCUM units of the same kind."""
    amounts = []
    for each in (value, limit):
        number, unit = each.get("value"), each.get("code")
        if each.get("system") != UCUM or type(unit) is not str or type(number) is bool:
            return None
        if not isinstance(number, int | float | Decimal):
            return None
        amounts.append(canonical_quantity(Decimal(str(number)), unit))
    one, two = amounts
    if one is None or two is None or one[1] != two[1]:
        return None
    return int(one[0] > two[0]) - int(one[0] < two[0])


def order(value: Any, limit: Any, type_name: str) -> int | None:
    """-1, 0 or 1 of a value against a bound of the same type; None where they have no order."""
    if type(value) is dict and type(limit) is dict:
        if (value.get("system"), value.get("code")) != (limit.get("system"), limit.get("code")):
            return _in_base_units(value, limit)
        return order(value.get("value"), limit.get("value"), "decimal")
    if type(value) is str and type(limit) is str:
        if type_name == "string":
            return None
        try:
            return parse_temporal(value).compare(parse_temporal(limit))
        except ValueError:
            return None
    if bool in (type(value), type(limit)):
        return None
    if isinstance(value, int | float | Decimal) and isinstance(limit, int | float | Decimal):
        one, two = Decimal(str(value)), Decimal(str(limit))
        return int(one > two) - int(one < two)
    return None
