"""FHIRPath Patch: operations in a Parameters resource (R4 fhirpatch.html)."""

from __future__ import annotations

import copy
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.patch.faults import MOST_OPERATIONS, PatchError
from lanh.core.fhir.patch.places import Place, Slot, slots, walk
from lanh.core.fhir.patch.values import Given, Value, given_value
from lanh.core.fhir.path.nodes import Node, PathError
from lanh.core.fhir.path.parser import parse
from lanh.core.fhir.path.syntax import Expression, Member

_LONGEST_PATH = 1_000
_TYPES = frozenset({"add", "insert", "delete", "replace", "move"})


def apply_path_patch(resource: dict[str, Any], parameters: Any) -> dict[str, Any]:
    """The resource after all operations; the one given is left as it is.

    What an operation leaves empty is removed. Raises PatchError.
    """
    rows = _operations(parameters)
    patched: dict[str, Any] = copy.deepcopy(resource)
    for number, row in enumerate(rows):
        _Operation(row, f"Parameters.parameter[{number}]").apply(patched)
    return patched


def _operations(parameters: Any) -> list[dict[str, Any]]:
    known = isinstance(parameters, dict) and parameters.get("resourceType") == "Parameters"
    rows = parameters.get("parameter", []) if known else None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and row.get("name") == "operation" for row in rows
    ):
        raise PatchError("not-parameters", "Parameters", malformed=True)
    if len(rows) > MOST_OPERATIONS:
        raise PatchError("too-many", "Parameters", malformed=True, limit=MOST_OPERATIONS)
    return rows


class _Operation:
    def __init__(self, row: dict[str, Any], place: str) -> None:
        self.place = place
        parts = row.get("part")
        self.parts: dict[str, dict[str, Any]] = {
            str(part.get("name")): part
            for part in (parts if isinstance(parts, list) else [])
            if isinstance(part, dict)
        }
        kind = self._text("type", required=False)
        if kind not in _TYPES:
            raise PatchError("bad-type", place, malformed=True, type=str(kind)[:40])
        self.kind = kind
        self.path = self._text("path")

    def _text(self, name: str, *, required: bool = True) -> str:
        part = self.parts.get(name, {})
        value = next((v for k, v in part.items() if k.startswith("value")), None)
        if not isinstance(value, str):
            if not required:
                return ""
            raise PatchError("bad-member", self.place, malformed=True, member=name)
        return value

    def _number(self, name: str) -> int:
        value = next(
            (v for k, v in self.parts.get(name, {}).items() if k.startswith("value")), None
        )
        if type(value) is not int or value < 0:
            raise PatchError("bad-member", self.place, malformed=True, member=name)
        return value

    def _value(self) -> Given:
        if "value" not in self.parts:
            raise PatchError("bad-member", self.place, malformed=True, member="value")
        return given_value(self.parts["value"], self.place)

    def apply(self, resource: dict[str, Any]) -> None:
        """Change the resource in place."""
        root = Place(Node(resource, str(resource.get("resourceType"))))
        try:
            if len(self.path) > _LONGEST_PATH:
                raise PathError("too long")
            expression = parse(self.path)
            match self.kind:
                case "add":
                    self._add(self._one(expression, root))
                case "replace":
                    self._replace(self._one(expression, root))
                case "delete":
                    self._delete(walk(expression, [root]))
                case "insert":
                    self._insert(expression, root)
                case "move":
                    self._move(expression, root)
        except (ValueError, RecursionError) as error:
            if isinstance(error, PatchError):
                raise
            raise PatchError(
                "bad-path", self.place, malformed=True, path=self.path[:200]
            ) from error

    def _one(self, expression: Expression, root: Place) -> Place:
        found = walk(expression, [root])
        if len(found) != 1:
            raise PatchError("not-one", self.place, path=self.path, found=len(found))
        return found[0]

    def _slot(self, holder: Place, name: str, given: Given) -> Slot:
        """The property that takes the value: of a choice, the one of the value's type."""
        found = slots(holder.node.type, name)
        if len(found) > 1:
            found = [slot for slot in found if slot.type == given.type]
        slot = found[0] if found else None
        fits = slot is not None and (
            slot.primitive == given.primitive or (slot.primitive and given.type is None)
        )
        if slot is None or not fits:
            raise PatchError("no-element", self.place, type=holder.node.type, name=name)
        return slot

    def _add(self, target: Place) -> None:
        name, given = self._text("name"), self._value()
        slot = self._slot(target, name, given)
        holder = _holder_of(target)
        if slot.many:
            size = _length(holder, slot)
            _put(holder, slot, size, given.build(slot.type, self.place))
            return
        taken = slots(target.node.type, _element_name(target, slot))
        if any(s.name in holder or "_" + s.name in holder for s in taken):
            raise PatchError("already-there", self.place, name=name)
        _set(holder, slot, given.build(slot.type, self.place))

    def _replace(self, target: Place) -> None:
        if target.parent is None or target.slot is None:
            raise PatchError("whole-resource", self.place)
        given, old = self._value(), target.slot
        holder = _holder_of(target.parent)
        slot = self._slot(target.parent, _element_name(target.parent, old), given)
        value = given.build(slot.type, self.place)
        if target.index is None:
            holder.pop(old.name, None)
            holder.pop("_" + old.name, None)
            _set(holder, slot, value)
        else:
            _take(holder, slot, target.index)
            _put(holder, slot, target.index, value)

    def _delete(self, found: list[Place]) -> None:
        if len(found) > 1:
            raise PatchError("not-one", self.place, path=self.path, found=len(found))
        if not found:
            return  # what is not there need not be deleted
        target = found[0]
        if target.parent is None or target.slot is None:
            raise PatchError("whole-resource", self.place)
        holder = _holder_of(target.parent)
        if target.index is None:
            holder.pop(target.slot.name, None)
            holder.pop("_" + target.slot.name, None)
        else:
            _take(holder, target.slot, target.index)
        _prune(target.parent)

    def _list(self, expression: Expression, root: Place) -> tuple[Place, Slot]:
        """The holder and the property of the list that a path names."""
        if not isinstance(expression, Member):
            raise PathError("no list")
        owner = root if expression.source is None else self._one(expression.source, root)
        found = slots(owner.node.type, expression.name)
        if not found:
            raise PatchError("no-element", self.place, type=owner.node.type, name=expression.name)
        if not found[0].many:
            raise PatchError("not-repeating", self.place, path=self.path)
        return owner, found[0]

    def _insert(self, expression: Expression, root: Place) -> None:
        owner, slot = self._list(expression, root)
        index, given = self._number("index"), self._value()
        slot = self._slot(owner, slot.name, given)
        holder = _holder_of(owner)
        if index > _length(holder, slot):
            raise PatchError("bad-index", self.place, path=self.path, index=index)
        _put(holder, slot, index, given.build(slot.type, self.place))

    def _move(self, expression: Expression, root: Place) -> None:
        owner, slot = self._list(expression, root)
        source, destination = self._number("source"), self._number("destination")
        holder = _holder_of(owner)
        for index in (source, destination):
            if index >= _length(holder, slot):
                raise PatchError("bad-index", self.place, path=self.path, index=index)
        _put(holder, slot, destination, _take(holder, slot, source))


def _element_name(owner: Place, slot: Slot) -> str:
    """The element of a property: `value` of `valueQuantity`."""
    type_name = owner.node.type
    if type_name in definitions().primitives:
        return slot.name
    for element in definitions().structure(type_name).elements:
        if any(json_name == slot.name for json_name, _ in element.json_names()):
            return element.name
    return slot.name


def _holder_of(place: Place) -> dict[str, Any]:
    """The JSON object to change; the one beside a primitive is made where there is none."""
    if isinstance(place.node.value, dict) or place.parent is None or place.slot is None:
        return place.holder
    if isinstance(place.node.sibling, dict):
        return place.node.sibling
    made: dict[str, Any] = {}
    place.node.sibling = made
    holder = _holder_of(place.parent)
    key = "_" + place.slot.name
    if place.index is None:
        holder[key] = made
    else:
        beside = holder.setdefault(key, [])
        beside.extend([None] * (_length(holder, place.slot) - len(beside)))
        beside[place.index] = made
    return made


def _length(holder: dict[str, Any], slot: Slot) -> int:
    return max(len(holder.get(slot.name) or ()), len(holder.get("_" + slot.name) or ()))


def _set(holder: dict[str, Any], slot: Slot, value: Value) -> None:
    if value.value is not None:
        holder[slot.name] = value.value
    if value.beside is not None:
        holder["_" + slot.name] = value.beside


def _put(holder: dict[str, Any], slot: Slot, index: int, value: Value) -> None:
    """Insert into a list and, of primitives, into the list beside it."""
    size = _length(holder, slot)
    for key, item in ((slot.name, value.value), ("_" + slot.name, value.beside)):
        listed = list(holder.get(key) or ())
        listed += [None] * (size - len(listed))
        listed.insert(index, item)
        if any(each is not None for each in listed):
            holder[key] = listed


def _take(holder: dict[str, Any], slot: Slot, index: int) -> Value:
    """Remove from a list and from the one beside it; lists left empty go."""
    taken: list[Any] = []
    for key in (slot.name, "_" + slot.name):
        listed = holder.get(key) or []
        taken.append(listed.pop(index) if index < len(listed) else None)
        if key in holder and not any(each is not None for each in listed):
            del holder[key]
    return Value(*taken)


def _prune(place: Place) -> None:
    """Remove elements that have become empty, from the inside out."""
    while place.parent is not None and place.slot is not None and not place.holder:
        holder = _holder_of(place.parent)
        if isinstance(place.node.value, dict):
            if place.index is None:
                holder.pop(place.slot.name, None)
            else:
                _take(holder, place.slot, place.index)
        elif place.index is None:
            holder.pop("_" + place.slot.name, None)
            if place.node.value is not None:
                return
        else:
            beside = holder.get("_" + place.slot.name)
            if isinstance(beside, list):
                beside[place.index] = None
                if not any(each is not None for each in beside):
                    del holder["_" + place.slot.name]
            return
        place = place.parent
