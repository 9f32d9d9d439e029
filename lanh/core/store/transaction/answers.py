"""What a transaction answers for each of its entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from lanh.core.store.bodies import instant
from lanh.core.store.records import Stored
from lanh.core.store.transaction.entries import Entry

_STATUS = {"created": "201 Created", "deleted": "204 No Content"}


def answer_entry(entry: Entry) -> dict[str, Any]:
    """The response entry of one request; resources in it are bytes as kept (msgspec.Raw)."""
    if entry.answer is not None:
        if not entry.answer:
            return {"response": {"status": "304 Not Modified"}}
        return {"resource": msgspec.Raw(entry.answer), "response": {"status": "200 OK"}}
    outcome = entry.outcome
    if outcome is None:
        return {"response": {"status": "204 No Content"}}
    # A row that was deleted before is "unchanged" by another delete.
    deleted = entry.method == "DELETE"
    return {
        "response": {
            "status": "204 No Content" if deleted else _STATUS.get(outcome.status, "200 OK"),
            "location": f"{outcome.type}/{outcome.id}/_history/{outcome.version}",
            "etag": f'W/"{outcome.version}"',
            "lastModified": instant(outcome.updated),
        }
    }


def searchset(
    entries: Sequence[Stored], included: Sequence[Stored], total: int | None
) -> dict[str, Any]:
    """A searchset Bundle whose resources are the bytes as kept."""
    listed = [(row, "match") for row in entries] + [(row, "include") for row in included]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        bundle["total"] = total
    if listed:
        bundle["entry"] = [
            {
                "fullUrl": f"{row.type}/{row.id}",
                "resource": msgspec.Raw(row.body),
                "search": {"mode": mode},
            }
            for row, mode in listed
        ]
    return bundle
