"""Deaths: notices with their certified cause, signed, told to the civil registry, counted."""

from __future__ import annotations

from lanh.kit import System
from lanh.systems.deaths import flow
from lanh.systems.deaths.desk import DESK
from lanh.systems.deaths.words import WORDS

SYSTEM = System(
    key="deaths",
    title=WORDS["deaths.title"],
    summary=WORDS["deaths.summary"],
    rows=("F5",),
    pages=(),
    tests=("lanh/systems/deaths/tests",),
    partners=frozenset({flow.REGISTRY}),
)

__all__ = ["DESK", "SYSTEM"]
