"""Links inside a resource or Bundle: what `#id`, urns and full addresses lead to (R4 2.36.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import Node
from lanh.core.fhir.references import Path, parse_reference
from lanh.core.fhir.validation.faults import Fault, Faults, shown

_RESOURCES = frozenset({"contained", "resource", "outcome"})
_URNS = ("urn:uuid:", "urn:oid:")
# Bundles in which a urn that no entry has can never be resolved.
_CLOSED = frozenset({"transaction", "document", "message"})
# Bundles whose first resource may refer only to what is inside.
_WHOLE = frozenset({"document", "message"})


class Entries:
    """The resources of a Bundle by their full address and by `Type/id`."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self._by_url: dict[str, dict[str, Any]] = {}
        entries = bundle.get("entry")
        for entry in entries if type(entries) is list else ():
            resource = entry.get("resource") if type(entry) is dict else None
            if type(resource) is not dict:
                continue
            url, name = entry.get("fullUrl"), resource.get("resourceType")
            if type(url) is str:
                self._by_url.setdefault(url, resource)
            if type(name) is str and type(resource.get("id")) is str:
                self._by_url.setdefault(f"{name}/{resource['id']}", resource)

    def find(self, text: str) -> dict[str, Any] | None:
        """The resource that a reference's text leads to, whatever version it names."""
        found = self._by_url.get(text)
        if found is None and "/_history/" in text:
            found = self._by_url.get(text.partition("/_history/")[0])
        return found


class Surroundings:
    """Where a resource stands: the resource that contains others, and the Bundle around it."""

    __slots__ = ("container", "entries")

    def __init__(self, container: dict[str, Any], entries: Entries | None) -> None:
        self.container = container
        self.entries = entries

    def resolve(self, text: str) -> Node | None:
        """The resource that a reference's text leads to, as far as it is at hand."""
        found: dict[str, Any] | None = None
        if text[:1] == "#":
            found = self.container if text == "#" else _contained(self.container, text[1:])
        elif self.entries is not None:
            found = self.entries.find(text)
        if found is None or type(found.get("resourceType")) is not str:
            return None
        return Node(found, found["resourceType"])


def _contained(container: dict[str, Any], name: str) -> dict[str, Any] | None:
    parts = container.get("contained")
    for part in parts if type(parts) is list else ():
        if type(part) is dict and part.get("id") == name:
            found: dict[str, Any] = part
            return found
    return None


def link_faults(resource: dict[str, Any], entries: Entries | None) -> Faults:
    """The faults of links in a resource with contained ones, or in a whole Bundle: to a type that
    is not allowed there, or to nothing where the Bundle must hold the target."""
    faults: Faults = []
    kind = resource.get("type") if entries is not None else None
    for text, where in _links(resource, local=entries is None):
        target: dict[str, Any] | None
        if entries is not None and text.startswith("http") and kind not in _WHOLE:
            continue
        path = where()
        if text[:1] == "#":
            owner, names, container = _place(resource, path)
            target = _contained(container, text[1:]) if len(text) > 1 else container
        else:
            target = entries.find(text) if entries is not None else None
            if target is None:
                fault = _unresolved(kind, path, text)
                if fault is not None:
                    faults.append(_at(fault, path))
                continue
            if not text.startswith(_URNS):
                continue
            owner, names, container = _place(resource, path)
        if target is not None:
            fault = _wrong_type(target, owner, names, text)
            if fault is not None:
                faults.append(_at(fault, path))
    return faults


def _links(resource: dict[str, Any], *, local: bool) -> Iterator[tuple[str, Callable[[], Path]]]:
    """The text of every literal reference (`local`: of those to contained resources) with what
    tells its path, which few need to know."""
    seen: list[tuple[Any, int, str | int]] = [(resource, -1, "")]

    def path(index: int) -> Path:
        found: list[str | int] = []
        while index > 0:
            _, index, key = seen[index]
            found.append(key)
        return tuple(reversed(found))

    for index, (holder, _, _) in enumerate(seen):
        if type(holder) is dict:
            text = holder.get("reference")
            if type(text) is str and (not local or text[:1] == "#"):
                yield text, partial(path, index)
            for key, item in holder.items():
                if type(item) is dict or type(item) is list:
                    seen.append((item, index, key))
        else:
            for at, item in enumerate(holder):
                if type(item) is dict or type(item) is list:
                    seen.append((item, index, at))


def _unresolved(kind: Any, path: Path, text: str) -> Fault | None:
    urn = text.startswith(_URNS)
    if urn and kind in _CLOSED:
        return Fault("not-found", "bundle-urn", value=shown(text))
    first = kind in _WHOLE and path[:3] == ("entry", 0, "resource")
    if first and (urn or parse_reference(text) is not None):
        return Fault("not-found", "bundle-absent", value=shown(text))
    return None


def _wrong_type(
    target: dict[str, Any], owner: str, names: tuple[str, ...], text: str
) -> Fault | None:
    allowed = _allowed(owner, names)
    name = target.get("resourceType")
    if not allowed or name in allowed or name not in definitions().resource_types:
        return None
    listed = ", ".join(sorted(allowed))
    return Fault("value", "link-target", value=shown(text), got=str(name), targets=listed)


def _at(fault: Fault, path: Path) -> Fault:
    return fault.at("reference", *reversed(path))


def _place(resource: dict[str, Any], path: Path) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """The type of the resource in which a path ends, the names inside it, and the outermost
    resource whose contained ones it may name."""
    here: Any = resource
    owner, names, container = str(resource.get("resourceType")), [], resource
    key = ""
    for step in path:
        here = here[step]
        if type(step) is str:
            key = step
            names.append(step)
        if key in _RESOURCES and type(here) is dict and type(here.get("resourceType")) is str:
            owner, names = here["resourceType"], []
            if key != "contained":
                container = here
            key = ""
    return owner, tuple(names), container


@lru_cache(maxsize=4096)
def _allowed(owner: str, names: tuple[str, ...]) -> frozenset[str]:
    """The resource types that a Reference at a place may lead to; empty for any."""
    structure = owner
    for index, name in enumerate(names):
        option = _option(structure, name)
        if option is None:
            return frozenset()
        if index == len(names) - 1:
            return frozenset(option[1]) if option[0] == "Reference" else frozenset()
        structure = option[0]
    return frozenset()


def _option(structure: str, name: str) -> tuple[str, tuple[str, ...]] | None:
    if not definitions().has(structure):
        return None
    for element in definitions().structure(structure).elements:
        for json_name, option in element.json_names():
            if json_name == name:
                return option.code, option.targets
    return None


def bundle_faults(bundle: dict[str, Any]) -> Faults:
    """Faults of entries' addresses: an id that the address contradicts, none where one is due."""
    faults: Faults = []
    entries = bundle.get("entry")
    kind = bundle.get("type")
    for index, entry in enumerate(entries if type(entries) is list else ()):
        resource = entry.get("resource") if type(entry) is dict else None
        if type(resource) is not dict:
            continue
        url = entry.get("fullUrl")
        if url is None and kind in _WHOLE:
            faults.append(Fault("required", "entry-url").at("fullUrl", index, "entry"))
        elif type(url) is str and _contradicts(url, resource):
            fault = Fault("value", "entry-url-id", value=shown(url), id=shown(resource.get("id")))
            faults.append(fault.at("fullUrl", index, "entry"))
    return faults


def _contradicts(url: str, resource: dict[str, Any]) -> bool:
    """Whether a RESTful address names another type or id than the resource has (R4 2.36.4)."""
    if not url.startswith(("http://", "https://")) or type(resource.get("id")) is not str:
        return False
    parts = url.rsplit("/", 2)
    if len(parts) < 3 or parts[1] not in definitions().resource_types:
        return False
    return (parts[1], parts[2]) != (resource.get("resourceType"), resource["id"])
