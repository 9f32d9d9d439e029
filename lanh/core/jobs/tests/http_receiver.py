"""A small HTTP server on 127.0.0.1 that notes what it gets and answers as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Got:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Got], bytes | Awaitable[bytes]]


@dataclass(slots=True)
class HttpReceiver:
    """What came, in order; `answer` makes the raw answer of a request."""

    answer: Answer
    port: int = 0
    requests: list[Got] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ")
            lines = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in lines}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            got = Got(method, path, headers, body)
            self.requests.append(got)
            answer = self.answer(got)
            writer.write(answer if isinstance(answer, bytes) else await answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def status(code: int, *lines: str) -> bytes:
    """An answer without a body."""
    head = [f"HTTP/1.1 {code} X", "Content-Length: 0", "Connection: close", *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


@asynccontextmanager
async def receiving(answer: Answer) -> AsyncIterator[HttpReceiver]:
    """A server for the time of the block."""
    receiver = HttpReceiver(answer)
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
