"""The predicate tree: which rows a subject may see, before anybody knows SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Everything:
    """Every row."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No row."""


@dataclass(frozen=True, slots=True)
class CustodianIn:
    """Rows whose custodian facility (5-character code) is one of these."""

    facilities: frozenset[str]


@dataclass(frozen=True, slots=True)
class CommuneIn:
    """Rows whose custodian's commune at the time of the event is one of these codes."""

    communes: frozenset[str]


@dataclass(frozen=True, slots=True)
class ResidenceIn:
    """Rows about a patient whose residence is one of these commune codes."""

    communes: frozenset[str]


@dataclass(frozen=True, slots=True)
class PatientIn:
    """Rows in the compartment of one of these source Patients (logical ids)."""

    patients: frozenset[str]


@dataclass(frozen=True, slots=True)
class NoPatient:
    """Rows about no patient at all: of facilities, of counts."""


@dataclass(frozen=True, slots=True)
class SensitivityIn:
    """Rows whose sensitivity is ordinary ("") or one of these (e.g. "HIV", "PSY", "GDIS")."""

    sensitivities: frozenset[str]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Rows that one of the parts allows."""

    parts: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Rows that every part allows."""

    parts: tuple[Predicate, ...]


Predicate: TypeAlias = (
    Everything
    | Nothing
    | CustodianIn
    | CommuneIn
    | ResidenceIn
    | PatientIn
    | NoPatient
    | SensitivityIn
    | AnyOf
    | AllOf
)
