"""Keeping stored CodeSystems, ValueSets and ConceptMaps: a hook of the record store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import zstandard

from lanh.core.database import Plan, execute
from lanh.core.fhir import dumps, first_day
from lanh.core.store import Context, Written
from lanh.core.terminology.packaged import KINDS

_UPSERT = """
INSERT INTO terminology.resource
    (kind, id, url, version, status, content, dated, custodian, value_set, sources, targets, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text[], $11::text[], $12)
ON CONFLICT (kind, id) DO UPDATE SET
    url = excluded.url, version = excluded.version, status = excluded.status,
    content = excluded.content, dated = excluded.dated, value_set = excluded.value_set,
    sources = excluded.sources, targets = excluded.targets, body = excluded.body,
    stamp = gen_random_uuid()
"""


def register(records: Sequence[Written], context: Context) -> Plan[None]:
    """Bring what operations read to what the record store has just been given.

    Runs in the transaction of the write: a value set is expanded from its new version as soon as
    that is committed, and never before.
    """
    for record in records:
        kind, id = record.outcome.type, record.outcome.id
        if kind not in KINDS:
            continue
        if record.resource is None:
            yield from execute(
                "DELETE FROM terminology.resource WHERE kind = $1 AND id = $2", kind, id
            )
            continue
        yield from execute(_UPSERT, kind, id, *_row(record.resource, context.custodian))


def _row(resource: dict[str, Any], custodian: str | None) -> list[Any]:
    kind = resource["resourceType"]
    groups = resource.get("group", ()) if kind == "ConceptMap" else ()
    return [
        resource.get("url", ""),
        resource.get("version", ""),
        resource.get("status", ""),
        resource.get("content", ""),
        first_day(resource.get("date")),
        custodian,
        resource.get("valueSet") if kind == "CodeSystem" else None,
        sorted({group["source"] for group in groups if "source" in group}),
        sorted({group["target"] for group in groups if "target" in group}),
        zstandard.ZstdCompressor().compress(dumps(resource)),
    ]
