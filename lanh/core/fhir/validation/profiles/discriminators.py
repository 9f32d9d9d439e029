"""Telling to which slice a value belongs, by the discriminators of the slicing (R4 5.1.0.13)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import Node
from lanh.core.fhir.path.nodes import named
from lanh.core.fhir.validation.profiles.definition import (
    CORE,
    Definition,
    Slicing,
    TypeRule,
    root_of,
)
from lanh.core.fhir.validation.profiles.values import in_set, matches, same
from lanh.core.fhir.validation.reference import reference_type

if TYPE_CHECKING:
    from lanh.core.fhir.validation.profiles.compiled import Compiled, Compiler

_CALL = re.compile(r"(extension|ofType|as|resolve)\(\s*['\"]?([^'\")]*)['\"]?\s*\)")
_STEP = re.compile(r"\s*(\$this|[A-Za-z]+\([^)]*\)|[A-Za-z][A-Za-z0-9]*(?:\[x\])?)\s*(?:\.|$)")

Step: TypeAlias = tuple[str, str]


class Judging(Protocol):
    """What a test needs of the judgement under way."""

    def at_hand(self, reference: Node) -> Node | None:
        """The resource that a reference leads to inside the same resource or Bundle."""

    def resolve(self, reference: Node) -> Node | None:
        """The resource that a reference leads to, at hand or outside."""

    def fits(self, compiled: Compiled, node: Node) -> bool:
        """Whether a value has no fault by a compiled element."""

    def conforms(self, url: str, node: Node) -> bool:
        """Whether a value has no fault by a profile; False where that is unknown."""

    def is_member(self, url: str, system: str | None, code: str) -> bool | None:
        """Whether a code is in a value set."""


Test: TypeAlias = Callable[[Node, Judging], bool]


def test_of(
    part: Definition, slicing: Slicing | None, compiler: Compiler, compiled: Compiled
) -> Test:
    """The test whether a value belongs to a slice: all discriminators agree. Without any, it
    belongs where it fits."""
    if slicing is None or not slicing.discriminators:
        return lambda node, judging: judging.fits(compiled, node)
    tests = [_test(part, kind, path, compiler) for kind, path in slicing.discriminators]
    known = [test for test in tests if test is not None]
    if len(known) < len(tests):
        compiler.problems.append(f"slice {part.slice_name}: nothing tells its values apart")
        if not known:
            return lambda node, judging: False
    if len(known) == 1:
        return known[0]
    return lambda node, judging: all(test(node, judging) for test in known)


def steps_of(path: str) -> list[Step] | None:
    """The steps of a discriminator's path (R4's restricted FHIRPath); None where it has others."""
    found: list[Step] = []
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            return None
        at = match.end()
        text = match.group(1)
        if text == "$this":
            continue
        call = _CALL.fullmatch(text)
        if call is None and "(" in text:
            return None
        found.append(
            (call.group(1), call.group(2)) if call else ("child", text.removesuffix("[x]"))
        )
    return found


def _test(part: Definition, kind: str, path: str, compiler: Compiler) -> Test | None:
    steps = steps_of(path)
    if steps is None:
        return None
    if kind in ("value", "pattern"):
        return _by_value(part, steps, compiler)
    target = part
    for index, step in enumerate(steps):
        found = _next(target, step, compiler)
        if found is None:
            return None
        target = found
        if kind == "exists" and index < len(steps) - 1 and target.maximum == 0:
            break
    if kind == "exists":
        return _by_existence(target, steps)
    if kind == "type":
        return _by_type(target, steps, compiler)
    return _by_profile(target, steps) if kind == "profile" else None


def _next(here: Definition, step: Step, compiler: Compiler) -> Definition | None:
    """The definition one step further."""
    kind, name = step
    if kind == "child":
        return compiler.expand(here).get(name)
    if kind == "extension":
        base = compiler.expand(here).get("extension")
        for found in base.slices.values() if base is not None else ():
            url = compiler.expand(found).get("url")
            if (url is not None and url.fixed == name) or name in found.types[0].profiles:
                return found
        return base
    if kind in ("ofType", "as"):
        for found in here.slices.values():
            if [rule.code for rule in found.types] == [name]:
                return found
        made = here.as_slice(name)
        made.types, made.source, made.children = (TypeRule(name),), name, None
        return made
    return _resolved(here, compiler)


def _resolved(here: Definition, compiler: Compiler) -> Definition:
    """What a reference leads to: its only target, or a resource of one of the target types."""
    targets = [url for rule in here.types for url in rule.targets]
    if len(targets) == 1:
        tree = compiler.registry.tree(targets[0])
        if tree is not None:
            made = tree[0].copy()
            made.types = (TypeRule(made.source, profiles=(targets[0],)),)
            return made
    made = root_of("Resource")
    made.types = tuple(_target(url, compiler) for url in targets) or made.types
    return made


def _target(url: str, compiler: Compiler) -> TypeRule:
    name = url.removeprefix(CORE)
    if definitions().has(name):
        return TypeRule(name)
    found = compiler.registry.definition(url)
    return TypeRule(str(found["type"]) if found else "Resource", profiles=(url,))


def _by_value(part: Definition, steps: list[Step], compiler: Compiler) -> Test | None:
    """By a fixed value, pattern or required set at the path, or at an element on the way."""
    return _valued(part, [], steps, compiler)


def _valued(
    part: Definition, before: list[Step], steps: list[Step], compiler: Compiler
) -> Test | None:
    here = part
    for index in range(len(steps) + 1):
        way = before + steps[:index]
        if here.fixed is not None:
            return _any(way, _equals(same, here.fixed))
        if here.pattern is not None:
            return _any(way, _equals(matches, here.pattern))
        for inner in here.slices.values() if index or before else ():
            if inner.minimum > 0:
                # A slice that must be there says by its own values which slice this is.
                test = _valued(inner, way, steps[index:], compiler)
                if test is not None:
                    return test
        if index == len(steps):
            break
        found = _next(here, steps[index], compiler)
        if found is None:
            return None
        here = found
    whole = before + steps
    if here.binding is not None and "binding" in here.changed and here.binding[0] == "required":
        url = here.binding[1]
        return _any(whole, lambda node, judging: in_set(node, url, judging.is_member) is True)
    if _tells(here):
        compiled = compiler.value(here)
        return _any(whole, lambda node, judging: judging.fits(compiled, node))
    if here.maximum == 0:
        return lambda node, judging: not walk(node, whole, judging)
    return None


def _equals(compare: Callable[[Any, Any], bool], given: Any) -> Test:
    return lambda node, _: compare(node.value, given)


def _tells(here: Definition) -> bool:
    """Whether something below an element says what its values are."""
    return any(
        child.fixed is not None
        or child.pattern is not None
        or (child.binding is not None and child.binding[0] == "required")
        or (child.slices and child.anything())
        or _tells(child)
        for child in (here.children or {}).values()
        if child.anything()
    )


def _any(steps: list[Step], holds: Callable[[Node, Judging], bool]) -> Test:
    if not steps:
        return holds
    return lambda node, judging: any(holds(n, judging) for n in walk(node, steps, judging))


def _by_existence(target: Definition, steps: list[Step]) -> Test | None:
    if target.maximum == 0:
        return lambda node, judging: not walk(node, steps, judging)
    if target.minimum > 0:
        return lambda node, judging: bool(walk(node, steps, judging))
    return None


def _by_type(target: Definition, steps: list[Step], compiler: Compiler) -> Test:
    codes = frozenset(rule.code for rule in target.types)
    if steps and steps[-1][0] == "resolve":
        before = steps[:-1]

        def leads(node: Node, judging: Judging) -> bool:
            return any(
                target_type(found, judging) in codes for found in walk(node, before, judging)
            )

        return leads
    return _any(steps, lambda node, _: node.type in codes)


def target_type(reference: Node, judging: Judging) -> str | None:
    """The type of what a reference leads to, by what it says where that is not at hand."""
    found = judging.at_hand(reference)
    if found is not None:
        return found.type
    value = reference.value
    if type(value) is not dict:
        return reference_type(value) if type(value) is str else None
    text = value.get("reference")
    named_type = reference_type(text) if type(text) is str else None
    stated: Any = value.get("type")
    return named_type or (stated if type(stated) is str else None)


def _by_profile(target: Definition, steps: list[Step]) -> Test | None:
    urls = [url for rule in target.types for url in rule.profiles]
    if not urls:
        return None
    return _any(steps, lambda node, judging: any(judging.conforms(url, node) for url in urls))


def walk(node: Node, steps: list[Step], judging: Judging) -> list[Node]:
    """The values that steps lead to from a value."""
    here = [node]
    for kind, name in steps:
        after: list[Node] = []
        for item in here:
            if kind == "child":
                after += named(item, name)
            elif kind == "extension":
                after += [
                    e
                    for e in named(item, "extension")
                    if type(e.value) is dict and e.value.get("url") == name
                ]
            elif kind == "resolve":
                found = judging.resolve(item)
                after += [found] if found is not None else []
            elif item.type == name:
                after.append(item)
        here = after
    return here
