"""The citizen's lifelong record: found, opened with a purpose, read as one timeline."""

from __future__ import annotations

from lanh.kit import Page, System, catalogue

WORDS = catalogue(__file__)

_CARE = frozenset({"nurse", "doctor"})

SYSTEM = System(
    key="health_record",
    title=WORDS["health_record.title"],
    summary=WORDS["health_record.summary"],
    rows=("A3", "B1", "J6"),
    pages=(
        Page("/people", WORDS["health_record.find"], _CARE | {"steward"}),
        Page("/me", WORDS["health_record.own"], frozenset({"citizen"})),
        Page("/links", WORDS["health_record.links"], frozenset({"steward"})),
    ),
    tests=("tests/journeys",),
)
