"""`$meta`, `$meta-add`, `$meta-delete` of a row (R4 resource-operation-meta)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lanh.core import audit, fhir
from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.batches import read_entry
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk, check, require
from lanh.core.api.fhir.exchange import Answer, Refused
from lanh.core.api.fhir.operations.given import given
from lanh.core.api.fhir.operations.registry import Operation
from lanh.core.database import Plan
from lanh.core.store import Context, Gone, NotFound, Stored, transaction

_DEFINITION = "http://hl7.org/fhir/OperationDefinition/Resource-"
_LISTS = ("profile", "security", "tag")
Meta = dict[str, Any]


async def meta(desk: Desk, call: Call, at: Address) -> Answer:
    """The profiles, tags and security labels of a row, with its version."""
    kind, name = str(at.type), str(at.id)
    require(call.context.access, "read", kind)
    return await _answer(desk, call, kind, name)


async def _answer(desk: Desk, call: Call, kind: str, name: str) -> Answer:
    row = await desk.read(_audited(desk, kind, name, call.context))
    if row is None:
        raise NotFound.because("not_found", type=kind, id=name)
    if row.deleted:
        raise Gone.because("gone", type=kind, id=name)
    found = row.resource().get("meta") or {}
    parameter = {"name": "return", "valueMeta": found}
    return Answer(200, fhir.dumps({"resourceType": "Parameters", "parameter": [parameter]}))


def _audited(desk: Desk, kind: str, name: str, context: Context) -> Plan[Stored | None]:
    row = yield from desk.store.read(kind, name, context)
    yield from audit.append([read_entry(context.access, "read", kind, name, row)])
    return row


async def meta_add(desk: Desk, call: Call, at: Address) -> Answer:
    """Add profiles, tags and labels; those that are there already stay once."""
    return await _changed(desk, call, at, _with)


async def meta_delete(desk: Desk, call: Call, at: Address) -> Answer:
    """Remove profiles, tags and labels; those that are not there are no fault."""
    return await _changed(desk, call, at, _without)


async def _changed(
    desk: Desk, call: Call, at: Address, combine: Callable[[Meta, Meta], Meta]
) -> Answer:
    kind, name = str(at.type), str(at.id)
    require(call.context.access, "update", kind)
    require(call.context.access, "read", kind)
    listed = (await given(call)).values.get("meta", [])
    if len(listed) != 1 or not isinstance(listed[0], dict):
        raise Refused(400, "required", "bad_parameter", name="meta")
    asked = listed[0]
    check({"resourceType": "Basic", "code": {"text": "meta"}, "meta": asked})

    def change(resource: dict[str, Any]) -> dict[str, Any]:
        combined = combine(resource.get("meta") or {}, asked)
        return {**resource, "meta": combined}

    await desk.transact(
        lambda: transaction.patch(desk.store, kind, name, change, call.context, judged=check)
    )
    return await _answer(desk, call, kind, name)


def _same(one: Any, other: Any) -> bool:
    """Whether two profiles, or two codings, are the same by system and code."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return bool(one == other)
    return all(one.get(key) == other.get(key) for key in ("system", "code"))


def _with(before: Meta, asked: Meta) -> Meta:
    after = dict(before)
    for key in _LISTS:
        kept = list(before.get(key) or ())
        kept += [new for new in asked.get(key) or () if not any(_same(new, old) for old in kept)]
        if kept:
            after[key] = kept
    return after


def _without(before: Meta, asked: Meta) -> Meta:
    after = dict(before)
    for key in _LISTS:
        gone = asked.get(key) or ()
        kept = [old for old in before.get(key) or () if not any(_same(old, each) for each in gone)]
        after.pop(key, None)
        if kept:
            after[key] = kept
    return after


META = Operation("meta", f"{_DEFINITION}meta", meta, on_row=True)
META_ADD = Operation("meta-add", f"{_DEFINITION}meta-add", meta_add, on_row=True, writes=True)
META_DELETE = Operation(
    "meta-delete", f"{_DEFINITION}meta-delete", meta_delete, on_row=True, writes=True
)
