"""The front door: one ASGI application that owns the port and hands other paths to the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from lanh.core.database import AsyncDatabase, fetch_one
from lanh.site import observation
from lanh.site.instance import Instance
from lanh.site.settings import Settings


async def _alive(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _ready(request: Request) -> Response:
    database: AsyncDatabase = request.app.state.database
    try:
        await database.read(fetch_one("SELECT 1"))
    except Exception as error:
        return JSONResponse({"ready": False, "database": type(error).__name__}, 503)
    return JSONResponse({"ready": True})


def create_app(settings: Settings) -> Any:
    """The application of one server process; it opens its pools when it starts."""
    instance = Instance(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await AsyncDatabase.connect(instance.database_url(), max_size=8)
        app.state.database = database
        try:
            yield
        finally:
            await database.close()

    routes: list[BaseRoute] = [
        Route("/healthz", _alive),
        Route("/readyz", _ready),
        Route("/metrics", observation.metrics),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
