"""Extensions whose definition is known: judged by it, and by where it may be used (R4 2.5.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.issues import Severity
from lanh.core.fhir.path import Node, PathError, PathSyntaxError, compile_path
from lanh.core.fhir.validation.faults import Fault, Faults, shown
from lanh.core.fhir.validation.outcome import kept
from lanh.core.fhir.validation.profiles import Judgement, Profiles
from lanh.core.fhir.validation.profiles.definition import CORE

_ANYWHERE = frozenset({"Element", "*", "Resource"})
_FOREIGN = re.compile(
    r"http://hl7\.org/fhir/([1-9]\.[0-9]/|tools/|test/)?StructureDefinition/"
    r"|https?://([a-z.]*\.)?(example\.org|acme\.com)/"
)
# Places that R4's own definitions use and that the context it states leaves out.
_ALSO = {CORE + "structuredefinition-fhir-type": "ElementDefinition.type"}
_LISTS = ("extension", "modifierExtension")


class Place(NamedTuple):
    """An extension in a resource: where, in what, and by which names that may be called."""

    path: tuple[str | int, ...]
    value: dict[str, Any]
    holder: Any
    names: frozenset[str]
    outer: str | None
    modifier: bool


def extension_faults(
    name: str,
    resource: dict[str, Any],
    judgement: Judgement,
    *,
    warnings: bool,
    strict: bool = False,
) -> Faults:
    """The faults of known extensions in a resource (those of resources inside it apart); where
    it is `strict`, unknown ones are faults too."""
    registry = judgement.registry
    faults: Faults = []
    for place in places(name, resource):
        url = place.value.get("url")
        if type(url) is not str:
            continue
        if place.outer is not None and ":" not in url:
            if (strict or warnings) and not _is_part(registry, place.outer, url):
                doubt: Severity = "error" if strict else "warning"
                told = {"url": shown(url), "outer": shown(place.outer)}
                fault = Fault("structure", "extension-part", doubt, **told)
                faults.append(fault.at(*place.path))
            continue
        if not registry.knows_extension(url):
            if (strict and not _foreign(url)) or warnings:
                severity: Severity = "error" if strict else "information"
                fault = Fault("not-found", "extension-unknown", severity, url=shown(url))
                faults.append(fault.at(*place.path))
            continue
        found = judgement.by_profile(url, Node(place.value, "Extension"))
        found += _use(registry, url, place, resource, name)
        faults += [fault.at(*place.path) for fault in found]
    return faults


def _is_part(registry: Profiles, outer: str, url: str) -> bool:
    """Whether a complex extension defines a part of that name; what is not known may."""
    tree = registry.root(outer) if registry.knows_extension(outer) else None
    inside = (tree.children or {}).get("extension") if tree is not None else None
    if inside is None or not inside.slices:
        return True
    urls = [(part.children or {}).get("url") for part in inside.slices.values()]
    known = {named.fixed for named in urls if named is not None}
    return None in known or not known or url in known


def _foreign(url: str) -> bool:
    """Whether an extension is HL7's own, of another version or package, or an example."""
    return _FOREIGN.match(url) is not None


def _use(registry: Profiles, url: str, place: Place, resource: dict[str, Any], name: str) -> Faults:
    definition = registry.definition(url)
    if definition is None:
        return []
    faults: Faults = []
    for rule in definition.get("contextInvariant", ()):
        if not _holds(rule, place, Node(resource, name)):
            key = "extension-invariant"
            faults.append(Fault("invariant", key, url=shown(url), rule=shown(rule)))
    contexts = [c for c in definition.get("context", ()) if type(c) is dict]
    if (
        contexts
        and _ALSO.get(url) not in place.names
        and not any(_allows(c, place, resource, name) for c in contexts)
    ):
        listed = ", ".join(str(context.get("expression")) for context in contexts)
        faults.append(Fault("structure", "extension-context", url=shown(url), places=shown(listed)))
    modifies = _is_modifier(definition)
    if modifies is not place.modifier:
        key = "extension-must-modify" if modifies else "extension-not-modifier"
        faults.append(Fault("structure", key, url=shown(url)))
    return faults


def _holds(rule: Any, place: Place, root: Node) -> bool:
    """Whether a context invariant is kept by the element that has the extension, as R4 says
    (StructureDefinition.contextInvariant); one that cannot be evaluated says nothing."""
    kinds = [each for each in place.names if definitions().has(each)]
    inside = kinds and place.holder is not root.value
    focus = Node(place.holder, max(kinds, key=len)) if inside else root
    try:
        return type(rule) is not str or kept(compile_path(rule), focus, root)
    except (PathError, PathSyntaxError, RecursionError):
        return True


def _is_modifier(definition: dict[str, Any]) -> bool:
    for part in ("snapshot", "differential"):
        holder = definition.get(part)
        rows = holder.get("element") if type(holder) is dict else None
        for row in rows if type(rows) is list else ():
            if type(row) is dict and row.get("path") == "Extension":
                return row.get("isModifier") is True
    return False


def _allows(context: dict[str, Any], place: Place, resource: dict[str, Any], name: str) -> bool:
    kind, expression = context.get("type"), context.get("expression")
    if type(expression) is not str:
        return True
    if kind == "element":
        if expression == "CanonicalResource" and name in place.names:
            return "url" in _fields(name)
        return expression in _ANYWHERE or expression in place.names
    if kind == "extension":
        return place.outer is not None and expression.partition("#")[0] == place.outer
    if kind is None:
        return True
    try:
        found = compile_path(expression).nodes(Node(resource, name))
    except (PathError, PathSyntaxError, RecursionError):
        return True
    if type(place.holder) is not dict:
        return True
    return any(type(n) is Node and (n.value is place.holder or n.sibling is place.holder)
               for n in found)  # fmt: skip


def places(name: str, resource: dict[str, Any]) -> Iterator[Place]:
    """Every extension of a resource, those of the resources inside it apart. Paths run from the
    inside out."""
    yield from _inside(resource, name, name, frozenset(_types(name)), (), None)


def _inside(
    value: dict[str, Any],
    structure: str,
    full: str,
    names: frozenset[str],
    path: tuple[str | int, ...],
    outer: str | None,
) -> Iterator[Place]:
    """The extensions of an object of a structure, called by `names`, and of all below it."""
    fields = _fields(structure)
    for key, item in value.items():
        if key in _LISTS:
            yield from _listed(value, key, item, full, names, path, outer)
            continue
        sibling = key[:1] == "_"
        field = fields.get(key[1:] if sibling else key)
        if field is None or type(item) not in (dict, list):
            continue
        element, code, choice = field
        below = full + "." + element
        called = _called(structure, element, code, choice, below)
        inner = "Element" if sibling else code
        for index, one in enumerate(item) if type(item) is list else ((None, item),):
            if type(one) is dict:
                here = (element, *path) if index is None else (index, element, *path)
                # What stands at the value of an extension stands in that extension.
                holder = outer if structure == "Extension" and element == "value" else None
                yield from _inside(one, inner, below, called, here, holder)


def _listed(
    value: dict[str, Any],
    key: str,
    item: Any,
    full: str,
    names: frozenset[str],
    path: tuple[str | int, ...],
    outer: str | None,
) -> Iterator[Place]:
    for index, one in enumerate(item if type(item) is list else ()):
        if type(one) is dict:
            here = (index, key, *path)
            yield Place(here, one, value, names, outer, key == "modifierExtension")
            url = one.get("url")
            inner = url if type(url) is str else None
            called = frozenset({"Extension", "Element"})
            yield from _inside(one, "Extension", full + ".extension", called, here, inner)


@lru_cache(maxsize=1024)
def _fields(structure: str) -> dict[str, tuple[str, str, bool]]:
    """Names in JSON -> element, type and whether a choice; resources inside are left out."""
    if not definitions().has(structure):
        return {}
    return {
        json_name: (element.name, option.code, element.is_choice)
        for element in definitions().structure(structure).elements
        for json_name, option in element.json_names()
        if option.code not in ("Resource", "DomainResource") and element.name not in _LISTS
    }


@lru_cache(maxsize=4096)
def _called(structure: str, element: str, code: str, choice: bool, full: str) -> frozenset[str]:
    own = f"{structure}.{element}"
    above = {f"{kind}.{element}" for kind in _types(structure)}
    names = {own, full, *above, *_types(code)}
    return frozenset(names | {own + "[x]", full + "[x]"} if choice else names)


def _types(code: str) -> Iterator[str]:
    """A type and those it derives from."""
    name: str | None = code
    while name is not None:
        yield name
        name = definitions().structure(name).base if definitions().has(name) else None
