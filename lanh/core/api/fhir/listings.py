"""Bundles of hits and of versions, made of the bytes as kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lanh.core import fhir
from lanh.core.store import Page, Stored


def search_bundle(
    page: Page, base: str, links: Mapping[str, str], notes: dict[str, Any] | None
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
    bundle["link"] = [{"relation": name, "url": url} for name, url in links.items()]
    entries = [_hit(row, base, "match") for row in page.entries]
    entries += [_hit(row, base, "include") for row in page.included]
    if notes is not None:
        entries.append({"resource": notes, "search": {"mode": "outcome"}})
    if entries:
        bundle["entry"] = entries
    return fhir.dumps(bundle)


def _hit(row: Stored, base: str, mode: str) -> dict[str, Any]:
    return {
        "fullUrl": f"{base}/{row.type}/{row.id}",
        "resource": msgspec.Raw(row.body),
        "search": {"mode": mode},
    }


def history_bundle(rows: Sequence[Stored], base: str) -> bytes:
    """A history: the versions of one row, newest first."""
    bundle = {
        "resourceType": "Bundle",
        "type": "history",
        "total": len(rows),
        "entry": [_version(row, base) for row in rows],
    }
    return fhir.dumps(bundle)


def _version(row: Stored, base: str) -> dict[str, Any]:
    method = "DELETE" if row.deleted else "POST" if row.version == 1 else "PUT"
    status = {"DELETE": "204", "POST": "201", "PUT": "200"}[method]
    entry: dict[str, Any] = {
        "fullUrl": f"{base}/{row.type}/{row.id}",
        "request": {"method": method, "url": f"{row.type}/{row.id}"},
        "response": {
            "status": status,
            "etag": f'W/"{row.version}"',
            "lastModified": row.updated.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
    }
    if not row.deleted:
        entry["resource"] = msgspec.Raw(row.body)
    return entry
