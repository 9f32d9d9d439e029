"""The unit of a product or quotient, written as a person would: `cm2`, `m/s`."""

from __future__ import annotations

import re
from fractions import Fraction

from lanh.core.fhir.ucum.expression import parse_unit
from lanh.core.fhir.ucum.unit import UnitError

_PART = re.compile(r"([./]?)((?:[^\s\d./(){}\[\]+\-]|\[[^\[\]{}\s]*\])+)([+-]?\d{1,3})?", re.ASCII)


def combined(one: str, two: str, sign: int) -> tuple[Fraction, str]:
    """The unit of `one . two`, or with sign -1 of `one / two`, and the factor for the value.

    Units without brackets, numbers and annotations keep their symbols and the factor is 1;
    otherwise the result is in base units. Raises UnitError where a text is no unit, or is a
    special unit.
    """
    left, right = parse_unit(one), parse_unit(two)
    if left.alone or right.alone:
        raise UnitError("a special unit cannot be part of a product")
    if two == "1":
        return Fraction(1), one
    if one == "1" and sign > 0:
        return Fraction(1), two
    exact = left.times(right, sign)
    first, second = _powers(one), _powers(two)
    if first is None or second is None:
        return exact.factor, exact.canonical
    for symbol, power in second.items():
        first[symbol] = first.get(symbol, 0) + sign * power
    above = ".".join(_shown(s, p) for s, p in first.items() if p > 0)
    below = "".join("/" + _shown(s, -p) for s, p in first.items() if p < 0)
    return Fraction(1), above + below or "1"


def _shown(symbol: str, power: int) -> str:
    return symbol if power == 1 else f"{symbol}{power}"


def _powers(text: str) -> dict[str, int] | None:
    found: dict[str, int] = {}
    position = 0
    while position < len(text) and text != "1":
        match = _PART.match(text, position)
        if match is None or (match[1] == "." and position == 0):
            return None
        power = int(match[3] or 1) * (-1 if match[1] == "/" else 1)
        found[match[2]] = found.get(match[2], 0) + power
        position = match.end()
    return found
