"""Reading the packaged tables into typed structures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import msgspec
import zstandard

_FILE = Path(__file__).parent / "r4.json.zst"
SUMMARY, MODIFIER, CHOICE = 1, 2, 4


@dataclass(frozen=True, slots=True)
class TypeOption:
    """One type that an element may have; `targets` are the resource types a Reference allows."""

    code: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a structure. `maximum` is None where unbounded."""

    name: str
    minimum: int
    maximum: int | None
    flags: int
    types: tuple[TypeOption, ...]
    value_set: str | None
    invariants: tuple[str, ...]

    @property
    def is_choice(self) -> bool:
        """Whether the element is a choice of types, `value[x]`."""
        return bool(self.flags & CHOICE)

    @property
    def is_list(self) -> bool:
        """Whether JSON holds the element as a list."""
        return self.maximum is None or self.maximum > 1

    def json_names(self) -> list[tuple[str, TypeOption]]:
        """The property names in JSON with their type: several for a choice."""
        if not self.is_choice:
            return [(self.name, self.types[0])]
        return [(self.name + t.code[0].upper() + t.code[1:], t) for t in self.types]


@dataclass(frozen=True, slots=True)
class Structure:
    """A resource type, a data type, a primitive or a nested element (named by its path)."""

    name: str
    kind: str
    base: str | None
    abstract: bool
    pattern: str | None
    invariants: tuple[str, ...]
    elements: tuple[Element, ...]

    def element(self, name: str) -> Element | None:
        """The element of a name (without `[x]`), or None."""
        return next((e for e in self.elements if e.name == name), None)


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule that FHIR states in FHIRPath; severity is error or warning."""

    key: str
    severity: str
    expression: str
    human: str


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A SearchParameter as published; `components` are (definition, expression)."""

    name: str
    kind: str
    base: tuple[str, ...]
    url: str
    expression: str | None
    targets: tuple[str, ...]
    components: tuple[tuple[str, str], ...]


class Definitions:
    """All tables, each turned into its typed form when first asked for."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._tables = tables
        self._structures: dict[str, Structure] = {}
        self.version: str = tables["version"]

    def structure(self, name: str) -> Structure:
        """The structure of a type or nested path. Raises KeyError."""
        found = self._structures.get(name)
        if found is None:
            found = self._structures[name] = _structure(name, self._tables["structures"][name])
        return found

    def has(self, name: str) -> bool:
        """Whether a type or nested path is defined."""
        return name in self._tables["structures"] or name in self._structures

    def extend(self, structures: Iterable[Structure]) -> None:
        """Make more structures known: those of logical models, under names that are theirs
        alone and never change their meaning."""
        for structure in structures:
            self._structures[structure.name] = structure

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every structure name."""
        return tuple(self._tables["structures"])

    @cached_property
    def resource_types(self) -> frozenset[str]:
        """The concrete resource types."""
        return frozenset(
            name
            for name, raw in self._tables["structures"].items()
            if raw["kind"] == "resource" and not raw["abstract"]
        )

    @cached_property
    def primitives(self) -> frozenset[str]:
        """The primitive types."""
        return frozenset(
            n for n, r in self._tables["structures"].items() if r["kind"] == "primitive"
        )

    @cached_property
    def invariants(self) -> dict[str, Invariant]:
        """Invariants by key."""
        return {key: Invariant(key, *row) for key, row in self._tables["invariants"].items()}

    def value_set(self, url: str) -> dict[str, frozenset[str]] | None:
        """Codes by system, or None where the value set cannot be listed."""
        found = self._tables["valueSets"].get(url)
        return None if found is None else {s: frozenset(codes) for s, codes in found.items()}

    @cached_property
    def search_parameters(self) -> tuple[ParameterRow, ...]:
        """The default search parameters of all types."""
        return tuple(
            ParameterRow(
                name=row["name"],
                kind=row["kind"],
                base=tuple(row["base"]),
                url=row["url"],
                expression=row["expression"],
                targets=tuple(row["targets"]),
                components=tuple((url, expression) for url, expression in row["components"]),
            )
            for row in self._tables["searchParameters"]
        )

    def compartment(self, code: str) -> dict[str, list[str]]:
        """Resource type -> parameters by which it belongs to the compartment."""
        found: dict[str, list[str]] = self._tables["compartments"][code]
        return found


def _structure(name: str, raw: dict[str, Any]) -> Structure:
    return Structure(
        name=name,
        kind=raw["kind"],
        base=raw["base"],
        abstract=bool(raw.get("abstract")),
        pattern=raw.get("pattern"),
        invariants=tuple(raw.get("invariants", ())),
        elements=tuple(_element(row) for row in raw.get("elements", ())),
    )


def _element(row: list[Any]) -> Element:
    name, minimum, maximum, flags, types, value_set, invariants = row
    return Element(
        name=name,
        minimum=minimum,
        maximum=None if maximum < 0 else maximum,
        flags=flags,
        types=tuple(
            TypeOption(t) if isinstance(t, str) else TypeOption(t[0], tuple(t[1])) for t in types
        ),
        value_set=value_set,
        invariants=tuple(invariants),
    )


@lru_cache(maxsize=1)
def definitions() -> Definitions:
    """The definitions of FHIR R4, read from the package once."""
    raw = zstandard.ZstdDecompressor().decompress(_FILE.read_bytes())
    return Definitions(msgspec.json.decode(raw))
