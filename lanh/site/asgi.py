"""The front door: one ASGI application that owns the port and hands other paths to the pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from a2wsgi import WSGIMiddleware
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lanh.connectors import hl7v2
from lanh.connectors.claims_xml.calls import ClaimCalls
from lanh.core.api import (
    Authenticator,
    Direct,
    TokenEndpoint,
    bulk_operations,
    bulk_routes,
    bus_routes,
    desk_routes,
    fhir_routes,
    interface_of,
    subscription_routes,
    terminology_operations,
)
from lanh.core.bulk import Folder
from lanh.core.database import AsyncDatabase, SyncDatabase, fetch_one
from lanh.core.web import WsgiApplication, application
from lanh.nation.local_time import VIETNAM
from lanh.site.collection import collect_seldom
from lanh.site.desks import open_desks
from lanh.site.instance import Instance
from lanh.site.observation import Observed, metrics
from lanh.site.outgoing import destinations, import_sources
from lanh.site.services import page_services
from lanh.site.settings import Settings
from lanh.site.signing import desk_ports
from lanh.site.wiring import open_intake, open_records, person_access, places_of

_PAGE_THREADS = 8


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _ready(request: Request) -> Response:
    database: AsyncDatabase = request.app.state.database
    try:
        await database.read(fetch_one("SELECT 1"))
    except Exception as error:
        return JSONResponse({"ready": False, "database": type(error).__name__}, 503)
    return JSONResponse({"ready": True})


def _bridged(pages: WsgiApplication) -> ASGIApp:
    """The pages as an ASGI application: each request in a thread."""
    bridge: Any = WSGIMiddleware
    bridged = bridge(pages, workers=_PAGE_THREADS)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def received() -> Message:
            # The bridge hands this to another thread, which takes a coroutine; granian's own
            # `receive` gives another kind of awaitable.
            return await receive()

        await bridged(scope, received, send)

    return answer


def _interfaces(
    instance: Instance, database: AsyncDatabase, pages: SyncDatabase
) -> list[BaseRoute]:
    """Every route that needs the engines; the pages take what no other route takes."""
    settings = instance.settings
    places = places_of(pages)
    records = open_records(destinations(settings))
    intake = open_intake(records.store, settings)
    authenticator = Authenticator(database, person_access(places))
    tokens = TokenEndpoint(database, [settings.url, f"http://localhost:{settings.port}"])
    opened = open_desks(records, **desk_ports(settings, records.store))
    site = application(page_services(instance, pages, records, places, opened))
    return [
        *tokens.routes(),
        *bus_routes(
            pages,
            intake,
            authenticator.authenticate,
            acknowledge={"hl7v2": hl7v2.acknowledge},
        ),
        *ClaimCalls(pages, intake, authenticator.authenticate).routes(),
        *desk_routes(
            pages,
            opened.desks,
            opened.lists,
            authenticator.authenticate,
            lambda: datetime.now(VIETNAM),
        ),
        *bulk_routes(
            database,
            records.store,
            authenticator.authenticate,
            Folder(instance.bulk),
            import_sources(settings),
        ),
        *subscription_routes(database, authenticator.authenticate),
        *fhir_routes(
            database,
            records.store,
            authenticator.authenticate,
            [*terminology_operations(records.terminology), *bulk_operations()],
            conformance=records.conformance,
            websocket=True,
            later=True,
        ),
        Mount("/", app=_bridged(site)),
    ]


def create_app(settings: Settings) -> Any:
    """The application of one server process; it opens its engines when it starts."""
    instance = Instance(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        url = instance.database_url()
        pages = await asyncio.to_thread(SyncDatabase.connect, url, max_size=12)
        database = await AsyncDatabase.connect(url, max_size=8)
        app.state.database = database
        opened = await asyncio.to_thread(_interfaces, instance, database, pages)
        app.router.routes.extend(opened)
        direct.interface = interface_of(opened)
        collect_seldom()
        try:
            yield
        finally:
            await database.close()
            await asyncio.to_thread(pages.close)

    routes: list[BaseRoute] = [
        Route("/healthz", _alive),
        Route("/readyz", _ready),
        Route("/metrics", metrics),
    ]
    direct = Direct(Starlette(routes=routes, lifespan=lifespan))
    return Observed(direct)
