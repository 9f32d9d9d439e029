"""The FHIR R4 interface: a bare ASGI application under /fhir."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import structlog
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from lanh.core import audit, fhir
from lanh.core.access import Access, Interaction
from lanh.core.api.authentication import Forbidden, Unauthorized
from lanh.core.api.coalescing import Coalescer
from lanh.core.api.fhir.batches import Batches, Wanted, refusal_entry
from lanh.core.api.fhir.bundles import Faulty, check, one, process
from lanh.core.api.fhir.capability import capability_statement
from lanh.core.api.fhir.exchange import (
    BUNDLE_BYTES,
    WORDS,
    Answer,
    Refused,
    check_accept,
    if_match,
    language,
    not_modified,
    outcome,
    preference,
    read_body,
    read_resource,
    version_headers,
)
from lanh.core.api.fhir.listings import history_bundle, search_bundle
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.fhir import Issue, ParseError
from lanh.core.store import (
    Context,
    Gone,
    NotFound,
    Outcome,
    Page,
    Search,
    Store,
    Stored,
    StoreError,
    Write,
    may,
    parse_leniently,
    parse_search,
)

Authenticate = Callable[[Request], Awaitable[Access]]
_SEARCH_BYTES = 1024 * 1024
_PATH = re.compile(
    r"/(?P<type>[A-Z][A-Za-z]+)"
    r"(?:/(?P<search>_search)|/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?:/(?P<history>_history)(?:/(?P<version>\d{1,9}))?)?)?/?"
)
_log = structlog.get_logger(__name__)


def fhir_routes(
    database: AsyncDatabase, store: Store, authenticate: Authenticate
) -> list[BaseRoute]:
    """The routes of /fhir. `authenticate` gives a request's Access or raises Unauthorized."""
    return [Mount("/fhir", app=FhirInterface(database, store, authenticate))]


class FhirInterface:
    """One FHIR R4 base: read, write, history, search, bundles.

    Reads by id and plain writes of requests that arrive together share statements and commits.
    What a subject may not see answers like what is not there (404).
    """

    def __init__(self, database: AsyncDatabase, store: Store, authenticate: Authenticate) -> None:
        self._database = database
        self._store = store
        self._authenticate = authenticate
        self._batches = Batches(database, store)
        self._reads: Coalescer[Wanted, Stored | None] = Coalescer(self._batches.read)
        self._writes: Coalescer[tuple[Write, Context], Outcome] = Coalescer(self._batches.write)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except Refused as error:
            answer = outcome(error.status, [error.issue], request, error.headers)
        except ParseError as error:
            answer = outcome(400, [error.issue], request)
        except Faulty as error:
            answer = outcome(422, error.issues, request)
        except (Unauthorized, Forbidden) as error:
            code = "login" if isinstance(error, Unauthorized) else "forbidden"
            issue = Issue("error", code, "", error.message)
            answer = outcome(error.status, [issue], request, error.headers)
        except StoreError as error:
            answer = outcome(error.status, error.issues, request)
        except Exception as error:
            reference = secrets.token_hex(4)
            _log.error("fhir request failed", reference=reference, exc_info=error)
            message = WORDS.message("internal", reference=reference)
            answer = outcome(500, [Issue("fatal", "exception", "", message)], request)
        await answer.send(request, send)

    async def _answer(self, request: Request) -> Answer:
        scope = request.scope
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        method = request.method
        if path == "/metadata" and method in ("GET", "HEAD"):
            check_accept(request)
            return Answer(200, capability_statement(_base(request)))
        match = _PATH.fullmatch(path) if path not in ("", "/") else None
        if match is None and path not in ("", "/"):
            raise Refused(404, "not-found", "unknown_path")
        access = await self._authenticate(request)
        check_accept(request)
        context = Context(access, custodian=access.facility, commune=access.commune)
        if match is None:
            if method != "POST":
                raise Refused(405, "not-supported", "method", method=method)
            return await self._bundle(request, context)
        kind, name = match["type"], match["id"]
        if kind not in fhir.RESOURCE_TYPES:
            raise Refused(404, "not-found", "unknown_path")
        try:
            if match["history"]:
                return await self._past(request, context, kind, name, match["version"])
            if match["search"]:
                return await self._search(request, context, kind)
            if name is None:
                return await self._on_type(request, context, kind)
            return await self._on_instance(request, context, kind, name)
        except StoreError as error:
            entry = refusal_entry(access, f"{method.lower()} {kind}", kind, error)
            await self._database.read(audit.append([entry]))
            raise

    async def _on_type(self, request: Request, context: Context, kind: str) -> Answer:
        match request.method:
            case "GET" | "HEAD":
                return await self._search(request, context, kind)
            case "POST":
                return await self._create(request, context, kind)
            case "PUT":
                resource = await read_resource(request)
                check(resource)
                return await self._conditional(request, context, kind, resource)
            case "DELETE":
                return await self._conditional(request, context, kind, None)
        raise Refused(405, "not-supported", "method", method=request.method)

    async def _on_instance(
        self, request: Request, context: Context, kind: str, name: str
    ) -> Answer:
        match request.method:
            case "GET" | "HEAD":
                return await self._read(request, context, kind, name)
            case "PUT":
                return await self._update(request, context, kind, name)
            case "DELETE":
                write = Write("delete", kind, name, if_match=if_match(request))
                done = await self._write(write, context)
                return Answer(204, headers=version_headers(done.version, done.updated))
        raise Refused(405, "not-supported", "method", method=request.method)

    async def _read(self, request: Request, context: Context, kind: str, name: str) -> Answer:
        _require(context.access, "read", kind)
        row = await self._reads.submit((kind, name, context))
        if row is None:
            raise NotFound.because("not_found", type=kind, id=name)
        if row.deleted:
            raise Gone.because("gone", type=kind, id=name)
        headers = version_headers(row.version, row.updated)
        if not_modified(request, row.version):
            return Answer(304, headers=headers)
        return Answer(200, row.body, headers)

    async def _create(self, request: Request, context: Context, kind: str) -> Answer:
        resource = await read_resource(request)
        check(resource)
        condition = request.headers.get("if-none-exist")
        pairs = None if condition is None else tuple(parse_qsl(condition, keep_blank_values=True))
        done = await self._write(
            Write("create", kind, None, resource, if_none_exist=pairs), context
        )
        return await self._written(request, done, context)

    async def _update(self, request: Request, context: Context, kind: str, name: str) -> Answer:
        resource = await read_resource(request)
        check(resource)
        # With If-None-Match: * a PUT may only create; a create with an id refuses an id in use.
        only_new = request.headers.get("if-none-match", "").strip() == "*"
        write = Write(
            "create" if only_new else "update", kind, name, resource, if_match=if_match(request)
        )
        if only_new:
            resource["id"] = name
        try:
            done = await self._write(write, context)
        except StoreError as error:
            if only_new and error.status == 409:
                raise Refused(412, "conflict", "if_none_match", type=kind, id=name) from error
            raise
        return await self._written(request, done, context)

    async def _conditional(
        self, request: Request, context: Context, kind: str, resource: dict[str, Any] | None
    ) -> Answer:
        url = f"{kind}?{_query(request)}"
        asked: dict[str, Any] = {"method": request.method, "url": url}
        if request.headers.get("if-match"):
            asked["ifMatch"] = request.headers["if-match"]
        entry: dict[str, Any] = {"request": asked}
        if resource is not None:
            entry["resource"] = resource
        done = await one(self._database, self._store, entry, context)
        if done.outcome is None or resource is None:
            return Answer(204)
        return await self._written(request, done.outcome, context)

    async def _write(self, write: Write, context: Context) -> Outcome:
        if write.if_match is None and write.if_none_exist is None:
            return await self._writes.submit((write, context))
        done = await self._batches.write_one((write, context))
        if isinstance(done, BaseException):
            raise done
        return done

    async def _written(self, request: Request, done: Outcome, context: Context) -> Answer:
        status = 201 if done.status == "created" else 200
        location = f"{_base(request)}/{done.type}/{done.id}/_history/{done.version}"
        headers = [
            (b"location", location.encode()),
            *version_headers(done.version, done.updated),
        ]
        if preference(request, "return") == "minimal":
            return Answer(status, headers=headers)
        body = done.body
        if body is None and may(context.access, "read", done.type):
            row = await self._reads.submit((done.type, done.id, context))
            body = row.body if row is not None else None
        return Answer(status, body or b"", headers)

    async def _past(
        self, request: Request, context: Context, kind: str, name: str, version: str | None
    ) -> Answer:
        if request.method not in ("GET", "HEAD"):
            raise Refused(405, "not-supported", "method", method=request.method)
        if version is None:
            rows = await self._database.read(self._audited_history(kind, name, context))
            if not rows:
                raise NotFound.because("not_found", type=kind, id=name)
            return Answer(200, history_bundle(rows, _base(request)))
        row = await self._database.read(self._audited_version(kind, name, context, int(version)))
        if row is None:
            raise NotFound.because("not_found", type=kind, id=name)
        if row.deleted:
            raise Gone.because("gone", type=kind, id=name)
        return Answer(200, row.body, version_headers(row.version, row.updated))

    def _audited_history(self, kind: str, name: str, context: Context) -> Plan[list[Stored]]:
        rows = yield from self._store.history(kind, name, context)
        yield from audit.append([_entry(context, "history", kind, row) for row in rows[:1]])
        return rows

    def _audited_version(
        self, kind: str, name: str, context: Context, version: int
    ) -> Plan[Stored | None]:
        row = yield from self._store.read(kind, name, context, version)
        if row is not None:
            yield from audit.append([_entry(context, "vread", kind, row)])
        return row

    async def _search(self, request: Request, context: Context, kind: str) -> Answer:
        pairs = parse_qsl(_query(request), keep_blank_values=True)
        if request.method == "POST":
            media_type = request.headers.get("content-type", "").partition(";")[0].strip()
            if media_type != "application/x-www-form-urlencoded":
                raise Refused(415, "not-supported", "form")
            body = await read_body(request, _SEARCH_BYTES)
            pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        issues: list[Issue] = []
        if preference(request, "handling") == "lenient":
            wanted, ignored = parse_leniently(kind, pairs)
            issues = [Issue("warning", "not-supported", "", message) for message in ignored]
            names = {parameter.name for parameter in wanted.parameters}
            pairs = [(n, v) for n, v in pairs if n[0] == "_" or n.partition(":")[0] in names]
        else:
            wanted = parse_search(kind, pairs)
        page = await self._database.read(self._audited_search(wanted, context))
        base = _base(request)
        query = [(name, value) for name, value in pairs if name != "_cursor"]
        links = {"self": f"{base}/{kind}?{urlencode(pairs)}"}
        if page.next_cursor is not None:
            query.append(("_cursor", page.next_cursor))
            links["next"] = f"{base}/{kind}?{urlencode(query)}"
        notes = fhir.operation_outcome(issues, language(request)) if issues else None
        return Answer(200, search_bundle(page, base, links, notes))

    def _audited_search(self, wanted: Search, context: Context) -> Plan[Page]:
        page = yield from self._store.search(wanted, context)
        names = ",".join(sorted({parameter.name for parameter in wanted.parameters}))
        detail = f"{wanted.type}?{names}"
        entries = [
            _entry(context, "search", row.type, row, detail)
            for row in (*page.entries, *page.included)
        ]
        found = audit.Entry.of(context.access, "search", type=wanted.type, detail=detail)
        yield from audit.append(entries or [found])
        return page

    async def _bundle(self, request: Request, context: Context) -> Answer:
        bundle = await read_resource(request, BUNDLE_BYTES)
        return Answer(
            200,
            await process(self._database, self._store, bundle, context, language(request)),
        )


def _query(request: Request) -> str:
    query: bytes = request.scope["query_string"]
    return query.decode("latin-1")


def _base(request: Request) -> str:
    return f"{request.scope['scheme']}://{request.headers.get('host', 'localhost')}/fhir"


def _require(access: Access, interaction: Interaction, kind: str) -> None:
    if not may(access, interaction, kind):
        raise Forbidden("not-granted", interaction=interaction, type=kind)


def _entry(context: Context, action: str, kind: str, row: Stored, detail: str = "") -> audit.Entry:
    return audit.Entry.of(
        context.access, action, patient=row.patient, type=kind, id=row.id, detail=detail
    )
