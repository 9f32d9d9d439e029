"""Expansions of the value sets, and codes of the code systems, that FHIR itself publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Json = dict[str, Any]
# ISO 4217 is not part of the definitions, yet every Money is bound to it.
_CURRENCIES = "urn:iso:std:iso:4217"
_CURRENCY_CODES = frozenset((Path(__file__).parent / "currencies.csv").read_text().split())


class NotEnumerable(Exception):
    """The value set takes codes of a system whose codes are not part of the definitions."""


class Expander:
    """Expands value sets whose code systems are published with FHIR itself."""

    def __init__(self, value_sets: list[Json], code_systems: list[Json]) -> None:
        self._value_sets = {resource["url"]: resource for resource in value_sets}
        self._systems = {resource["url"]: resource for resource in code_systems}

    def expand(self, url: str) -> dict[str, list[str]] | None:
        """The codes by system, or None where they cannot be listed (media types, UCUM units)."""
        try:
            found = self._expand(url.partition("|")[0])
        except NotEnumerable:
            return None
        return {system: sorted(codes) for system, codes in sorted(found.items())}

    def _expand(self, url: str) -> dict[str, set[str]]:
        if url not in self._value_sets:
            raise NotEnumerable(url)
        compose = self._value_sets[url].get("compose", {})
        found: dict[str, set[str]] = {}
        for include in compose.get("include", ()):
            for system, codes in self._part(include).items():
                found.setdefault(system, set()).update(codes)
        for exclude in compose.get("exclude", ()):
            for system, codes in self._part(exclude).items():
                found.get(system, set()).difference_update(codes)
        return found

    def _part(self, part: Json) -> dict[str, set[str]]:
        if "system" not in part:
            return self._common(part["valueSet"])
        system = part["system"]
        if "concept" in part:
            return {system: {concept["code"] for concept in part["concept"]}}
        if "valueSet" in part:
            raise NotEnumerable(system)
        return {system: self._codes(system, part.get("filter", ()))}

    def _common(self, urls: list[str]) -> dict[str, set[str]]:
        """What all of several value sets hold (R4: an include of several is their intersection)."""
        first, *others = [self._expand(url.partition("|")[0]) for url in urls]
        return {
            system: codes.intersection(*(other.get(system, set()) for other in others))
            for system, codes in first.items()
        }

    def complete_systems(self) -> dict[str, list[str]]:
        """The codes of every code system that the definitions hold completely."""
        return {
            url: sorted(_parents(resource))
            for url, resource in sorted(self._systems.items())
            if resource.get("content") == "complete" and resource.get("concept")
        }

    def _codes(self, system: str, filters: list[Json]) -> set[str]:
        if system == _CURRENCIES and not filters:
            return set(_CURRENCY_CODES)
        resource = self._systems.get(system)
        if resource is None or resource.get("content") != "complete":
            raise NotEnumerable(system)
        parents = _parents(resource)
        codes = set(parents)
        for rule in filters:
            codes &= _chosen(rule, parents, resource)
        return codes


def _parents(resource: Json) -> dict[str, set[str]]:
    """Each code of a code system with its direct parents, nesting and subsumedBy alike."""
    parents: dict[str, set[str]] = {}

    def walk(concepts: list[Json], parent: str | None) -> None:
        for concept in concepts:
            above = parents.setdefault(concept["code"], set())
            if parent is not None:
                above.add(parent)
            for given in concept.get("property", ()):
                if given["code"] in ("subsumedBy", "parent"):
                    above.add(given.get("valueCode") or given.get("valueString"))
            walk(concept.get("concept", []), concept["code"])

    walk(resource.get("concept", []), None)
    return parents


def _chosen(rule: Json, parents: dict[str, set[str]], resource: Json) -> set[str]:
    operator, value = rule["op"], rule["value"]
    if operator in ("is-a", "descendent-of"):
        found = {value} if operator == "is-a" else set()
        reached = {value}
        grew = True
        while grew:
            new = {code for code, above in parents.items() if above & reached} - reached
            grew = bool(new)
            reached |= new
            found |= new
        return found
    if operator == "=":
        return {
            concept["code"]
            for concept in resource.get("concept", ())
            for given in concept.get("property", ())
            if given["code"] == rule["property"]
            and str(given.get("valueCode", given.get("valueBoolean"))) == value
        }
    raise NotEnumerable(f"{resource['url']}: filter {operator}")
