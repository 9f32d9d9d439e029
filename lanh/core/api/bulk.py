"""Bulk data over HTTP: `$export` and `$import`, their status, their files.

FHIR Bulk Data Access IG 2.0 and FHIR's asynchronous request pattern (R4 3.1.6.4).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from lanh.core import audit, bulk, fhir
from lanh.core.access import Access
from lanh.core.api.authentication import Forbidden, Unauthorized
from lanh.core.api.bulk_body import keep_upload
from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk
from lanh.core.api.fhir.exchange import (
    MEDIA_TYPE,
    WORDS,
    Answer,
    Refused,
    language,
    outcome,
    preference,
    read_body,
)
from lanh.core.api.fhir.operations import Operation
from lanh.core.bulk import BulkRefused, ExportOrder, Folder, Level, Sources
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.fhir import Issue, ParseError
from lanh.core.store import Context, Search, Store, StoreError, may

Authenticate: TypeAlias = Callable[[Request], Awaitable[Access]]
_BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"
_MANIFEST_BYTES = 4 * 1024 * 1024
_UPLOADS = frozenset({bulk.NDJSON, "application/ndjson", "application/x-ndjson"})
_PATIENT = re.compile(r"(?:.*/)?Patient/([A-Za-z0-9\-.]{1,64})")
_log = structlog.get_logger(__name__)


def bulk_routes(
    database: AsyncDatabase,
    store: Store,
    authenticate: Authenticate,
    folder: Folder,
    sources: Sources,
) -> list[BaseRoute]:
    """What the server mounts, before the routes of /fhir."""
    return BulkInterface(database, store, authenticate, folder, sources).routes()


def bulk_operations() -> list[Operation]:
    """The operations of bulk data as the interface of /fhir tells of them.

    A request is answered by `bulk_routes`; here only an entry of a batch arrives, and is refused.
    """

    def told(name: str, definition: str, **at: Any) -> Operation:
        async def refuse(desk: Desk, call: Call, at: Address) -> Answer:
            raise Refused(400, "not-supported", "bulk_alone", name=name)

        return Operation(name, definition, refuse, **at)

    return [
        told("export", f"{_BULK}/export", system=True),
        told("export", f"{_BULK}/patient-export", types=frozenset({"Patient"}), on_type=True),
        told("export", f"{_BULK}/group-export", types=frozenset({"Group"}), on_row=True),
        told("import", "urn:lanh:operation:import", system=True, writes=True),
    ]


class BulkInterface:
    """The HTTP interface of bulk data."""

    def __init__(
        self,
        database: AsyncDatabase,
        store: Store,
        authenticate: Authenticate,
        folder: Folder,
        sources: Sources,
    ) -> None:
        self._database = database
        self._store = store
        self._authenticate = authenticate
        self._folder = folder
        self._sources = sources

    def routes(self) -> list[BaseRoute]:
        """Kick-off under /fhir; status and files under /bulk."""
        both = ["GET", "POST"]
        return [
            Route("/fhir/$export", self._guarded(self._export_system), methods=both),
            Route("/fhir/Patient/$export", self._guarded(self._export_patients), methods=both),
            Route("/fhir/Group/{id}/$export", self._guarded(self._export_group), methods=both),
            Route("/fhir/$import", self._guarded(self._import), methods=["POST"]),
            Route("/bulk/{task}", self._guarded(self._status), methods=["GET"]),
            Route("/bulk/{task}", self._guarded(self._cancel), methods=["DELETE"]),
            Route("/bulk/{task}/{file}", self._guarded(self._file), methods=["GET"]),
        ]

    def _guarded(
        self, act: Callable[[Request, Access], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                return await act(request, await self._authenticate(request))
            except (BulkRefused, Refused) as error:
                return _told(request, error.status, error.issue)
            except ParseError as error:
                return _told(request, 400, error.issue)
            except (Unauthorized, Forbidden) as error:
                code = "login" if isinstance(error, Unauthorized) else "forbidden"
                issue = Issue("error", code, "", error.message)
                return _told(request, error.status, issue, headers=error.headers)
            except StoreError as error:
                return _told(request, error.status, *error.issues)
            except Exception as error:
                reference = secrets.token_hex(4)
                _log.error("bulk request failed", reference=reference, exc_info=error)
                message = WORDS.message("internal", reference=reference)
                return _told(request, 500, Issue("fatal", "exception", "", message))

        return answer

    async def _export_system(self, request: Request, access: Access) -> Response:
        return await self._export(request, access, "system")

    async def _export_patients(self, request: Request, access: Access) -> Response:
        return await self._export(request, access, "patient")

    async def _export_group(self, request: Request, access: Access) -> Response:
        return await self._export(request, access, "group", request.path_params["id"])

    async def _export(
        self, request: Request, access: Access, level: Level, group: str | None = None
    ) -> Response:
        _check_async(request)
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        if request.method == "POST":
            pairs += await _parameters(request)
        lenient = preference(request, "handling") == "lenient"
        await self._database.read(self._store.refresh())
        order = bulk.read_order(level, pairs, access, lenient=lenient, parse=self._parsed)
        name = await self._database.transact(self._ordered(order, access, str(request.url), group))
        return _accepted(request, name)

    def _parsed(self, kind: str, pairs: list[tuple[str, str]]) -> Search:
        return self._store.parse_known(kind, pairs)[0]

    def _ordered(
        self, order: ExportOrder, access: Access, url: str, group: str | None
    ) -> Plan[str]:
        if group is not None:
            members = yield from self._members(group, access)
            chosen = order.patients
            order.patients = [p for p in members if chosen is None or p in set(chosen)]
        name = yield from bulk.start("export", access, url, order.wanted(), order.patients)
        detail = f"$export {name} {order.level} {','.join(order.types)}"[:1000]
        kind = None if group is None else "Group"
        yield from audit.append(
            [audit.Entry.of(access, "export", type=kind, id=group, detail=detail)]
        )
        return name

    def _members(self, group: str, access: Access) -> Plan[list[str]]:
        row = yield from self._store.read("Group", group, Context(access))
        if row is None or row.deleted:
            raise BulkRefused(404, "not-found", "group.unknown", id=group[:64])
        found = []
        for member in row.resource().get("member") or ():
            reference = (member.get("entity") or {}).get("reference") or ""
            match = _PATIENT.fullmatch(reference)
            if match is not None and not member.get("inactive") and _belongs(member):
                found.append(match[1])
        return sorted(set(found))

    async def _import(self, request: Request, access: Access) -> Response:
        _check_async(request)
        if not any(
            may(access, act, kind) for kind in fhir.RESOURCE_TYPES for act in ("create", "update")
        ):
            raise BulkRefused(403, "forbidden", "import.forbidden")
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        name = bulk.new_task_id()
        source: str | None = None
        if media_type in _UPLOADS:
            await keep_upload(request, self._folder.of(name), self._sources.limit)
            inputs = list(bulk.uploaded(name))
        elif media_type in ("application/json", MEDIA_TYPE):
            body = fhir.loads(await read_body(request, _MANIFEST_BYTES))
            if not isinstance(body, dict):
                raise BulkRefused(400, "structure", "body.parameters")
            if body.get("resourceType") == "Parameters":
                body = bulk.manifest_of(body)
            inputs, source = bulk.read_manifest(body, self._sources)
        else:
            raise BulkRefused(415, "not-supported", "import.media", value=media_type[:100])
        wanted = {"inputs": [{"url": i.url, "type": i.type} for i in inputs], "source": source}
        await self._database.transact(_import_ordered(access, str(request.url), wanted, name))
        return _accepted(request, name)

    async def _task(self, request: Request, access: Access) -> bulk.Task:
        """The task that the path names, if it is the asker's own."""
        task = await self._database.read(bulk.find(request.path_params["task"]))
        if task is None or not task.principal.is_of(access):
            raise BulkRefused(404, "not-found", "task.unknown")
        return task

    async def _status(self, request: Request, access: Access) -> Response:
        task = await self._task(request, access)
        if task.state == "failed":
            raise BulkRefused(500, "exception", "task.failed", fault=task.fault)
        if task.state == "running":
            headers = {"X-Progress": f"{task.done} resources", "Retry-After": "1"}
            return Response(status_code=202, headers=headers)
        files = await self._database.read(bulk.files(task.id))
        made = bulk.import_result if task.kind == "import" else bulk.export_manifest
        body = fhir.dumps(made(task, files, _address(request, task.id)))
        expires = format_datetime(task.expires_at.astimezone(UTC), usegmt=True)
        return Response(
            body, 200, {"Expires": expires, "Cache-Control": "no-store"}, "application/json"
        )

    async def _cancel(self, request: Request, access: Access) -> Response:
        task = await self._task(request, access)
        await self._database.transact(bulk.forget(task.id))
        self._folder.remove([task.id])
        return Response(status_code=202)

    async def _file(self, request: Request, access: Access) -> Response:
        task = await self._task(request, access)
        files = await self._database.read(bulk.files(task.id)) if task.state == "done" else []
        file = next((each for each in files if each.name == request.path_params["file"]), None)
        if file is None:
            raise BulkRefused(404, "not-found", "file.unknown")
        if file.kind != "error" and file.rule != bulk.rule_of(access, file.type):
            raise BulkRefused(403, "forbidden", "file.changed")
        entry = audit.Entry.of(access, "download", type=file.type, detail=f"{task.id}/{file.name}")
        await self._database.transact(audit.append([entry]))
        return FileResponse(
            self._folder.path(task.id, file),
            media_type=bulk.NDJSON,
            headers={"Cache-Control": "no-store"},
        )


def _import_ordered(access: Access, url: str, wanted: dict[str, Any], name: str) -> Plan[None]:
    yield from bulk.start("import", access, url, wanted, identity=name)
    yield from audit.append([audit.Entry.of(access, "import", detail=f"$import {name}")])


def _belongs(member: dict[str, Any]) -> bool:
    """Whether a membership's period holds today; an unreadable end of it bounds nothing."""
    period = member.get("period") or {}
    now = datetime.now(UTC)
    begin = fhir.date_range(str(period.get("start", "")))
    end = fhir.date_range(str(period.get("end", "")))
    return (begin is None or begin[0] <= now) and (end is None or now < end[1])


def _told(
    request: Request, status: int, *issues: Issue, headers: dict[str, str] | None = None
) -> Response:
    answer = outcome(status, issues, request, headers)
    response = Response(answer.body, status, media_type=MEDIA_TYPE)
    for name, value in answer.headers:
        response.headers[name.decode()] = value.decode()
    response.headers["content-language"] = language(request)
    return response


def _check_async(request: Request) -> None:
    accepted = request.headers.get("accept", "")
    if accepted and "json" not in accepted and "*/*" not in accepted:
        raise BulkRefused(406, "not-supported", "accept.json")
    if preference(request, "respond-async") is None:
        raise BulkRefused(400, "required", "async.needed")


async def _parameters(request: Request) -> list[tuple[str, str]]:
    """The pairs of a Parameters body: each parameter's value as text, a reference's target."""
    body = fhir.loads(await read_body(request, _MANIFEST_BYTES))
    given = body.get("parameter", []) if isinstance(body, dict) else None
    if not isinstance(given, list) or body.get("resourceType") != "Parameters":
        raise BulkRefused(400, "structure", "body.parameters")
    pairs = []
    for each in given:
        values = [v for name, v in each.items() if name.startswith("value")]
        if not isinstance(each.get("name"), str) or len(values) != 1:
            raise BulkRefused(400, "structure", "body.parameters")
        value = values[0].get("reference") if isinstance(values[0], dict) else values[0]
        pairs.append((each["name"], str(value)))
    return pairs


def _address(request: Request, task: str) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}/bulk/{task}"


def _accepted(request: Request, task: str) -> Response:
    return Response(status_code=202, headers={"Content-Location": _address(request, task)})
