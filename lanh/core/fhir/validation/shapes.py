"""Checks of objects and lists, compiled from the structure tables when a type is first met."""

from __future__ import annotations

from functools import lru_cache
from threading import RLock
from typing import Any

from lanh.core.fhir.definitions import Definitions, Element, TypeOption, definitions
from lanh.core.fhir.validation.faults import (
    Check,
    Fault,
    Faults,
    Rule,
    Scope,
    kind_of,
    shown,
    within,
)
from lanh.core.fhir.validation.invariants import rules_of
from lanh.core.fhir.validation.primitive import (
    absolute_system,
    bound_code_check,
    concept_in,
    known_code,
    primitive_check,
    stated_size,
    system_no_set,
)
from lanh.core.fhir.validation.reference import reference_rule


class Shapes:
    """Compiles and keeps the check of every type, each when first needed."""

    def __init__(self, tables: Definitions) -> None:
        self._tables = tables
        self._checks: dict[str, Check] = {}
        self._primitives: dict[str, Check] = {}
        self._lock = RLock()
        self._building: dict[str, Check] = {}
        self._depth = 0

    def resource(self, name: str) -> Check:
        """The check of a resource of a type."""
        return self.object(name)

    def object(self, name: str) -> Check:
        """The check of an object of a complex type, nested element or resource type."""
        found = self._checks.get(name)
        if found is not None:
            return found
        with self._lock:
            found = self._checks.get(name) or self._building.get(name)
            return found or self._compile(name)

    def _compile(self, name: str) -> Check:
        # Types contain themselves (Extension, items), so a stand-in comes first. It works only
        # when all that it leads to is built, so the checks of one build are published together:
        # another thread sees none of them or every one.
        def later(value: Any, scope: Scope) -> Faults | None:
            return self._checks[name](value, scope)

        self._building[name] = later
        self._depth += 1
        try:
            found = self._building[name] = self._build(name)
            if self._depth == 1:
                self._checks |= self._building
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._building = {}
        return found

    def _build(self, name: str) -> Check:
        structure = self._tables.structure(name)
        fields: dict[str, Check] = {}
        labels: dict[str, str] = {}
        required: list[tuple[str, ...]] = []
        choices: list[tuple[str, frozenset[str]]] = []
        for element in structure.elements:
            names = element.json_names()
            for json_name, option in names:
                fields[json_name] = self._element(element, option)
                if element.is_choice:
                    labels[json_name] = element.name
                if option.code in self._tables.primitives and option.code != "xhtml":
                    fields["_" + json_name] = self._sibling(element)
                    labels["_" + json_name] = element.name
            if element.minimum:
                required.append(tuple(n for n, _ in names))
            if len(names) > 1:
                choices.append((element.name, frozenset(n for n, _ in names)))
        if structure.kind == "resource":
            fields["resourceType"] = _anything
        rules = rules_of(structure.invariants, name)
        if name == "Coding":
            rules += [absolute_system, known_code, system_no_set]
        elif name == "Attachment":
            rules.append(stated_size)
        return _object_check(_Shape(fields, labels, required, choices, rules))

    def _element(self, element: Element, option: TypeOption) -> Check:
        one = self._one(element, option)
        rules = rules_of(element.invariants, option.code)
        if rules and option.code not in ("Resource", "Extension"):
            one = _with_rules(one, rules)
        if not element.is_list:
            return one
        primitive = option.code in self._tables.primitives
        return _list_check(one, element.maximum, primitive)

    def _one(self, element: Element, option: TypeOption) -> Check:
        code = option.code
        if code in self._tables.primitives:
            if code == "code" and element.value_set:
                listed = self._tables.value_set(element.value_set)
                if listed is not None:
                    codes = frozenset().union(*listed.values())
                    return bound_code_check(element.value_set, codes)
            if code not in self._primitives:
                self._primitives[code] = primitive_check(code)
            return self._primitives[code]
        if code in ("Resource", "DomainResource"):
            return self._any_resource
        rules: list[Rule] = []
        if code == "Reference":
            rules.append(reference_rule(option.targets))
        if code in ("CodeableConcept", "Coding", "Quantity") and element.value_set:
            listed = self._tables.value_set(element.value_set)
            if listed is not None:
                rules.append(concept_in(element.value_set, listed, code))
        check = self.object(code)
        return _with_rules(check, rules) if rules else check

    def _any_resource(self, value: Any, scope: Scope) -> Faults | None:
        # Resources inside resources are judged one by one by the caller; only their kind here.
        if type(value) is not dict:
            return [Fault("structure", "object-expected", got=kind_of(value))]
        return None

    def _sibling(self, element: Element) -> Check:
        inner = self.object("Element")

        def one(value: Any, scope: Scope) -> Faults | None:
            found = inner(value, scope)
            if found is None and value.keys() == {"id"}:
                return [Fault("structure", "empty-object")]
            return found

        return _list_check(one, None, True, nulls=True) if element.is_list else one


class _Shape:
    __slots__ = ("choices", "fields", "labels", "required", "rules")

    def __init__(
        self,
        fields: dict[str, Check],
        labels: dict[str, str],
        required: list[tuple[str, ...]],
        choices: list[tuple[str, frozenset[str]]],
        rules: list[Rule],
    ) -> None:
        self.fields = fields
        self.labels = labels
        self.required = required
        self.choices = choices
        self.rules = rules


def _anything(value: Any, scope: Scope) -> Faults | None:
    return None


def _object_check(shape: _Shape) -> Check:
    field = shape.fields.get
    always = tuple(names[0] for names in shape.required if len(names) == 1)
    some = tuple(frozenset(names) for names in shape.required if len(names) > 1)
    groups = tuple(group for _, group in shape.choices)
    rules = tuple(shape.rules)

    def check(value: Any, scope: Scope) -> Faults | None:
        if type(value) is not dict:
            return _not_object(value)
        bad = False
        for key, item in value.items():
            inner = field(key)
            if inner is None or inner(item, scope) is not None:
                bad = True
                break
        else:
            for name in always:
                if name not in value:
                    bad = True
            keys = value.keys()
            for group in groups:
                if len(group & keys) > 1:
                    bad = True
            for group in some:
                if group.isdisjoint(keys):
                    bad = True
            for rule in rules:
                if rule(value, scope) is not None:
                    bad = True
            if not bad and value and (len(value) > 1 or "id" not in value):
                return None
        return _explain(shape, value, scope)

    return check


def _not_object(value: Any) -> Faults:
    if value is None:
        return [Fault("structure", "null-value")]
    if isinstance(value, list):
        return [Fault("structure", "list-not-expected")]
    return [Fault("structure", "object-expected", got=kind_of(value))]


def _explain(shape: _Shape, value: dict[str, Any], scope: Scope) -> Faults | None:
    """All faults of an object that is known, or suspected, to have some."""
    if not value or value.keys() == {"id"}:
        # An id alone says nothing (ele-1).
        return [Fault("structure", "empty-object")]
    faults: Faults = []
    for key, item in value.items():
        inner = shape.fields.get(key)
        if inner is None:
            faults.append(Fault("structure", "unknown-field", field=shown(key)).at(key))
            continue
        found = inner(item, scope)
        if found is not None:
            kept = [f for f in found if f.key != "null-in-list" or not _carried(f, value, key)]
            faults.extend(within(kept, shape.labels.get(key, key)))
    faults.extend(_missing(shape, value))
    faults.extend(_twice(shape, value))
    faults.extend(_siblings(value, shape))
    if all(fault.severity != "error" for fault in faults):
        faults.extend(fault for rule in shape.rules if (fault := rule(value, scope)) is not None)
    return faults or None


def _carried(fault: Fault, value: dict[str, Any], key: str) -> bool:
    """Whether the null that a fault tells of stands for a value that has only extensions."""
    other = value.get(key[1:] if key.startswith("_") else "_" + key)
    index = fault.path[0]
    return (
        isinstance(other, list)
        and isinstance(index, int)
        and index < len(other)
        and other[index] is not None
    )


def _missing(shape: _Shape, value: dict[str, Any]) -> Faults:
    faults: Faults = []
    for names in shape.required:
        if any(name in value or "_" + name in value for name in names):
            continue
        label = shape.labels.get(names[0], names[0])
        if len(names) == 1:
            faults.append(Fault("required", "missing", field=label).at(label))
        else:
            listed = ", ".join(names) if len(names) <= 12 else ", ".join(names[:12]) + " …"
            faults.append(Fault("required", "missing-choice", field=label, names=listed).at(label))
    return faults


def _twice(shape: _Shape, value: dict[str, Any]) -> Faults:
    faults: Faults = []
    for label, group in shape.choices:
        given = sorted({k.removeprefix("_") for k in value if k.removeprefix("_") in group})
        if len(given) > 1:
            faults.append(
                Fault("structure", "choice-twice", field=label, names=", ".join(given)).at(label)
            )
    return faults


def _siblings(value: dict[str, Any], shape: _Shape) -> Faults:
    """Lists of extensions that are longer than the list of values they belong to."""
    faults: Faults = []
    for key, item in value.items():
        if key.startswith("_") and key in shape.fields and isinstance(item, list):
            values = value.get(key[1:])
            if isinstance(values, list) and len(values) != len(item):
                faults.append(Fault("structure", "unequal-lists", field=key[1:]).at(key[1:]))
    return faults


def _list_check(one: Check, maximum: int | None, primitive: bool, nulls: bool = False) -> Check:
    def check(value: Any, scope: Scope) -> Faults | None:
        if type(value) is not list:
            if value is None:
                return [Fault("structure", "null-value")]
            return [Fault("structure", "list-expected", got=kind_of(value))]
        for item in value:
            if one(item, scope) is not None:
                break
        else:
            if value and (maximum is None or len(value) <= maximum):
                return None
        return _explain_list(value, scope)

    def _explain_list(value: list[Any], scope: Scope) -> Faults | None:
        if not value:
            return [Fault("structure", "empty-list")]
        faults: Faults = []
        if maximum is not None and len(value) > maximum:
            faults.append(Fault("structure", "too-many", limit=maximum, count=len(value)))
        for index, item in enumerate(value):
            if item is None:
                if not (primitive and nulls) or all(i is None for i in value):
                    faults.append(Fault("structure", "null-in-list").at(index))
                continue
            found = one(item, scope)
            if found is not None:
                faults.extend(within(found, index))
        return faults or None

    return check


def _with_rules(inner: Check, rules: list[Rule]) -> Check:
    if len(rules) == 1:
        only = rules[0]

        def check_one(value: Any, scope: Scope) -> Faults | None:
            found = inner(value, scope)
            if found is not None:
                return found
            fault = only(value, scope)
            return None if fault is None else [fault]

        return check_one

    def check(value: Any, scope: Scope) -> Faults | None:
        found = inner(value, scope)
        if found is None:
            faults = [fault for rule in rules if (fault := rule(value, scope)) is not None]
            return faults or None
        return found

    return check


@lru_cache(maxsize=1)
def shapes() -> Shapes:
    """The compiled checks of FHIR R4."""
    return Shapes(definitions())
