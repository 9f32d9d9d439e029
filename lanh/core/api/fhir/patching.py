"""PATCH: JSON Patch and FHIRPath Patch, of a row or of the one that a condition finds."""

from __future__ import annotations

from typing import Any

from lanh.core import fhir
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk, check, require
from lanh.core.api.fhir.exchange import RESOURCE_BYTES, Answer, Refused, if_match
from lanh.core.api.fhir.formats import JSON_PATCH, is_fhir, read_content
from lanh.core.database import Plan
from lanh.core.store import NotFound, Outcome, PreconditionFailed, transaction


async def patch(desk: Desk, call: Call, kind: str, name: str | None) -> Answer:
    """Change a row as the body says (R4 3.1.0.5). Who patches must be able to read and update."""
    access = call.context.access
    require(access, "update", kind)
    require(access, "read", kind)
    expected = if_match(call)
    if name is None:
        require(access, "search", kind)
        if not call.pairs:
            raise Refused(412, "required", "condition_needed", method="PATCH", type=kind)
    change = transaction.change_of(await _operations(call))

    def plan() -> Plan[Outcome]:
        found = name
        if found is None:
            rows = yield from desk.store.matching(kind, call.pairs, call.context)
            if len(rows) > 1:
                raise PreconditionFailed.because("several_match", type=kind)
            if not rows:
                raise NotFound.because("none_match", type=kind)
            found = rows[0].id
        done = yield from transaction.patch(
            desk.store, kind, found, change, call.context, if_match=expected, judged=check
        )
        return done

    return await desk.written(call, await desk.transact(plan))


async def _operations(call: Call) -> Any:
    """What `transaction.change_of` takes: a list of operations, Parameters, or a Binary."""
    if call.request is None:
        return await call.resource()
    media_type = call.media_type
    if media_type == JSON_PATCH:
        return fhir.loads(await call.content(), max_bytes=RESOURCE_BYTES)
    if not is_fhir(media_type):
        refusal = Refused(415, "not-supported", "patch_type", media_type=media_type[:100])
        refusal.headers["Accept-Patch"] = "application/json-patch+json, application/fhir+json"
        raise refusal
    return read_content(await call.content(), media_type, RESOURCE_BYTES)
