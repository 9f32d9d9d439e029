"""A StructureDefinition against its base and what its elements name (R4 5.1, 5.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.issues import Severity
from lanh.core.fhir.validation.conformance.rows import Json, rows
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.options import Options
from lanh.core.fhir.validation.profiles import Profiles
from lanh.core.fhir.validation.profiles.definition import CORE, Definition
from lanh.core.fhir.validation.profiles.discriminators import Step, steps_of
from lanh.core.fhir.validation.profiles.snapshot import Builder

_ABSENCE = "meaningWhenMissing"
_ANY = frozenset({"Resource", "DomainResource", "Element", "BackboneElement", "Base"})


class _Base(NamedTuple):
    type: str
    kind: str


def structure_faults(resource: Json, registry: Profiles, options: Options) -> Faults:
    """The faults of a definition: a base that it cannot have, elements that its base does not
    know or does not allow so, profiles of other types, discriminators that lead nowhere."""
    url, base = resource.get("url"), resource.get("baseDefinition")
    if type(base) is not str or type(url) is not str:
        return []
    if base.partition("|")[0] == url:
        return [Fault("invariant", "definition-circular").at("baseDefinition")]
    faults = list(_against_base(resource, base, registry, options))
    logical = resource.get("kind") == "logical"
    constraint = resource.get("derivation") == "constraint"
    for part in ("differential", "snapshot"):
        for index, row in rows(resource.get(part), "element"):
            found = list(_typed(row, registry))
            if part == "differential" and constraint and _ABSENCE in row:
                # What absence means is for the definition of a type to say (R4 2.3).
                found.append(Fault("business-rule", "definition-default").at(_ABSENCE))
            faults += [fault.at(index, "element", part) for fault in found]
    if not faults and not logical:
        faults += _applied(resource, base, registry)
    return faults


def _against_base(
    resource: Json, base: str, registry: Profiles, options: Options
) -> Iterator[Fault]:
    """Whether the type is that of the base for a constraint, and one of its own otherwise."""
    doubt: Severity = "error" if options.strict else "warning"
    known, own = _kind(base, registry), str(resource.get("type"))
    constraint = resource.get("derivation") == "constraint"
    if known is not None and constraint and own != known.type:
        told = {"type": shown(own), "base": shown(base), "wanted": shown(known.type)}
        yield Fault("invariant", "definition-type", **told).at("type")
    if known is not None and not constraint and own == known.type:
        yield Fault("invariant", "definition-same-type", doubt, type=shown(own)).at("type")
    if resource.get("kind") != "logical":
        return
    if ":" not in own and not definitions().has(own):
        yield Fault("value", "definition-unknown-type", doubt, type=shown(own)).at("type")
    name = own.rsplit("/", 1)[-1]
    for index, row in rows(resource.get("differential"), "element"):
        path = row.get("path")
        if type(path) is str and path != name and not path.startswith(name + "."):
            fault = Fault("value", "definition-path", doubt, path=shown(path), type=shown(name))
            yield fault.at("path", index, "element", "differential")


def _kind(canonical: str, registry: Profiles) -> _Base | None:
    """The type and kind of a definition, among those at hand and the types of R4."""
    found = registry.definition(canonical)
    if found is not None:
        return _Base(str(found.get("type")), str(found.get("kind")))
    name = canonical.removeprefix(CORE)
    if name == canonical or not definitions().has(name):
        return None
    return _Base(name, definitions().structure(name).kind)


def _typed(row: Json, registry: Profiles) -> Iterator[Fault]:
    """Faults of profiles that are for another type than the one they stand at."""
    for index, option in rows(row, "type"):
        code, given = option.get("code"), option.get("profile")
        for place, url in enumerate(given if type(given) is list else ()):
            known = _kind(url, registry) if type(url) is str else None
            if known is None or code in _ANY or code == known.type or known.type in _ANY:
                continue
            told = {"profile": shown(url), "type": shown(known.type), "got": shown(code)}
            yield Fault("value", "definition-profile", **told).at(place, "profile", index, "type")


def _applied(resource: Json, base: str, registry: Profiles) -> Iterator[Fault]:
    """What happens where the differential is applied to the base, row by row."""
    found = registry.tree(base)
    if found is None or not list(rows(resource.get("differential"), "element")):
        return
    builder = Builder(found[0].copy(), registry.root)
    target: Definition | None = None
    for index, row in rows(resource["differential"], "element"):
        told = len(builder.problems)
        target = builder.place(row)
        place = (index, "element", "differential")
        for problem in builder.problems[told:]:
            yield Fault("business-rule", "definition-element", problem=shown(problem)).at(*place)
        slicing = row.get("slicing")
        for number, each in rows(slicing, "discriminator"):
            if target is not None and not _leads(target, each.get("path"), builder.expand):
                fault = Fault("value", "definition-discriminator", path=shown(each.get("path")))
                yield fault.at("path", number, "discriminator", "slicing", *place)
    if resource.get("type") == "Extension" and resource.get("derivation") == "constraint":
        url = builder.expand(builder.root).get("url")
        if url is not None and url.fixed is not None and url.fixed != resource["url"]:
            yield Fault("value", "definition-url", url=shown(url.fixed)).at("url")


def _leads(
    here: Definition, path: Any, expand: Callable[[Definition], dict[str, Definition]]
) -> bool:
    """Whether the path of a discriminator may lead somewhere from a sliced element."""
    steps: list[Step] | None = steps_of(path) if type(path) is str else None
    for kind, name in steps or ():
        if kind in ("resolve", "ofType", "as", "extension") or len(here.types) != 1:
            return True
        if here.types[0].code in _ANY and "." not in here.source:
            return True
        found = expand(here).get(name)
        if found is None:
            return False
        here = found
    return True
