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
from lanh.core.fhir.validation.outcome import kept
from lanh.core.fhir.validation.profiles.asking import Codes, has_code, text_of
from lanh.core.fhir.validation.profiles.compiled import Compiled, Member, Part, Slices
from lanh.core.fhir.validation.profiles.definition import CORE
from lanh.core.fhir.validation.profiles.discriminators import target_type
from lanh.core.fhir.validation.profiles.placing import Placed, values_of
from lanh.core.fhir.validation.profiles.registry import Profile, Profiles
from lanh.core.fhir.validation.profiles.values import in_set, matches, order, same

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
    ) -> None:
        """`resolve` finds the resource that a reference's text leads to, as far as it is at
        hand: contained, or in the same Bundle. `container` is the resource that contains `root`,
        where one does. `outside` has the ports to stored resources and terminology."""
        self.registry = registry
        self._root = root
        self._container = container
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
        if profile is None:
            return [Fault("not-found", "profile-unknown", "warning", profile=shown(canonical))]
        self._known[key] = []
        found = self._known[key] = self._judged(profile, node)
        return [fault.again() for fault in found]

    def by_compiled(self, compiled: Compiled, node: Node, url: str) -> Faults:
        """The faults of a value by a compiled definition of that address."""
        return self._value(compiled, node, url)

    def _judged(self, profile: Profile, node: Node) -> Faults:
        if not _is(node.type, profile.type):
            return [
                Fault(
                    "structure",
                    "profile-other-type",
                    profile=shown(profile.url),
                    type=shown(profile.type),
                    got=node.type,
                )
            ]
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
            return _is(node.type, name)
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
        if compiled.types is not None and not any(_is(node.type, t) for t in compiled.types):
            listed = ", ".join(sorted(compiled.types))
            return [_fault("structure", "profile-type", url, got=node.type, types=listed)]
        faults = self._content(compiled, node, url)
        for canonical in compiled.profiles.get(node.type, ()):
            alone = len(compiled.profiles[node.type]) == 1
            found = self.by_profile(canonical, node)
            if alone:
                faults += found
            elif not _errors(found):
                break
        else:
            given = compiled.profiles.get(node.type, ())
            if len(given) > 1:
                faults.append(
                    _fault("structure", "profile-none-fits", url, profiles=shown(", ".join(given)))
                )
        if node.type in compiled.targets:
            faults += self._target(compiled.targets[node.type], node, url)
        if compiled.parts:
            holder = node.value if type(node.value) is dict else node.sibling
            faults += self._inside(compiled, node, holder if type(holder) is dict else {}, url)
        return faults

    def _inside(self, compiled: Compiled, node: Node, holder: dict[str, Any], url: str) -> Faults:
        outer = self._root
        if node.type in definitions().resource_types:
            self._root = node
        faults: Faults = []
        try:
            for part in compiled.parts:
                faults += self._part(part, holder, url)
        finally:
            self._root = outer
        return faults

    def _content(self, compiled: Compiled, node: Node, url: str) -> Faults:
        faults: Faults = []
        if compiled.fixed is not None and not same(node.value, compiled.fixed):
            faults.append(_fault("value", "profile-fixed", url, fixed=shown(compiled.fixed)))
        if compiled.pattern is not None and not matches(node.value, compiled.pattern):
            faults.append(_fault("value", "profile-pattern", url, pattern=shown(compiled.pattern)))
        limit = compiled.length
        if limit is not None and type(node.value) is str and len(node.value) > limit:
            faults.append(_fault("too-long", "profile-length", url, limit=limit))
        if compiled.lowest is not None and order(node.value, compiled.lowest, node.type) == -1:
            faults.append(_fault("value", "profile-lowest", url, limit=shown(compiled.lowest)))
        if compiled.highest is not None and order(node.value, compiled.highest, node.type) == 1:
            faults.append(_fault("value", "profile-highest", url, limit=shown(compiled.highest)))
        if compiled.binding is not None:
            faults += self._bound(compiled.binding, node, url)
        for rule, path in compiled.rules:
            fault = self._rule(rule, path, node, url)
            if fault is not None:
                faults.append(fault)
        return faults

    def _bound(self, binding: tuple[str, str], node: Node, url: str) -> Faults:
        strength, value_set = binding
        if node.value is None:
            return []
        held = in_set(node, value_set, self.is_member)
        if held is None and has_code(node.value):
            return [
                Fault("not-found", "profile-set-unknown", "warning", profile=shown(url),
                      set=value_set)
            ]  # fmt: skip
        if held is not False:
            return []
        if strength == "required":
            return [_fault("code-invalid", "profile-binding", url, set=value_set)]
        fault = Fault(
            "code-invalid", "profile-extensible", "warning", profile=shown(url), set=value_set
        )
        return [fault]

    def _rule(self, rule: Any, path: Any, node: Node, url: str) -> Fault | None:
        try:
            held = kept(
                path,
                node,
                self._container or self._root,
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

    def _target(self, targets: tuple[str, ...], node: Node, url: str) -> Faults:
        """Whether a reference leads to one of the targets, by its type and, where the resource
        is at hand, by the profile that a target is."""
        if node.type not in ("Reference", "canonical"):
            return []
        name = target_type(node, self) if node.type == "Reference" else None
        if name is None:
            return []
        found = self.at_hand(node)
        known = False
        for target in targets:
            core = target.removeprefix(CORE)
            if core != target and definitions().has(core):
                known = True
                if _is(name, core):
                    return []
                continue
            profile = self.registry.profile(target)
            found = found or (self.resolve(node) if profile is not None else None)
            if profile is None or (found is None and _is(name, profile.type)):
                return []
            known = True
            if found is not None and self.conforms(target, found):
                return []
        if not known:
            return []
        listed = ", ".join(sorted(t.rsplit("/", 1)[-1] for t in targets))
        return [_fault("value", "profile-target", url, targets=listed).at("reference")]

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


def _is(own: str, wanted: str) -> bool:
    """Whether a type is another or derives from it."""
    tables = definitions()
    name: str | None = own
    for _ in range(8):
        if name == wanted or name is None:
            return name is not None
        name = tables.structure(name).base if tables.has(name) else None
    return False


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
