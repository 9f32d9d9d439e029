"""The FHIR interface alone, for the benchmark, with the tokens of client systems.

`/bench/reply` answers with as many bytes as a resource has and does nothing else: what HTTP alone
costs in this process.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from lanh.core.api import Authenticator, Direct, fhir_routes, interface_of
from lanh.core.database import AsyncDatabase
from lanh.core.store import Store
from lanh.site.collection import collect_seldom

_REPLY = b"x" * 1100
_HEADERS = [
    (b"content-type", b"application/fhir+json"),
    (b"content-length", str(len(_REPLY)).encode()),
]


async def _reply(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _REPLY})


@asynccontextmanager
async def _lifespan(application: Starlette) -> AsyncIterator[None]:
    database = await AsyncDatabase.connect(os.environ["LANH_BENCH_URL"], max_size=4)
    authenticator = Authenticator(database)
    routes = fhir_routes(database, Store(), authenticator.authenticate)
    application.router.routes.extend(routes)
    app.interface = interface_of(routes)
    collect_seldom()
    yield
    await database.close()


app = Direct(Starlette(routes=[Mount("/bench/reply", app=_reply)], lifespan=_lifespan))
