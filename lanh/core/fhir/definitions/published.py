"""Profiles, extensions, value sets and code systems that FHIR R4 publishes, read when asked for."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import zstandard

PUBLISHED = "http://hl7.org/fhir/StructureDefinition/"
_FOLDER = Path(__file__).parent
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def _read(name: str) -> Any:
    raw = (_FOLDER / f"{name}.json.zst").read_bytes()
    return _DECODER.decode(zstandard.ZstdDecompressor().decompress(raw))


@lru_cache(maxsize=1)
def published_profiles() -> dict[str, dict[str, Any]]:
    """Constraining StructureDefinitions (differential only) by address."""
    return {row["url"]: row for row in _read("profiles")}


class PublishedTerminology:
    """The value sets that can be listed, and the code systems that are complete."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._sets: dict[str, dict[str, list[str]]] = tables["valueSets"]
        self._systems: dict[str, list[str]] = tables["systems"]
        self._frozen: dict[str, dict[str, frozenset[str]]] = {}
        self._codes: dict[str, frozenset[str]] = {}

    def value_set(self, url: str) -> dict[str, frozenset[str]] | None:
        """Codes by system, or None where the set is not published or cannot be listed."""
        found = self._frozen.get(url)
        if found is None and url in self._sets:
            found = {s: frozenset(codes) for s, codes in self._sets[url].items()}
            self._frozen[url] = found
        return found

    def codes(self, system: str) -> frozenset[str] | None:
        """Every code of a code system, or None where it is not published completely."""
        found = self._codes.get(system)
        if found is None and system in self._systems:
            found = self._codes[system] = frozenset(self._systems[system])
        return found


@lru_cache(maxsize=1)
def published_terminology() -> PublishedTerminology:
    """Value sets and code systems published with R4."""
    return PublishedTerminology(_read("terminology"))
