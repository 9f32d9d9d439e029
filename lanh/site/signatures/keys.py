"""Whose key signs: the port that `Signatory` asks."""

from __future__ import annotations

from typing import Protocol

from lanh.core.signing import SigningKey


class Keys(Protocol):
    """Keys by their holder as history names people ("person:17")."""

    def of(self, holder: str) -> SigningKey:
        """The key of a person. Raises KeyFault where there is none that can be used."""
        ...
