"""Bundles of hits and of versions, made of the bytes as kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from lanh.core import fhir
from lanh.core.store import Page, Stored, histories

Shaped = Callable[[bytes], bytes] | None


def search_bundle(
    page: Page,
    base: str,
    links: Mapping[str, str],
    notes: dict[str, Any] | None,
    shape: Shaped = None,
) -> bytes:
    """A searchset; `notes` is an OperationOutcome about what was passed over."""
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if page.total is not None:
        bundle["total"] = page.total
        if page.total_bounded:
            # R4 has no "at least": the total stands where counting stopped, marked as such.
            bundle["_total"] = {
                "extension": [{"url": "urn:lanh:extension:at-least", "valueBoolean": True}]
            }
    if links:
        bundle["link"] = [{"relation": name, "url": url} for name, url in links.items()]
    entries = [*_hits(page.entries, base, b"match", shape)]
    if page.included:
        entries += _hits(page.included, base, b"include", shape)
    if notes is not None:
        entries.append(b'{"resource":' + fhir.dumps(notes) + b',"search":{"mode":"outcome"}}')
    head = fhir.dumps(bundle)
    if not entries:
        return head
    return b"".join((head[:-1], b',"entry":[', b",".join(entries), b"]}"))


def _hits(rows: Iterable[Stored], base: str, mode: bytes, shape: Shaped) -> Iterator[bytes]:
    """Entries about the bytes as kept; a type and an id hold no sign that JSON would escape."""
    before = b'{"fullUrl":' + fhir.dumps(f"{base}/")[:-1]
    after = b',"search":{"mode":"' + mode + b'"}}'
    for row in rows:
        body = row.body if shape is None else shape(row.body)
        named = f'{row.type}/{row.id}","resource":'.encode()
        yield b"".join((before, named, body, after))


def history_bundle(
    past: histories.Past, base: str, links: Mapping[str, str], shape: Shaped = None
) -> bytes:
    """A history: versions, newest first."""
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "history"}
    if past.total is not None:
        bundle["total"] = past.total
    bundle["link"] = [{"relation": name, "url": url} for name, url in links.items()]
    entries = [_version(row, past, base, shape) for row in past.entries]
    if entries:
        bundle["entry"] = entries
    return fhir.dumps(bundle)


def _version(row: Stored, past: histories.Past, base: str, shape: Shaped) -> dict[str, Any]:
    operation = past.operations.get((row.type, row.id, row.version), "update")
    method = "DELETE" if row.deleted else "POST" if row.version == 1 else "PUT"
    status = {"delete": "204 No Content", "create": "201 Created"}.get(operation, "200 OK")
    entry: dict[str, Any] = {"fullUrl": f"{base}/{row.type}/{row.id}"}
    if not row.deleted:
        entry["resource"] = msgspec.Raw(row.body if shape is None else shape(row.body))
    entry["request"] = {
        "method": method,
        "url": row.type if method == "POST" else f"{row.type}/{row.id}",
    }
    entry["response"] = {
        "status": status,
        "location": f"{base}/{row.type}/{row.id}/_history/{row.version}",
        "etag": f'W/"{row.version}"',
        "lastModified": row.updated.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return entry
