"""Subscriptions by websocket (R4 2.46): `bind ID` is answered by `bound ID`, a match by `ping ID`.

A ping says only that something matched: what it was is asked for by a search, under the asker's
own rights. Matches while no socket was bound are told by the next one that binds.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from lanh.core import subscriptions
from lanh.core.access import Access
from lanh.core.api.authentication import Unauthorized
from lanh.core.database import AsyncDatabase

AuthenticateSocket: TypeAlias = Callable[[WebSocket], Awaitable[Access]]
PATH = "/fhir/websocket"
_LONGEST, _MOST_BOUND, _MOST_PINGS = 100, 200, 50
_EVERY = 0.5  # seconds between looks
_POLICY_VIOLATION = 1008
_log = structlog.get_logger(__name__)


def subscription_routes(
    database: AsyncDatabase, authenticate: AuthenticateSocket
) -> list[BaseRoute]:
    """What the server mounts, before the routes of /fhir."""

    async def serve(socket: WebSocket) -> None:
        try:
            access = await authenticate(socket)
        except Unauthorized:
            await socket.close(_POLICY_VIOLATION)
            return
        await socket.accept()
        await _Bound(database, socket, access).serve()

    return [WebSocketRoute(PATH, serve)]


class _Bound:
    """One socket and the subscriptions that are bound to it."""

    def __init__(self, database: AsyncDatabase, socket: WebSocket, access: Access) -> None:
        self._database = database
        self._socket = socket
        self._access = access
        self._seen: dict[str, int] = {}

    async def serve(self) -> None:
        """Listen and ping until the client goes."""
        pinging = asyncio.create_task(self._ping())
        try:
            while True:
                await self._heard(await self._socket.receive_text())
        except (WebSocketDisconnect, KeyError):  # KeyError: bytes where text is expected
            pass
        finally:
            pinging.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await pinging

    async def _heard(self, text: str) -> None:
        word, _, name = text.strip().partition(" ")
        if word != "bind" or not 0 < len(name) <= _LONGEST:
            await self._socket.send_text("error")
            return
        one = await self._database.read(subscriptions.find(name))
        own = one is not None and one.principal.is_of(self._access)
        if one is None or not own or one.channel != "websocket" or len(self._seen) >= _MOST_BOUND:
            await self._socket.send_text(f"error {name}")
            return
        known = await self._database.read(subscriptions.pings([name]))
        self._seen.setdefault(name, known.get(name, (0, 0))[1])
        await self._socket.send_text(f"bound {name}")

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            try:
                await self._look()
            except (WebSocketDisconnect, RuntimeError):
                return  # the client has gone
            except Exception as error:
                _log.error("pings interrupted", exc_info=error)

    async def _look(self) -> None:
        if not self._seen:
            return
        found = await self._database.read(subscriptions.pings(list(self._seen)))
        for name, (count, _) in found.items():
            for _ in range(min(count - self._seen[name], _MOST_PINGS)):
                await self._socket.send_text(f"ping {name}")
            if count > self._seen[name]:
                self._seen[name] = count
                await self._database.transact(subscriptions.told(name, count))
