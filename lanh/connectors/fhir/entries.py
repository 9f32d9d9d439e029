"""Entries of a Bundle, and resources by themselves, to parts (R4 3.1.0.11, 2.36)."""

from __future__ import annotations

import re
from typing import Any

from lanh.connectors.fhir.words import fault
from lanh.core import fhir
from lanh.core.bus import Draft, Part

EXECUTED = frozenset({"transaction", "batch"})
CARRIED = frozenset({"collection", "document", "message", "searchset"})
_NOT_RECORDS = frozenset({"Bundle", "Parameters"})
_UUID = re.compile(r"urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_VERSION = re.compile(r'(?:W/)?"([0-9]{1,9})"', re.ASCII)
_URL = re.compile(r"([A-Z][A-Za-z]*)(?:/([A-Za-z0-9\-.]{1,64})|\?(.+))?", re.ASCII | re.DOTALL)


def resource_part(index: int, resource: Any, *, full_url: str | None = None) -> Part:
    """A resource that comes without a request: it is put under its own id, or a new one.

    A `full_url` that is a UUID names the resource everywhere, so it serves as id.
    """
    part, name = _part(index, resource)
    if part.refused:
        return part
    identity = resource.get("id")
    uuid = _UUID.fullmatch(full_url) if full_url else None
    if identity is None and uuid is not None:
        identity = uuid.group(1).lower()
    body = _body(resource)
    draft = Draft(name, body, id=identity, aliases=(full_url,) if full_url else ())
    _accept(part, draft, resource)
    return part


def executed_part(index: int, entry: Any, kind: str) -> Part:
    """An entry of a transaction or batch: what its request asks for."""
    request = entry.get("request") if isinstance(entry, dict) else None
    method = request.get("method") if isinstance(request, dict) else None
    url = request.get("url") if isinstance(request, dict) else None
    if not isinstance(request, dict) or not isinstance(method, str) or not isinstance(url, str):
        part = Part(index, _kind(entry.get("resource") if isinstance(entry, dict) else None), None)
        part.issues.append(fault("request-missing", "required", "Bundle.entry.request", type=kind))
        return part
    if method == "DELETE":
        return _delete(index, request, url)
    part, name = _part(index, entry.get("resource"))
    if method not in ("POST", "PUT"):
        at = "Bundle.entry.request.method"
        part.issues = [fault("method", "not-supported", at, method=method[:10])]
    if part.refused:
        return part
    resource = entry["resource"]
    draft = Draft(name, _body(resource), aliases=_aliases(entry, name))
    _address(part, draft, request, method, url, resource)
    _version(part, draft, request)
    _accept(part, draft, resource)
    return part


def _address(
    part: Part, draft: Draft, request: dict[str, Any], method: str, url: str, resource: Any
) -> None:
    """Read request.url into the id or condition of a draft."""
    at = "Bundle.entry.request.url"
    found = _URL.fullmatch(url)
    fits = found is not None and (
        not (found.group(2) or found.group(3))
        if method == "POST"
        else bool(found.group(2) or found.group(3))
    )
    if found is None or not fits:
        part.issues.append(fault("url", "value", at, url=url[:100], method=method))
        return
    if found.group(1) != draft.type:
        part.issues.append(
            fault("type-differs", "invariant", at, url=found.group(1), body=draft.type)
        )
        return
    own = resource.get("id")
    if method == "POST":
        draft.interaction = "create"
        condition = request.get("ifNoneExist")
        if isinstance(condition, str):
            draft.if_none_exist = condition.removeprefix(f"{draft.type}?").removeprefix("?")
    elif found.group(3):
        draft.condition, draft.id = found.group(3), own
    else:
        draft.id = found.group(2)
        part.source_id = draft.id
        if own is not None and own != draft.id:
            part.issues.append(fault("id-differs", "invariant", at, url=draft.id, body=own))


def _aliases(entry: dict[str, Any], name: str) -> tuple[str, ...]:
    """How references of the Bundle may call the entry: fullUrl, and Type/id as it has it."""
    found = []
    if isinstance(entry.get("fullUrl"), str):
        found.append(entry["fullUrl"])
    own = entry["resource"].get("id")
    if isinstance(own, str):
        found.append(f"{name}/{own}")
    return tuple(found)


def _delete(index: int, request: dict[str, Any], url: str) -> Part:
    found = _URL.fullmatch(url)
    part = Part(index, found.group(1) if found else "?", found.group(2) if found else None)
    if found is None or not (found.group(2) or found.group(3)):
        at = "Bundle.entry.request.url"
        part.issues.append(fault("url", "value", at, url=url[:100], method="DELETE"))
    elif found.group(1) not in fhir.RESOURCE_TYPES:
        part.issues.append(fault("unknown-type", "structure", "", type=found.group(1)))
    else:
        draft = Draft(
            found.group(1), None, id=found.group(2), interaction="delete", condition=found.group(3)
        )
        _version(part, draft, request)
        part.drafts = [] if part.refused else [draft]
    return part


def _version(part: Part, draft: Draft, request: dict[str, Any]) -> None:
    given = request.get("ifMatch")
    if given is None:
        return
    found = _VERSION.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        at = "Bundle.entry.request.ifMatch"
        part.issues.append(fault("if-match", "value", at, value=str(given)[:20]))
    else:
        draft.if_match = int(found.group(1))


def _kind(resource: Any) -> str:
    name = resource.get("resourceType") if isinstance(resource, dict) else None
    return name[:64] if isinstance(name, str) else "?"


def _part(index: int, resource: Any) -> tuple[Part, str]:
    name = _kind(resource)
    own = resource.get("id") if isinstance(resource, dict) else None
    part = Part(index, name, own if isinstance(own, str) and _ID.fullmatch(own) else None)
    if not isinstance(resource, dict):
        part.issues.append(fault("entry-shape", "required", "Bundle.entry.resource"))
    elif name == "?":
        part.issues.append(fault("not-a-resource", "structure", "resourceType"))
    elif name not in fhir.RESOURCE_TYPES:
        part.issues.append(fault("unknown-type", "structure", "resourceType", type=name))
    elif name in _NOT_RECORDS:
        part.issues.append(fault("not-a-record", "not-supported", "resourceType", type=name))
    return part, name


def _body(resource: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name != "id"}


def _accept(part: Part, draft: Draft, resource: dict[str, Any]) -> None:
    part.issues += fhir.validate(resource)
    if not part.refused:
        part.drafts = [draft]
