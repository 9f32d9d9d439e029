"""One HTTP request to a receiver: bounded, to a checked address, without following redirects."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpcore

from lanh.core.jobs.deliverer import DeliveryFailed
from lanh.core.jobs.destination import DestinationRefused, Destinations, open_connections

IDEMPOTENCY_KEY = "Idempotency-Key"
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}")
_TIMEOUT = {"connect": 10.0, "read": 20.0, "write": 20.0, "pool": 5.0}
# What the connection itself says; a client's own words for them would let it forge requests.
_OURS = frozenset(
    {
        "connection", "content-length", "content-type", "expect", "host", "idempotency-key",
        "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


class HeaderRefused(ValueError):
    """A header line that we do not send; its value is not told."""


def parse_header(line: str) -> tuple[str, str]:
    """(name, value) of a line "Name: value". Raises HeaderRefused.

    Refused are broken lines, control characters, and the headers of the connection itself.
    """
    name, colon, value = line.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or not _TOKEN.fullmatch(name) or len(value) > 8000:
        raise HeaderRefused(name[:100] if _TOKEN.fullmatch(name) else "")
    if not value.isascii() or not value.isprintable():
        raise HeaderRefused(name)
    if name.lower() in _OURS or name.lower().startswith("proxy-"):
        raise HeaderRefused(name)
    return name, value


async def send(
    destinations: Destinations,
    method: str,
    url: str,
    *,
    key: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str | None = None,
) -> int:
    """Send one request with `key` as its Idempotency-Key; the status (2xx). Raises DeliveryFailed.

    The answer's body is not read: a receiver says by the status that it has taken the message.
    """
    given = [*headers, (IDEMPOTENCY_KEY, f'"{key}"')]
    if content_type is not None:
        given.append(("Content-Type", content_type))
    async with _answer(destinations, method, url, given, body) as response:
        if 200 <= response.status < 300:
            return int(response.status)
        raise DeliveryFailed(
            f"http {response.status}",
            give_up=response.status == 410,
            retry_after=_retry_after(response.headers),
        )


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> float | None:
    found: Mapping[bytes, bytes] = {name.lower(): value for name, value in headers}
    text = found.get(b"retry-after", b"")
    return float(text) if text.isdigit() and len(text) < 7 else None


@asynccontextmanager
async def _answer(
    destinations: Destinations,
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
) -> AsyncIterator[httpcore.Response]:
    try:
        destinations.check(url)
        async with (
            open_connections(destinations) as pool,
            pool.stream(
                method, url, headers=list(headers), content=body, extensions={"timeout": _TIMEOUT}
            ) as response,
        ):
            yield response
    except DestinationRefused as error:
        raise DeliveryFailed(error.code) from None
    except httpcore.TimeoutException:
        raise DeliveryFailed("timeout") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise DeliveryFailed(f"connection: {type(error).__name__}") from None


@asynccontextmanager
async def download(
    destinations: Destinations, url: str, headers: Sequence[tuple[str, str]] = ()
) -> AsyncIterator[AsyncIterator[bytes]]:
    """The body of a GET in pieces, for files that we fetch on a client's word.

    Raises DeliveryFailed where the answer is not 200. Who reads it bounds its size.
    """
    given = [("Accept", "*/*"), *headers]
    async with _answer(destinations, "GET", url, given, b"") as response:
        if response.status != 200:
            raise DeliveryFailed(f"http {response.status}")
        yield response.aiter_stream()


async def exchange(
    destinations: Destinations,
    url: str,
    *,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes,
    content_type: str,
    largest: int,
) -> tuple[int, bytes]:
    """POST and read the answer: (status, its first `largest` bytes). Raises DeliveryFailed.

    For partners whose answer is in the body, whatever the status; a longer body is an error.
    """
    given = [*headers, ("Content-Type", content_type), ("Accept", "application/json")]
    async with _answer(destinations, "POST", url, given, body) as response:
        content = b""
        async for piece in response.aiter_stream():
            content += piece
            if len(content) > largest:
                raise DeliveryFailed("answer too large")
        return int(response.status), content
