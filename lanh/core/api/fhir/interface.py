"""The FHIR R4 interface: a bare ASGI application under /fhir."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import parse_qsl

import structlog
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from lanh.core import audit, fhir
from lanh.core.access import Access
from lanh.core.api.authentication import Forbidden, Unauthorized
from lanh.core.api.fhir import operations
from lanh.core.api.fhir.addresses import address
from lanh.core.api.fhir.batches import refusal_entry
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.capability import capability_statement
from lanh.core.api.fhir.desk import Desk
from lanh.core.api.fhir.exchange import (
    WORDS,
    Answer,
    Refused,
    language,
    not_allowed,
    outcome,
)
from lanh.core.api.fhir.formats import PLAIN, Form, form_of
from lanh.core.api.fhir.incoming import Incoming
from lanh.core.api.fhir.openapi import MOST_TYPES, openapi
from lanh.core.api.fhir.operations import Operation
from lanh.core.api.fhir.routing import interaction_of
from lanh.core.database import AsyncDatabase
from lanh.core.fhir import Issue, ParseError
from lanh.core.profiles import Conformance
from lanh.core.store import Context, Store, StoreError

Authenticate = Callable[[Request], Awaitable[Access]]
_log = structlog.get_logger(__name__)


def fhir_routes(
    database: AsyncDatabase,
    store: Store,
    authenticate: Authenticate,
    operations: Sequence[Operation] = (),
    *,
    conformance: Conformance | None = None,
    websocket: bool = False,
    later: bool = False,
) -> list[BaseRoute]:
    """The routes of /fhir. `authenticate` gives a request's Access or raises Unauthorized;
    `operations` are answered beside the interface's own. `conformance` has the stored profiles;
    `websocket` says that Subscriptions by websocket are served beside it, `later` that a worker
    does the searches that are to be answered later (bulk.Gatherer) and `bulk_routes` tell of them.
    """
    interface = FhirInterface(
        database,
        store,
        authenticate,
        operations,
        conformance=conformance,
        websocket=websocket,
        later=later,
    )
    below = Mount("/fhir", app=interface)
    # A line break is part of a path: what it leads to is answered here too.
    below.path_regex = re.compile(below.path_regex.pattern, re.DOTALL)
    return [Route("/fhir", endpoint=_Base(interface)), below]


class _Base:
    """The base itself, without a slash at its end."""

    def __init__(self, interface: FhirInterface) -> None:
        self._interface = interface

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        root = scope.get("root_path", "")
        await self._interface({**scope, "path": f"{root}/"}, receive, send)


def interface_of(routes: Sequence[BaseRoute]) -> FhirInterface:
    """The interface among routes, for `Direct`. Raises LookupError."""
    for route in routes:
        if isinstance(route, Mount) and isinstance(route.app, FhirInterface):
            return route.app
    raise LookupError("no route leads to /fhir")


class FhirInterface:
    """One FHIR R4 base: every interaction of its REST interface, in JSON and XML.

    Reads by id and plain writes of requests that arrive together share statements and commits.
    What a subject may not see answers like what is not there (404).
    """

    def __init__(
        self,
        database: AsyncDatabase,
        store: Store,
        authenticate: Authenticate,
        more: Sequence[Operation] = (),
        *,
        conformance: Conformance | None = None,
        websocket: bool = False,
        later: bool = False,
    ) -> None:
        self._desk = Desk.open(database, store, conformance)
        self._desk.answers_later = later
        self._websocket = websocket
        self._authenticate = authenticate
        self._operations = operations.Operations((*operations.OWN, *more))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Incoming(scope, receive)
        form = PLAIN
        try:
            form = _form(request)
            answer = await self._open(request, form)
        except Refused as error:
            answer = outcome(error.status, [error.issue], request, error.headers)
        except (Unauthorized, Forbidden) as error:
            answer = _forbidden(error, request)
        if answer.body and form is not PLAIN and answer.media_type == PLAIN.header:
            if form.xml or form.pretty:
                answer.body = form.render(answer.body)
            answer.media_type = form.header
        await answer.send(request, send)

    async def _open(self, request: Request, form: Form) -> Answer:
        """Find out who asks; what the server can do is told to anybody."""
        scope = request.scope
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        query = scope["query_string"].decode("latin-1")
        if path in ("/metadata", "/openapi.json"):
            return self._described(request, path, query)
        at = address(path)
        if at is None:
            raise Refused(404, "not-found", "unknown_path")
        access = await self._authenticate(request)
        context = Context(access, custodian=access.facility, commune=access.commune)
        call = Call(request.method, at, query, request.headers, context, form, request)
        return await self.respond(call)

    def _described(self, request: Request, path: str, query: str) -> Answer:
        """What the interface says of itself."""
        if request.method not in ("GET", "HEAD"):
            raise not_allowed(request.method, "GET", "HEAD")
        base = f"{request.scope['scheme']}://{request.headers.get('host', 'localhost')}/fhir"
        if path == "/metadata":
            return Answer(200, capability_statement(base, self._operations, self._websocket))
        given = [value for name, value in parse_qsl(query) if name == "_type"]
        types = tuple(sorted({each for value in given for each in value.split(",") if each}))
        unknown = [each for each in types if each not in fhir.RESOURCE_TYPES]
        if unknown or len(types) > MOST_TYPES:
            raise Refused(400, "value", "api_types", most=MOST_TYPES)
        body = openapi(base, self._operations, language(request), types)
        return Answer(200, body, media_type=b"application/json")

    async def respond(self, call: Call) -> Answer:
        """The answer to one call, its faults as OperationOutcomes."""
        try:
            return await self._route(call)
        except Refused as error:
            return outcome(error.status, [error.issue], call, error.headers)
        except ParseError as error:
            return outcome(413 if error.issue.code == "too-long" else 400, [error.issue], call)
        except (Unauthorized, Forbidden) as error:
            return _forbidden(error, call)
        except StoreError as error:
            kind = (call.at.type if call.at is not None else None) or ""
            if kind in fhir.RESOURCE_TYPES:
                entry = refusal_entry(
                    call.context.access, f"{call.method.lower()} {kind}", kind, error
                )
                await self._desk.read(audit.append([entry]))
            return outcome(error.status, error.issues, call)
        except Exception as error:
            reference = secrets.token_hex(4)
            _log.error("fhir request failed", reference=reference, exc_info=error)
            message = WORDS.message("internal", reference=reference)
            return outcome(500, [Issue("fatal", "exception", "", message)], call)

    async def _route(self, call: Call) -> Answer:
        at = call.at
        if at is None or (at.type is not None and at.type not in fhir.RESOURCE_TYPES):
            raise Refused(404, "not-found", "unknown_path")
        if at.word is not None and at.word.startswith("$"):
            return await self._operations.answer(self._desk, call, at)
        asked = interaction_of(at, call.method)
        return await asked.answers(self._desk, call, at, self.respond)


def _form(request: Request) -> Form:
    """The form of the answer. Content of a Binary may be asked for by any media type."""
    query = request.scope["query_string"].decode("latin-1")
    try:
        return form_of(request.headers.get("accept", ""), query)
    except Refused:
        if "/Binary/" in request.scope["path"] and "_format" not in query:
            return PLAIN
        raise


def _forbidden(error: Unauthorized | Forbidden, request: Request | Call) -> Answer:
    code = "login" if isinstance(error, Unauthorized) else "forbidden"
    issue = Issue("error", code, "", error.message)
    return outcome(error.status, [issue], request, error.headers)
