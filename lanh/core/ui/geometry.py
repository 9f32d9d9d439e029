"""From longitude and latitude to the short paths of a drawing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

Spot: TypeAlias = tuple[float, float]
Ring: TypeAlias = Sequence[Spot]
Polygons: TypeAlias = Sequence[Sequence[Ring]]


@dataclass(frozen=True, slots=True)
class Projection:
    """Plate carrée about a middle latitude, fitted into a frame: true enough for one country."""

    west: float
    north: float
    scale: float
    squeeze: float
    width: float
    height: float
    margin: float

    @classmethod
    def fit(cls, spots: Iterable[Spot], width: float, margin: float = 6.0) -> Projection:
        """The projection that gives these spots this width. Raises ValueError for no spots."""
        points = list(spots)
        if not points:
            raise ValueError("nothing to project")
        west, east = min(x for x, _ in points), max(x for x, _ in points)
        south, north = min(y for _, y in points), max(y for _, y in points)
        squeeze = math.cos(math.radians((south + north) / 2))
        across = max((east - west) * squeeze, (north - south) / 3, 1e-6)
        scale = (width - 2 * margin) / across
        height = (north - south) * scale + 2 * margin
        return cls(west, north, scale, squeeze, width, height, margin)

    def place(self, spot: Spot) -> Spot:
        """Where a spot lies in the frame."""
        x = self.margin + (spot[0] - self.west) * self.squeeze * self.scale
        return x, self.margin + (self.north - spot[1]) * self.scale


def thinned(ring: Ring, tolerance: float) -> list[Spot]:
    """The ring without the points that stray less than `tolerance` (Douglas and Peucker)."""
    if len(ring) < 5:
        return list(ring)
    keep = {0, len(ring) - 1}
    # A closed ring is cut at the point farthest from its start, or the first chord has no length.
    far = max(range(len(ring)), key=lambda at: math.dist(ring[0], ring[at]))
    keep.add(far)
    stack = [(0, far), (far, len(ring) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        worst, at = _farthest(ring, first, last)
        if worst > tolerance:
            keep.add(at)
            stack += [(first, at), (at, last)]
    return [ring[at] for at in sorted(keep)]


def _farthest(ring: Ring, first: int, last: int) -> tuple[float, int]:
    (ax, ay), (bx, by) = ring[first], ring[last]
    dx, dy = bx - ax, by - ay
    length = math.hypot(dx, dy)
    worst, at = -1.0, first
    for place in range(first + 1, last):
        px, py = ring[place]
        if length:
            away = abs(dy * (px - ax) - dx * (py - ay)) / length
        else:
            away = math.hypot(px - ax, py - ay)
        if away > worst:
            worst, at = away, place
    return worst, at


def _area(ring: Ring) -> float:
    total = 0.0
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        total += ax * by - bx * ay
    return abs(total) / 2


def path(polygons: Polygons, projection: Projection, tolerance: float = 0.7) -> str:
    """The `d` of an SVG path in whole units; islets under a unit are left out, one ring is kept."""
    rings = [[projection.place(spot) for spot in ring] for polygon in polygons for ring in polygon]
    rings.sort(key=_area, reverse=True)
    parts = [_ring(thinned(ring, tolerance)) for ring in rings[:1]]
    parts += [_ring(thinned(ring, tolerance)) for ring in rings[1:] if _area(ring) > 2]
    return "".join(part for part in parts if part)


def _ring(ring: Ring) -> str:
    spots: list[tuple[int, int]] = []
    for x, y in ring:
        spot = (round(x), round(y))
        if not spots or spots[-1] != spot:
            spots.append(spot)
    if len(spots) > 1 and spots[0] == spots[-1]:
        spots.pop()
    if not spots:
        return ""
    moves = [f"{bx - ax} {by - ay}".replace(" -", "-") for (ax, ay), (bx, by) in pairwise(spots)]
    return f"M{spots[0][0]} {spots[0][1]}l{' '.join(moves)}z" if moves else ""
