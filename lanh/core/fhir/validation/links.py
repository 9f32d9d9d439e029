"""Links inside a resource or Bundle: what `#id`, urns and full addresses lead to (R4 2.36.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import Node
from lanh.core.fhir.references import Path, parse_reference
from lanh.core.fhir.validation.faults import Fault, Faults, shown

Way: TypeAlias = "tuple[Way, str | int] | None"
_URNS = ("urn:uuid:", "urn:oid:")
# Bundles in which a urn that no entry has can never be resolved.
_CLOSED = frozenset({"transaction", "document", "message"})
# Bundles whose first resource may refer only to what is inside.
_WHOLE = frozenset({"document", "message"})


class Entries:
    """The resources of a Bundle by their full address and by `Type/id`, or those of Parameters,
    which have no address."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.bundle = bundle.get("resourceType") == "Bundle"
        self._by_url: dict[str, dict[str, Any]] = {}
        self._exactly: dict[str, list[dict[str, Any]]] = {}
        self._urls: dict[int, str] = {}
        entries = bundle.get("entry" if self.bundle else "parameter")
        for index, entry in enumerate(entries if type(entries) is list else ()):
            resource = entry.get("resource") if type(entry) is dict else None
            if type(resource) is not dict:
                continue
            url, name = entry.get("fullUrl"), resource.get("resourceType")
            if type(url) is str:
                self._by_url.setdefault(url, resource)
                self._exactly.setdefault(url, []).append(resource)
                self._urls[index] = url
            if type(name) is str and type(resource.get("id")) is str:
                self._by_url.setdefault(f"{name}/{resource['id']}", resource)

    def find(self, text: str) -> dict[str, Any] | None:
        """The resource that a reference's text leads to, whatever version it names."""
        found = self._by_url.get(text)
        if found is None and "/_history/" in text:
            found = self._by_url.get(text.partition("/_history/")[0])
        return found

    def resources(self) -> Iterator[dict[str, Any]]:
        """The resources, each once."""
        return iter({id(found): found for found in self._by_url.values()}.values())

    def exactly(self, text: str, place: Path) -> list[dict[str, Any]]:
        """The resources that a reference at a place leads to by R4's rules: by fullUrl alone, a
        relative reference under the server of its own entry's fullUrl (2.36.4.1), the version as
        it is asked for."""
        plain, _, version = text.partition("/_history/")
        if ":" not in plain:
            index = place[1] if len(place) > 1 and place[0] == "entry" else None
            own = self._urls.get(index) if type(index) is int else None
            plain = _under(own, plain) if own is not None else ""
        found = self._exactly.get(plain, [])
        return [r for r in found if _version(r) == version] if version else found


def _under(own: str, text: str) -> str:
    """The full address of a relative reference in an entry of that fullUrl; empty where there is
    none."""
    if own.startswith(_URNS):
        # Of a urn only the last part tells one resource from another.
        return own.rpartition(":")[0] + ":" + text.partition("/")[2]
    root, _, name = own.rpartition("/")[0].rpartition("/")
    return f"{root}/{text}" if name in definitions().resource_types else ""


def _version(resource: dict[str, Any]) -> Any:
    meta = resource.get("meta")
    return meta.get("versionId") if type(meta) is dict else None


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


class _Link(NamedTuple):
    """A literal reference: its text, the types it may lead to (none: any), the way to it from
    the inside out, and the resource whose contained ones it may name."""

    text: str
    allowed: frozenset[str]
    way: Way
    container: dict[str, Any]

    def path(self) -> Path:
        """The way from the outside."""
        found: list[str | int] = []
        way = self.way
        while way is not None:
            way, key = way
            found.append(key)
        return tuple(reversed(found))


def _links(resource: dict[str, Any]) -> Iterator[_Link]:
    """The literal references at elements of a resource and of those inside it. Only what may
    hold a reference is entered; those in extensions may lead anywhere and are left out."""
    seen: list[tuple[dict[str, Any], str, Way, dict[str, Any]]] = []
    if resource.get("resourceType") in definitions().resource_types:
        seen.append((resource, resource["resourceType"], None, resource))
    for holder, structure, way, container in seen:
        for name, allowed, below in _routes(structure):
            item = holder.get(name)
            if item is None:
                continue
            here: Way = (way, name)
            for index, one in enumerate(item) if type(item) is list else ((None, item),):
                if type(one) is not dict:
                    continue
                at: Way = here if index is None else (here, index)
                if allowed is not None:
                    text = one.get("reference")
                    if type(text) is str:
                        yield _Link(text, allowed, at, container)
                elif below:
                    seen.append((one, below, at, container))
                elif one.get("resourceType") in definitions().resource_types:
                    inside = container if name == "contained" else one
                    seen.append((one, one["resourceType"], at, inside))


@lru_cache(maxsize=2048)
def _routes(structure: str) -> tuple[tuple[str, frozenset[str] | None, str], ...]:
    """The names in JSON that are or may hold references: with the targets of a reference, or the
    structure below (empty for a resource)."""
    found: list[tuple[str, frozenset[str] | None, str]] = []
    for element in definitions().structure(structure).elements:
        for name, option in element.json_names():
            if option.code == "Reference":
                found.append((name, frozenset(option.targets), ""))
            elif option.code in ("Resource", "DomainResource"):
                found.append((name, None, ""))
            elif _reaches(option.code, frozenset()):
                found.append((name, None, option.code))
    return tuple(found)


def _reaches(structure: str, above: frozenset[str]) -> bool:
    """Whether a reference may stand below a structure, extensions apart."""
    if structure in above or structure == "Extension" or not definitions().has(structure):
        return False
    return any(
        option.code in ("Reference", "Resource", "DomainResource")
        or _reaches(option.code, above | {structure})
        for element in definitions().structure(structure).elements
        for option in element.types
    )


def link_faults(resource: dict[str, Any], entries: Entries | None) -> Faults:
    """The faults of links in a resource with contained ones, or in a whole Bundle: to a type that
    is not allowed there, or to nothing where the Bundle must hold the target."""
    faults: Faults = []
    kind = resource.get("type") if entries is not None else None
    for link in _links(resource):
        text = link.text
        if text[:1] == "#":
            target = _contained(link.container, text[1:]) if len(text) > 1 else link.container
        elif entries is None:
            continue
        else:
            fault = _in_bundle(kind, link, entries)
            if fault is not None:
                faults.append(_at(fault, link.path()))
                continue
            target = entries.find(text) if text.startswith(_URNS) else None
        if target is not None and link.allowed:
            fault = _wrong_type(target, link)
            if fault is not None:
                faults.append(_at(fault, link.path()))
    return faults


def absent_faults(
    resource: dict[str, Any],
    entries: Entries | None,
    fetch: Callable[[str], dict[str, Any] | None] | None,
) -> Faults:
    """The faults of relative references that lead neither to an entry nor to what `fetch` finds;
    full addresses are those of other servers and stay open."""
    faults: Faults = []
    for link in _links(resource):
        text = link.text
        if (
            text[:1] == "#"
            or ":" in text
            or (entries is not None and entries.find(text) is not None)
        ):
            continue
        if fetch is None or fetch(text) is None:
            fault = Fault("not-found", "reference-absent", value=shown(text))
            faults.append(_at(fault, link.path()))
    return faults


def _in_bundle(kind: Any, link: _Link, entries: Entries) -> Fault | None:
    """What is wrong with the entry that a link leads to: none where there must be one, several,
    or one of another type than the link says."""
    text = link.text
    # Only what is relative depends on where it stands.
    place = link.path() if ":" not in text else ()
    found = entries.exactly(text, place)
    if not found:
        if kind not in _CLOSED:
            return None
        if text.startswith(_URNS):
            known = entries.find(text) is not None
            return None if known else Fault("not-found", "bundle-urn", value=shown(text))
        first = kind in _WHOLE and place[:3] == ("entry", 0, "resource")
        if first and parse_reference(text.partition("/_history/")[0]) is not None:
            return Fault("not-found", "bundle-absent", value=shown(text))
        return None
    if len(found) > 1 and kind != "history":
        return Fault("duplicate", "bundle-several", value=shown(text), count=len(found))
    named, got = text.partition("/")[0], found[0].get("resourceType")
    known = named in definitions().resource_types and got in definitions().resource_types
    if ":" not in text and known and named != got:
        return Fault("value", "link-target", value=shown(text), got=str(got), targets=named)
    return None


def _wrong_type(target: dict[str, Any], link: _Link) -> Fault | None:
    name = target.get("resourceType")
    if name in link.allowed or name not in definitions().resource_types:
        return None
    listed = ", ".join(sorted(link.allowed))
    return Fault("value", "link-target", value=shown(link.text), got=str(name), targets=listed)


def _at(fault: Fault, path: Path) -> Fault:
    return fault.at("reference", *reversed(path))


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
