"""Profiles: their registry, their snapshots, and judging resources by them (R4 5.1)."""

from lanh.core.fhir.validation.profiles.judgement import Judgement, TooMuch
from lanh.core.fhir.validation.profiles.registry import (
    Membership,
    Profile,
    Profiles,
    Unusable,
    published,
)

__all__ = [
    "Judgement",
    "Membership",
    "Profile",
    "Profiles",
    "TooMuch",
    "Unusable",
    "published",
]
