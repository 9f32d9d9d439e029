"""/api: the desks of ministry systems for programs. Lists, records, forms and cases as JSON.

    GET  /api                                          the systems that the bearer may enter
    GET  /api/openapi.json, /api/{system}/openapi.json descriptions (OpenAPI 3.1), for everybody
    GET  /api/{system}                                 what waits, forms, lists
    GET  /api/{system}/lists/{list}                    rows by pages; the query is the list's state
    GET  /api/{system}/records/{type}/{id}             a record with its versions and its case
    GET  /api/{system}/records/{type}/{id}/papers/{key}   a paper as PDF
    GET  /api/{system}/forms/{form}                    the Questionnaire
    POST /api/{system}/forms/{form}                    a QuestionnaireResponse; Idempotency-Key
    POST /api/{system}/cases/{case}/{act}              a transition, or claim and give-back

A client system acts in the roles that its capabilities name ("role:hospital-planner"), within its
own grants.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lanh.core import fhir
from lanh.core.access import Access, Grant
from lanh.core.api.authentication import Forbidden, Unauthorized
from lanh.core.api.bus import Authenticate
from lanh.core.api.desks_described import described, described_desk
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import DeskError, Desks, NotTaken, Visitor, person_of
from lanh.core.forms import new_submission_key
from lanh.core.lists import Lists
from lanh.core.store import StoreError
from lanh.core.text import Catalogue, Language, Message
from lanh.core.workflow import Case

WORDS = Catalogue.load(Path(__file__).with_name("desks.yaml"))
MOST_BYTES = 2_000_000
_AT_ONCE = 4
_ROLE = "role:"

Answer: TypeAlias = Callable[[Request, Visitor], Plan[Any]]
Now: TypeAlias = Callable[[], datetime]


class BadRequest(Exception):
    """A request that cannot be read."""

    status = 400

    def __init__(self, key: str, status: int = 400, **parameters: object) -> None:
        self.status = status
        self.message = WORDS.message(key, **parameters)
        super().__init__(self.message.en)


def desk_routes(
    database: SyncDatabase, desks: Desks, lists: Lists, authenticate: Authenticate, now: Now
) -> list[Route]:
    """What the server mounts."""
    return _Interface(database, desks, lists, authenticate, now).routes()


def acting(access: Access) -> Access:
    """The access of a client system with its roles: its grants, each held in each of them."""
    roles = [each.removeprefix(_ROLE) for each in access.capabilities if each.startswith(_ROLE)]
    if access.subject.kind != "system" or not roles:
        return access
    grants: list[Grant] = list(access.grants)
    grants += [replace(grant, role=role) for role in sorted(roles) for grant in access.grants]
    return replace(access, grants=tuple(grants))


class _Interface:
    def __init__(
        self,
        database: SyncDatabase,
        desks: Desks,
        lists: Lists,
        authenticate: Authenticate,
        now: Now,
    ) -> None:
        self._database = database
        self._desks = desks
        self._lists = lists
        self._authenticate = authenticate
        self._now = now
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def routes(self) -> list[Route]:
        """The paths, the more special first."""
        record = "/api/{system}/records/{type}/{id}"
        return [
            Route("/api", self._told(self._menu)),
            Route("/api/openapi.json", self._description),
            Route("/api/{system}/openapi.json", self._description),
            Route("/api/{system}", self._told(self._home)),
            Route("/api/{system}/lists/{list}", self._told(self._list)),
            Route(record, self._told(self._record)),
            Route(record + "/papers/{key}", self._told(self._paper)),
            Route("/api/{system}/forms/{form}", self._told(self._form), methods=["GET"]),
            Route("/api/{system}/forms/{form}", self._told(self._submit), methods=["POST"]),
            Route("/api/{system}/cases/{case}/{act}", self._told(self._act), methods=["POST"]),
        ]

    def _told(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                access = acting(await self._authenticate(request))
                request.state.body = await _body(request)
                visitor = self._visitor(request, access)
                async with self._slots:
                    found = await asyncio.to_thread(
                        self._database.transact, answer(request, visitor)
                    )
            except (Unauthorized, Forbidden) as error:
                return _problem(error.status, error.message, getattr(error, "headers", None))
            except BadRequest as error:
                return _problem(error.status, error.message)
            except DeskError as error:
                return _refusal(error)
            except StoreError as error:
                return _problem(error.status, error.issues[0].message)
            return found if isinstance(found, Response) else _json(found)

        return endpoint

    def _visitor(self, request: Request, access: Access) -> Visitor:
        language: Language = "en" if _prefers_english(request) else "vi"
        role = next((grant.role for grant in access.grants), "")
        return Visitor(
            access.subject.id, role, access, language, self._now(), access.facility,
            access.commune, store=self._lists.store,
        )  # fmt: skip

    async def _description(self, request: Request) -> Response:
        key = request.path_params.get("system")
        if key is None:
            return JSONResponse(described(self._desks.desks.values()))
        desk = self._desks.desks.get(key)
        if desk is None:
            return _problem(404, WORDS.message("no-system"))
        return JSONResponse(described_desk(desk))

    def _menu(self, request: Request, visitor: Visitor) -> Plan[Any]:
        yield from ()
        return {"systems": [asdict(each) for each in self._desks.entries(visitor)]}

    def _home(self, request: Request, visitor: Visitor) -> Plan[Any]:
        screen = yield from self._desks.home(request.path_params["system"], visitor)
        return {
            "key": screen.key,
            "title": screen.title,
            "summary": screen.summary,
            "queues": [asdict(each) for each in screen.queues],
            "forms": [asdict(each) for each in screen.forms],
            "lists": [asdict(each) for each in screen.lists],
        }

    def _list(self, request: Request, visitor: Visitor) -> Plan[Any]:
        system, key = request.path_params["system"], request.path_params["list"]
        definition = self._desks.list_definition(system, key, visitor)
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        screen = yield from self._lists.screen(
            definition, pairs, visitor.access, person_of(visitor), visitor.language
        )
        faults = [(field.name, field.fault) for field in screen.fields if field.fault]
        if faults:
            raise BadRequest("bad-filter", name=faults[0][0], reason=faults[0][1])
        here = f"/api/{system}/lists/{key}"
        names = [column.name for column in screen.columns if column.shown]
        return {
            "title": screen.title,
            "columns": [{"name": c.name, "title": c.title} for c in screen.columns if c.shown],
            "rows": [
                {
                    "record": row.record,
                    "case": row.case,
                    "due": row.due.isoformat() if row.due else None,
                    "overdue": row.overdue,
                    "cells": dict(zip(names, row.cells, strict=False)),
                }
                for row in screen.rows
            ],
            "next": f"{here}?{screen.next_query}" if screen.next_query else None,
            "previous": f"{here}?{screen.previous_query}" if screen.previous_query else None,
        }

    def _record(self, request: Request, visitor: Visitor) -> Plan[Any]:
        reference = f"{request.path_params['type']}/{request.path_params['id']}"
        screen = yield from self._desks.record(request.path_params["system"], reference, visitor)
        case = screen.case
        return {
            "record": screen.record,
            "title": screen.title,
            "sections": [
                {"title": title, "lines": [list(line) for line in lines]}
                for title, lines in screen.sections
            ],
            "case": None if case is None else _case(case.case, case.state, case.choices),
            "papers": [asdict(each) for each in screen.papers],
            "versions": [
                {
                    "version": each.version,
                    "at": each.at.isoformat(),
                    "actor": each.actor,
                    "source": each.source,
                    "reason": each.reason,
                    "changes": [change.say(visitor.language) for change in each.changes],
                }
                for each in screen.versions
            ],
        }

    def _paper(self, request: Request, visitor: Visitor) -> Plan[Any]:
        path = request.path_params
        reference = f"{path['type']}/{path['id']}"
        content = yield from self._desks.paper(path["system"], reference, path["key"], visitor)
        return Response(content, media_type="application/pdf")

    def _form(self, request: Request, visitor: Visitor) -> Plan[Any]:
        yield from ()
        form = self._desks.form_of(
            request.path_params["system"], request.path_params["form"], visitor
        )
        return Response(fhir.dumps(form.form.publish()), media_type="application/fhir+json")

    def _submit(self, request: Request, visitor: Visitor) -> Plan[Any]:
        query = request.query_params
        key = request.headers.get("idempotency-key") or new_submission_key()
        sent = yield from self._desks.submit(
            request.path_params["system"], request.path_params["form"], visitor,
            _object(request), key, about=query.get("about"), reason=query.get("reason", ""),
            accept_warnings=query.get("warnings") == "accept",
        )  # fmt: skip
        path = f"/api/{sent.desk}/records/{sent.record}"
        status = 200 if sent.again else 201
        return _json(asdict(sent), status, {"Location": path})

    def _act(self, request: Request, visitor: Visitor) -> Plan[Any]:
        path, told = request.path_params, _object(request)
        system, case, act = path["system"], path["case"], path["act"]
        reason = str(told.get("reason", ""))
        if act in ("claim", "give-back"):
            if act == "claim":
                task = yield from self._desks.claim(system, case, visitor)
            else:
                task = yield from self._desks.give_back(system, case, visitor, reason)
            return {"task": task.id, "queue": task.queue, "owner": task.owner}
        revision = told.get("revision")
        if not isinstance(revision, int) or isinstance(revision, bool):
            raise BadRequest("no-revision")
        moved = yield from self._desks.act(
            system, case, act, visitor, revision=revision, reason=reason
        )
        return _case(moved, moved.state, ())


def _case(case: Case, state: str, choices: Any) -> dict[str, Any]:
    return {
        "id": case.id,
        "definition": case.definition,
        "version": case.version,
        "state": case.state,
        "title": state,
        "revision": case.revision,
        "due": case.due.isoformat() if case.due else None,
        "closed": case.closed_at.isoformat() if case.closed_at else None,
        "transitions": [
            {"name": each.transition.name, "refusal": each.refusal.en if each.refusal else None}
            for each in choices
        ],
    }


async def _body(request: Request) -> bytes:
    if request.method != "POST":
        return b""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            raise BadRequest("too-large", 413, limit=MOST_BYTES)
        pieces.append(piece)
    return b"".join(pieces)


def _object(request: Request) -> dict[str, Any]:
    """The JSON object of a body; an empty body is an empty one. Raises BadRequest."""
    body: bytes = request.state.body
    if not body.strip():
        return {}
    try:
        told = fhir.loads(body)
    except (fhir.ParseError, ValueError) as error:
        raise BadRequest("not-json") from error
    if not isinstance(told, dict):
        raise BadRequest("not-json")
    return told


def _prefers_english(request: Request) -> bool:
    return request.headers.get("accept-language", "").strip().lower().startswith("en")


def _json(told: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(fhir.dumps(told), status, headers, "application/json")


def _problem(
    status: int, message: Message, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """A refusal (RFC 9457), in both languages."""
    body = {
        "type": "about:blank", "status": status, "title": message.en, "detail": message.en,
        "vi": message.vi, "en": message.en, **more,
    }  # fmt: skip
    return JSONResponse(body, status, headers, "application/problem+json")


def _refusal(error: DeskError) -> Response:
    more: dict[str, Any] = {"code": error.code, "key": error.key}
    if isinstance(error, NotTaken):
        more["faults"] = [{"field": f, "vi": vi, "en": en} for f, vi, en in error.faults]
    return _problem(error.status, error.message, **more)
