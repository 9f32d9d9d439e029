"""What a Bundle's entries and links must be by the kind of the Bundle (R4 2.36, 3.1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.validation.faults import Fault, Faults, shown

Json: TypeAlias = dict[str, Any]


def entry_faults(bundle: Json) -> Faults:
    """The faults of addresses, links and matches."""
    found = [*_links(bundle), *_addresses(bundle)]
    return found + list(_matches(bundle)) if bundle.get("type") == "searchset" else found


def _rows(holder: Json, name: str) -> list[tuple[int, Json]]:
    found = holder.get(name)
    rows = enumerate(found) if type(found) is list else ()
    return [(index, row) for index, row in rows if type(row) is dict]


def _links(bundle: Json) -> Iterator[Fault]:
    seen = set()
    for index, link in _rows(bundle, "link"):
        relation = link.get("relation")
        if type(relation) is str and relation in seen:
            yield Fault("duplicate", "link-twice", relation=shown(relation)).at(index, "link")
        seen.add(relation)


def _addresses(bundle: Json) -> Iterator[Fault]:
    for index, entry in _rows(bundle, "entry"):
        url, resource = entry.get("fullUrl"), entry.get("resource")
        if type(url) is not str:
            continue
        if ":" not in url:
            fault = Fault("value", "entry-url-relative", value=shown(url))
            yield fault.at("fullUrl", index, "entry")
        elif type(resource) is dict and "id" not in resource and _restful(url, bundle):
            yield Fault("required", "entry-url-no-id").at("fullUrl", index, "entry")


def _restful(url: str, bundle: Json) -> bool:
    """Whether an address is that of a row on a server; in what is still to be written a row may
    be without id."""
    if bundle.get("type") in ("transaction", "batch") or not url.startswith(("http:", "https:")):
        return False
    parts = url.rsplit("/", 2)
    return len(parts) == 3 and parts[1] in definitions().resource_types


def _matches(bundle: Json) -> Iterator[Fault]:
    asked = _searched(bundle)
    for index, entry in _rows(bundle, "entry"):
        resource, search = entry.get("resource"), entry.get("search")
        if type(resource) is not dict:
            continue
        kind = str(resource.get("resourceType"))
        mode = search.get("mode") if type(search) is dict else None
        place = ("resource", index, "entry")
        if mode == "outcome" and kind != "OperationOutcome":
            yield Fault("structure", "search-outcome", got=kind).at(*place)
        elif "id" not in resource and kind != "OperationOutcome":
            yield Fault("required", "search-id").at(*place)
        elif mode == "match" and asked is not None and kind not in (asked, "OperationOutcome"):
            yield Fault("value", "search-type", got=kind, types=asked).at(*place)


def _searched(bundle: Json) -> str | None:
    """The type that a search was for, by the Bundle's link to itself."""
    for _, link in _rows(bundle, "link"):
        if link.get("relation") == "self" and type(link.get("url")) is str:
            last = urlsplit(link["url"]).path.rstrip("/").rsplit("/", 1)[-1]
            return last if last in definitions().resource_types else None
    return None
