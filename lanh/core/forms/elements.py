"""The elements that definitions of items lead to: `StructureDefinition#Type.element` (SDC 4.0)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.forms import sdc
from lanh.core.forms.sdc import Json

_QUANTITIES = frozenset({"Quantity", "SimpleQuantity", "Age", "Duration", "Distance", "Count"})
_TEXTS = frozenset({"string", "markdown", "code", "id", "uri", "url", "canonical", "oid", "uuid"})
_CASTS: dict[str, frozenset[str]] = {
    "valueBoolean": frozenset({"boolean"}),
    "valueInteger": frozenset({"integer", "positiveInt", "unsignedInt", "decimal"}) | _QUANTITIES,
    "valueDecimal": frozenset({"decimal"}) | _QUANTITIES,
    "valueDate": frozenset({"date", "dateTime"}),
    "valueDateTime": frozenset({"dateTime", "instant"}),
    "valueTime": frozenset({"time"}),
    "valueString": _TEXTS,
    "valueUri": frozenset({"uri", "url", "canonical", "string"}),
    "valueCoding": frozenset({"CodeableConcept", "Coding", "code"}),
    "valueAttachment": frozenset({"Attachment"}),
    "valueReference": frozenset({"Reference"}),
    "valueQuantity": _QUANTITIES,
}


class Unresolved(ValueError):
    """A definition that leads to no element; the text says which step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One element on the way: its types with the JSON name of each, whether it is a list."""

    name: str
    kinds: tuple[tuple[str, str], ...]
    many: bool

    @property
    def json(self) -> str:
        """The JSON name, where the type is settled."""
        return self.kinds[0][1]

    @property
    def type(self) -> str:
        """The type, where it is settled."""
        return self.kinds[0][0]


@dataclass(frozen=True, slots=True)
class Place:
    """An element of a resource: the structure's canonical as written, its type, the way there."""

    canonical: str
    type: str
    steps: tuple[Step, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The way as JSON names; a choice left open by its own name."""
        return tuple(s.json if len(s.kinds) == 1 else s.name for s in self.steps)


def settled(step: Step, type_name: str) -> Step:
    """A choice of types narrowed to one."""
    return Step(step.name, tuple(k for k in step.kinds if k[0] == type_name), step.many)


def place_of(definition: str, types: Mapping[str, str]) -> Place:
    """The element of a definition; `types` gives the resource type of profiles by address.

    Raises Unresolved. An element id may lead on into data types, and name the type of a choice
    (`value[x]:valueQuantity`, `valueQuantity`). Slices by anything but type are not resolved.
    """
    canonical, mark, element = definition.partition("#")
    address = canonical.partition("|")[0]
    kind = types.get(address)
    if kind is None and address.startswith(sdc.CORE):
        kind = address[len(sdc.CORE) :]
    if kind is None or kind not in definitions().resource_types:
        raise Unresolved(canonical)
    names = element.split(".")
    if not mark or names[0] != kind:
        raise Unresolved(element or "#")
    return Place(canonical, kind, _steps(kind, tuple(names[1:])))


@lru_cache(maxsize=4096)
def _steps(kind: str, names: tuple[str, ...]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for name in names:
        if kind == "":
            raise Unresolved(name)
        step = _step(kind, name)
        steps.append(step)
        kind = step.type if len(step.kinds) == 1 else ""
    return tuple(steps)


def _step(kind: str, name: str) -> Step:
    plain, colon, slice_name = name.partition(":")
    plain = plain.removesuffix("[x]")
    wanted = slice_name if colon else plain
    if definitions().has(kind):
        for element in definitions().structure(kind).elements:
            found = tuple((option.code, json) for json, option in element.json_names())
            if element.name == plain and not colon:
                return Step(plain, found, element.is_list)
            chosen = tuple(pair for pair in found if element.is_choice and pair[1] == wanted)
            if chosen and (not colon or element.name == plain):
                return Step(element.name, chosen, element.is_list)
    raise Unresolved(f"{kind}.{name}")


def takes(place: Place, key: str) -> str | None:
    """The type of a place's last element that a value of a key is cast to, or None."""
    if not place.steps:
        return None
    own = key.removeprefix("value")
    kinds = [kind for kind, _ in place.steps[-1].kinds]
    exact = [kind for kind in kinds if kind.lower() == own.lower()]
    allowed = _CASTS.get(key, frozenset())
    found = exact or [kind for kind in kinds if kind in allowed]
    return found[0] if found else None


def cast(key: str, value: Any, wanted: str, unit: Json | None = None) -> Any:
    """An answer as a value of an element's type."""
    if wanted == "CodeableConcept" and key == "valueCoding":
        return {"coding": [value]}
    if wanted == "code" and key == "valueCoding":
        return value.get("code")
    if wanted in _QUANTITIES and key in ("valueInteger", "valueDecimal"):
        return {"value": value, **(unit or {})}
    return value


def uncast(key: str, value: Any, wanted: str) -> Any:
    """The answer that was cast to an element's value; None where it holds none."""
    if wanted == "CodeableConcept" and key == "valueCoding":
        codings = sdc.rows(value, "coding")
        return codings[0] if codings else None
    if wanted in _QUANTITIES and key in ("valueInteger", "valueDecimal"):
        return value.get("value") if isinstance(value, dict) else None
    return value
