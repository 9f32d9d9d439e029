"""Where a source Patient stands with the population register: four states (mission row A2).

The register itself is reached through a port; care is never blocked by what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from lanh.core.matching import name_similarity
from lanh.core.text import fold
from lanh.nation.person.features import PERSONAL, display_name, features_of

_CLOSE_ENOUGH = 0.93


class IdentityState(StrEnum):
    """The four states of a person's identity against the population register."""

    MATCH = "match"
    DIFFERS = "differs"  # the number is right, the demographics differ
    NO_NUMBER = "no-number"  # none, or malformed
    NOT_VERIFIED = "not-verified"  # the register has not answered for this number


@dataclass(frozen=True, slots=True)
class Demographics:
    """What the register holds under a number; dates ISO, sex as FHIR's gender."""

    name: str
    birth_date: str
    sex: str


class PopulationRegister(Protocol):
    """The population register: what it holds under a 12-digit number."""

    def lookup(self, number: str) -> Demographics | None:
        """The holder's demographics, or None where the number is unknown. Raises OSError."""
        ...


def classify(patient: dict[str, Any], register: PopulationRegister | None) -> IdentityState:
    """The state of one source Patient.

    Without a register, or where it cannot be reached or does not know the number, a well-formed
    number is "not verified". The name may differ in marks and in small typing faults; the birth
    date must agree as far as it is known.
    """
    numbers = features_of(patient).values(PERSONAL)
    if not numbers:
        return IdentityState.NO_NUMBER
    if register is None:
        return IdentityState.NOT_VERIFIED
    try:
        held = register.lookup(min(numbers))
    except OSError:
        return IdentityState.NOT_VERIFIED
    if held is None:
        return IdentityState.NOT_VERIFIED
    return IdentityState.MATCH if _agrees(patient, held) else IdentityState.DIFFERS


def _agrees(patient: dict[str, Any], held: Demographics) -> bool:
    name = name_similarity(fold(display_name(patient)), fold(held.name)) >= _CLOSE_ENOUGH
    birth = patient.get("birthDate") or ""
    born = bool(birth) and held.birth_date.startswith(birth)
    gender = patient.get("gender")
    sex = gender not in ("male", "female") or gender == held.sex
    return name and born and sex
