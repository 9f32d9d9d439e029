"""Instances of logical models (StructureDefinition of kind logical), judged by the same engine.

A logical model is turned into structures like those of R4's own types, so that form, cardinality,
types and rules are checked by the same code; what structures cannot say (fixed values, patterns,
slices, bindings) is judged as for a profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from threading import Lock
from typing import Any

from lanh.core.fhir.definitions import CHOICE, Element, Structure, TypeOption, definitions
from lanh.core.fhir.issues import Issue
from lanh.core.fhir.path import Environment, Node
from lanh.core.fhir.path.ports import NOTHING
from lanh.core.fhir.serialization import dumps
from lanh.core.fhir.validation.extensions import extension_faults
from lanh.core.fhir.validation.faults import Fault, Faults, Scope, issue, kind_of, shown
from lanh.core.fhir.validation.links import Surroundings
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Judgement, Profiles, Unusable, published
from lanh.core.fhir.validation.profiles.compiled import Compiled, compile_tree
from lanh.core.fhir.validation.profiles.definition import CORE, Definition, TypeRule
from lanh.core.fhir.validation.resource import MAX_ISSUES, bounded
from lanh.core.fhir.validation.shapes import shapes

_NESTED = frozenset({"BackboneElement", "Element", "Base"})


class LogicalModel:
    """A logical model ready to judge instances; `name` is the root of their paths."""

    def __init__(self, definition: dict[str, Any], registry: Profiles) -> None:
        """Raises Unusable where the model cannot be understood."""
        found = registry.tree(definition["url"])
        rows = definition.get("differential") or definition.get("snapshot") or {}
        first = next((r["path"] for r in rows.get("element", ()) if "path" in r), None)
        if found is None or not isinstance(first, str):
            raise Unusable(f"{definition.get('url')}: no elements, or a base that is not known")
        if found[1]:
            raise Unusable(f"{definition['url']}: {'; '.join(found[1][:5])}")
        self.url: str = definition["url"]
        self.name = first.partition(".")[0]
        self.registry = registry
        digest = sha256(dumps(definition)).hexdigest()[:16]
        self.structure = f"{self.name}~{digest}"
        maker = _Maker(self.name, self.structure, registry)
        root = found[0].copy()
        maker.add(root, self.structure)
        lost = maker.referred - {structure.name for structure in maker.made}
        if lost:
            raise Unusable(f"{self.url}: a content reference leads to no element: {sorted(lost)}")
        definitions().extend(maker.made)
        _placed(root, self.structure, self.name, self.structure)
        problems: list[str] = []
        self._compiled: Compiled = compile_tree(
            _beyond_structure(root), registry, problems, defines=True
        )
        if problems:
            raise Unusable(f"{self.url}: {'; '.join(problems[:5])}")

    def faults(
        self, instance: dict[str, Any], *, warnings: bool, outside: Environment = NOTHING
    ) -> Faults:
        """The faults of an instance."""
        node = Node(instance, self.structure)
        named = instance.get("resourceType", self.name)
        if named != self.name:
            fault = Fault("structure", "logical-other", name=self.name, got=shown(named))
            return [fault.at("resourceType")]
        faults = (
            shapes().object(self.structure)(instance, Scope(node, Options(warnings=warnings))) or []
        )
        resolve = Surroundings(instance, None).resolve
        judgement = Judgement(self.registry, node, resolve, outside=outside)
        faults += bounded(lambda: judgement.by_compiled(self._compiled, node, self.url))
        faults += bounded(
            lambda: extension_faults(self.structure, instance, judgement, warnings=warnings)
        )
        return faults


class _Maker:
    """Makes the structures of one model."""

    def __init__(self, name: str, structure: str, registry: Profiles) -> None:
        self.made: list[Structure] = []
        self.referred: set[str] = set()
        self._name = name
        self._structure = structure
        self._registry = registry

    def add(self, here: Definition, name: str) -> None:
        """The structure of an object and, before it, of those inside."""
        elements = [
            self._element(child, f"{name}.{child.name}")
            for child in (here.children or {}).values()
            if not (child.maximum == 0 and "maximum" in child.changed)
        ]
        root = name == self._structure
        self.made.append(
            Structure(
                name=name,
                kind="resource" if root else "element",
                base=self._name if root else "BackboneElement",
                abstract=False,
                pattern=None,
                invariants=(),
                elements=tuple(elements),
            )
        )

    def _element(self, child: Definition, path: str) -> Element:
        targets = {rule.code: _core_targets(rule) for rule in child.types}
        options = tuple(
            TypeOption(self._code(code, child, path), targets.get(code, ()))
            for code in child.options
        )
        return Element(
            name=child.name,
            minimum=child.minimum,
            maximum=child.maximum,
            flags=CHOICE if child.choice else 0,
            types=options,
            value_set=None,
            invariants=(),
        )

    def _code(self, code: str, child: Definition, path: str) -> str:
        if _refers(child, self._name):
            reached = self._structure + child.source[len(self._name) :]
            self.referred.add(reached)
            return reached
        if code in _NESTED and child.children is not None:
            self.add(child, path)
            return path
        if code == "Base":
            return "Element"
        if definitions().has(code):
            return code
        other = self._registry.definition(code)
        if other is None or other.get("kind") != "logical":
            raise Unusable(f"{path}: the type {code} is not known")
        tree = self._registry.root(other["url"])
        if tree is None:
            raise Unusable(f"{path}: the type {code} contains itself or has no known base")
        self.add(tree.copy(), path)
        return path


def _refers(child: Definition, name: str) -> bool:
    """Whether an element has the content of another one of the model."""
    return child.source.startswith(name + ".") and not definitions().has(child.source)


def _core_targets(rule: TypeRule) -> tuple[str, ...]:
    """The resource types that a reference may lead to, where all targets are such types."""
    names = tuple(url.removeprefix(CORE) for url in rule.targets)
    return names if all(name in definitions().resource_types for name in names) else ()


def _placed(here: Definition, path: str, name: str, structure: str) -> None:
    """Names the structures that were made as the types of nested elements, slices included."""
    for child in (here.children or {}).values():
        below = f"{path}.{child.name}"
        if _refers(child, name):
            below = structure + child.source[len(name) :]
        if definitions().has(below):
            for each in (child, *_slices(child)):
                each.source, each.options = below, (below,)
                _placed(each, below, name, structure)


def _slices(here: Definition) -> Iterator[Definition]:
    for part in here.slices.values():
        yield part
        yield from _slices(part)


def _beyond_structure(here: Definition) -> Definition:
    """What a structure does not judge already: numbers and types are left to it."""
    changed = here.changed
    if here.slice_name is None:
        changed -= {"minimum", "maximum", "types"}
        if any(rule.profiles or (rule.targets and not _core_targets(rule)) for rule in here.types):
            changed |= {"types"}
    if here.children is not None:
        here.children = {k: _beyond_structure(v) for k, v in here.children.items()}
    here.slices = {k: _beyond_structure(v) for k, v in here.slices.items()}
    return replace(here, changed=changed)


def validate_logical(
    model: dict[str, Any] | str,
    instance: Any,
    *,
    profiles: Profiles | None = None,
    warnings: bool = False,
    outside: Environment = NOTHING,
) -> list[Issue]:
    """What is wrong with an instance of a logical model; an empty list means valid.

    `model` is a StructureDefinition of kind logical, or the address of one that `profiles` knows.
    Expressions start at the name of the model. `outside` is as for `validate`. Raises Unusable
    where the model is not known or cannot be understood.
    """
    found = _model(model, profiles)
    if type(instance) is not dict:
        fault = Fault("structure", "object-expected", got=kind_of(instance))
        return [issue(fault, found.name)]
    faults = found.faults(instance, warnings=warnings, outside=outside)
    errors = [fault for fault in faults if fault.severity in ("error", "fatal")]
    if warnings:
        errors += [fault for fault in faults if fault.severity not in ("error", "fatal")]
    return [issue(fault, found.name) for fault in errors[:MAX_ISSUES]]


_models: dict[tuple[int, str], tuple[Profiles | None, dict[str, Any], LogicalModel]] = {}
_lock = Lock()
_KEPT = 512


def _model(model: dict[str, Any] | str, profiles: Profiles | None) -> LogicalModel:
    registry = profiles or published()
    definition = registry.definition(model) if isinstance(model, str) else model
    if definition is None:
        raise Unusable(f"the logical model {model} is not known")
    if definition.get("kind") != "logical" or not isinstance(definition.get("url"), str):
        raise Unusable("a StructureDefinition of kind logical with a url is needed")
    key = (id(profiles), definition["url"])
    with _lock:
        kept = _models.get(key)
        if kept is None or kept[0] is not profiles or kept[1] is not definition:
            if profiles is None or not isinstance(model, str):
                registry = Profiles([definition], behind=profiles)
            if len(_models) >= _KEPT:
                _models.clear()
            kept = _models[key] = (profiles, definition, LogicalModel(definition, registry))
    return kept[2]
