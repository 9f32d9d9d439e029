"""Keeping stored StructureDefinitions and ImplementationGuides: a hook of the record store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import zstandard

from lanh.core import access
from lanh.core.access import Interaction, RowFacts
from lanh.core.database import Plan, execute
from lanh.core.fhir import dumps, first_day
from lanh.core.store import Context, Written

Json: TypeAlias = dict[str, Any]
KINDS = frozenset({"StructureDefinition", "ImplementationGuide"})

_UPSERT = """
INSERT INTO profiles.resource AS r
    (kind, id, url, version, status, type, dated, custodian, national, types, profiles, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text[], $11::text[], $12)
ON CONFLICT (kind, id) DO UPDATE SET
    url = excluded.url, version = excluded.version, status = excluded.status,
    type = excluded.type, dated = excluded.dated, types = excluded.types,
    profiles = excluded.profiles, body = excluded.body,
    national = r.custodian IS NULL AND excluded.national
"""


def register(records: Sequence[Written], context: Context) -> Plan[None]:
    """Bring what judgements read to what has just been written, in the transaction of the write."""
    changed = False
    for record in records:
        kind, id = record.outcome.type, record.outcome.id
        if kind not in KINDS:
            continue
        changed = True
        if record.resource is None:
            yield from execute(
                "DELETE FROM profiles.resource WHERE kind = $1 AND id = $2", kind, id
            )
        else:
            yield from execute(_UPSERT, kind, id, *_row(record.resource, context))
    if changed:
        yield from execute("UPDATE profiles.state SET stamp = gen_random_uuid()")


def _row(resource: Json, context: Context) -> list[Any]:
    bound = [
        (each["type"], each["profile"])
        for each in resource.get("global", ())
        if "type" in each and "profile" in each
    ]
    return [
        resource.get("url", ""),
        resource.get("version", ""),
        resource.get("status", ""),
        resource.get("type", ""),
        first_day(resource.get("date")),
        context.custodian,
        is_national(context, resource["resourceType"]),
        [type for type, _ in bound],
        [profile for _, profile in bound],
        zstandard.ZstdCompressor().compress(dumps(resource)),
    ]


def is_national(context: Context, kind: str) -> bool:
    """Whether a writer speaks for the country: of no facility, with rights on rows of everybody."""
    nobodys = RowFacts()
    rights: tuple[Interaction, ...] = ("create", "update")
    return context.custodian is None and any(
        access.allows(access.predicate(context.access, right, kind), nobodys) for right in rights
    )
