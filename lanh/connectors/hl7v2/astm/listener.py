"""The listener for analysers: LIS01-A2 over TCP, as serial device servers carry it.

A message is kept durably before the frame with its last record is acknowledged; what could not be
kept is answered with NAK, and the analyser sends it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

import structlog

from lanh.connectors.hl7v2.astm import records
from lanh.connectors.hl7v2.astm.connector import MEDIA_TYPE
from lanh.connectors.hl7v2.astm.framing import Receiver
from lanh.connectors.hl7v2.listening import take_connections
from lanh.connectors.hl7v2.mllp import Deliver, Identify
from lanh.core.bus import Submission

LINE_SECONDS = 30.0  # LIS01-A2 6.5.2.4: the receiver's timer while a session is open
IDLE_SECONDS = 3600.0
MAX_CONNECTIONS = 50

_log = structlog.get_logger(__name__)


class AnalyserServer:
    """Takes messages of analysers. `identify` knows the sender behind H-5, "" beside it."""

    def __init__(
        self,
        identify: Identify,
        deliver: Deliver,
        *,
        line_seconds: float = LINE_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._identify = identify
        self._deliver = deliver
        self._line = line_seconds
        self._idle = idle_seconds
        self._free = max_connections

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One line, until it is closed or too long silent."""
        if self._free <= 0:
            writer.close()
            return
        self._free -= 1
        try:
            await self._converse(reader, writer)
        except (TimeoutError, OSError):
            return
        finally:
            self._free += 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        receiver, wait = Receiver(), self._idle
        while True:
            content = await asyncio.wait_for(reader.read(65_536), wait)
            if not content:
                return
            steps = receiver.feed(content)
            while steps:
                step = steps.pop(0)
                if step.message is not None:
                    kept = await self._keep(step.message)
                    steps = receiver.kept() if kept else receiver.not_kept()
                    continue
                if step.answer:
                    writer.write(step.answer)
                wait = self._idle if step.ended else self._line
            await asyncio.wait_for(writer.drain(), self._line)

    async def _keep(self, message: bytes) -> bool:
        """Whether the message is kept; one of nobody known is not. Its faults are the bus's."""
        header = records.header_of(message)
        try:
            sender = await self._identify(header[5][1], "") if header is not None else None
            if sender is None:
                _log.warning("analyser not registered")
                return False
            await self._deliver(Submission(sender, message, MEDIA_TYPE, "astm"))
        except Exception as error:
            _log.error("message not kept", error=type(error).__name__)
            return False
        return True


async def serve_analysers(
    server: AnalyserServer,
    listening: socket.socket,
    *,
    may_connect: Callable[[str], bool],
    ready: Callable[[int], None] | None = None,
) -> None:
    """Listen until cancelled. `may_connect` judges a peer's address; `ready` is told the port."""
    await take_connections(
        server.handle,
        lambda handle: asyncio.start_server(handle, sock=listening),
        may_connect=may_connect,
        refusal="connection of an analyser refused",
        ready=ready,
    )
