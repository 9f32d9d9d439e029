"""Who asks, for what purpose, on whose behalf, and with which grants."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from lanh.core.access.predicate import Predicate

Interaction: TypeAlias = Literal["read", "search", "create", "update", "delete", "history"]


class Purpose(StrEnum):
    """Purpose of use (HL7 v3 PurposeOfUse codes)."""

    TREATMENT = "TREAT"
    PUBLIC_HEALTH = "PUBHLTH"
    OPERATIONS = "HOPERAT"
    PAYMENT = "HPAYMT"
    PATIENT_REQUEST = "PATRQT"
    SYSTEM = "SYSDEV"


@dataclass(frozen=True, slots=True)
class Subject:
    """A signed-in person or a client system. `id` is opaque: no name or number of a person."""

    kind: Literal["person", "system"]
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A role's right on record types (None = every type), limited to the rows of `scope`.

    `sensitivities` are the kinds of sensitive rows ("HIV", "PSY", "GDIS") that it reaches beside
    ordinary ones; None is every kind, and is right only for a subject's own rows.
    """

    role: str
    interactions: frozenset[Interaction]
    types: frozenset[str] | None
    scope: Predicate
    sensitivities: frozenset[str] | None = frozenset()


@dataclass(frozen=True, slots=True)
class Access:
    """Everything that decides what one request may do; carried by each read and write."""

    subject: Subject
    purpose: Purpose
    grants: tuple[Grant, ...] = ()
    facility: str | None = None
    commune: str | None = None
    on_behalf_of: str | None = None
    capabilities: frozenset[str] = field(default_factory=frozenset)

    @property
    def actor(self) -> str:
        """Who acts, as audit, history and drafts name them: kind and opaque id ("person:17")."""
        return f"{self.subject.kind}:{self.subject.id}"
