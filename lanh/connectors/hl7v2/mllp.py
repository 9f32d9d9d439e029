"""The MLLP listener: HL7 v2 over TCP (HL7 MLLP release 1: VT, message, FS, CR).

MLLP carries no credentials. A sender is known by the names in MSH-3 and MSH-4 that the operator
registered for a client system; whoever else connects gets AR. Without TLS only this machine and
the networks that the operator names may connect; with mutual TLS (`tls`) the certificate says
which client system it is, and MSH may not name another.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import structlog

from lanh.connectors.hl7v2.acknowledgement import answers, reject
from lanh.connectors.hl7v2.listening import Handle, take_connections
from lanh.connectors.hl7v2.reader import Message, Unreadable, read
from lanh.connectors.hl7v2.words import WORDS
from lanh.core import accounts, bus
from lanh.core.bus import Intake, Receipt, Sender, Submission
from lanh.core.database import AsyncDatabase, SyncDatabase

PORT = 2575
MAX_BYTES = 16 * 1024 * 1024
IDLE_SECONDS = 300.0
MAX_CONNECTIONS = 200
_START, _END = b"\x0b", b"\x1c\r"
_FORMAT = "hl7v2"

Identify: TypeAlias = Callable[[str, str], Awaitable[Sender | None]]
Certified: TypeAlias = Callable[[Sequence[str], str, str], Awaitable[Sender | None]]
"""The sender that the names of a certificate mean, where MSH-3 and MSH-4 do not mean another."""
Deliver: TypeAlias = Callable[[Submission], Awaitable[Receipt]]

_log = structlog.get_logger(__name__)


class MllpServer:
    """Takes framed messages and answers each with an ACK, in order, on the same connection.

    A message is kept durably before its ACK is sent. `identify` knows the sender behind MSH-3 and
    MSH-4, `certified` the one behind a client certificate; `deliver` keeps and settles a message.
    """

    def __init__(
        self,
        identify: Identify,
        deliver: Deliver,
        *,
        certified: Certified | None = None,
        max_bytes: int = MAX_BYTES,
        idle_seconds: float = IDLE_SECONDS,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._identify = identify
        self._deliver = deliver
        self._certified = certified
        self.max_bytes = max_bytes
        self._idle = idle_seconds
        self._free = max_connections

    def reserve(self) -> bool:
        """Take one of the places for connections; False where none is free."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    def release(self) -> None:
        """Give a place back."""
        self._free += 1

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection without TLS."""
        if not self.reserve():
            writer.close()
            return
        try:
            await self.converse(reader, writer)
        finally:
            self.release()

    async def converse(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        names: Sequence[str] | None = None,
    ) -> None:
        """Answer messages until the connection is closed, idle, or speaks nonsense.

        `names` are those of the peer's certificate; None where it had to show none.
        """
        try:
            while True:
                content = await asyncio.wait_for(self._frame(reader), self._idle)
                if content is None:
                    return
                for answer in await self.answers(content, names):
                    writer.write(_START + answer + _END)
                await asyncio.wait_for(writer.drain(), self._idle)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, OSError):
            return
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _frame(self, reader: asyncio.StreamReader) -> bytes | None:
        """The next message; None at the end. What lies between frames is passed over."""
        skipped = 0
        while (sign := await reader.read(1)) != _START:
            skipped += 1
            if not sign or skipped > 4096:
                return None
        # The carriage return after FS is passed over with whatever lies between frames.
        content = await reader.readuntil(_END[:1])
        return content[:-1]

    async def answers(self, content: bytes, certified: Sequence[str] | None = None) -> list[bytes]:
        """The acknowledgements that one frame asks for. Never raises."""
        try:
            messages = read(content)
        except Unreadable as error:
            issue = {**_plain(error.issue.message, error.issue.expression), "code": "structure"}
            return reject(None, "AR", issue)
        first = messages[0]
        try:
            sender = await self._sender(messages, certified)
            if sender is None:
                return reject(first, "AR", _plain(WORDS.message("sender-unknown"), "MSH-3"))
            submission = Submission(sender, content, "x-application/hl7-v2+er7", _FORMAT)
            receipt = await self._deliver(submission)
        except Exception as error:
            _log.error("message not kept", error=type(error).__name__)
            issue = {**_plain(WORDS.message("busy"), ""), "code": "exception"}
            return reject(first, "AE", issue)
        return answers(content, receipt)

    async def _sender(
        self, messages: list[Message], certified: Sequence[str] | None
    ) -> Sender | None:
        """The one sender of every message of the frame, or None."""
        names = {(message.header[3][1], message.header[4][1]) for message in messages}
        if len(names) != 1:
            return None
        application, facility = names.pop()
        if certified is None:
            return await self._identify(application, facility)
        if self._certified is None:
            return None
        return await self._certified(certified, application, facility)


def _plain(message: object, expression: str) -> dict[str, str]:
    return {
        "severity": "error",
        "code": "forbidden",
        "expression": expression,
        "vi": getattr(message, "vi", ""),
        "en": getattr(message, "en", ""),
    }


def registered_senders(database: AsyncDatabase) -> Identify:
    """Senders as the accounts have them: client systems with registered MLLP names.

    They act with all the scopes registered for them, since MLLP asks for none.
    """

    async def identify(application: str, facility: str) -> Sender | None:
        client = await database.read(accounts.client_by_mllp_name(application, facility))
        if client is None:
            return None
        return bus.sender_of(accounts.client_access(client, client.scopes))

    return identify


def certified_senders(database: AsyncDatabase) -> Certified:
    """Senders by certificate: the active client system whose id is one of its names.

    A message whose MSH-3 and MSH-4 are registered for another system is nobody's.
    """

    async def identify(names: Sequence[str], application: str, facility: str) -> Sender | None:
        for name in names:
            client = await database.read(accounts.client_by_id(name))
            if client is None or not client.active:
                continue
            named = await database.read(accounts.client_by_mllp_name(application, facility))
            if named is not None and named.id != client.id:
                return None
            return bus.sender_of(accounts.client_access(client, client.scopes))
        return None

    return identify


def admitted(networks: Sequence[str]) -> Callable[[str], bool]:
    """Whether an address may connect without TLS: this machine's own and those of `networks`."""
    known = [ipaddress.ip_network(network) for network in networks]

    def judge(address: str) -> bool:
        try:
            peer = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(peer, "ipv4_mapped", None)
        peer = mapped or peer
        return peer.is_loopback or any(peer in network for network in known)

    return judge


def into(intake: Intake, database: AsyncDatabase | SyncDatabase) -> Deliver:
    """Deliver messages to an intake; with a `SyncDatabase`, in threads."""

    async def deliver(submission: Submission) -> Receipt:
        if isinstance(database, SyncDatabase):
            return await asyncio.to_thread(bus.submit, intake, database, submission)
        return await bus.submit_async(intake, database, submission)

    return deliver


async def serve(
    server: MllpServer,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    listening: socket.socket | None = None,
    ready: Callable[[int], None] | None = None,
    may_connect: Callable[[str], bool] = admitted(()),  # noqa: B008 (a pure function of nothing)
) -> None:
    """Listen without TLS until cancelled, on `host` and `port` or on a socket that listens already.

    `may_connect` judges a peer's address; `ready` is told the port.
    Connections are cut on cancelling: a message whose ACK did not get through is sent again, and
    gets the receipt that it has.
    """

    def open_(handle: Handle) -> Awaitable[asyncio.Server]:
        if listening is not None:
            return asyncio.start_server(handle, sock=listening, limit=server.max_bytes)
        return asyncio.start_server(handle, host, port, limit=server.max_bytes)

    await take_connections(
        server.handle,
        open_,
        may_connect=may_connect,
        refusal="connection without TLS refused",
        ready=ready,
    )
