"""The compiled form of a profile's tree: only what it narrows, ready to judge values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import Path, PathError, PathSyntaxError, compile_path
from lanh.core.fhir.validation.profiles.definition import CORE, Constraint, Definition, TypeRule
from lanh.core.fhir.validation.profiles.discriminators import Test, test_of
from lanh.core.fhir.validation.profiles.snapshot import Builder

if TYPE_CHECKING:
    from lanh.core.fhir.validation.profiles.registry import Profiles


@dataclass(slots=True)
class Compiled:
    """What every value of an element is judged by."""

    types: frozenset[str] | None = None
    fixed: Any = None
    pattern: Any = None
    lowest: Any = None
    highest: Any = None
    length: int | None = None
    least_length: int | None = None
    valued: bool = False
    instead: tuple[str, ...] = ()
    bindings: tuple[tuple[str, str], ...] = ()
    rules: list[tuple[Constraint, Path]] = field(default_factory=list)
    profiles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    targets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aggregation: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Member:
    """A slice: the test that tells its values, what they are judged by, slices of its own."""

    name: str
    low: int
    high: int | None
    test: Test
    compiled: Compiled
    inner: Slices | None = None


@dataclass(slots=True)
class Slices:
    """The slices of an element; `default` judges what belongs to none."""

    members: list[Member]
    rules: str
    ordered: bool
    default: Compiled | None = None


@dataclass(slots=True)
class Part:
    """One element of an object: its names in JSON with their types, and what is asked of it."""

    label: str
    names: dict[str, str]
    low: int
    high: int | None
    compiled: Compiled | None
    slices: Slices | None


def compile_tree(
    root: Definition, registry: Profiles, problems: list[str], *, defines: bool = False
) -> Compiled:
    """The compiled form of a tree; what cannot be judged is added to `problems`."""
    return Compiler(root, registry, problems, defines=defines).value(root)


class Compiler:
    """Compiles one tree.

    A content reference (items in items) leads to the element of the structure that defines it.
    Where the tree is that structure (a logical model), or a profile states the reference as one
    inside itself (`#Questionnaire.item`), both share one form; otherwise what a profile narrows
    of an element is asked of that element alone, as the reference implementation reads it.
    """

    def __init__(
        self, root: Definition, registry: Profiles, problems: list[str], *, defines: bool = False
    ) -> None:
        """`defines`: the tree defines its elements, as that of a logical model."""
        self.registry = registry
        self.problems = problems
        self._defines = defines
        self.expand: Callable[[Definition], dict[str, Definition]] = Builder(
            root, registry.root
        ).expand
        self._open: dict[str, tuple[Definition, Compiled]] = {}

    def value(self, definition: Definition, *, within: bool = False) -> Compiled:
        """What the values of an element are judged by; `within`: the caller goes on below it."""
        made = Compiled()
        changed = definition.changed
        self._scalars(definition, made)
        self._types(definition, made)
        for rule in definition.constraints if "constraints" in changed else ():
            try:
                made.rules.append((rule, compile_path(rule.expression)))
            except (PathSyntaxError, PathError, RecursionError) as error:
                self.problems.append(f"{rule.key}: {error}")
        opened = self._opened(definition)
        if opened:
            self._open[definition.source] = (definition, made)
        self._parts(definition, made)
        if opened and not within:
            del self._open[definition.source]
        return made

    def _opened(self, definition: Definition) -> bool:
        """Whether an element is one that content references below may lead to: the element
        itself, since its slices are not what they name."""
        source = definition.source
        return "." in source and definition.slice_name is None and source not in self._open

    def _scalars(self, definition: Definition, made: Compiled) -> None:
        made.fixed, made.pattern = definition.fixed, definition.pattern
        made.lowest, made.highest = definition.lowest, definition.highest
        made.length, made.least_length = definition.length, definition.least_length
        made.bindings = definition.more_bindings
        made.valued, made.instead = definition.valued, definition.instead
        binding = definition.binding if "binding" in definition.changed else None
        if binding == definition.bound:
            return
        if binding is not None and binding[0] in ("required", "extensible"):
            made.bindings = (binding, *made.bindings)

    def _types(self, definition: Definition, made: Compiled) -> None:
        if "types" not in definition.changed:
            return
        codes = frozenset(rule.code for rule in definition.types)
        if codes != frozenset(definition.options):
            made.types = codes
        for rule in definition.types:
            profiles = tuple(u for u in rule.profiles if not _is_type(u, rule))
            if profiles:
                code = definition.source if "." in definition.source else rule.code
                made.profiles[code] = profiles
            if rule.targets:
                made.targets[rule.code] = rule.targets
            if rule.aggregation:
                made.aggregation[rule.code] = rule.aggregation

    def _parts(self, definition: Definition, made: Compiled) -> None:
        for child in (definition.children or {}).values():
            part = self._part(child)
            if part is not None:
                made.parts.append(part)

    def _part(self, child: Definition) -> Part | None:
        shared = self._shared(child)
        if shared is None and not child.anything():
            return None
        low = child.minimum if "minimum" in child.changed else 0
        high = child.maximum if "maximum" in child.changed else None
        opened = shared is None and self._opened(child)
        compiled = shared or self.value(child, within=True)
        slices = self._slices(child) if child.slices else None
        if opened:
            del self._open[child.source]
        return Part(child.name, names_of(child), low, high, compiled, slices)

    def _shared(self, child: Definition) -> Compiled | None:
        """The form of the element above that a content reference leads to, where the profile
        narrows that one."""
        if child.children is not None or "." not in child.source:
            return None
        if not (self._defines or child.follows):
            return None
        found = self._open.get(child.source)
        return found[1] if found is not None and found[0].anything() else None

    def _slices(self, element: Definition) -> Slices:
        slicing = element.slicing
        members: list[Member] = []
        default = None
        for name, definition in element.slices.items():
            if name == "@default":
                default = self.value(definition)
                continue
            made = self.value(definition)
            high = definition.maximum if "maximum" in definition.changed else None
            member = Member(
                name,
                definition.minimum,
                high,
                test_of(definition, slicing, self, made),
                made,
                self._slices(definition) if definition.slices else None,
            )
            members.append(member)
        rules, ordered = (slicing.rules, slicing.ordered) if slicing else ("open", False)
        return Slices(members, rules, ordered, default)


def names_of(element: Definition) -> dict[str, str]:
    """The names of an element in JSON with the type of each."""
    if element.choice:
        return {element.name + code[:1].upper() + code[1:]: code for code in element.options}
    code = element.options[0] if element.options else element.source
    return {element.name: code}


def _is_type(url: str, rule: TypeRule) -> bool:
    """Whether a profile is the type itself."""
    return url == CORE + rule.code and definitions().has(rule.code)
