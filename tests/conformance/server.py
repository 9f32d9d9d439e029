"""The FHIR interface over ASGI on a database of the run's own."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
import psycopg
from starlette.applications import Starlette
from starlette.requests import Request

from lanh.core import access
from lanh.core.access import Access
from lanh.core.api.fhir import fhir_routes
from lanh.core.database import AsyncDatabase, Cluster, migrate
from lanh.core.store import Store
from lanh.site.engines import ENGINES

T = TypeVar("T")


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of a database with every migration applied, gone afterwards.

    On the server of LANH_TEST_DATABASE_URL, else on an embedded one.
    """
    given = os.environ.get("LANH_TEST_DATABASE_URL")
    root = Path(tempfile.mkdtemp(prefix="lanh-conformance-"))
    root.chmod(0o755)
    quick = {"fsync": "off", "synchronous_commit": "off"}
    cluster = None if given else Cluster(root, settings=quick)
    try:
        server = given or (cluster.start() if cluster else "")
        name = f"conformance_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        head, _, query = server.partition("?")
        url = f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
        migrate(url, ENGINES)
        yield url
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        if cluster is not None:
            cluster.stop()
        shutil.rmtree(root, ignore_errors=True)


async def _everything(_request: Request) -> Access:
    return access.system_access("conformance")


def with_client(steps: Callable[[httpx.AsyncClient], Awaitable[T]]) -> T:
    """What `steps` gives, with a client of the interface to whom everything is allowed."""

    async def main(url: str) -> T:
        database = await AsyncDatabase.connect(url, max_size=4)
        app = Starlette(routes=fhir_routes(database, Store(), _everything))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test/fhir", headers={"accept-language": "en"}
        ) as client:
            found = await steps(client)
        await database.close()
        return found

    with fresh_database() as url:
        return asyncio.run(main(url))
