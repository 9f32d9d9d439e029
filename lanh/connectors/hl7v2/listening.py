"""Connections without TLS, taken until cancelled: what MLLP and analysers have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

Handle: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Open: TypeAlias = Callable[[Handle], Awaitable[asyncio.Server]]

_log = structlog.get_logger(__name__)


async def take_connections(
    handle: Handle,
    open_: Open,
    *,
    may_connect: Callable[[str], bool],
    refusal: str,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Handle each connection of a peer whose address `may_connect`, until cancelled.

    `open_` starts the server, `refusal` is what the log says of other peers, `ready` is told the
    port. Connections are cut on cancelling.
    """
    tasks: set[asyncio.Task[None]] = set()

    async def judge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        peer = writer.get_extra_info("peername")
        if not peer or not may_connect(peer[0]):
            _log.warning(refusal)
            writer.close()
            return
        await handle(reader, writer)

    listener = await open_(judge)
    if ready is not None:
        ready(listener.sockets[0].getsockname()[1])
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
