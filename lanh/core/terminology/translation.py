"""From a code to codes of another system (R4 ConceptMap $translate), forwards and backwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lanh.core.database import Plan
from lanh.core.terminology.errors import Unknown, Unusable
from lanh.core.terminology.membership import Asker
from lanh.core.terminology.scope import Json, Scope, split
from lanh.core.terminology.validation import Coded

_FARTHEST = 10
_NO_MATCH = frozenset({"unmatched", "disjoint"})
# R4 tells how the target stands to the source; seen from the target it is the other way round.
_BACKWARDS = {
    "wider": "narrower", "narrower": "wider", "subsumes": "specializes",
    "specializes": "subsumes",
}  # fmt: skip
# R5's words for the same (ConceptMap.group.element.target.relationship).
_RELATIONSHIPS = {
    "related-to": "relatedto", "equivalent": "equivalent",
    "source-is-narrower-than-target": "wider", "source-is-broader-than-target": "narrower",
    "not-related-to": "disjoint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match:
    """One target: how it stands to what was asked for, which map says so, what comes with it.

    `concept` is None where the map says that there is no target.
    """

    equivalence: str
    concept: Json | None
    source: str | None
    product: tuple[Json, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be translated, and into what (systems and value sets; None: whatever is found)."""

    codings: tuple[Coded, ...]
    target_system: str | None = None
    source: str | None = None
    target: str | None = None
    reverse: bool = False
    dependencies: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)


def translate(asked: Asked, chosen: Json | None, scope: Scope) -> Plan[list[Match]]:
    """Every target of the codings, by one map or by all that fit. Raises TerminologyError."""
    found: list[Match] = []
    for coding in asked.codings:
        maps = [chosen] if chosen is not None else (yield from _fitting(coding, asked, scope))
        if not maps and coding.system is None:
            raise Unusable.because("coding-without-system", code=coding.code)
        for each in maps:
            found += yield from _by_map(each, coding, asked, scope, ())
    unique: dict[Any, Match] = {}
    for match in found:
        concept = match.concept or {}
        unique.setdefault(
            (concept.get("system"), concept.get("code"), match.equivalence, match.source), match
        )
    return list(unique.values())


def matched(matches: Sequence[Match]) -> bool:
    """Whether there is a translation: a target that is not said to be none (R4 `result`)."""
    return any(m.concept is not None and m.equivalence not in _NO_MATCH for m in matches)


def _fitting(coding: Coded, asked: Asked, scope: Scope) -> Plan[list[Json]]:
    near, far = coding.system, asked.target_system
    if near is None and far is None and asked.source is None and asked.target is None:
        return []
    ends = (far, near) if asked.reverse else (near, far)
    maps = [m for m in scope.inline if m.get("resourceType") == "ConceptMap"]
    maps += yield from scope.holdings.maps_between(*ends)
    kept = []
    for each in maps:
        scopes = [_scope_of(each, "source"), _scope_of(each, "target")]
        asked_for = [asked.target, asked.source] if asked.reverse else [asked.source, asked.target]
        if all(a is None or s is None or split(a)[0] == split(s)[0]
               for a, s in zip(asked_for, scopes, strict=True)):  # fmt: skip
            kept.append(each)
    return kept


def _scope_of(concept_map: Json, end: str) -> str | None:
    for name in (f"{end}Uri", f"{end}Canonical", f"{end}ScopeUri", f"{end}ScopeCanonical"):
        if concept_map.get(name):
            return str(concept_map[name])
    return None


def _named(concept_map: Json) -> str | None:
    url, version = concept_map.get("url"), concept_map.get("version")
    return f"{url}|{version}" if url and version else url


def _by_map(
    concept_map: Json, coding: Coded, asked: Asked, scope: Scope, path: tuple[str, ...]
) -> Plan[list[Match]]:
    name = _named(concept_map) or "#"
    if name in path or len(path) >= _FARTHEST:
        raise Unusable.because("map-circle", circle=" → ".join([*path, name]))
    found: list[Match] = []
    for group in concept_map.get("group", ()):
        if asked.reverse:
            found += _backwards(group, coding, asked, concept_map)
            continue
        if group.get("source") not in (None, coding.system) and coding.system is not None:
            continue
        if asked.target_system not in (None, group.get("target")) and group.get("target"):
            continue
        own = [e for e in group.get("element", ()) if e.get("code") == coding.code]
        if own:
            for element in own:
                found += _forwards(element, group, asked, concept_map)
        elif group.get("unmapped"):
            found += yield from _unmapped(group, coding, asked, scope, concept_map, (*path, name))
    if asked.target is not None and _scope_of(concept_map, "target") is None:
        found = yield from _within(found, asked.target, scope)
    return found


def _within(found: list[Match], canonical: str, scope: Scope) -> Plan[list[Match]]:
    """Only the targets that stand in a value set."""
    value_set = yield from scope.value_set(canonical)
    kept = []
    for match in found:
        if match.concept is not None:
            asker = Asker(scope, match.concept.get("system"), match.concept.get("code", ""))
            if (yield from asker.held_by(value_set)) is None:
                continue
        kept.append(match)
    return kept


def _equivalence(target: Json) -> str:
    given = target.get("equivalence") or _RELATIONSHIPS.get(target.get("relationship", ""))
    return given or "relatedto"


def _coding(system: str | None, version: str | None, item: Json) -> Json | None:
    if not item.get("code"):
        return None
    named = {"system": system, "version": version, "code": item["code"],
             "display": item.get("display")}  # fmt: skip
    return {name: value for name, value in named.items() if value}


def _forwards(element: Json, group: Json, asked: Asked, concept_map: Json) -> Iterator[Match]:
    for target in element.get("target", ()):
        if not _depends(target, asked):
            continue
        concept = _coding(group.get("target"), group.get("targetVersion"), target)
        yield Match(_equivalence(target), concept, _named(concept_map),
                    tuple(target.get("product", ())), target.get("comment"))  # fmt: skip


def _depends(target: Json, asked: Asked) -> bool:
    """Whether every other element that the mapping depends on was given, with its value."""
    for needed in target.get("dependsOn", ()):
        given = asked.dependencies.get(needed.get("property", ""))
        if given is None or given[1] != needed.get("value"):
            return False
        if given[0] is not None and needed.get("system") not in (None, given[0]):
            return False
    return True


def _backwards(group: Json, coding: Coded, asked: Asked, concept_map: Json) -> Iterator[Match]:
    if coding.system is not None and group.get("target") not in (None, coding.system):
        return
    if asked.target_system is not None and group.get("source") not in (None, asked.target_system):
        return
    for element in group.get("element", ()):
        for target in element.get("target", ()):
            if target.get("code") != coding.code:
                continue
            given = _equivalence(target)
            concept = _coding(group.get("source"), group.get("sourceVersion"), element)
            yield Match(_BACKWARDS.get(given, given), concept, _named(concept_map))


def _unmapped(
    group: Json,
    coding: Coded,
    asked: Asked,
    scope: Scope,
    concept_map: Json,
    path: tuple[str, ...],
) -> Plan[list[Match]]:
    """What a group says of codes that it does not name (R4 ConceptMap.group.unmapped)."""
    unmapped, system = group["unmapped"], group.get("target")
    name = _named(concept_map)
    match unmapped.get("mode"):
        case "provided":
            same = {"code": coding.code, "display": coding.display}
            return [Match("equal", _coding(system, group.get("targetVersion"), same), name)]
        case "fixed":
            concept = _coding(system, group.get("targetVersion"), unmapped)
            return [Match(_equivalence(unmapped), concept, name)]
        case "other-map":
            url, version = split(unmapped.get("url", ""))
            other = next((m for m in scope.inline if m.get("resourceType") == "ConceptMap"
                          and m.get("url") == url), None)  # fmt: skip
            if other is None:
                other = yield from scope.holdings.concept_map(url, version, scope.day)
            if other is None:
                raise Unknown.because("unknown-map", url=url)
            return (yield from _by_map(other, coding, asked, scope, path))
    return []
