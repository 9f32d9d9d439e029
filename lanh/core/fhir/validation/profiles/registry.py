"""Where profiles and value sets are found: those that FHIR publishes, and those that are added."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from threading import RLock
from typing import Any, TypeAlias

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.definitions.published import (
    PUBLISHED,
    published_profiles,
    published_terminology,
)
from lanh.core.fhir.path import Node
from lanh.core.fhir.serialization import dumps
from lanh.core.fhir.validation.profiles.compiled import Compiled, compile_tree
from lanh.core.fhir.validation.profiles.definition import CORE, Definition, root_of
from lanh.core.fhir.validation.profiles.kept import Kept
from lanh.core.fhir.validation.profiles.quick import Quick
from lanh.core.fhir.validation.profiles.snapshot import Builder

Json: TypeAlias = dict[str, Any]
_DIGITS = re.compile(r"(\d+)")
ValueSet: TypeAlias = dict[str, frozenset[str]]
Membership: TypeAlias = Callable[[str, str | None, str], "bool | None"]
"""(value set, system or None, code) -> whether it is a member; None where that is not known."""


Displays: TypeAlias = Callable[[str, str], "frozenset[str] | None"]
"""(system, code) -> all that the code is called; None where that is not known."""


class Unusable(ValueError):
    """A StructureDefinition from which no judgement can be made."""


class Profile:
    """A profile as it is judged: its compiled tree, and what could not be understood of it."""

    __slots__ = ("_quick", "_registry", "compiled", "definition", "problems", "tree", "type", "url")

    def __init__(
        self, definition: Json, tree: Definition, problems: list[str], registry: Profiles
    ) -> None:
        self.definition = definition
        self.url: str = definition["url"]
        # A part of a profile, which other profiles may ask for, is of the type of its element.
        self.type: str = tree.source if "." in tree.source else definition["type"]
        self.tree = tree
        self.problems = problems
        self.compiled: Compiled = compile_tree(tree, registry, problems)
        self._registry = registry
        self._quick: Quick | None = None

    def accepts(self, resource: Json, resolve: Callable[[str], Node | None]) -> bool:
        """Whether a resource that its base type accepts surely conforms; False says nothing."""
        if resource["resourceType"] != self.type:
            return False
        if self._quick is None:
            self._quick = Quick(self.tree, self._registry)
        return self._quick.accepts(resource, resolve)


class Profiles:
    """StructureDefinitions by canonical address, compiled when first needed and kept.

    The published profiles and extensions of R4 are always known. `member` answers for value sets
    that are not published with FHIR or not listed there.
    """

    def __init__(
        self,
        added: Iterable[Json] = (),
        *,
        member: Membership | None = None,
        displays: Displays | None = None,
        behind: Profiles | None = None,
    ) -> None:
        """`behind` is asked for what is not known here."""
        self._added: dict[str, Json] = {}
        self._versions: dict[tuple[str, str], Json] = {}
        self._bound: dict[str, tuple[str, ...]] = {}
        self._trees: dict[str, tuple[Definition, list[str]] | None] = {}
        self._profiles: dict[str, Profile | None] = {}
        self._kept = Kept()
        self._lock = RLock()
        self._building: list[str] = []
        self._behind = behind
        self.member: Membership | None = member or (behind.member if behind is not None else None)
        own = displays or (behind.displays if behind is not None else None)
        self.displays: Displays | None = own
        self.prefixes: frozenset[str] = behind.prefixes if behind is not None else frozenset()
        for definition in added:
            self.add(definition)

    def add(self, definition: Json, *, everywhere: bool = True) -> None:
        """Make a StructureDefinition known, in place of one of the same address and version.

        An extension's is judged by wherever the extension stands, or, if not `everywhere`, only
        where a profile asks for it.
        Raises Unusable where it lacks url or type, or has neither differential nor snapshot.
        """
        url, of_type = definition.get("url"), definition.get("type")
        if not isinstance(url, str) or not isinstance(of_type, str):
            raise Unusable("a StructureDefinition needs url and type")
        if not _rows(definition)[0]:
            raise Unusable("a StructureDefinition needs a differential or a snapshot")
        with self._lock:
            self._added[url] = definition
            if isinstance(definition.get("version"), str):
                self._versions[url, definition["version"]] = definition
            self._trees.clear()
            self._profiles.clear()
            inside = definition.get("contained")
            for part in inside if type(inside) is list else ():
                if type(part) is dict and part.get("resourceType") == "ValueSet":
                    self._kept.note_names(part)
            if of_type == "Extension" and everywhere:
                self.prefixes |= {url}

    def keep(self, resource: Json) -> None:
        """Make a Questionnaire, ValueSet, CodeSystem or other resource with a url known."""
        self._kept.add(resource)

    def resource(self, kind: str, canonical: str) -> Json | None:
        """The resource of a type under an address, `url` or `url|version`; None where unknown."""
        found = self._kept.find(kind, canonical)
        if found is None and self._behind is not None:
            return self._behind.resource(kind, canonical)
        return found

    @property
    def keeps_codes(self) -> bool:
        """Whether a code system was made known by which codings are to be judged."""
        return self._kept.systems or (self._behind is not None and self._behind.keeps_codes)

    def is_known(self, url: str) -> bool:
        """Whether FHIR publishes a profile or value set under an address."""
        return url in published_profiles() or self.value_set(url) is not None

    def codes_of(self, system: str) -> frozenset[str] | None:
        """Every code of a code system, or None where they are not known completely."""
        found = self._kept.codes(system)
        return published_terminology().codes(system) if found is None else found

    def names_of(self, system: str, code: str) -> frozenset[str] | None:
        """What a code is called, by the code systems at hand or the port; None where unknown."""
        found = self._kept.displays(system, code)
        if found is None and self.displays is not None:
            found = self.displays(system, code)
        return None if found is None else found | self._kept.also(system, code)

    def bind(self, type_name: str, *urls: str) -> None:
        """Judge every resource of a type by these profiles, named in it or not."""
        with self._lock:
            self._bound[type_name] = (*self._bound.get(type_name, ()), *urls)

    def bound(self, type_name: str) -> tuple[str, ...]:
        """The profiles by which every resource of a type is judged."""
        return self._bound.get(type_name, ())

    def definition(self, canonical: str) -> Json | None:
        """The StructureDefinition of an address, `url` or `url|version`."""
        found = self._own(canonical)
        if found is None and self._behind is not None:
            return self._behind.definition(canonical)
        return found

    def _own(self, canonical: str) -> Json | None:
        url, _, version = canonical.partition("#")[0].partition("|")
        if version:
            found = self._versions.get((url, version)) or self._newest(url, version)
            if found is not None:
                return found
            published = published_profiles().get(url)
            if published is not None and _agrees(version, str(published.get("version"))):
                return published
            return None
        return self._added.get(url) or published_profiles().get(url)

    def _newest(self, url: str, version: str) -> Json | None:
        """The newest that agrees with a version asked for only in part: `0.2` asks for 0.2.x."""
        found = [
            (_ages(given), definition)
            for (known, given), definition in self._versions.items()
            if known == url and _agrees(version, given)
        ]
        return max(found, key=lambda row: row[0])[1] if found else None

    def profile(self, canonical: str) -> Profile | None:
        """The profile of an address, ready to judge by; None where it is not known."""
        try:
            return self._profiles[canonical]
        except KeyError:
            pass
        with self._lock:
            if canonical not in self._profiles:
                self._profiles[canonical] = self._made(canonical)
            return self._profiles[canonical]

    def _made(self, canonical: str) -> Profile | None:
        definition = self.definition(canonical)
        found = self.tree(canonical)
        if definition is None or found is None:
            return None
        return Profile(definition, found[0], found[1], self)

    def tree(self, canonical: str) -> tuple[Definition, list[str]] | None:
        """The tree of a profile with the problems met; None where it or its base is unknown, or
        where it derives from itself."""
        if canonical in self._trees:
            return self._trees[canonical]
        with self._lock:
            if canonical in self._building:
                return None
            self._building.append(canonical)
            try:
                found = self._trees[canonical] = self._tree(canonical)
            finally:
                self._building.pop()
            return found

    def _tree(self, canonical: str) -> tuple[Definition, list[str]] | None:
        holder, _, element = canonical.partition("#")
        if element:
            return self._element(holder, element)
        definition = self.definition(canonical)
        if definition is None:
            name = canonical.removeprefix(CORE)
            known = name != canonical and definitions().has(name)
            return (root_of(name), []) if known else None
        problems: list[str] = []
        rows, whole = _rows(definition)
        logical = definition.get("kind") == "logical" and definition.get("derivation") != (
            "constraint"
        )
        base = None if whole and not logical else self.tree(str(definition.get("baseDefinition")))
        if base is not None:
            root = base[0].copy()
            problems += base[1]
        elif whole or logical:
            root = root_of("Element" if logical else definition["type"])
        else:
            return None
        builder = Builder(root, self.root, specializing=logical)
        builder.apply(rows)
        return root, problems + builder.problems

    def _element(self, canonical: str, id: str) -> tuple[Definition, list[str]] | None:
        """The tree of one element of a profile, by its id (elementdefinition-profile-element)."""
        found = self.tree(canonical)
        here = None if found is None else found[0]
        for step in id.split(".")[1:]:
            name, _, part = step.partition(":")
            here = (here.children or {}).get(name.removesuffix("[x]")) if here else None
            here = here.slices.get(part) if here is not None and part else here
        return None if here is None or found is None else (here.copy(), found[1])

    def root(self, canonical: str) -> Definition | None:
        """The tree of a profile or type by its address, or None where it is unknown."""
        found = self.tree(canonical)
        return None if found is None else found[0]

    def value_set(self, url: str) -> ValueSet | None:
        """The codes of a value set by system, where FHIR publishes them; else None."""
        return published_terminology().value_set(url)

    def is_member(self, url: str, system: str | None, code: str) -> bool | None:
        """Whether a code is in a value set; None where that cannot be told. Without a system
        (a bare code) any system of the set will do."""
        listed = self.value_set(url)
        if listed is not None:
            if system is None:
                return any(code in codes for codes in listed.values())
            return code in listed.get(system, ())
        kept = self._kept.member(url, system, code, self.is_member)
        if kept is not None:
            return kept
        return None if self.member is None else self.member(url, system, code)

    def may_extend(self, resource: Json) -> bool:
        """Whether an added extension may stand in a resource: its address does, somewhere."""
        text = dumps(resource)
        return any(url.encode() in text for url in self.prefixes)

    def knows_extension(self, url: Any) -> bool:
        """Whether the definition of an extension is known."""
        if type(url) is not str:
            return False
        if url.startswith(PUBLISHED):
            found = published_profiles().get(url)
            return (found is not None and found["type"] == "Extension") or url in self.prefixes
        return url in self.prefixes


def _rows(definition: Json) -> tuple[list[Any], bool]:
    """The elements, and whether they are those of a snapshot, which says all."""
    for part in ("snapshot", "differential"):
        holder = definition.get(part)
        if isinstance(holder, dict) and isinstance(holder.get("element"), list):
            return holder["element"], part == "snapshot"
    return [], False


def _agrees(asked: str, given: str) -> bool:
    """Whether a version asked for is the given one; `4.0` asks for any 4.0.x."""
    return given == asked or given.startswith(asked + ".")


def _ages(version: str) -> list[tuple[int, int | str]]:
    """A key by which versions sort as people count: 0.10 after 0.9."""
    return [(1, int(p)) if p.isdigit() else (0, p) for p in _DIGITS.split(version) if p]


@lru_cache(maxsize=1)
def published() -> Profiles:
    """The registry of what FHIR itself publishes, used where none is given."""
    return Profiles()
