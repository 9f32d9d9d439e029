"""A unit as a factor and offset to base units, and the algebra of units."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

MAX_EXPONENT = 200
"""The largest power of a base unit; what medicine uses stays far below."""
_MAX_BITS = 20_000

Dimension: TypeAlias = tuple[tuple[str, int], ...]


class UnitError(ValueError):
    """A text is no unit of UCUM; the message says what stands in the way."""


@dataclass(frozen=True, slots=True)
class Unit:
    """`value` in the unit is `value * factor + offset` in the base units of `dimension`.

    `dimension` is (base unit, exponent), in the order of the table. Only temperatures have an
    offset. `alone` marks units that UCUM does not let stand in products: temperatures with an
    offset and logarithmic or other special scales (UCUM §21-22).
    """

    factor: Fraction
    dimension: Dimension
    offset: Fraction = Fraction(0)
    alone: bool = False

    @property
    def canonical(self) -> str:
        """The base units as a UCUM expression, `g.m-1.s-2`; `1` where there are none."""
        parts = [code if power == 1 else f"{code}{power}" for code, power in self.dimension]
        return ".".join(parts) or "1"

    def times(self, other: Unit, sign: int = 1) -> Unit:
        """The product, or with sign -1 the quotient. Raises UnitError on units that stand alone."""
        if self.alone or other.alone:
            raise UnitError("a special unit cannot be part of a product")
        powers = dict(self.dimension)
        for code, power in other.dimension:
            powers[code] = powers.get(code, 0) + sign * power
        factor = self.factor * other.factor if sign > 0 else self.factor / other.factor
        return _bounded(factor, powers)

    def power(self, exponent: int) -> Unit:
        """The unit raised to a whole number."""
        if exponent == 1:
            return self
        if self.alone:
            raise UnitError("a special unit cannot be raised to a power")
        if abs(exponent) > MAX_EXPONENT:
            raise UnitError(f"the exponent {exponent} is too large")
        return _bounded(
            self.factor**exponent, {code: own * exponent for code, own in self.dimension}
        )

    def scaled(self, factor: Fraction) -> Unit:
        """The unit with a prefix: `factor` times as much."""
        return Unit(self.factor * factor, self.dimension, self.offset, self.alone)


def _bounded(factor: Fraction, powers: dict[str, int]) -> Unit:
    if factor.numerator.bit_length() + factor.denominator.bit_length() > _MAX_BITS:
        raise UnitError("the unit is too large or too small")
    if any(abs(power) > MAX_EXPONENT for power in powers.values()):
        raise UnitError("the exponent of a base unit is too large")
    return Unit(factor, tuple((c, p) for c, p in sorted(powers.items()) if p))
