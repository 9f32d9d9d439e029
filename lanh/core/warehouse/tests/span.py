"""What can be reckoned: the space that some sums span."""

from __future__ import annotations

from math import gcd


class Span:
    """What follows from some sums, by elimination over whole numbers."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[int, int]] = {}

    def reduced(self, row: dict[int, int]) -> dict[int, int]:
        """What is left of a sum when all that follows is taken off."""
        left = dict(row)
        for at in sorted(self.rows):
            factor = left.get(at, 0)
            if factor:
                basis = self.rows[at]
                scale = basis[at]
                left = {
                    key: value
                    for key in left.keys() | basis.keys()
                    if (value := left.get(key, 0) * scale - factor * basis.get(key, 0))
                }
                divisor = gcd(*left.values()) if left else 1
                left = {key: value // divisor for key, value in left.items()}
        return left

    def holds(self, row: dict[int, int]) -> bool:
        """Whether a sum follows from those added."""
        return not self.reduced(row)

    def add(self, row: dict[int, int]) -> None:
        """Take a sum as told."""
        left = self.reduced(row)
        if left:
            self.rows[min(left)] = left
