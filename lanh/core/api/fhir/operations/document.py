"""`$document` of a Composition (R4 composition-operation-document)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import msgspec

from lanh.core import audit, fhir
from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.batches import read_entry
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk, check, entry_of, require
from lanh.core.api.fhir.exchange import Answer
from lanh.core.api.fhir.operations.given import given
from lanh.core.api.fhir.operations.registry import Operation
from lanh.core.database import Plan
from lanh.core.store import Context, Gone, NotFound, Stored, Write

_MOST_PARTS = 5_000


async def document(desk: Desk, call: Call, at: Address) -> Answer:
    """The document: the Composition and every resource it refers to that may be read.

    With `persist` the Bundle is kept, under the right to create Bundles.
    """
    name = str(at.id)
    require(call.context.access, "read", "Composition")
    persist = (await given(call)).truth("persist")
    if persist:
        require(call.context.access, "create", "Bundle")
    rows = await desk.read(_parts(desk, name, call.context))
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid.uuid4()}"},
        "type": "document",
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "entry": [
            {"fullUrl": f"{call.base}/{row.type}/{row.id}", "resource": msgspec.Raw(row.body)}
            for row in rows
        ],
    }
    body = fhir.dumps(bundle)
    if not persist:
        return Answer(200, body)
    kept = fhir.loads(body)
    check(kept)
    done = await desk.write(Write("create", "Bundle", None, kept), call.context)
    return await desk.written(call, done)


def _parts(desk: Desk, name: str, context: Context) -> Plan[list[Stored]]:
    row = yield from desk.store.read("Composition", name, context)
    yield from audit.append([read_entry(context.access, "read", "Composition", name, row)])
    if row is None:
        raise NotFound.because("not_found", type="Composition", id=name)
    if row.deleted:
        raise Gone.because("gone", type="Composition", id=name)
    wanted: dict[tuple[str, str], None] = {}
    for _, reference in fhir.references(row.resource()):
        target = fhir.parse_reference(reference["reference"])
        if target is not None and target != ("Composition", name):
            wanted[target] = None
    found = yield from desk.store.read_many(list(wanted)[:_MOST_PARTS], context)
    parts = [each for each in found if not each.deleted]
    yield from audit.append([entry_of(context, "read", each.type, each) for each in parts])
    return [row, *parts]


DOCUMENT = Operation(
    "document",
    "http://hl7.org/fhir/OperationDefinition/Composition-document",
    document,
    types=frozenset({"Composition"}),
    on_row=True,
)
