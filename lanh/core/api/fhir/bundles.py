"""Bundles posted to the base: transactions as a whole, batches entry by entry (R4 3.1.0.11)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lanh.core import audit, fhir
from lanh.core.api.fhir.addresses import address
from lanh.core.api.fhir.batches import read_entry
from lanh.core.api.fhir.call import PRESENTATION, Call
from lanh.core.api.fhir.desk import Desk, check
from lanh.core.api.fhir.exchange import BUNDLE_BYTES, Answer, Refused, preference
from lanh.core.api.fhir.listings import search_bundle
from lanh.core.api.fhir.searching import audited_search
from lanh.core.api.fhir.shaping import Shape, read_shape
from lanh.core.database import Plan
from lanh.core.store import NotFound, may, transaction

Respond = Callable[[Call], Awaitable[Answer]]

# The order of a batch is that of a transaction (R4 3.1.0.11.2).
_PHASES = (("DELETE",), ("POST",), ("PUT", "PATCH"), ("GET", "HEAD"))
_METHODS = frozenset(method for phase in _PHASES for method in phase)
_AT_ONCE = 16


async def process(desk: Desk, call: Call, respond: Respond) -> Answer:
    """The response Bundle. Raises Refused, StoreError. `respond` answers the entries of a batch."""
    read = await call.reader(BUNDLE_BYTES)
    bundle = read()
    kind = bundle.get("type")
    if bundle.get("resourceType") != "Bundle" or kind not in ("transaction", "batch"):
        raise Refused(400, "value", "bundle_type")
    if kind == "batch":
        return Answer(200, await _batch(call, bundle, respond))
    check(bundle)
    _check_ids(bundle)
    fresh = [bundle]
    wanted = preference(call, "return")

    def plan() -> Plan[bytes]:
        result = yield from transaction.execute(
            desk.store,
            fresh.pop() if fresh else read(),  # a second try needs it as it came
            call.context,
            judged=check,
            look=lambda entry: _look(desk, call, entry),
        )
        entries = []
        for entry in result.entries:
            entries.append((yield from _told(desk, call, entry, wanted)))
        return fhir.dumps(
            {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}
        )

    return Answer(200, await desk.transact(plan))


def _check_ids(bundle: dict[str, Any]) -> None:
    """An update must bear the id of its address (R4 3.1.0.4). Raises Refused."""
    for entry in bundle.get("entry") or ():
        request, resource = entry.get("request") or {}, entry.get("resource") or {}
        url = str(request.get("url"))
        if request.get("method") == "PUT" and "?" not in url and "id" not in resource:
            kind, _, name = url.strip("/").partition("/")
            raise Refused(400, "required", "id_missing", type=kind, id=name[:64])


def _told(
    desk: Desk, call: Call, entry: transaction.Entry, wanted: str | None
) -> Plan[dict[str, Any]]:
    """The response entry, with the resource or an outcome where `Prefer` has it `wanted`."""
    told = transaction.answer_entry(entry)
    done = entry.outcome
    if done is None or entry.method not in ("POST", "PUT", "PATCH"):
        return told
    if wanted == "operationoutcome":
        told["response"]["outcome"] = msgspec.Raw(desk.told(call, done))
    elif wanted == "representation" and may(call.context.access, "read", done.type):
        body = done.body
        if body is None:
            row = yield from desk.store.read(done.type, done.id, call.context)
            body = row.body if row is not None else None
        if body:
            told = {"resource": msgspec.Raw(body), **told}
    return told


def _look(desk: Desk, call: Call, entry: transaction.Entry) -> Plan[bytes]:
    """What a GET of a transaction finds, after its writes."""
    shape = _shape(entry)
    if entry.id is None:
        pairs = [each for each in entry.query if each[0] not in PRESENTATION or each[1] == "count"]
        wanted, _ = yield from desk.store.parse(entry.type, pairs, base=call.base)
        page = yield from audited_search(desk, wanted, call.context)
        return search_bundle(page, call.base, {}, None, shape)
    row = yield from desk.store.read(entry.type, entry.id, call.context, entry.version)
    action = "read" if entry.version is None else "vread"
    yield from audit.append([read_entry(call.context.access, action, entry.type, entry.id, row)])
    if row is None or row.deleted:
        raise NotFound.because("not_found", type=entry.type, id=entry.id)
    if entry.if_none_match == row.version:
        return b""
    return row.body if shape is None else shape(row.body)


def _shape(entry: transaction.Entry) -> Shape | None:
    return read_shape(
        entry.type,
        [value for name, value in entry.query if name == "_summary"],
        [value for name, value in entry.query if name == "_elements"],
        lenient=True,
    )


async def _batch(call: Call, bundle: dict[str, Any], respond: Respond) -> bytes:
    """Each entry by itself, as a call of its own; entries on the same address one after another."""
    given = bundle.get("entry")
    entries = given if isinstance(given, list) else []
    told: list[dict[str, Any] | None] = [None] * len(entries)
    calls: list[tuple[int, Call]] = []
    for index, entry in enumerate(entries):
        made = _call(call, entry)
        if made is None:
            refusal = Refused(400, "structure", "batch_entry", entry=index)
            told[index] = _refused(400, fhir.operation_outcome([refusal.issue], call.language))
        else:
            calls.append((index, made))
    for phase in _PHASES:
        waiting = [each for each in calls if each[1].method in phase]
        while waiting:
            now: dict[str, tuple[int, Call]] = {}
            for each in waiting:
                if len(now) < _AT_ONCE:
                    now.setdefault(_target(each), each)
            answers = await asyncio.gather(*(respond(each) for _, each in now.values()))
            for (index, made), answer in zip(now.values(), answers, strict=True):
                told[index] = _entry(made, answer)
            done = {index for index, _ in now.values()}
            waiting = [each for each in waiting if each[0] not in done]
    return fhir.dumps({"resourceType": "Bundle", "type": "batch-response", "entry": told})


def _target(each: tuple[int, Call]) -> str:
    """What must not be written at once: an address, but creates do not meet each other."""
    index, made = each
    new = made.method == "POST" and "if-none-exist" not in made.headers
    return str(index) if new else f"{made.at}?{made.query}"


def _call(call: Call, entry: Any) -> Call | None:
    """The call that an entry is; None where it is none."""
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        return None
    method, url = request.get("method"), request.get("url")
    if method not in _METHODS or not isinstance(url, str) or not url:
        return None
    parts = urlsplit(url.removeprefix(call.base))
    path = "/" + parts.path.strip("/")
    if parts.scheme or parts.netloc:
        return None
    if path == "/" and not (parts.query and method in ("GET", "HEAD")):
        return None  # no batch within a batch, but a search of the system
    headers = {
        name: str(request[key])
        for name, key in (
            ("if-match", "ifMatch"),
            ("if-none-match", "ifNoneMatch"),
            ("if-modified-since", "ifModifiedSince"),
            ("if-none-exist", "ifNoneExist"),
        )
        if request.get(key)
    }
    # What is written is not sent back unless it is asked for.
    headers["prefer"] = call.headers.get("prefer", "")
    if preference(call, "return") is None and method in ("POST", "PUT", "PATCH"):
        headers["prefer"] += ";return=minimal"
    headers["accept-language"] = call.headers.get("accept-language", "")
    resource = entry.get("resource")
    return Call(
        method=method,
        at=address(path),
        query=parts.query,
        headers=headers,
        context=call.context,
        inline=resource if isinstance(resource, dict) else None,
        outer=call,
    )


def _status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _refused(status: int, outcome: Any) -> dict[str, Any]:
    return {"response": {"status": _status(status), "outcome": outcome}}


def _entry(call: Call, answer: Answer) -> dict[str, Any]:
    """The response entry of an answer."""
    if answer.status >= 400:
        return _refused(answer.status, msgspec.Raw(answer.body))
    response: dict[str, Any] = {"status": _status(answer.status)}
    headers = dict(answer.headers)
    if b"location" in headers:
        response["location"] = headers[b"location"].decode()
    if b"etag" in headers:
        response["etag"] = headers[b"etag"].decode()
    if b"last-modified" in headers:
        moment = parsedate_to_datetime(headers[b"last-modified"].decode())
        response["lastModified"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not answer.body or call.method == "HEAD":
        return {"response": response}
    if preference(call, "return") == "operationoutcome" and call.method != "GET":
        return {"response": {**response, "outcome": msgspec.Raw(answer.body)}}
    return {"resource": msgspec.Raw(answer.body), "response": response}
