"""Scales: round steps for an axis, classes for a map."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal


def steps(top: float, count: int = 4) -> list[float]:
    """Round values from 0 to at least `top`: about `count` steps of 1, 2, 2.5 or 5 × 10^n."""
    if top <= 0:
        return [0.0, 1.0]
    rough = top / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough)
    return [step * place for place in range(math.ceil(top / step - 1e-9) + 1)]


def class_breaks(values: Sequence[Decimal], classes: int = 5) -> list[Decimal]:
    """Lower bounds of the second to the last class, so that each holds about as many places.

    Fewer where there are fewer different values; none where all are equal.
    """
    ranked = sorted(values)
    bounds: list[Decimal] = []
    for place in range(1, classes):
        bound = ranked[min(len(ranked) - 1, place * len(ranked) // classes)] if ranked else None
        if bound is not None and bound > ranked[0] and (not bounds or bound > bounds[-1]):
            bounds.append(bound)
    return bounds


def class_of(value: Decimal, breaks: Sequence[Decimal]) -> int:
    """The class of a value: 0 for the lowest."""
    return bisect_right(list(breaks), value)


def shade_of(place: int, breaks: Sequence[Decimal]) -> int:
    """The step of the five-step sequence for a class, so that few classes still span it."""
    return 4 if not breaks else round(place * 4 / len(breaks))
