"""Addresses below the base: what each names (R4 3.1.0)."""

from __future__ import annotations

import re
from typing import NamedTuple

_PATH = re.compile(
    r"(?:/(?P<type>[A-Z][A-Za-z]+)(?:/(?P<id>[A-Za-z0-9\-.]{1,64}))?)?"
    r"(?:/(?P<word>_search|_history|\$[a-z][a-z\-]{0,63})(?:/(?P<version>[A-Za-z0-9\-.]{1,64}))?)?/?"
)


class Address(NamedTuple):
    """A type, a row of it, and what of them: `_search`, `_history`, a version, an operation."""

    type: str | None = None
    id: str | None = None
    word: str | None = None
    version: str | None = None


def address(path: str) -> Address | None:
    """What a path names; None where it names nothing."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    found = Address._make(match.groups())
    if found.word is None:
        return found
    if found.version is not None and (found.word != "_history" or found.id is None):
        return None
    if found.word == "_search" and (found.type is None or found.id is not None):
        return None
    return found
