"""SMART scopes (HL7 SMART App Launch 2.2, "Scopes and Launch Context"), v2 letters and v1 words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from lanh.core.access.predicate import CustodianIn, Everything, Predicate
from lanh.core.access.subject import Grant, Interaction

Level: TypeAlias = Literal["system", "user", "patient"]
Reach: TypeAlias = Literal["facility", "national"]

# Records about no person, which every facility needs in order to refer to them.
DIRECTORY_TYPES = frozenset(
    {
        "CodeSystem",
        "ConceptMap",
        "HealthcareService",
        "Location",
        "Medication",
        "NamingSystem",
        "Organization",
        "OrganizationAffiliation",
        "Questionnaire",
        "StructureDefinition",
        "ValueSet",
    }
)

_SHAPE = re.compile(
    r"(?P<level>system|user|patient)/(?P<type>\*|[A-Z][A-Za-z]{1,63})"
    r"\.(?P<what>read|write|\*|c?r?u?d?s?)(?:\?(?P<query>.+))?"
)
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
_LETTERS: dict[str, tuple[Interaction, ...]] = {
    "c": ("create",),
    "r": ("read", "history"),
    "u": ("update",),
    "d": ("delete",),
    "s": ("search",),
}
_WRITES: frozenset[Interaction] = frozenset({"create", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Scope:
    """One clinical scope. `letters` is a part of "cruds" in that order; type None is "*"."""

    level: Level
    type: str | None
    letters: str
    query: str | None = None

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"{self.level}/{self.type or '*'}.{self.letters}{query}"

    @property
    def interactions(self) -> frozenset[Interaction]:
        """What the letters allow; reading includes the history of an instance."""
        return frozenset(each for letter in self.letters for each in _LETTERS[letter])


def parse_scope(text: str) -> Scope | None:
    """A clinical scope, or None where the text is none (`openid`, a launch scope, a mistake)."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    letters = _VERSION_1.get(match["what"], match["what"])
    if not letters:
        return None
    level: Level = match["level"]  # type: ignore[assignment]
    return Scope(level, None if match["type"] == "*" else match["type"], letters, match["query"])


def negotiate(asked: Iterable[str], allowed: Iterable[str]) -> list[Scope]:
    """The part of the asked scopes that the allowed ones cover, letter by letter.

    A scope limited by a query (`?category=laboratory`) is not given at all, since the predicate
    cannot hold the limit and giving more than was asked would be wrong.
    """
    ceiling = [scope for scope in map(parse_scope, allowed) if scope is not None]
    given: list[Scope] = []
    for wish in map(parse_scope, asked):
        if wish is None or wish.query is not None:
            continue
        for limit in ceiling:
            if limit.level != wish.level or limit.query is not None:
                continue
            if limit.type not in (None, wish.type) and wish.type is not None:
                continue
            letters = "".join(each for each in wish.letters if each in limit.letters)
            scope = Scope(wish.level, wish.type or limit.type, letters)
            if letters and scope not in given:
                given.append(scope)
    return given


def grants_for_client(
    scopes: Iterable[Scope],
    facilities: frozenset[str],
    reach: Reach = "facility",
    sensitivities: frozenset[str] | None = frozenset(),
) -> tuple[Grant, ...]:
    """The grants of a client system from the `system/` scopes it was given.

    It writes only rows of its own facilities. It reads those too, and the directory (facilities,
    places, medicines); `reach` "national" lets it read rows of every custodian. Rows of its own
    facilities are its own whatever their sensitivity; other rows need `sensitivities`.
    """
    own = CustodianIn(facilities)
    grants: list[Grant] = []
    for scope in scopes:
        if scope.level != "system" or scope.query is not None:
            continue
        types = None if scope.type is None else frozenset({scope.type})
        reads = scope.interactions - _WRITES
        grants.append(Grant(str(scope), scope.interactions, types, own, None))
        if not reads:
            continue
        wide: Predicate = Everything()
        if reach == "national":
            grants.append(Grant(str(scope), reads, types, wide, sensitivities))
        elif types is None or types <= DIRECTORY_TYPES:
            grants.append(
                Grant(str(scope), reads, DIRECTORY_TYPES if types is None else types, wide)
            )
    return tuple(grants)
