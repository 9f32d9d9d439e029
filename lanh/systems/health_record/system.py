"""The citizen's lifelong record: found, opened with a purpose, read as one timeline."""

from __future__ import annotations

from lanh.kit import Page, System, catalogue
from lanh.nation.roles import (
    CITIZEN,
    COMMUNE_NURSE,
    DATA_STEWARD,
    HOSPITAL_DOCTOR,
    PROVINCIAL_OFFICER,
)

WORDS = catalogue(__file__)

_CARE = frozenset({COMMUNE_NURSE.code, HOSPITAL_DOCTOR.code})

SYSTEM = System(
    key="health_record",
    title=WORDS["health_record.title"],
    summary=WORDS["health_record.summary"],
    rows=("A3", "B1", "J6"),
    pages=(
        Page(
            "/people",
            WORDS["health_record.find"],
            _CARE | {DATA_STEWARD.code, PROVINCIAL_OFFICER.code},
        ),
        Page("/me", WORDS["health_record.own"], frozenset({CITIZEN.code})),
        Page("/links", WORDS["health_record.links"], frozenset({DATA_STEWARD.code})),
    ),
    tests=("tests/journeys",),
)
