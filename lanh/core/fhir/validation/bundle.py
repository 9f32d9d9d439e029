"""Invariants of Bundle that look at every entry (R4 2.36, bdl-3 to bdl-8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_WITH_REQUEST = frozenset({"batch", "transaction", "history"})
_WITH_RESPONSE = frozenset({"batch-response", "transaction-response", "history"})


def _entries(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    entries = bundle.get("entry")
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _requests(bundle: dict[str, Any]) -> bool:
    wanted = bundle.get("type") in _WITH_REQUEST
    return all(("request" in entry) is wanted for entry in _entries(bundle))


def _responses(bundle: dict[str, Any]) -> bool:
    wanted = bundle.get("type") in _WITH_RESPONSE
    return all(("response" in entry) is wanted for entry in _entries(bundle))


def _distinct_urls(bundle: dict[str, Any]) -> bool:
    if bundle.get("type") == "history":
        return True
    keys = []
    for entry in _entries(bundle):
        resource = entry.get("resource")
        if "fullUrl" in entry:
            meta = resource.get("meta") if isinstance(resource, dict) else None
            version = meta.get("versionId") if isinstance(meta, dict) else None
            keys.append((entry["fullUrl"], str(version)))
    return len(set(keys)) == len(keys)


def _something(entry: dict[str, Any]) -> bool:
    return "resource" in entry or "request" in entry or "response" in entry


def _unversioned(entry: dict[str, Any]) -> bool:
    return "/_history/" not in str(entry.get("fullUrl", ""))


BUNDLE_RULES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "bdl-3": _requests,
    "bdl-4": _responses,
    "bdl-5": _something,
    "bdl-7": _distinct_urls,
    "bdl-8": _unversioned,
}
