"""The code systems, value sets and concept maps that FHIR R4 (4.0.1) publishes, as packaged.

Source: hl7.fhir.r4.core 4.0.1 (HL7, CC0), made compact by `lanh.core.terminology.build`. A
resource is decoded when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
import zstandard

Kind: TypeAlias = Literal["CodeSystem", "ValueSet", "ConceptMap"]
KINDS: tuple[Kind, ...] = ("CodeSystem", "ValueSet", "ConceptMap")

NOT_DISTRIBUTED = "urn:lanh:extension:content-not-distributed"
"""On an include whose concepts may not be passed on (SNOMED CT)."""

_FILE = Path(__file__).parent / "definitions" / "r4.json.zst"


@lru_cache(maxsize=1)
def _raw() -> dict[str, dict[str, msgspec.Raw]]:
    data = zstandard.ZstdDecompressor().decompress(_FILE.read_bytes())
    return msgspec.json.decode(data, type=dict[str, dict[str, msgspec.Raw]])


@lru_cache(maxsize=256)
def packaged(kind: Kind, url: str) -> dict[str, Any] | None:
    """The packaged resource of a url, or None. The result is shared: never change it."""
    raw = _raw()[kind].get(url)
    found: dict[str, Any] | None = None if raw is None else msgspec.json.decode(raw)
    return found


@lru_cache(maxsize=1)
def _by_id() -> dict[tuple[Kind, str], str]:
    class Named(msgspec.Struct):
        id: str

    return {
        (kind, msgspec.json.decode(raw, type=Named).id): url
        for kind in KINDS
        for url, raw in _raw()[kind].items()
    }


def packaged_by_id(kind: Kind, id: str) -> dict[str, Any] | None:
    """The packaged resource of a logical id, or None."""
    url = _by_id().get((kind, id))
    return None if url is None else packaged(kind, url)


@lru_cache(maxsize=1)
def _implicit() -> dict[str, str]:
    class Named(msgspec.Struct):
        valueSet: str | None = None

    return {
        value_set: url
        for url, raw in _raw()["CodeSystem"].items()
        if (value_set := msgspec.json.decode(raw, type=Named).valueSet)
    }


def system_of_all(value_set: str) -> str | None:
    """The packaged code system whose `valueSet` (all of its codes) this url is."""
    return _implicit().get(value_set)


def packaged_maps() -> Iterator[dict[str, Any]]:
    """Every packaged ConceptMap."""
    for url in _raw()["ConceptMap"]:
        found = packaged("ConceptMap", url)
        if found is not None:
            yield found
