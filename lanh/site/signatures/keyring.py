"""Whose key signs: the port that `Signatory` asks, and keys that are at hand already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from lanh.core.signing import KeyFault, SigningKey


class Keys(Protocol):
    """Keys by their holder as history names people ("person:17")."""

    def of(self, holder: str) -> SigningKey:
        """The key of a person. Raises KeyFault where there is none that can be used."""
        ...


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys that are open."""

    keys: Mapping[str, SigningKey] = field(default_factory=dict)

    def of(self, holder: str) -> SigningKey:
        """As the port says."""
        found = self.keys.get(holder)
        if found is None:
            raise KeyFault("key-none")
        return found
