"""Answers turned into resources by the definitions that a form states (SDC 4.0, definition-based).

The result is a transaction Bundle. Each item's answer is put where its definition leads, in the
element that the nearest outer item holds; lists on the way get an element of their own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from lanh.core.fhir import PathEnvironment, PathError
from lanh.core.fhir.definitions import definitions
from lanh.core.forms.elements import Place, Step, cast, place_of, takes
from lanh.core.forms.errors import Refused
from lanh.core.forms.expressions import Evaluator, json_of
from lanh.core.forms.model import Assigned, Extract, Extraction, Form, Item
from lanh.core.forms.sdc import Json, rows, value_of

Variables: TypeAlias = "dict[str, list[Any]]"


@dataclass(frozen=True, slots=True)
class Frame:
    """An element that is open: the structure it belongs to, the way to it, the element itself."""

    canonical: str
    names: tuple[str, ...]
    holder: Json


Frames: TypeAlias = "tuple[Frame, ...]"


def nearest(frames: Frames, place: Place) -> Frame | None:
    """The deepest open element on the way to a place; of several, the one opened last."""
    best: Frame | None = None
    for frame in frames:
        inside = frame.names == place.names[: len(frame.names)] and len(frame.names) < len(
            place.names
        )
        if frame.canonical == place.canonical and inside:
            best = frame if best is None or len(frame.names) >= len(best.names) else best
    return best


def types_of(form: Form) -> dict[str, str]:
    """The resource types of the profiles that a form extracts, by address."""
    found: dict[str, str] = {}
    for extraction in (form.extraction, *(item.extraction for item in form.every())):
        for each in extraction.extracts:
            found[each.definition.partition("|")[0]] = each.type
    return found


def elements_written(form: Form) -> dict[str, frozenset[str]]:
    """By resource type, the JSON names of the top elements that a form's definitions may fill: a
    correction replaces these and leaves what else a record holds."""
    types = types_of(form)
    found: dict[str, set[str]] = {kind: set() for kind in types.values()}
    every = (form.extraction, *(item.extraction for item in form.every()))
    stated = [each.definition for each in every if each.definition is not None]
    stated += [assigned.definition for each in every for assigned in each.assigned]
    for definition in stated:
        place = place_of(definition, types)
        for step in place.steps[:1]:
            found.setdefault(place.type, set()).update(json for _, json in step.kinds)
    return {kind: frozenset(names) for kind, names in found.items()}


def extract(
    form: Form,
    response: Json,
    *,
    new_uuid: Callable[[], str] = lambda: str(uuid.uuid4()),
    environment: PathEnvironment | None = None,
) -> Json:
    """The transaction Bundle of a response that has been judged sound.

    A resource with an id becomes a PUT, another a POST. Expressions see the response, the form
    and allocated ids, as the guide says, not what the form was opened with. Raises Refused where
    two answers fall on an element that holds one.
    """
    return _Extraction(form, response, new_uuid, environment).bundle()


class _Extraction:
    def __init__(
        self,
        form: Form,
        response: Json,
        new_uuid: Callable[[], str],
        environment: PathEnvironment | None,
    ) -> None:
        self._form = form
        self._response = response
        self._new_uuid = new_uuid
        self._evaluator = Evaluator(form.source, response, environment)
        self._types = types_of(form)
        self._entries: list[Json] = []

    def bundle(self) -> Json:
        frames, variables = self._begin(self._form.extraction, (), {}, None, None)
        self._assign(self._form.extraction.assigned, frames, variables, None, None)
        self._level(self._form.items, self._response, frames, variables)
        for entry in self._entries:
            _close(entry)
        made: Json = {"resourceType": "Bundle", "type": "transaction"}
        return {**made, "entry": self._entries} if self._entries else made

    def _level(
        self, items: tuple[Item, ...], holder: Json, frames: Frames, variables: Variables
    ) -> None:
        by_link: dict[str, list[Json]] = {}
        for row in rows(holder, "item"):
            by_link.setdefault(str(row.get("linkId")), []).append(row)
        for item in items:
            for row in by_link.get(item.link_id, ()):
                if item.is_group:
                    self._group(item, row, frames, variables)
                else:
                    self._question(item, row, frames, variables)

    def _begin(
        self,
        extraction: Extraction,
        frames: Frames,
        variables: Variables,
        row: Json | None,
        item: Item | None,
    ) -> tuple[Frames, Variables]:
        """The resources that begin at an item, and the ids that are allocated there."""
        if extraction.allocated:
            made = {name: [f"urn:uuid:{self._new_uuid()}"] for name in extraction.allocated}
            variables = {**variables, **made}
        for each in extraction.extracts:
            resource: Json = {"resourceType": each.type}
            if each.profile:
                resource["meta"] = {"profile": [each.definition]}
            entry = self._entry(each, resource, variables, row, item)
            self._entries.append(entry)
            frames = (*frames, Frame(each.definition, (), resource))
        return frames, variables

    def _entry(
        self,
        each: Extract,
        resource: Json,
        variables: Variables,
        row: Json | None,
        item: Item | None,
    ) -> Json:
        told: dict[str, str] = {}
        for name, expression in each.parts.items():
            found = self._found(expression, variables, row, item)
            if found:
                told[name] = str(json_of(found[0]))
        full = told.pop("fullUrl", "") or f"urn:uuid:{self._new_uuid()}"
        return {"fullUrl": full, "resource": resource, "request": dict(told)}

    def _group(self, item: Item, row: Json, frames: Frames, variables: Variables) -> None:
        frames, variables = self._begin(item.extraction, frames, variables, row, item)
        definition = item.extraction.definition
        if definition is not None:
            place = place_of(definition, self._types)
            inner = self._reach(frames, place)
            held = _enter(inner[-1].holder, place.steps[-1])
            frames = (*inner, Frame(place.canonical, place.names, held))
        self._assign(item.extraction.assigned, frames, variables, row, item)
        self._level(item.items, row, frames, variables)

    def _question(self, item: Item, row: Json, frames: Frames, variables: Variables) -> None:
        answers = [(answer, value_of(answer)) for answer in rows(row, "answer")]
        given = [(answer, found) for answer, found in answers if found is not None]
        if not given:
            return
        frames, variables = self._begin(item.extraction, frames, variables, row, item)
        definition = item.extraction.definition
        if definition is None:
            self._assign(item.extraction.assigned, frames, variables, row, item)
            for answer, _ in given:
                self._level(item.items, answer, frames, variables)
            return
        place = place_of(definition, self._types)
        several = place.steps[-1].many
        shared = self._reach(frames, place) if several else None
        for number, (answer, (key, value)) in enumerate(given):
            inner = shared if shared is not None else self._reach(frames, place)
            held = self._put(inner[-1].holder, place, key, value, item)
            if isinstance(held, dict):
                inner = (*inner, Frame(place.canonical, place.names, held))
            if shared is None or number == 0:
                self._assign(item.extraction.assigned, inner, variables, row, item)
            self._level(item.items, answer, inner, variables)

    def _reach(self, frames: Frames, place: Place) -> Frames:
        """The open elements with those made on the way to a place; its holder is the last."""
        frame = nearest(frames, place)
        if frame is None:
            raise Refused("structure", "extract-nowhere", definition=place.canonical)
        made = [*frames, frame]
        holder = frame.holder
        for number in range(len(frame.names), len(place.steps) - 1):
            holder = _enter(holder, place.steps[number])
            made.append(Frame(place.canonical, place.names[: number + 1], holder))
        return tuple(made)

    def _put(self, holder: Json, place: Place, key: str, value: Any, item: Item | None) -> Any:
        wanted = takes(place, key)
        if wanted is None:
            raise Refused("value", "extract-type", element=".".join(place.names), got=key)
        unit = item.unit.quantity(None) if item is not None and item.unit is not None else None
        made = cast(key, value, wanted, unit)
        step = place.steps[-1]
        name = next(json for kind, json in step.kinds if kind == wanted)
        if step.many:
            holder.setdefault(name, []).append(made)
        elif name in holder and isinstance(holder[name], dict) and isinstance(made, dict):
            holder[name].update(made)
            return holder[name]
        elif name in holder and holder[name] != made:
            raise Refused("duplicate", "extract-twice-given", element=".".join(place.names))
        else:
            holder[name] = made
        return made

    def _assign(
        self,
        assigned: tuple[Assigned, ...],
        frames: Frames,
        variables: Variables,
        row: Json | None,
        item: Item | None,
    ) -> None:
        """Fixed and computed values; those of one item share the elements made for them."""
        for each in assigned:
            place = place_of(each.definition, self._types)
            values = self._values(each, place, variables, row, item)
            if not values:
                continue
            inner = self._room(frames, place)
            for key, value in values:
                self._put(inner[-1].holder, place, key, value, None)
            frames = inner

    def _room(self, frames: Frames, place: Place) -> Frames:
        """The way to a place by elements that have room for it yet."""
        step = place.steps[-1]
        free = tuple(
            f
            for f in frames
            if step.many
            or len(f.names) + 1 != len(place.names)
            or not f.names
            or not any(json in f.holder for _, json in step.kinds)
        )
        return self._reach(free, place)

    def _values(
        self,
        each: Assigned,
        place: Place,
        variables: Variables,
        row: Json | None,
        item: Item | None,
    ) -> list[tuple[str, Any]]:
        if each.key is not None:
            return [(each.key, each.value)]
        found = self._found(each.expression or "", variables, row, item)
        values = [json_of(value) for value in found]
        kinds = place.steps[-1].kinds
        keys = [f"value{kind[0].upper()}{kind[1:]}" for kind, _ in kinds]
        if len(keys) > 1:
            keys = [_key_of(found[0])] if found else keys
        if kinds[0][0] == "CodeableConcept" and all(_is_coding(value) for value in values):
            keys = ["valueCoding"]
        return [(keys[0], value) for value in values if value is not None]

    def _found(
        self, expression: str, variables: Variables, row: Json | None, item: Item | None
    ) -> list[Any]:
        try:
            return self._evaluator.items(expression, row, variables, item)
        except PathError as error:
            raise Refused("processing", "extract-expression", expression=expression,
                          problem=str(error)) from error  # fmt: skip


def _is_coding(value: Any) -> bool:
    return isinstance(value, dict) and "code" in value and "coding" not in value


def _key_of(found: Any) -> str:
    """The key under which a result of an expression would be written as value[x]."""
    kind = getattr(found, "type", None) or {
        bool: "boolean", int: "integer", str: "string"
    }.get(type(found), getattr(found, "kind", "decimal"))  # fmt: skip
    return f"value{kind[0].upper()}{kind[1:]}"


def _enter(holder: Json, step: Step) -> Json:
    """An element to fill: a new one in a list, the only one elsewhere."""
    if step.many:
        made: Json = {}
        holder.setdefault(step.json, []).append(made)
        return made
    found: Json = holder.setdefault(step.json, {})
    return found


def _close(entry: Json) -> None:
    """Empty elements gone, elements in the order of the definitions, the request as R4 asks."""
    resource = _ordered(entry["resource"], entry["resource"]["resourceType"])
    entry["resource"] = resource
    kind, identity = resource["resourceType"], resource.get("id")
    url = f"{kind}/{identity}" if identity else kind
    entry["request"] = {"method": "PUT" if identity else "POST", "url": url} | entry["request"]


def _ordered(value: Json, kind: str) -> Json:
    fields: Mapping[str, str] = {}
    if definitions().has(kind):
        fields = {
            json: option.code
            for element in definitions().structure(kind).elements
            for json, option in element.json_names()
        }
    made: Json = {}
    for name in sorted(value, key=lambda n: list(fields).index(n) if n in fields else -1):
        each = _cleaned(value[name], fields.get(name, ""))
        if each not in ({}, [], None):
            made[name] = each
    return made


def _cleaned(value: Any, kind: str) -> Any:
    if isinstance(value, dict):
        return _ordered(value, kind)
    if isinstance(value, list):
        made = [_cleaned(each, kind) for each in value]
        return [each for each in made if each not in ({}, [], None)]
    return value
