"""MLLP over TLS: the listener's certificate, and who a client certificate names.

With a client CA (mutual TLS) a peer must show a certificate of it, and the certificate names the
client system: its id stands in a subject alternative name (DNS or URI) or in the common name.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from lanh.connectors.hl7v2.mllp import MllpServer
from lanh.connectors.hl7v2.words import WORDS
from lanh.core.text import Message

TLS_PORT = 2576
HANDSHAKE_SECONDS = 10.0
_LOG_SECONDS = 60.0

_log = structlog.get_logger(__name__)


class CertificateUnusable(ValueError):
    """A certificate, key or CA file cannot be used; `message` says which and why."""

    def __init__(self, path: Path, reason: str) -> None:
        self.message: Message = WORDS.message("certificate-unusable", path=path, reason=reason)
        super().__init__(self.message.en)


def server_context(
    certificate: Path, key: Path | None = None, client_ca: Path | None = None
) -> ssl.SSLContext:
    """TLS 1.2 or later with `certificate` (PEM, chain after it; `key` where it is another file).

    With `client_ca` (PEM) every peer must show a certificate that leads to it. Raises
    CertificateUnusable.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A key with a passphrase would wait for somebody to type it: it is refused instead.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise CertificateUnusable(certificate, _reason(error)) from error
    if client_ca is not None:
        try:
            context.load_verify_locations(client_ca)
        except (OSError, ValueError) as error:
            raise CertificateUnusable(client_ca, _reason(error)) from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def certified_names(certificate: Any) -> tuple[str, ...]:
    """The names in a verified peer certificate, as `ssl` gives it: DNS, URI, then common names."""
    if not certificate:
        return ()
    alternative = certificate.get("subjectAltName", ())
    names = [value for wanted in ("DNS", "URI") for kind, value in alternative if kind == wanted]
    for part in certificate.get("subject", ()):
        names += [value for kind, value in part if kind == "commonName"]
    return tuple(dict.fromkeys(names))


class _Failures:
    """Handshakes that failed, told once a minute for each reason, without addresses or names."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._told: dict[str, float] = {}

    def add(self, reason: str) -> None:
        self._counts[reason] = self._counts.get(reason, 0) + 1
        now = time.monotonic()
        if now - self._told.get(reason, -_LOG_SECONDS) < _LOG_SECONDS:
            return
        self._told[reason] = now
        _log.warning("handshake failed", reason=reason, count=self._counts.pop(reason))


def _reason(error: BaseException) -> str:
    """What OpenSSL calls the fault; never its text, which may quote what the peer sent."""
    named = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return str(named or type(error).__name__)[:80]


async def serve_tls(
    server: MllpServer,
    context: ssl.SSLContext,
    listening: socket.socket,
    *,
    handshake_seconds: float = HANDSHAKE_SECONDS,
    ready: Callable[[int], None] | None = None,
) -> None:
    """Take TLS connections on a listening socket until cancelled.

    A connection counts against the server's limit before its handshake, which has a time limit:
    a peer that opens connections and stays silent holds no more than its share.
    """
    loop = asyncio.get_running_loop()
    listening.setblocking(False)
    tasks: set[asyncio.Task[None]] = set()
    failures = _Failures()

    async def take(connection: socket.socket) -> None:
        if not server.reserve():
            connection.close()
            return
        try:
            reader = asyncio.StreamReader(limit=server.max_bytes)
            protocol = asyncio.StreamReaderProtocol(reader)
            try:
                transport, _ = await loop.connect_accepted_socket(
                    lambda: protocol, connection, ssl=context,
                    ssl_handshake_timeout=handshake_seconds,
                )  # fmt: skip
            except (OSError, EOFError) as error:
                connection.close()
                failures.add(_reason(error))
                return
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            mutual = context.verify_mode == ssl.CERT_REQUIRED
            names = certified_names(transport.get_extra_info("peercert")) if mutual else None
            await server.converse(reader, writer, names)
        finally:
            server.release()

    if ready is not None:
        ready(listening.getsockname()[1])
    try:
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError as error:
                # Too many open files, or a peer that was gone before it was taken: others follow.
                failures.add(_reason(error))
                await asyncio.sleep(0.1)
                continue
            task = asyncio.create_task(take(connection))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
