"""Judging a resource by profiles: cardinality, types, values, bindings, rules and slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.issues import Severity, catalogue
from lanh.core.fhir.path import Environment, Node, PathError
from lanh.core.fhir.path.ports import NOTHING
from lanh.core.fhir.validation.faults import Fault, Faults, shown, within
from lanh.core.fhir.validation.options import PLAIN, Options
from lanh.core.fhir.validation.outcome import kept
from lanh.core.fhir.validation.profiles.asking import Codes, text_of
from lanh.core.fhir.validation.profiles.compiled import Compiled, Member, Part, Slices
from lanh.core.fhir.validation.profiles.content import content_faults
from lanh.core.fhir.validation.profiles.definition import CORE
from lanh.core.fhir.validation.profiles.placing import Placed, values_of
from lanh.core.fhir.validation.profiles.registry import Profile, Profiles
from lanh.core.fhir.validation.profiles.targets import (
    aggregation_faults,
    is_kind,
    target_faults,
)

Resolve: TypeAlias = Callable[[str], "Node | None"]

# Rules of published profiles that have words of their own.
_WORDED = ("vs-", "sqty-", "mqty-")
MAX_STEPS = 400_000


class TooMuch(Exception):
    """The judgement took more steps than any honest resource and profile need."""


class Judgement:
    """The judgement of one resource (with what it contains) by the profiles of a registry."""

    def __init__(
        self,
        registry: Profiles,
        root: Node,
        resolve: Resolve,
        container: Node | None = None,
        outside: Environment = NOTHING,
        *,
        options: Options = PLAIN,
        bundled: bool = False,
    ) -> None:
        """`resolve` finds the resource that a reference's text leads to, as far as it is at
        hand: contained, or in the same Bundle. `container` is the resource that contains `root`,
        where one does. `outside` has the ports to stored resources and terminology.
        `bundled`: `root` stands in a Bundle."""
        self.registry = registry
        self._options = options
        self._bundled = bundled
        self._root = root
        self._whole = container or root
        self._codes = Codes(registry, outside.terminology)
        self._environment = replace(
            outside,
            resolve=self._value_of,
            terminology=self._codes,
            conforms=self._known_to_conform,
        )
        self._fetch = outside.resolve
        self._resolve = resolve
        self._steps = 0
        self._known: dict[tuple[str, int], Faults] = {}

    def by_profile(self, canonical: str, node: Node) -> Faults:
        """The faults of a value by a profile; unknown and unusable profiles are warned of. A
        value that is being judged by the same profile further out has none here."""
        key = (canonical, id(node.value))
        found = self._known.get(key)
        if found is not None:
            return [fault.again() for fault in found]
        profile = self.registry.profile(canonical)
        name = canonical.removeprefix(CORE)
        if profile is None and name != canonical and name in definitions().resource_types:
            return [] if is_kind(node.type, name) else [_other_type(canonical, name, node)]
        if profile is None:
            return [Fault("not-found", "profile-unknown", "warning", profile=shown(canonical))]
        self._known[key] = []
        found = self._known[key] = self._judged(profile, node)
        return [fault.again() for fault in found]

    def by_compiled(self, compiled: Compiled, node: Node, url: str) -> Faults:
        """The faults of a value by a compiled definition of that address."""
        return self._value(compiled, node, url)

    def _judged(self, profile: Profile, node: Node) -> Faults:
        if not is_kind(node.type, profile.type):
            return [_other_type(profile.url, profile.type, node)]
        faults = self._value(profile.compiled, node, profile.url)
        for problem in profile.problems[:3]:
            faults.append(
                Fault(
                    "processing",
                    "profile-problem",
                    "warning",
                    profile=shown(profile.url),
                    problem=shown(problem),
                )
            )
        return faults

    # What discriminators ask.

    def at_hand(self, reference: Node) -> Node | None:
        """The resource that a reference leads to inside the same resource or Bundle."""
        text = text_of(reference)
        return self._resolve(text) if text is not None else None

    def resolve(self, reference: Node) -> Node | None:
        """The resource that a reference leads to, at hand or outside."""
        text = text_of(reference)
        return self._found(text) if text is not None else None

    def _found(self, text: str) -> Node | None:
        found = self._resolve(text)
        if found is not None or self._fetch is None or text[:1] == "#":
            return found
        value = self._fetch(text)
        return None if value is None else Node(value, str(value.get("resourceType")))

    def fits(self, compiled: Compiled, node: Node) -> bool:
        """Whether a value has no fault by a compiled element."""
        return not _errors(self._value(compiled, node, ""))

    def conforms(self, url: str, node: Node) -> bool:
        """Whether a value has no fault by a profile; False where that is unknown."""
        name = url.removeprefix(CORE)
        if name != url and definitions().has(name):
            return is_kind(node.type, name)
        if self.registry.profile(url) is None:
            return False
        return not _errors(self.by_profile(url, node))

    def _value_of(self, text: str) -> dict[str, Any] | None:
        found = self._found(text)
        return None if found is None else found.value

    def _known_to_conform(self, value: dict[str, Any], url: str) -> bool | None:
        name = value.get("resourceType")
        known = url.startswith(CORE) and definitions().has(url.removeprefix(CORE))
        if type(name) is not str or (not known and self.registry.profile(url) is None):
            return None
        return self.conforms(url, Node(value, name))

    def is_member(self, url: str, system: str | None, code: str) -> bool | None:
        """Whether a code is in a value set."""
        return self._codes.member_of(url, system, code)

    # The walk.

    def _value(self, compiled: Compiled, node: Node, url: str) -> Faults:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooMuch
        if compiled.types is not None and not any(is_kind(node.type, t) for t in compiled.types):
            listed = ", ".join(sorted(compiled.types))
            return [_fault("structure", "profile-type", url, got=node.type, types=listed)]
        faults = self._content(compiled, node, url)
        given = compiled.profiles and self._given(compiled, node.type)
        if given:
            faults += self._by_one_of(given, node, url)
        if node.type in compiled.targets:
            targets, named = compiled.targets[node.type], self._options.references != "open"
            faults += target_faults(targets, node, url, self, self.registry, named=named)
        if node.type in compiled.aggregation and (self._bundled or self._options.strict):
            modes = compiled.aggregation[node.type]
            faults += aggregation_faults(modes, node, url, self, enclosed=True)
        if compiled.parts:
            holder = node.value if type(node.value) is dict else node.sibling
            faults += self._inside(compiled, node, holder if type(holder) is dict else {}, url)
        return faults

    @staticmethod
    def _given(compiled: Compiled, type_name: str) -> tuple[str, ...]:
        """The profiles of a value's type; those of any resource where its own has none."""
        own = compiled.profiles.get(type_name)
        if own is not None or type_name not in definitions().resource_types:
            return own or ()
        return compiled.profiles.get("Resource", ()) or compiled.profiles.get("DomainResource", ())

    def _by_one_of(self, given: tuple[str, ...], node: Node, url: str) -> Faults:
        """The faults of a value that is to conform to one of several profiles."""
        if len(given) == 1:
            found = self.by_profile(given[0], node)
            for fault in found if self._options.strict else ():
                # What a definition asks for by name must be known to be judged.
                if fault.key == "profile-unknown" and not fault.path:
                    fault.severity = "error"
            return found
        if any(not _errors(self.by_profile(canonical, node)) for canonical in given):
            return []
        return [_fault("structure", "profile-none-fits", url, profiles=shown(", ".join(given)))]

    def _inside(self, compiled: Compiled, node: Node, holder: dict[str, Any], url: str) -> Faults:
        outer = self._root, self._whole
        if node.type in definitions().resource_types and node.value is not self._root.value:
            # What is contained keeps its container; an entry of a Bundle stands for itself.
            parts = self._root.value.get("contained") or ()
            if not any(part is node.value for part in parts):
                self._whole = node
            self._root = node
        faults: Faults = []
        try:
            for part in compiled.parts:
                faults += self._part(part, holder, url)
        finally:
            self._root, self._whole = outer
        return faults

    def _content(self, compiled: Compiled, node: Node, url: str) -> Faults:
        faults = content_faults(compiled, node, url, self.is_member, self._environment.clock)
        for rule, path in compiled.rules:
            fault = self._rule(rule, path, node, url)
            if fault is not None:
                faults.append(fault)
        return faults

    def _rule(self, rule: Any, path: Any, node: Node, url: str) -> Fault | None:
        try:
            held = kept(
                path,
                node,
                self._whole,
                resource=self._root,
                environment=self._environment,
            )
        except (PathError, RecursionError) as error:
            return Fault("processing", "profile-rule-open", "warning", profile=shown(url),
                         key=shown(rule.key), problem=shown(str(error)))  # fmt: skip
        if held:
            return None
        severity: Severity = "warning" if rule.severity == "warning" else "error"
        own = f"rule-{rule.key}"
        if rule.key.startswith(_WORDED) and own in catalogue():
            return Fault("invariant", own, severity)
        return Fault(
            "invariant",
            "profile-rule",
            severity,
            profile=shown(url),
            key=shown(rule.key),
            human=rule.human,
        )

    def _part(self, part: Part, holder: dict[str, Any], url: str) -> Faults:
        placed = values_of(part, holder)
        faults = _counted(part.low, part.high, len(placed), part.label, url)
        if part.compiled is not None:
            for index, node in placed:
                found = self._value(part.compiled, node, url)
                if found:
                    faults += _within(found, part.label, index)
        if part.slices is not None:
            faults += self._slices(part.slices, placed, part.label, url)
        return faults

    def _slices(self, slices: Slices, placed: Placed, label: str, url: str) -> Faults:
        faults: Faults = []
        groups: list[Placed] = [[] for _ in slices.members]
        last, outside = -1, False
        for index, node in placed:
            found = [n for n, m in enumerate(slices.members) if m.test(node, self)]
            if not found:
                outside = True
                faults += _within(self._unsliced(slices, node, url), label, index)
                continue
            if len(found) > 1:
                names = ", ".join(slices.members[n].name for n in found)
                faults += _within([_fault("structure", "slice-several", url, slices=names)],
                                  label, index)  # fmt: skip
            position = found[0]
            name = slices.members[position].name
            if (slices.ordered and position < last) or (outside and slices.rules == "openAtEnd"):
                faults += _within([_fault("structure", "slice-order", url, slice=name)],
                                  label, index)  # fmt: skip
            last = max(last, position)
            groups[position].append((index, node))
        for member, group in zip(slices.members, groups, strict=True):
            faults += self._member(member, group, label, url)
        return faults

    def _unsliced(self, slices: Slices, node: Node, url: str) -> Faults:
        if slices.default is not None:
            return self._value(slices.default, node, url)
        if slices.rules != "closed":
            return []
        names = ", ".join(member.name for member in slices.members)
        return [_fault("structure", "slice-closed", url, slices=names)]

    def _member(self, member: Member, group: Placed, label: str, url: str) -> Faults:
        faults: Faults = []
        name = f"{label}:{member.name}"
        if len(group) < member.low:
            faults.append(
                _fault("required", "slice-min", url, slice=name, limit=member.low, count=len(group))
                .at(label)
            )  # fmt: skip
        if member.high is not None and len(group) > member.high:
            faults.append(
                _fault("structure", "slice-max", url, slice=name, limit=member.high,
                       count=len(group)).at(label)
            )  # fmt: skip
        for index, node in group:
            faults += _within(self._value(member.compiled, node, url), label, index)
        if member.inner is not None:
            faults += self._slices(member.inner, group, label, url)
        return faults


def _other_type(url: str, wanted: str, node: Node) -> Fault:
    return _fault("structure", "profile-other-type", url, type=shown(wanted), got=node.type)


def _counted(low: int, high: int | None, count: int, label: str, url: str) -> Faults:
    if count < low:
        fault = _fault("required", "profile-min", url, field=label, limit=low, count=count)
        return [fault.at(label)]
    if high is not None and count > high:
        fault = _fault("structure", "profile-max", url, field=label, limit=high, count=count)
        return [fault.at(label)]
    return []


def _fault(code: str, key: str, url: str, /, **parameters: Any) -> Fault:
    return Fault(code, key, profile=shown(url), **parameters)


def _within(faults: Faults, label: str, index: int | None) -> Faults:
    if index is not None:
        within(faults, index)
    return within(faults, label)


def _errors(faults: Faults) -> bool:
    return any(fault.severity != "warning" for fault in faults)
