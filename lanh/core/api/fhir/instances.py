"""Read, version read, create, update, delete; the same under a condition (R4 3.1.0.2–3.1.0.7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from lanh.core import audit, fhir
from lanh.core.api.fhir import binaries
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk, check, entry_of, require
from lanh.core.api.fhir.exchange import Answer, Refused, if_match, not_modified, version_headers
from lanh.core.api.fhir.shaping import shape_of
from lanh.core.database import Plan
from lanh.core.store import Context, Gone, NotFound, Stored, StoreError, Write, transaction


async def read(desk: Desk, call: Call, kind: str, name: str) -> Answer:
    """The row as it stands now; the bytes are those kept."""
    require(call.context.access, "read", kind)
    shape = shape_of(call, kind) if call.query else None
    row = await desk.reads.submit((kind, name, call.context))
    return _told(call, kind, name, row, shape)


async def read_version(desk: Desk, call: Call, kind: str, name: str, version: str) -> Answer:
    """A row as it was."""
    shape = shape_of(call, kind) if call.query else None
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    row = await desk.read(_audited_version(desk, kind, name, call.context, number))
    return _told(call, kind, f"{name}/_history/{version}", row, shape)


def _told(
    call: Call, kind: str, place: str, row: Stored | None, shape: Callable[[bytes], bytes] | None
) -> Answer:
    """One version of a row as the answer to a read of `place`. Raises NotFound, Gone."""
    if row is None:
        raise NotFound.because("not_found", type=kind, id=place)
    if row.deleted:
        raise Gone.because("gone", type=kind, id=place)
    headers = version_headers(row.version, row.updated)
    if not_modified(call, row.version, row.updated):
        return Answer(304, headers=headers)
    if kind == "Binary" and binaries.wanted_raw(call):
        return binaries.raw(row, headers)
    return Answer(200, row.body if shape is None else shape(row.body), headers)


def _audited_version(
    desk: Desk, kind: str, name: str, context: Context, version: int
) -> Plan[Stored | None]:
    row = yield from desk.store.read(kind, name, context, version)
    if row is not None:
        yield from audit.append([entry_of(context, "vread", kind, row)])
    return row


async def create(desk: Desk, call: Call, kind: str) -> Answer:
    """A new row, its id given by the store; with If-None-Exist only where the condition is free."""
    resource = await _body(call, kind)
    check(resource)
    condition = call.headers.get("if-none-exist")
    pairs = None if condition is None else tuple(parse_qsl(condition, keep_blank_values=True))
    done = await desk.write(
        Write("create", kind, None, resource, if_none_exist=pairs), call.context
    )
    return await desk.written(call, done)


async def _body(call: Call, kind: str) -> dict[str, Any]:
    if kind == "Binary" and binaries.sent_raw(call):
        return await binaries.resource_of(call)
    return await call.resource()


async def update(desk: Desk, call: Call, kind: str, name: str) -> Answer:
    """The row as sent; made where there is none. The body must bear the id of the address."""
    resource = await _body(call, kind)
    if kind == "Binary" and binaries.sent_raw(call):
        resource["id"] = name
    if resource.get("resourceType") == kind and "id" not in resource:
        raise Refused(400, "required", "id_missing", type=kind, id=name)
    check(resource)
    # With If-None-Match: * a PUT may only create; a create with an id refuses an id in use.
    only_new = call.headers.get("if-none-match", "").strip() == "*"
    write = Write("create" if only_new else "update", kind, name, resource, if_match=if_match(call))
    try:
        done = await desk.write(write, call.context)
    except StoreError as error:
        if only_new and error.status == 409:
            raise Refused(412, "conflict", "if_none_match", type=kind, id=name) from error
        raise
    return await desk.written(call, done)


async def delete(desk: Desk, call: Call, kind: str, name: str) -> Answer:
    """The end of a row; its versions stay."""
    write = Write("delete", kind, name, if_match=if_match(call))
    done = await desk.write(write, call.context)
    return Answer(204, headers=version_headers(done.version, done.updated))


async def conditional(desk: Desk, call: Call, kind: str) -> Answer:
    """Update, patch or delete of the one row that the query finds (R4 3.1.0.4.3, 3.1.0.7.1)."""
    if not call.pairs:
        raise Refused(412, "required", "condition_needed", method=call.method, type=kind)
    resource: dict[str, Any] | None = None
    if call.method == "PUT":
        resource = await call.resource()
        check(resource)
    if_match(call)  # a malformed tag is a fault of the request, not of an entry
    asked: dict[str, Any] = {"method": call.method, "url": f"{kind}?{call.query}"}
    if call.headers.get("if-match"):
        asked["ifMatch"] = call.headers["if-match"]
    entry: dict[str, Any] = {"request": asked}
    if resource is not None:
        entry["resource"] = resource
    done = await _alone(desk, call, entry)
    if done.outcome is None or resource is None:
        return Answer(204)
    return await desk.written(call, done.outcome)


async def _alone(desk: Desk, call: Call, entry: dict[str, Any]) -> transaction.Entry:
    """An entry as a transaction of its own; its faults are told as those of the request."""
    original = fhir.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    try:
        result = await desk.transact(
            lambda: transaction.execute(desk.store, fhir.loads(original), call.context)
        )
    except StoreError as error:
        error.issues = tuple(_outside(issue) for issue in error.issues)
        raise
    return result.entries[0]


def _outside(issue: fhir.Issue) -> fhir.Issue:
    """The issue with its place told without the Bundle around it."""
    _, _, rest = issue.expression.partition("].")
    return replace(issue, expression=rest.removeprefix("request").replace("resource.", "", 1))
