"""The values that a FHIRPath Patch carries: `value[x]`, a resource, or parts of an element."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.patch.faults import PatchError
from lanh.core.fhir.patch.places import slots

_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value and, of a primitive, what stands beside it."""

    value: Any
    beside: Any = None


@dataclass(frozen=True, slots=True)
class Given:
    """A value as given; `type` is None where only the place it goes to tells its type."""

    type: str | None
    value: Value | None
    parts: list[Any] | None = None

    @property
    def primitive(self) -> bool:
        """Whether it is a primitive value."""
        return self.type in definitions().primitives

    def build(self, type_name: str, place: str) -> Value:
        """The value for an element of a type. Raises PatchError."""
        if self.parts is not None:
            return Value(_of_parts(self.parts, type_name, place, 0))
        return copy.deepcopy(self.value) if self.value is not None else Value(None)


def given_value(part: dict[str, Any], place: str) -> Given:
    """The value of a part. Raises PatchError where it has none, or several."""
    if isinstance(part.get("part"), list):
        return Given(None, None, part["part"])
    if isinstance(part.get("resource"), dict):
        return Given("Resource", Value(part["resource"]))
    names = {key.lstrip("_") for key in part if key.lstrip("_").startswith("value")}
    if len(names) != 1:
        raise PatchError("bad-member", place, malformed=True, member="value")
    name = names.pop()
    type_name = name.removeprefix("value")
    primitive = type_name[:1].lower() + type_name[1:]
    if primitive in definitions().primitives:
        return Given(primitive, Value(part.get(name), part.get("_" + name)))
    if name not in part:
        raise PatchError("bad-member", place, malformed=True, member="value")
    return Given(type_name, Value(part[name]))


def _of_parts(parts: list[Any], type_name: str, place: str, depth: int) -> dict[str, Any]:
    """An element that has no name of its own as a type, made of named parts."""
    if depth > _DEEPEST:
        raise PatchError("bad-member", place, malformed=True, member="part")
    made: dict[str, Any] = {}
    for part in parts:
        name = part.get("name") if isinstance(part, dict) else None
        if not isinstance(name, str):
            raise PatchError("bad-member", place, malformed=True, member="part.name")
        given = given_value(part, place)
        found = slots(type_name, name)
        if len(found) > 1:
            found = [slot for slot in found if slot.type == given.type]
        if not found or (given.parts is None and found[0].primitive != given.primitive):
            raise PatchError("no-element", place, type=type_name, name=name)
        slot = found[0]
        value = (
            Value(_of_parts(given.parts, slot.type, place, depth + 1))
            if given.parts is not None
            else given.build(slot.type, place)
        )
        if not slot.many:
            if slot.name in made:
                raise PatchError("already-there", place, name=name)
            made[slot.name] = value.value
            if value.beside is not None:
                made["_" + slot.name] = value.beside
        else:
            made.setdefault(slot.name, []).append(value.value)
    return made
