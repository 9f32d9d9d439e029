"""The front door: one ASGI application that owns the port and hands other paths to the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from lanh.core.database import fetch_one
from lanh.site import observation
from lanh.site.instance import Instance
from lanh.site.settings import Settings
from lanh.site.wiring import Engines, open_engines


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _ready(request: Request) -> Response:
    engines: Engines = request.app.state.engines
    try:
        await engines.database.read(fetch_one("SELECT 1"))
    except Exception as error:
        return JSONResponse({"ready": False, "database": type(error).__name__}, 503)
    return JSONResponse({"ready": True})


def create_app(settings: Settings) -> Any:
    """The application of one server process; it opens its engines when it starts."""
    instance = Instance(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        engines = await open_engines(instance)
        app.state.engines = engines
        app.router.routes.extend(engines.tokens.routes())
        try:
            yield
        finally:
            await engines.close()

    routes: list[BaseRoute] = [
        Route("/healthz", _alive),
        Route("/readyz", _ready),
        Route("/metrics", observation.metrics),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
