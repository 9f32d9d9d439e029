"""Addresses below the base: what each names (R4 3.1.0)."""

from __future__ import annotations

import re
from typing import NamedTuple

from lanh.core import fhir

_PATH = re.compile(
    r"(?:/(?P<type>[A-Z][A-Za-z]+)(?:/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?:/(?P<member>[A-Z][A-Za-z]+|\*))?)?)?"
    r"(?:/(?P<word>_search|_history|\$[a-z][a-z\-]{0,63})(?:/(?P<version>[A-Za-z0-9\-.]{1,64}))?)?/?"
)


class Address(NamedTuple):
    """A type, a row of it, and what of them: `_search`, `_history`, a version, an operation.

    `member` is a type within the compartment of the row, or `*` for every type.
    """

    type: str | None = None
    id: str | None = None
    word: str | None = None
    version: str | None = None
    member: str | None = None

    @property
    def compartment(self) -> bool:
        """Whether it is about the compartment of a row."""
        return self.member is not None or (self.word == "_search" and self.id is not None)


def address(path: str) -> Address | None:
    """What a path names; None where it names nothing."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    found = Address(**match.groupdict())
    if found.compartment and (found.type not in fhir.COMPARTMENTS or found.word == "_history"):
        return None
    if found.word is None:
        return found
    if found.version is not None and (found.word != "_history" or found.id is None):
        return None
    if found.member is not None and (found.word != "_search" or found.member == "*"):
        return None
    return found
