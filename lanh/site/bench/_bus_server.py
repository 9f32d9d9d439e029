"""The bus alone, for the benchmark: HTTP by granian, and MLLP on a port of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette

from lanh.connectors.hl7v2 import mllp
from lanh.core.api import Authenticator, bus_routes
from lanh.core.database import AsyncDatabase, SyncDatabase
from lanh.site.collection import collect_seldom
from lanh.site.wiring import open_intake, open_records


@asynccontextmanager
async def _lifespan(application: Starlette) -> AsyncIterator[None]:
    url = os.environ["LANH_BENCH_URL"]
    database = await AsyncDatabase.connect(url, max_size=4)
    settling = await asyncio.to_thread(SyncDatabase.connect, url, max_size=8)
    intake = open_intake(open_records().store)
    authenticate = Authenticator(database).authenticate
    application.router.routes.extend(bus_routes(settling, intake, authenticate))
    server = mllp.MllpServer(mllp.registered_senders(database), mllp.into(intake, settling))
    port = int(os.environ["LANH_BENCH_MLLP"])
    listening = asyncio.create_task(mllp.serve(server, port=port))
    collect_seldom()
    yield
    listening.cancel()
    await database.close()
    await asyncio.to_thread(settling.close)


app: Any = Starlette(lifespan=_lifespan)
