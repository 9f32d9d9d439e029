"""The items of FHIRPath collections: elements of resources, and plain values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from typing import Any, TypeAlias

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path.temporal import Temporal, parse_temporal


class PathError(ValueError):
    """An expression cannot be evaluated on the given input."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a UCUM or calendar unit (`1` where none)."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        calendar = self.unit.isalpha() and self.unit.rstrip("s") in _CALENDAR
        shown = format(self.value, "f")
        return f"{shown} {self.unit}" if calendar else f"{shown} '{self.unit}'"


_CALENDAR = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")


class Node:
    """An element of a resource: its raw JSON value, FHIR type and, of a primitive, its sibling
    with id and extensions."""

    __slots__ = ("sibling", "type", "value")

    def __init__(self, value: Any, type_name: str, sibling: Any = None) -> None:
        self.value = value
        self.type = type_name
        self.sibling = sibling

    def __repr__(self) -> str:
        return f"Node({self.type}, {self.value!r})"


Item: TypeAlias = Node | bool | int | Decimal | str | Temporal | Quantity
Items: TypeAlias = list[Any]

TEMPORAL = frozenset({"date", "dateTime", "instant", "time"})
_QUANTITIES = frozenset({"Quantity", "Age", "Count", "Distance", "Duration", "SimpleQuantity"})
_SYSTEM_NAMES: dict[type, str] = {
    bool: "Boolean",
    int: "Integer",
    Decimal: "Decimal",
    str: "String",
    Quantity: "Quantity",
}


# What `type()` tells of a type; not a FHIR type, so not among the definitions.
TYPE_INFO = ("namespace", "name")


@lru_cache(maxsize=1024)
def fields_of(type_name: str) -> dict[str, tuple[tuple[str, str, str], ...]]:
    """Element name -> (JSON name, type, of a primitive the JSON name of its sibling or else "")."""
    if type_name == "TypeInfo":
        return {name: ((name, "string", "_" + name),) for name in TYPE_INFO}
    if not definitions().has(type_name):
        return {}
    primitives = definitions().primitives
    return {
        element.name: tuple(
            (json_name, option.code, "_" + json_name if option.code in primitives else "")
            for json_name, option in element.json_names()
        )
        for element in definitions().structure(type_name).elements
    }


def root_node(resource: Any) -> Node:
    """The node of a resource, or of any value given in its place."""
    if isinstance(resource, dict):
        return Node(resource, str(resource.get("resourceType", "Element")))
    return Node(resource, "string")


def named(node: Any, name: str) -> Items:
    """The children of a name."""
    if type(node) is not Node:
        if type(node) is Quantity and name in ("value", "unit"):
            return [getattr(node, name)]
        return []
    holder = node.value
    if type(holder) is dict:
        rows = fields_of(node.type).get(name)
    else:
        holder = node.sibling
        rows = fields_of("Element").get(name) if type(holder) is dict else None
    return _held(holder, rows) if rows is not None else []


def _held(holder: dict[str, Any], rows: tuple[tuple[str, str, str], ...]) -> Items:
    found: Items = []
    for json_name, type_name, beside in rows:
        raw = holder.get(json_name)
        sibling = holder.get(beside) if beside else None
        if sibling is not None:
            _add(found, raw, sibling, type_name)
        elif type(raw) is list:
            found += [_node(value, None, type_name) for value in raw if value is not None]
        elif raw is not None:
            found.append(_node(raw, None, type_name))
    return found


def _add(found: Items, raw: Any, sibling: Any, type_name: str) -> None:
    if type(raw) is list or (raw is None and type(sibling) is list):
        values = raw if raw is not None else ()
        beside = sibling if type(sibling) is list else ()
        for value, own in zip_longest(values, beside):
            if value is not None or own is not None:
                found.append(_node(value, own, type_name))
    else:
        found.append(_node(raw, sibling, type_name))


def _node(value: Any, sibling: Any, type_name: str) -> Node:
    if type(value) is dict and type_name in ("Resource", "DomainResource"):
        type_name = str(value.get("resourceType", type_name))
    return Node(value, type_name, sibling)


def children(node: Any) -> Items:
    """All children of a node, in the order of the definitions."""
    if type(node) is not Node:
        return []
    holder = node.value
    if type(holder) is dict:
        fields = fields_of(node.type)
    else:
        holder = node.sibling
        if type(holder) is not dict:
            return []
        fields = fields_of("Element")
    known = holder.keys()
    found: Items = []
    for rows in fields.values():
        for row in rows:
            if row[0] in known or row[2] in known:
                found += _held(holder, (row,))
    return found


def descendants(items: Items) -> Items:
    """All descendants, breadth first."""
    found: Items = []
    level = items
    while level:
        level = [child for item in level for child in children(item)]
        found.extend(level)
    return found


def system(item: Any) -> Any:
    """The plain value of a primitive element or Quantity; other items as they are."""
    if type(item) is not Node:
        return item
    value, type_name = item.value, item.type
    if value is None or type(value) is bool:
        return item if value is None else value
    if type(value) is dict:
        return _quantity(value) if type_name in _QUANTITIES else item
    if type(value) is str:
        if type_name in TEMPORAL:
            return _temporal(value, type_name)
        return value
    if type_name == "decimal" and type(value) is int:
        return Decimal(value)
    return Decimal(str(value)) if type(value) is float else value


def _temporal(text: str, type_name: str) -> Temporal | str:
    try:
        found = parse_temporal(text)
    except ValueError:
        return text
    if type_name in ("dateTime", "instant") and found.kind == "date":
        return Temporal("dateTime", found.fields, None)
    return found


def _quantity(value: dict[str, Any]) -> Any:
    number = value.get("value")
    if number is None or "comparator" in value:
        return Node(value, "Quantity")
    unit = value.get("code") or value.get("unit") or "1"
    if value.get("system") == "http://unitsofmeasure.org":
        unit = _OF_UCUM.get(unit, unit)
    return Quantity(Decimal(number), unit)


# In a FHIR Quantity these codes of UCUM mean the calendar's durations (R4 2.9.1.2).
_OF_UCUM = {"a": "year", "mo": "month", "wk": "week", "d": "day", "h": "hour", "min": "minute"}
_OF_UCUM["s"] = "second"


def type_name(item: Any) -> tuple[str, str]:
    """(namespace, name) of an item's type."""
    if type(item) is Node:
        return "FHIR", item.type
    if type(item) is Temporal:
        return "System", {"date": "Date", "dateTime": "DateTime", "time": "Time"}[item.kind]
    return "System", _SYSTEM_NAMES.get(type(item), "Any")


_SYSTEM_TYPES = frozenset({*_SYSTEM_NAMES.values(), "Any", "Date", "DateTime", "Time"})


def known_type(name: str) -> bool:
    """Whether a type specifier names a type of FHIR or, qualified or not, of FHIRPath itself."""
    space, _, own = name.rpartition(".")
    if space == "System":
        # Of what FHIRPath may come to define, no item is one yet.
        return True
    return definitions().has(own if space == "FHIR" else name) or (
        not space and (own in _SYSTEM_TYPES or own in _EXTRA_TYPES)
    )


def primitive_of(name: str) -> str | None:
    """The primitive of FHIR that a type of FHIRPath's own stands for: `String` for string."""
    plain = name[:1].lower() + name[1:]
    return plain if name in _SYSTEM_TYPES and plain in definitions().primitives else None


# Names that R4 uses for types without a definition of their own.
_EXTRA_TYPES = frozenset({"SimpleQuantity", "MoneyQuantity", "TypeInfo"})


@lru_cache(maxsize=1024)
def type_chain(name: str) -> tuple[str, ...]:
    """A type and those that it derives from."""
    found: list[str] = [name]
    while definitions().has(found[-1]):
        base = definitions().structure(found[-1]).base
        if base is None:
            break
        found.append(base)
    return tuple(found)


def is_type(item: Any, wanted: str) -> bool:
    """Whether an item is of a type, `HumanName`, `FHIR.Patient` or `System.String`, or of a type
    that derives from it."""
    space, _, name = wanted.rpartition(".")
    if space not in ("", "FHIR", "System"):
        space, name = "", wanted
    own_space, own = type_name(item)
    if space and space != own_space:
        return False
    if own == name or name in ("Any",):
        return True
    if own_space == "System":
        return False
    return name in type_chain(own)


def of_type(items: Items, wanted: str) -> Items:
    """The items of a type. A primitive type counts only itself: a code is no string here."""
    name = wanted.rpartition(".")[2]
    if name in definitions().primitives:
        return [item for item in items if type_name(item)[1] == name and is_type(item, wanted)]
    return [item for item in items if is_type(item, wanted)]


def has_value(item: Any) -> bool:
    """Whether an item is a primitive with a value, not with extensions alone (R4 2.9.1.6)."""
    if type(item) is Node:
        return item.value is not None and type(item.value) is not dict
    return type(item) is not Quantity


def truth(items: Items) -> bool | None:
    """The boolean of a collection: None where empty or without a value, true of any other item."""
    if not items:
        return None
    if len(items) > 1:
        raise PathError("a single value was expected")
    value = items[0]
    if type(value) is Node:
        value = value.value
    return value if type(value) is bool else None if value is None else True


def single(items: Items) -> Any:
    """The plain value of the only item, or None where it is empty or has extensions only.

    Raises PathError on several items.
    """
    if not items:
        return None
    if len(items) > 1:
        raise PathError("a single value was expected")
    value = items[0]
    if type(value) is not Node:
        return value
    return None if value.value is None else system(value)
