"""The FHIR interface alone, for the benchmark: everybody is the same known client system."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request

from lanh.core.access import Access, system_access
from lanh.core.api import fhir_routes
from lanh.core.database import AsyncDatabase
from lanh.core.store import Store

_ACCESS = system_access("bench")


async def _authenticate(request: Request) -> Access:
    return _ACCESS


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    database = await AsyncDatabase.connect(os.environ["LANH_BENCH_URL"], max_size=4)
    app.router.routes.extend(fhir_routes(database, Store(), _authenticate))
    yield
    await database.close()


app = Starlette(lifespan=_lifespan)
