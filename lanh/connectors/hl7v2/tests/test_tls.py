"""MLLP over TLS on real sockets: certificates, mutual TLS, and handshakes that fail."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import structlog

from lanh.connectors import hl7v2
from lanh.connectors.fhir.tests.support import make_intake, make_sender, stored
from lanh.connectors.hl7v2 import mllp, tls
from lanh.connectors.hl7v2.tests.certificates import Authority
from lanh.connectors.hl7v2.tests.sample import admission, header, person
from lanh.connectors.hl7v2.tests.test_mllp import _ask, code
from lanh.core.accounts import Client, create_client
from lanh.core.bus import Sender
from lanh.core.database import AsyncDatabase, SyncDatabase

T = TypeVar("T")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "co-quan-thu")


async def _known(application: str, facility: str) -> Sender | None:
    return make_sender() if (application, facility) == ("HIS", "97001") else None


def serving(
    server: mllp.MllpServer, context: ssl.SSLContext, conversation: Callable[[int], Awaitable[T]]
) -> T:
    async def run() -> T:
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        task = asyncio.create_task(tls.serve_tls(server, context, listening, handshake_seconds=0.5))
        try:
            return await asyncio.wait_for(conversation(port), 30)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return asyncio.run(run())


def trusting(authority: Authority, certificate: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.path))
    if certificate is not None:
        context.load_cert_chain(certificate)
    return context


async def told(port: int, context: ssl.SSLContext, content: bytes) -> tuple[str, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        return code(await _ask(reader, writer, content))
    finally:
        writer.close()


def test_a_message_over_tls(database: SyncDatabase, authority: Authority) -> None:
    server = mllp.MllpServer(_known, mllp.into(make_intake(), database))
    context = tls.server_context(authority.issue("lanh"))

    async def conversation(port: int) -> tuple[str, str]:
        return await told(port, trusting(authority), admission("M1"))

    assert serving(server, context, conversation) == ("AA", "M1")
    assert len(stored(database, "Patient")) == 1


def _register(database: SyncDatabase) -> None:
    for name, code_ in (("his-97001", "97001"), ("his-97002", "97002")):
        client = Client(
            name, name, (code_,), scopes=("system/*.cruds",),
            keys_uri="https://his.invalid/keys", mllp_names=(("HIS", code_),),
        )  # fmt: skip
        database.transact(create_client(client))


def test_the_certificate_names_the_client_system(
    database: SyncDatabase, database_url: str, authority: Authority
) -> None:
    _register(database)
    context = tls.server_context(authority.issue("lanh"), client_ca=authority.path)
    by_name = trusting(authority, authority.issue("may-chu", "his-97001"))
    by_common_name = trusting(authority, authority.issue("his-97001"))
    unknown = trusting(authority, authority.issue("his-97009"))
    unregistered = hl7v2.write([header("ADT^A28", "M2", ""), person()])
    foreign = hl7v2.write([header("ADT^A28", "M3", "97002"), person()])

    async def conversation(port: int) -> list[tuple[str, str]]:
        pool = await AsyncDatabase.connect(database_url, max_size=1)
        server._certified = mllp.certified_senders(pool)
        try:
            return [
                await told(port, by_name, admission("M1")),
                await told(port, by_common_name, unregistered),
                await told(port, by_name, foreign),
                await told(port, unknown, admission("M4")),
            ]
        finally:
            await pool.close()

    server = mllp.MllpServer(_known, mllp.into(make_intake(), database))
    answers = serving(server, context, conversation)
    assert answers == [("AA", "M1"), ("AA", "M2"), ("AR", "M3"), ("AR", "M4")]


def test_handshakes_that_fail_end_and_leave_the_listener_whole(
    database: SyncDatabase, authority: Authority, tmp_path: Path
) -> None:
    """None, another CA's, an ended certificate, plain MLLP, silence: none gets a word in."""
    (tmp_path / "la").mkdir()
    stranger = Authority(tmp_path / "la", "co-quan-la")
    context = tls.server_context(authority.issue("lanh"), client_ca=authority.path)
    server = mllp.MllpServer(
        _known, mllp.into(make_intake(), database), certified=_anybody, max_connections=2
    )
    refused = [
        trusting(authority),
        trusting(authority, stranger.issue("his-97001")),
        trusting(authority, authority.issue("his-cu", days=-1)),
    ]

    async def conversation(port: int) -> tuple[str, str]:
        for bad in refused:
            with pytest.raises((OSError, EOFError)):
                await told(port, bad, admission("M0"))
        for first in (b"\x0b" + admission("M0") + b"\x1c\r", b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(first)
            answer = b""
            with _gone():
                answer = await asyncio.wait_for(reader.read(), 5)
            assert b"MSA" not in answer
            writer.close()
        good = trusting(authority, authority.issue("his-97001"))
        return await told(port, good, admission("M1"))

    with structlog.testing.capture_logs() as logs:
        assert serving(server, context, conversation) == ("AA", "M1")
    failed = [entry for entry in logs if entry["event"] == "handshake failed"]
    assert 1 <= len(failed) <= 6
    assert not any("his-" in str(entry) or "127." in str(entry) for entry in failed)


class _gone:
    """A peer may close with a reset."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, ConnectionError)


async def _anybody(names: object, application: str, facility: str) -> Sender | None:
    return make_sender()


def test_files_that_cannot_be_used_are_named(authority: Authority, tmp_path: Path) -> None:
    broken = tmp_path / "hong.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
    for certificate, client_ca in (
        (tmp_path / "khong-co.pem", None),
        (broken, None),
        (authority.issue("lanh"), broken),
    ):
        with pytest.raises(tls.CertificateUnusable) as fault:
            tls.server_context(certificate, client_ca=client_ca)
        assert str(client_ca or certificate) in fault.value.message.vi


def test_without_tls_only_known_networks_connect() -> None:
    judge = mllp.admitted(["10.1.0.0/16"])
    assert judge("127.0.0.1") and judge("::1") and judge("::ffff:127.0.0.1") and judge("10.1.2.3")
    assert not judge("10.2.0.1") and not judge("192.0.2.1") and not judge("nobody")


def test_a_peer_of_no_known_network_is_cut(database: SyncDatabase) -> None:
    async def run() -> bytes:
        server = mllp.MllpServer(_known, mllp.into(make_intake(), database))
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(
            mllp.serve(server, port=0, ready=port.set_result, may_connect=lambda _: False)
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", await port)
        try:
            writer.write(b"\x0b" + admission("M1") + b"\x1c\r")
            with _gone():
                return await asyncio.wait_for(reader.read(), 10)
            return b""
        finally:
            writer.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    assert asyncio.run(run()) == b""
    assert stored(database, "Patient") == []
