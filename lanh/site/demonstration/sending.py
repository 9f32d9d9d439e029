"""Send messages to a bus over HTTP, each as its facility's client system, and count what came back.

Messages of one phase go out together, each client's in their order; the next phase waits for them.
A server that is busy or restarting is tried again.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

import httpx

from lanh.site.demonstration.messages import OutgoingMessage

Progress: TypeAlias = Callable[[int, Counter[str]], None]
"""Told after each message: how many are done, and the counts by state so far."""

Tokens: TypeAlias = Mapping[str, httpx.Auth] | Callable[[str], httpx.Auth]
"""The authentication of a client system by its id."""

_WAVE = 400  # messages held at once
_TRIES = 6
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_TIMEOUT = httpx.Timeout(120.0, connect=10.0)


@dataclass(slots=True)
class Report:
    """What became of the messages: counts by receipt state, and examples of what was not taken."""

    states: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """How many messages were sent."""
        return sum(self.states.values())

    @property
    def complete(self) -> bool:
        """Whether every message was accepted."""
        return set(self.states) <= {"accepted", "received"}


def send(
    base_url: str,
    messages: Iterable[OutgoingMessage],
    tokens: Tokens,
    progress: Progress | None = None,
    concurrency: int = 8,
) -> Report:
    """Send messages to `base_url`/bus; `tokens` gives the authentication of a client id.

    Raises httpx.HTTPError where the server cannot be reached at all after several tries.
    """
    return asyncio.run(deliver(base_url, messages, tokens, progress, concurrency))


async def deliver(
    base_url: str,
    messages: Iterable[OutgoingMessage],
    tokens: Tokens,
    progress: Progress | None = None,
    concurrency: int = 8,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Report:
    """`send` for a caller that has an event loop; `transport` stands in for the network."""
    auth = tokens if callable(tokens) else tokens.__getitem__
    sender = _Sender(base_url, auth, progress, concurrency)
    limits = httpx.Limits(max_connections=concurrency)
    async with httpx.AsyncClient(timeout=_TIMEOUT, limits=limits, transport=transport) as http:
        return await sender.run(http, messages)


def _waves(messages: Iterable[OutgoingMessage]) -> Iterator[list[OutgoingMessage]]:
    """Runs of messages of one phase, cut at the size that is held at once."""
    for _, run in groupby(messages, key=lambda message: message.phase):
        wave: list[OutgoingMessage] = []
        for message in run:
            wave.append(message)
            if len(wave) == _WAVE:
                yield wave
                wave = []
        if wave:
            yield wave


class _Sender:
    def __init__(
        self,
        base_url: str,
        auth: Callable[[str], httpx.Auth],
        progress: Progress | None,
        concurrency: int,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/bus"
        self._auth = auth
        self._auths: dict[str, httpx.Auth] = {}
        self._progress = progress
        self._slots = asyncio.Semaphore(concurrency)
        self.report = Report()

    async def run(self, http: httpx.AsyncClient, messages: Iterable[OutgoingMessage]) -> Report:
        began = time.monotonic()
        for wave in _waves(messages):
            of: dict[str, list[OutgoingMessage]] = {}
            for message in wave:
                of.setdefault(message.client, []).append(message)
            async with asyncio.TaskGroup() as group:
                for own in of.values():
                    group.create_task(self._in_order(http, own))
        self.report.seconds = time.monotonic() - began
        return self.report

    async def _in_order(self, http: httpx.AsyncClient, own: list[OutgoingMessage]) -> None:
        for message in own:
            async with self._slots:
                response = await self._post(http, message)
            self._count(message, response)

    async def _post(self, http: httpx.AsyncClient, message: OutgoingMessage) -> httpx.Response:
        if message.client not in self._auths:
            self._auths[message.client] = self._auth(message.client)
        headers = {"Content-Type": message.content_type}
        for attempt in range(1, _TRIES + 1):
            try:
                response = await http.post(
                    self._url,
                    content=message.body,
                    headers=headers,
                    auth=self._auths[message.client],
                )
                if response.status_code not in _BUSY or attempt == _TRIES:
                    return response
            except httpx.TransportError:
                if attempt == _TRIES:
                    raise
            await asyncio.sleep(min(8.0, 0.25 * 2**attempt))
        raise AssertionError("the last try returns or raises")

    def _count(self, message: OutgoingMessage, response: httpx.Response) -> None:
        try:
            receipt = response.json()
            state = str(receipt["state"])
        except (ValueError, KeyError, TypeError):
            receipt, state = {}, f"http-{response.status_code}"
        self.report.states[state] += 1
        self.report.formats[message.format] += 1
        if state not in ("accepted", "received") and len(self.report.faults) < 20:
            self.report.faults.append(f"{message.client} {message.format} {state} {_why(receipt)}")
        if self._progress is not None:
            self._progress(self.report.sent, self.report.states)


def _why(receipt: Mapping[str, object]) -> str:
    """The first reasons of a receipt: codes and places, which name nobody."""
    found: list[str] = []
    parts = receipt.get("parts")
    for holder in [receipt, *(parts if isinstance(parts, list) else [])]:
        for issue in holder.get("issues") or ():
            if issue.get("severity") in ("error", "fatal"):
                found.append(f"{issue.get('code')} {issue.get('expression')}: {issue.get('en')}")
    return "; ".join(found[:3])
