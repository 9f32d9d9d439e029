"""What a role may do, and by which tie to a record: the types that roles are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from lanh.core.access import Interaction, Purpose
from lanh.core.text import Words


class Sight(StrEnum):
    """The tie between a post and the rows that it reaches."""

    RESIDENCE = "residence"  # about people who live in the post's area
    CUSTODIAN = "custodian"  # kept by facilities that stood in the post's area
    FACILITY = "facility"  # kept by the post's own facility
    OWN = "own"  # about the person who is signed in
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Right:
    """Interactions on record types (None: every type) with rows reached by any of `sees`.

    `impersonal` leaves out rows that are about a patient.
    """

    interactions: frozenset[Interaction]
    types: frozenset[str] | None
    sees: frozenset[Sight]
    sensitivities: frozenset[str] | None = frozenset()
    impersonal: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its code, its name for readers, its rights, and the purposes it may act for.

    The first purpose is the one that applies where the person states none. `capabilities` name
    what is not a record: pages, commands, queues.
    """

    code: str
    name: Words
    rights: tuple[Right, ...]
    purposes: tuple[Purpose, ...]
    capabilities: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.purposes:
            raise ValueError(f"role {self.code} needs a purpose")


Roles: TypeAlias = Mapping[str, Role]


def registry(*roles: Role) -> Roles:
    """Roles by code. Raises ValueError where a code stands twice."""
    by_code = {role.code: role for role in roles}
    if len(by_code) != len(roles):
        raise ValueError("a role code stands twice")
    return by_code
