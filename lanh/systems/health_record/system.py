"""The citizen's lifelong record: found, opened with a purpose, read as one timeline."""

from __future__ import annotations

from lanh.kit import Page, System, catalogue
from lanh.nation.roles import (
    CITIZEN,
    COMMUNE_NURSE,
    DATA_STEWARD,
    HOSPITAL_DOCTOR,
    PROVINCIAL_DATA_STEWARD,
    PROVINCIAL_OFFICER,
)

WORDS = catalogue(__file__)

_CARE = frozenset({COMMUNE_NURSE.code, HOSPITAL_DOCTOR.code})
_STEWARDS = frozenset({DATA_STEWARD.code, PROVINCIAL_DATA_STEWARD.code})

SYSTEM = System(
    key="health_record",
    title=WORDS["health_record.title"],
    summary=WORDS["health_record.summary"],
    rows=("A3", "B1", "J6"),
    pages=(
        Page(
            "/people",
            WORDS["health_record.find"],
            _CARE | _STEWARDS | {PROVINCIAL_OFFICER.code},
        ),
        Page("/me", WORDS["health_record.own"], frozenset({CITIZEN.code})),
        Page("/pairs", WORDS["health_record.pairs"], _STEWARDS),
        Page("/links", WORDS["health_record.links"], _STEWARDS),
    ),
    tests=("tests/journeys",),
)
