"""Reading unit expressions by the grammar of UCUM (§1-§10)."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from lanh.core.fhir.ucum.table import OFFSETS, find
from lanh.core.fhir.ucum.unit import Unit, UnitError

MAX_LENGTH = 200
_MAX_NESTING = 10
_ONE = Unit(Fraction(1), ())
_TOKEN = re.compile(
    r"(?P<annotation>\{[\x21-\x7a|~]*\})"
    r"|(?P<symbol>10[*^]|(?:[^\s\d./(){}\[\]+\-]|\[[^\[\]{}\s]*\])+)"
    r"|(?P<number>\d{1,18}(?![*^]))"
    r"|(?P<exponent>[+-]\d{1,4})"
    r"|(?P<sign>[./()])",
    re.ASCII,
)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise UnitError(f"{text[position]!r} at {position} belongs to no unit: {text}")
            self._tokens.append((match.lastgroup, match.group()))
            position = match.end()
        self._at = 0
        self._nesting = 0

    def whole(self) -> Unit:
        if self._sees("sign", "/"):
            self._at += 1
            found = self._term(_ONE.times(self._component(), -1))
        else:
            found = self._term(self._component())
        if self._at < len(self._tokens):
            raise UnitError(f"{self._tokens[self._at][1]!r} was not expected: {self._text}")
        return found

    def _sees(self, kind: str, text: str = "") -> bool:
        if self._at >= len(self._tokens):
            return False
        now = self._tokens[self._at]
        return now[0] == kind and (not text or now[1] == text)

    def _take(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise UnitError(f"the unit ends too early: {self._text}")
        self._at += 1
        return self._tokens[self._at - 1]

    def _term(self, found: Unit) -> Unit:
        while self._sees("sign", ".") or self._sees("sign", "/"):
            sign = 1 if self._take()[1] == "." else -1
            found = found.times(self._component(), sign)
        return found

    def _component(self) -> Unit:
        if self._sees("annotation"):
            self._at += 1
            return _ONE
        found = self._bare()
        # The published examples also annotate numbers and brackets: `/100{cells}`.
        if self._sees("annotation"):
            self._at += 1
        return found

    def _bare(self) -> Unit:
        kind, text = self._take()
        if kind == "number":
            if int(text) == 0:
                raise UnitError(f"zero is no unit: {self._text}")
            return Unit(Fraction(int(text)), ())
        if kind == "symbol":
            found = _atom(text, self._text)
            if self._sees("exponent") or self._sees("number"):
                found = found.power(int(self._take()[1]))
            return found
        if text != "(":
            raise UnitError(f"{text!r} was not expected: {self._text}")
        self._nesting += 1
        if self._nesting > _MAX_NESTING:
            raise UnitError("the unit is nested too deeply")
        found = self._term(self._component())
        if self._take() != ("sign", ")"):
            raise UnitError(f"a bracket is not closed: {self._text}")
        self._nesting -= 1
        return found


@lru_cache(maxsize=2048)
def _atom(symbol: str, text: str) -> Unit:
    entry = find(symbol)
    if entry is None:
        raise UnitError(f"{symbol!r} is no unit of UCUM: {text}")
    prefix, atom = entry
    if atom.kind in ("base", "arbitrary", "scale"):
        own = Unit(Fraction(1), ((atom.code, 1),), alone=atom.kind == "scale")
    else:
        meant = parse_unit(atom.unit)
        own = Unit(
            atom.value * meant.factor,
            meant.dimension,
            OFFSETS.get(atom.code, Fraction(0)),
            alone=atom.kind == "temperature",
        )
    return own.scaled(prefix)


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """The unit that a UCUM expression (case sensitive) stands for.

    Raises UnitError where the text is no UCUM expression, uses a unit that the table lacks, or is
    longer, deeper or larger than any unit in use.
    """
    if not 0 < len(text) <= MAX_LENGTH:
        raise UnitError("a unit has 1 to 200 characters")
    return _Reader(text).whole()
