"""Where in a resource a FHIRPath leads: the holders of the elements found, not their values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path.compiler import compiled
from lanh.core.fhir.path.nodes import Node, PathError, is_type, of_type, truth
from lanh.core.fhir.path.scope import Run, Scope
from lanh.core.fhir.path.syntax import Binary, Call, Expression, Index, Literal, Member, TypeTest


@dataclass(frozen=True, slots=True)
class Slot:
    """A property that a holder may have in JSON: its name there, its type, whether it repeats."""

    name: str
    type: str
    many: bool
    primitive: bool


@dataclass(frozen=True, slots=True)
class Place:
    """An element: `slot` and, in a list, `index` of the holder of `parent`; none for the root.

    `holder` is the JSON object that has the property: for what stands inside a primitive, the
    object beside its value.
    """

    node: Node
    parent: Place | None = None
    slot: Slot | None = None
    index: int | None = None

    @property
    def holder(self) -> dict[str, Any]:
        """The JSON object of the element itself; empty for a primitive without extensions."""
        if isinstance(self.node.value, dict):
            return self.node.value
        return self.node.sibling if isinstance(self.node.sibling, dict) else {}


def slots(type_name: str, name: str) -> list[Slot]:
    """The properties that an element name stands for in a type: several for a choice of types.

    The name may be that of the element (`value`, `value[x]`) or of one property (`valueQuantity`).
    """
    if not definitions().has(type_name):
        return []
    name = name.removesuffix("[x]")
    primitives = definitions().primitives
    if type_name in primitives:
        type_name = "Element"
    return [
        Slot(json_name, option.code, element.is_list, option.code in primitives)
        for element in definitions().structure(type_name).elements
        for json_name, option in element.json_names()
        if name in (element.name, json_name)
    ]


def children(place: Place, name: str) -> Iterator[Place]:
    """The elements of a name inside an element."""
    holder = place.holder
    for slot in slots(place.node.type, name):
        raw = holder.get(slot.name)
        beside = holder.get("_" + slot.name) if slot.primitive else None
        if not slot.many:
            if raw is not None or beside is not None:
                yield Place(_node(raw, slot.type, beside), place, slot)
            continue
        values = raw if isinstance(raw, list) else []
        siblings = beside if isinstance(beside, list) else []
        for index in range(max(len(values), len(siblings))):
            value = values[index] if index < len(values) else None
            sibling = siblings[index] if index < len(siblings) else None
            yield Place(_node(value, slot.type, sibling), place, slot, index)


def _node(value: Any, type_name: str, sibling: Any) -> Node:
    if isinstance(value, dict) and type_name in ("Resource", "DomainResource"):
        type_name = str(value.get("resourceType", type_name))
    return Node(value, type_name, sibling)


def walk(expression: Expression, start: list[Place]) -> list[Place]:
    """The elements that a path leads to. Raises PathError where it is more than a path."""
    match expression:
        case Member(None, name):
            return [found for place in start for found in _first(place, name)]
        case Member(source, name) if source is not None:
            return [found for each in walk(source, start) for found in children(each, name)]
        case Index(source, Literal(int() as at)):
            found = walk(source, start)
            return found[at : at + 1] if at >= 0 else []
        case TypeTest("as", operand, type_name):
            return _of_type(walk(operand, start), type_name)
        case Binary(".", left, right):
            return [found for each in walk(left, start) for found in walk(right, [each])]
        case Call(source, name, arguments):
            return _call(walk(source, start) if source else start, name, arguments)
    raise PathError("not a path")


def _first(place: Place, name: str) -> list[Place]:
    if name[0].isupper() and is_type(place.node, name):
        return [place]
    return list(children(place, name))


def _of_type(places: list[Place], type_name: str) -> list[Place]:
    return [place for place in places if of_type([place.node], type_name)]


def _call(places: list[Place], name: str, arguments: tuple[Expression, ...]) -> list[Place]:
    match name, arguments:
        case "where", (criteria,):
            holds = compiled(criteria)
            return [
                place
                for index, place in enumerate(places)
                if truth(holds([place.node], Scope(place.node, Run({}), index))) is True
            ]
        case "first", ():
            return places[:1]
        case "last", ():
            return places[-1:]
        case "tail", ():
            return places[1:]
        case "single", ():
            return places
        case "skip", (Literal(int() as count),):
            return places[max(count, 0) :]
        case "take", (Literal(int() as count),):
            return places[: max(count, 0)]
        case (("ofType" | "as"), (Member(None, type_name),)):
            return _of_type(places, type_name)
        case (("ofType" | "as"), (Member(Member(None, "FHIR"), type_name),)):
            return _of_type(places, type_name)
        case "extension", (Literal(str() as url),):
            return [
                found
                for place in places
                for found in children(place, "extension")
                if found.holder.get("url") == url
            ]
    raise PathError(f"{name}() leads to no place")
