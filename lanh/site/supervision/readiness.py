"""Waiting until the front door answers that it is ready."""

from __future__ import annotations

import asyncio
import contextlib
import time

from lanh.site.settings import Settings

_EVERY = 0.1


async def wait(settings: Settings, stopping: asyncio.Event, *, seconds: float = 60.0) -> bool:
    """Ask `/readyz` until it answers 200 (True), or until told to stop or out of time (False)."""
    deadline = time.monotonic() + seconds
    while not stopping.is_set() and time.monotonic() < deadline:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            if await asyncio.wait_for(_ask(settings), 5.0):
                return True
        await asyncio.sleep(_EVERY)
    return stopping.is_set()


async def _ask(settings: Settings) -> bool:
    reader, writer = await asyncio.open_connection(settings.host, settings.port)
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        await writer.drain()
        status = await reader.readline()
        return status.split(b" ")[1:2] == [b"200"]
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
