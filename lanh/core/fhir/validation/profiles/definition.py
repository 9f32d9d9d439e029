"""What a profile says of an element, as a tree: elements, their slices, and the slices' elements.

An element starts from the type tables; a differential narrows it, and `changed` names what it
narrowed, so that a profile judges only what the base definitions do not (R4 5.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from lanh.core.fhir.definitions import Definitions, Element, definitions

CORE = "http://hl7.org/fhir/StructureDefinition/"


@dataclass(frozen=True, slots=True)
class TypeRule:
    """One allowed type; `profiles` judge the value, `targets` what a reference leads to, and
    `aggregation` says where that may stand (contained, bundled, referenced)."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    aggregation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule that a profile states in FHIRPath."""

    key: str
    severity: str
    human: str
    expression: str


@dataclass(frozen=True, slots=True)
class Slicing:
    """How the values of a repeating element are told apart: (type, path) of each discriminator."""

    discriminators: tuple[tuple[str, str], ...]
    rules: str = "open"
    ordered: bool = False


@dataclass(slots=True)
class Definition:
    """An element, or a slice of one. `source` names the structure its children come from,
    `options` and `bound` the types and the binding of the base, whatever profiles narrow;
    `follows`: its content reference leads to the element as this profile narrows it."""

    name: str
    source: str
    minimum: int = 0
    maximum: int | None = None
    choice: bool = False
    repeats: bool = False
    options: tuple[str, ...] = ()
    bound: tuple[str, str] | None = None
    types: tuple[TypeRule, ...] = ()
    binding: tuple[str, str] | None = None
    fixed: Any = None
    pattern: Any = None
    lowest: Any = None
    highest: Any = None
    length: int | None = None
    least_length: int | None = None
    more_bindings: tuple[tuple[str, str], ...] = ()
    constraints: tuple[Constraint, ...] = ()
    slicing: Slicing | None = None
    valued: bool = False
    instead: tuple[str, ...] = ()
    follows: bool = False
    must_support: bool = False
    slice_name: str | None = None
    children: dict[str, Definition] | None = None
    slices: dict[str, Definition] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()

    def copy(self) -> Definition:
        """An independent copy of the element with all below it."""
        children = self.children
        return replace(
            self,
            children=None if children is None else {k: v.copy() for k, v in children.items()},
            slices={k: v.copy() for k, v in self.slices.items()},
        )

    def as_slice(self, name: str) -> Definition:
        """A slice of this element: it allows what the element does and requires nothing (the
        least number of a slice counts only where it is stated)."""
        made = self.copy()
        made.slices = {}
        made.slicing = None
        made.minimum = 0
        made.slice_name = name
        made.changed -= {"minimum", "maximum"}
        return made

    def anything(self) -> bool:
        """Whether a profile narrows anything here or below."""
        return (
            bool(self.changed)
            or bool(self.slices)
            or any(child.anything() for child in (self.children or {}).values())
        )


def root_of(type_name: str, tables: Definitions | None = None) -> Definition:
    """The unconstrained definition of a type."""
    return Definition(type_name, type_name, types=(TypeRule(type_name),), repeats=True)


def children_of(structure: str, tables: Definitions | None = None) -> dict[str, Definition]:
    """The unconstrained elements of a type or nested structure, by name."""
    known = tables or definitions()
    if not known.has(structure):
        return {}
    name = "Element" if structure in known.primitives else structure
    return {e.name: _element(e) for e in known.structure(name).elements}


def _element(element: Element) -> Definition:
    codes = {option.code for option in element.types}
    return Definition(
        element.name,
        element.types[0].code if len(codes) == 1 else "Element",
        minimum=element.minimum,
        maximum=element.maximum,
        choice=element.is_choice,
        repeats=element.is_list,
        options=tuple(option.code for option in element.types),
        types=tuple(
            TypeRule(option.code, targets=tuple(CORE + target for target in option.targets))
            for option in element.types
        ),
        binding=("required", element.value_set) if element.value_set else None,
        bound=("required", element.value_set) if element.value_set else None,
    )
