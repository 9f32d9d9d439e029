"""A lean HTTP load generator: keep-alive connections, one request at a time on each."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Tally:
    """What a run of the generator saw: milliseconds of each answer, failures, the first failure."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    fault: bytes = b""

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0


class _Connection(asyncio.Protocol):
    def __init__(self, requests: list[bytes], at: int, step: int, tally: Tally) -> None:
        self.requests, self.at, self.step, self.tally = requests, at, step, tally
        self.buffer = b""
        self.need = -1
        self.sent = 0.0
        self.stopping = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._send()

    def _send(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(self.requests[self.at % len(self.requests)])  # type: ignore[attr-defined]
        self.at += self.step

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.need < 0:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            match = _LENGTH.search(self.buffer, 0, end + 2)
            self.need = end + 4 + (int(match.group(1)) if match else 0)
        if len(self.buffer) < self.need:
            return
        self.tally.latencies.append((time.perf_counter() - self.sent) * 1000)
        if self.buffer[9:10] != b"2":
            self.tally.failures += 1
            self.tally.fault = self.tally.fault or self.buffer[:2000]
        self.buffer, self.need = self.buffer[self.need :], -1
        if self.stopping:
            self.transport.close()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def _run(port: int, requests: list[bytes], connections: int, seconds: float) -> Tally:
    tally = Tally()
    loop = asyncio.get_running_loop()
    opened = []
    start = time.perf_counter()
    for number in range(connections):
        _, connection = await loop.create_connection(
            lambda number=number: _Connection(requests, number, connections, tally),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        opened.append(connection)
    await asyncio.sleep(seconds)
    for connection in opened:
        connection.stopping = True
    await asyncio.gather(*(connection.done for connection in opened))
    tally.seconds = time.perf_counter() - start
    return tally


def hammer(port: int, requests: list[bytes], connections: int, seconds: float) -> Tally:
    """Send the requests in turn over keep-alive connections for a while. Run it in a process of
    its own, so that its CPU time is not the server's."""
    return asyncio.run(_run(port, requests, connections, seconds))


def request(method: str, path: str, body: bytes = b"", *, token: str) -> bytes:
    """The bytes of a request to the FHIR interface, with a bearer token."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body
