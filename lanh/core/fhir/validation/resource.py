"""Judging a resource and the resources inside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.issues import Issue
from lanh.core.fhir.path import Environment, Node
from lanh.core.fhir.path.ports import NOTHING
from lanh.core.fhir.validation.acceptance import accepted
from lanh.core.fhir.validation.code_lists import coding_faults
from lanh.core.fhir.validation.entries import entry_faults
from lanh.core.fhir.validation.extensions import extension_faults
from lanh.core.fhir.validation.faults import Fault, Faults, Scope, issue, kind_of, shown
from lanh.core.fhir.validation.kinds import KIND_RULES
from lanh.core.fhir.validation.links import (
    Entries,
    Surroundings,
    absent_faults,
    bundle_faults,
    link_faults,
)
from lanh.core.fhir.validation.options import PLAIN, Options
from lanh.core.fhir.validation.profiles import Judgement, Profiles, TooMuch, published
from lanh.core.fhir.validation.profiles.definition import CORE
from lanh.core.fhir.validation.shapes import shapes
from lanh.core.fhir.validation.vital_signs import vital_sign_profiles
from lanh.core.fhir.validation.whole import (
    element_ids_twice,
    labels_twice,
    narrative_links,
    whole_faults,
)

MAX_ISSUES = 100
# Resources whose parts may refer to each other by `Type/id`.
_HOLDERS = frozenset({"Bundle", "Parameters"})


def validate(
    resource: Any,
    *,
    profiles: Profiles | None = None,
    named: Iterable[str] = (),
    warnings: bool = False,
    strict: bool = False,
    options: Options = PLAIN,
    outside: Environment = NOTHING,
) -> list[Issue]:
    """What is wrong with a resource; an empty list means valid R4 (4.0.1).

    Judged are types, cardinality, lexical form and existence of dates, choices, required
    bindings, references, contained resources, Bundles, extensions that FHIR publishes, every
    invariant of the definitions, and the profiles of `profiles` (without it: those that FHIR
    publishes) that the resource names in meta.profile, that are bound to its type, or that
    `named` lists. With `warnings`, also what is doubtful: rules of severity warning, codes
    outside extensible sets, profiles and extensions that nobody knows. `strict` takes as errors
    what HL7's own validator does by default. `options` says more of how far the judgement goes;
    `warnings` and `strict` may stand there as well. `outside` has the ports by which profiles ask
    for stored resources and for the codes of value sets that FHIR does not publish. At most
    MAX_ISSUES issues are told, errors first.
    """
    if type(resource) is not dict:
        fault = Fault("structure", "resource-expected", got=kind_of(resource))
        return [issue(fault, "Resource")]
    name = resource.get("resourceType")
    if type(name) is not str or name not in definitions().resource_types:
        return [issue(_unknown_type(name), "Resource")]
    registry = profiles or published()
    if warnings or strict:
        options = replace(
            options, warnings=options.warnings or warnings, strict=options.strict or strict
        )
    if (
        options is PLAIN
        and not named
        and _plain(name, resource, registry)
        and accepted(name, resource)
    ):
        return []
    validation = Validation(registry, options, outside)
    faults = validation.faults(name, resource, tuple(named))
    if not faults:
        return []
    errors = [fault for fault in faults if fault.severity in ("error", "fatal")]
    if options.warnings:
        errors += [fault for fault in faults if fault.severity not in ("error", "fatal")]
    return [issue(fault, name) for fault in errors[:MAX_ISSUES]]


def _plain(name: str, resource: dict[str, Any], registry: Profiles) -> bool:
    """Whether only the definitions of its type judge a resource: nothing inside, no profiles."""
    if "contained" in resource or registry.prefixes or registry.bound(name):
        return False
    if name in KIND_RULES or registry.keeps_codes:
        return False
    meta = resource.get("meta")
    return type(meta) is not dict or "profile" not in meta


def exact_faults(name: str, resource: dict[str, Any]) -> Faults:
    """The faults of a resource by the exact check alone, without fast acceptance of itself."""
    validation = Validation(published())
    found = validation.exact(name, resource, Surroundings(resource, None))
    return [fault for fault in found if fault.severity != "warning"]


def _unknown_type(name: Any) -> Fault:
    if name is None:
        return Fault("required", "resource-type-missing").at("resourceType")
    return Fault("structure", "resource-type-unknown", value=shown(name)).at("resourceType")


class Validation:
    """One validation: the registry it judges by, whether doubts are told, the world outside."""

    def __init__(
        self, registry: Profiles, options: Options = PLAIN, outside: Environment = NOTHING
    ) -> None:
        self._registry = registry
        self._options = options
        self._warnings = options.warnings
        self._strict = options.strict
        self._outside = outside
        self._asked: dict[tuple[str | int, ...], tuple[str, ...]] = {}

    def _judgement(
        self,
        name: str,
        resource: dict[str, Any],
        surroundings: Surroundings,
        container: Node | None = None,
    ) -> Judgement:
        root = Node(resource, name)
        entries = surroundings.entries
        return Judgement(
            self._registry, root, surroundings.resolve, container, self._outside,
            options=self._options, bundled=entries is not None and entries.bundle,
        )  # fmt: skip

    def faults(self, name: str, resource: dict[str, Any], named: tuple[str, ...]) -> Faults:
        """The faults of a resource with all inside it."""
        entries = Entries(resource) if name in _HOLDERS else None
        if name == "Bundle":
            self._asked = _asked_of_entries(resource, self._options)
        found = self._one(name, resource, Surroundings(resource, entries), named)
        if name == "Bundle":
            found += bundle_faults(resource) + entry_faults(resource)
        if entries is not None or "contained" in resource:
            found += link_faults(resource, entries)
        if self._options.references == "exist":
            found += absent_faults(resource, entries, self._outside.resolve)
        return found

    def _one(
        self,
        name: str,
        resource: dict[str, Any],
        surroundings: Surroundings,
        named: tuple[str, ...] = (),
    ) -> Faults:
        quick = self._accepted(name, resource)
        if quick:
            found: Faults = []
        else:
            found = self.exact(name, resource, surroundings)
        by_kind = KIND_RULES.get(name)
        if by_kind is not None and not found:
            found = by_kind(resource, self._registry, self._options)
        named_codes = self._registry.displays is not None and (self._warnings or self._strict)
        if self._registry.keeps_codes or named_codes:
            found += coding_faults(resource, self._registry, self._options)
        urls = self._profiles_of(name, resource, named)
        if urls:
            judgement = self._judgement(name, resource, surroundings)
            if quick:
                urls = {u: None for u in urls if not self._conforms(u, resource, surroundings)}
            found += _by_profiles(judgement, urls, name, resource)
        if self._warnings or self._strict:
            judgement = self._judgement(name, resource, surroundings)
            found += self._doubts(name, resource, judgement)
        return found

    def _conforms(self, url: str, resource: dict[str, Any], surroundings: Surroundings) -> bool:
        """Whether a resource surely conforms to a profile."""
        profile = self._registry.profile(url)
        return profile is not None and profile.accepts(resource, surroundings.resolve)

    def _accepted(self, name: str, resource: dict[str, Any]) -> bool:
        if self._options is not PLAIN or not accepted(name, resource):
            return False
        return not self._registry.prefixes or not self._registry.may_extend(resource)

    def _profiles_of(
        self, name: str, resource: dict[str, Any], named: tuple[str, ...]
    ) -> dict[str, None]:
        """The profiles to judge by, each once."""
        urls = dict.fromkeys((*named, *self._registry.bound(name)))
        meta = resource.get("meta")
        stated = meta.get("profile") if type(meta) is dict else None
        if type(stated) is list:
            for url in stated:
                if type(url) is str and (self._warnings or self._registry.profile(url)):
                    urls[url] = None
        return urls

    def _doubts(self, name: str, resource: dict[str, Any], judgement: Judgement) -> Faults:
        """What a vital sign lacks of its profile, where the resource does not state the profile.

        Doubts only: facilities send weights and pressures that are sound and lack a category.
        """
        if name != "Observation":
            return []
        urls = [
            url
            for url in vital_sign_profiles(resource, kindred=self._strict)
            if url not in self._profiles_of(name, resource, ())
        ]
        found = _by_profiles(judgement, urls, name, resource)
        for fault in found:
            # HL7 has since taken back that a component's unit must be a common one.
            unit = fault.key == "profile-binding" and "component" in fault.path
            if not self._strict or unit:
                fault.severity = "warning"
        return found

    def exact(self, name: str, resource: dict[str, Any], surroundings: Surroundings) -> Faults:
        """The faults by the exact check, with those of resources inside."""
        contained = surroundings.container is not resource
        scope = Scope(Node(resource, name), self._options)
        faults = shapes().resource(name)(resource, scope) or []
        if not contained:
            faults += element_ids_twice(resource)
            if self._warnings or self._strict:
                faults += narrative_links(resource, surroundings.entries, self._options)
                faults += labels_twice(resource, self._options)
            if scope.local or "contained" in resource:
                faults += self._locals(resource, scope)
        outer = surroundings.container
        container = Node(outer, str(outer.get("resourceType"))) if contained else None
        judgement = self._judgement(name, resource, surroundings, container)
        faults += bounded(
            lambda: extension_faults(
                name, resource, judgement, warnings=self._warnings, strict=self._strict
            )
        )
        for path, inner in _inner(name, resource):
            if path[-1] == "contained" and not self._options.contained:
                continue
            found = self._within(path, inner, surroundings)
            for fault in found:
                fault.path.extend(path)
            faults += found
        return faults

    def _within(
        self, path: tuple[str | int, ...], inner: dict[str, Any], outer: Surroundings
    ) -> Faults:
        name = inner.get("resourceType")
        if type(name) is not str or name not in definitions().resource_types:
            return [_unknown_type(name)]
        if path[-1] == "contained":
            here = Surroundings(outer.container, outer.entries)
            found = self.exact(name, inner, here)
            urls = self._profiles_of(name, inner, ())
            if urls:
                container = Node(outer.container, str(outer.container.get("resourceType")))
                judgement = self._judgement(name, inner, here, container)
                found += _by_profiles(judgement, urls, name, inner)
            return found
        entries = Entries(inner) if name in _HOLDERS else outer.entries
        asked = self._asked.get(path, ()) if inner is not outer.container else ()
        return self._one(name, inner, Surroundings(inner, entries), asked)

    def _locals(self, resource: dict[str, Any], scope: Scope) -> Faults:
        """Whole-resource faults, with the local references made inside contained resources."""
        for _, part in _inner("", resource):
            name = part.get("resourceType")
            if type(name) is str and name in definitions().resource_types:
                shapes().resource(name)(part, scope)
        return whole_faults(resource, scope, contained=self._options.contained)


def _asked_of_entries(
    bundle: dict[str, Any], options: Options
) -> dict[tuple[str | int, ...], tuple[str, ...]]:
    """The profiles that the options ask of entries, by the way to their resource."""
    found: dict[tuple[str | int, ...], tuple[str, ...]] = {}
    if options.entries:
        count: dict[str, int] = {}
        for path, inner in _entries(bundle):
            if path[0] == "resource":
                name = str(inner.get("resourceType"))
                number = count[name] = count.get(name, -1) + 1
                urls = (u for kind, n, u in options.entries if (kind, n) == (name, number))
                found[path] = tuple(urls)
    return found


def _by_profiles(
    judgement: Judgement, urls: Iterable[str], name: str, resource: dict[str, Any]
) -> Faults:
    faults: Faults = []
    for url in urls:
        if url.removeprefix(CORE) == name:
            continue
        faults += bounded(partial(judgement.by_profile, url, Node(resource, name)))
    return _distinct(faults)


def bounded(judge: Callable[[], Faults]) -> Faults:
    """What a judgement finds, or that it was too much work."""
    try:
        return judge()
    except (TooMuch, RecursionError):
        return [Fault("too-costly", "profile-too-costly")]


def _distinct(faults: Faults) -> Faults:
    """The faults, each once: a slice repeats what its element asks."""
    seen = set()
    found: Faults = []
    for fault in faults:
        key = (fault.key, tuple(fault.path), *(str(v) for v in fault.parameters.values()))
        if key not in seen:
            seen.add(key)
            found.append(fault)
    return found


def _inner(
    name: str, resource: dict[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """The resources directly inside a resource, with their path from the inside out."""
    contained = resource.get("contained")
    if type(contained) is list:
        for index, part in enumerate(contained):
            if type(part) is dict:
                yield (index, "contained"), part
    if name == "Bundle":
        yield from _entries(resource)
    elif name == "Parameters":
        yield from _parameters(resource.get("parameter"), ("parameter",))


def _entries(bundle: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    entries = bundle.get("entry")
    for index, entry in enumerate(entries if type(entries) is list else ()):
        if type(entry) is not dict:
            continue
        if type(entry.get("resource")) is dict:
            yield ("resource", index, "entry"), entry["resource"]
        response = entry.get("response")
        if type(response) is dict and type(response.get("outcome")) is dict:
            yield ("outcome", "response", index, "entry"), response["outcome"]


def _parameters(
    rows: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    for index, row in enumerate(rows if type(rows) is list else ()):
        if type(row) is dict:
            if type(row.get("resource")) is dict:
                yield ("resource", index, *path), row["resource"]
            yield from _parameters(row.get("part"), ("part", index, *path))
