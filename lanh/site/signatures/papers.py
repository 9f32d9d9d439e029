"""Signed papers: kept as DocumentReferences of the record, one for each content that was signed."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from lanh.core.access import Access
from lanh.core.database import Plan
from lanh.core.desks import Content, KeptPaper
from lanh.core.store import Context, Store, Stored

PAPER = "urn:lanh:paper"
"""A signed paper's identifier system: the value is desk, paper, and the digest that was signed."""


def paper_name(desk: str, paper: str, digest: str) -> str:
    """The name of a desk's paper on a content."""
    return f"{desk}|{paper}|{digest}"


def kept_port(store: Store, content: Content) -> KeptPaper:
    """The desks' port `kept`: the paper that bears the signatures on the record as it stands."""

    def kept(desk: str, record: Stored, paper: str, access: Access) -> Plan[bytes | None]:
        held = yield from signed_papers(store, f"{record.type}/{record.id}", access)
        if not held:
            return None
        digest = yield from content(desk, record)
        name = paper_name(desk, paper, digest)
        return next((paper_of(each) for each in held if named(each, name)), None)

    return kept


def signed_papers(store: Store, reference: str, access: Access) -> Plan[list[Stored]]:
    """The signed papers of a record that may be seen, newest first."""
    search, _ = yield from store.parse(
        "DocumentReference",
        [("related", reference), ("_sort", "-_lastUpdated"), ("_count", "50")],
    )
    page = yield from store.search(search, Context(access))
    return [each for each in page.entries if named(each, "")]


def paper_of(row: Stored) -> bytes:
    """The PDF of a signed paper."""
    return base64.b64decode(row.resource()["content"][0]["attachment"]["data"])


def named(row: Stored, name: str) -> bool:
    """Whether a row is a signed paper; with a name, that very one."""
    values = [i["value"] for i in row.resource().get("identifier", ()) if i.get("system") == PAPER]
    return bool(values) and (not name or name in values)


def reference_of(
    record: Stored, name: str, content: bytes, at: datetime, earlier: list[Stored]
) -> dict[str, Any]:
    """The DocumentReference that keeps a signed paper; it replaces those on contents before."""
    resource = record.resource()
    attachment = {
        "contentType": "application/pdf",
        "data": base64.b64encode(content).decode(),
        "title": str(resource.get("title", "")),
        "creation": at.isoformat(timespec="seconds"),
    }
    made: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "status": "current",
        "identifier": [{"system": PAPER, "value": name}],
        "date": at.isoformat(timespec="seconds"),
        "content": [{"attachment": attachment}],
        "context": {"related": [{"reference": f"{record.type}/{record.id}"}]},
    }
    for key in ("type", "subject"):
        if key in resource:
            made[key] = resource[key]
    if earlier:
        target = {"reference": f"DocumentReference/{earlier[0].id}"}
        made["relatesTo"] = [{"code": "replaces", "target": target}]
    return made
