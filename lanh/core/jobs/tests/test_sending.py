"""Requests to receivers: only to checked addresses, no redirects, a hard end."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.jobs import (
    DeliveryFailed,
    DestinationRefused,
    Destinations,
    HeaderRefused,
    download,
    parse_header,
    send,
)
from lanh.core.jobs.tests.http_receiver import Got, receiving, status

OPEN = Destinations()
HERE = Destinations.of(["127.0.0.0/8"], plain_http=True)


@pytest.mark.parametrize(
    "url",
    [
        "", "receiver", "//host/x", "https://", "https:///x", "https://[::1", "https://h:99999/",
        "http://example.org/x", "ftp://example.org/", "file:///etc/passwd", "gopher://example.org",
        "https://user:secret@example.org/", "https://example.org/#part", "https://exa mple.org/",
        "https://example.org/\r\nHost: other", "https://ví-dụ.vn/", "https://h/" + "x" * 3000,
        "https://127.0.0.1/", "https://10.1.2.3/", "https://192.168.1.1/", "https://172.16.0.1/",
        "https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://0.0.0.0/",
        "https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fc00::1]/",
        "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
        "https://224.0.0.1/", "https://255.255.255.255/", "https://240.0.0.1/",
    ],
)  # fmt: skip
def test_refused_by_its_text(url: str) -> None:
    with pytest.raises(DestinationRefused) as refused:
        OPEN.check(url)
    assert refused.value.message.vi and refused.value.message.en


@pytest.mark.parametrize(
    "url", ["https://example.org/hook?a=b", "https://8.8.8.8:8443/", "https://[2606:4700::1]/"]
)
def test_accepted_by_its_text(url: str) -> None:
    OPEN.check(url)


def test_what_is_configured_is_allowed() -> None:
    HERE.check("http://127.0.0.1:8080/hook")
    with pytest.raises(DestinationRefused):
        HERE.check("http://10.0.0.1/hook")


@given(st.ip_addresses(v=4))
def test_no_private_address_by_any_spelling(address: ipaddress.IPv4Address) -> None:
    allowed = OPEN.allows(address)
    assert not (allowed and (address.is_private or address.is_loopback or address.is_multicast))
    mapped = ipaddress.IPv6Address(f"::ffff:{address}")
    assert OPEN.allows(mapped) == allowed


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "no.invalid"])
def test_refused_by_what_the_name_means(host: str) -> None:
    with pytest.raises(DeliveryFailed) as failure:
        asyncio.run(send(OPEN, "POST", f"https://{host}:9/", key="k"))
    assert failure.value.fault.startswith("destination.")


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    async def mixed(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443))
            for each in ("93.184.216.34", "10.0.0.1")
        ]

    async def main() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", mixed)
        await OPEN.resolve("example.org", 443)

    with pytest.raises(DestinationRefused, match="private"):
        asyncio.run(main())


def test_a_name_is_resolved_once_and_that_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that turns to an inner address after it was judged gains nothing."""
    asked: list[str] = []

    async def main() -> int:
        async with receiving(lambda _: status(204)) as receiver:
            loop = asyncio.get_running_loop()
            real = loop.getaddrinfo

            async def once(host: str, port: int, **more: Any) -> Any:
                if host != "receiver.test":
                    return await real(host, port, **more)
                asked.append(host)
                assert len(asked) == 1, "the name was asked again"
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

            monkeypatch.setattr(loop, "getaddrinfo", once)
            url = f"http://receiver.test:{receiver.port}/hook"
            done = await send(HERE, "POST", url, key="k")
            assert receiver.requests[0].headers["host"] == f"receiver.test:{receiver.port}"
            return done

    assert asyncio.run(main()) == 204
    assert asked == ["receiver.test"]


def test_a_request_as_it_arrives() -> None:
    async def main() -> None:
        async with receiving(lambda _: status(200)) as receiver:
            await send(
                HERE, "PUT", f"{receiver.url}/fhir/Observation/1", key="abc",
                headers=[("Authorization", "Bearer x")], body=b"{}",
                content_type="application/fhir+json",
            )  # fmt: skip
            (got,) = receiver.requests
            assert (got.method, got.path, got.body) == ("PUT", "/fhir/Observation/1", b"{}")
            assert got.headers["idempotency-key"] == '"abc"'
            assert got.headers["authorization"] == "Bearer x"
            assert got.headers["content-type"] == "application/fhir+json"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (status(500), "http 500"),
        (status(302, "Location: http://127.0.0.1:1/"), "http 302"),
        (status(307, "Location: http://169.254.169.254/"), "http 307"),
        (status(404), "http 404"),
        (b"", "connection: RemoteProtocolError"),
        (b"not http at all\r\n\r\n", "connection: RemoteProtocolError"),
    ],
)
def test_what_is_no_success_is_a_failure(answer: bytes, fault: str) -> None:
    async def main() -> int:
        async with receiving(lambda _: answer) as receiver:
            try:
                return await send(HERE, "POST", receiver.url, key="k")
            finally:
                assert len(receiver.requests) == 1, "a redirect is not followed"

    with pytest.raises(DeliveryFailed) as failure:
        asyncio.run(main())
    assert failure.value.fault == fault and not failure.value.give_up


def test_gone_is_for_good_and_retry_after_is_heard() -> None:
    async def ask(answer: bytes) -> DeliveryFailed:
        async with receiving(lambda _: answer) as receiver:
            with pytest.raises(DeliveryFailed) as failure:
                await send(HERE, "POST", receiver.url, key="k")
            return failure.value

    assert asyncio.run(ask(status(410))).give_up
    assert asyncio.run(ask(status(503, "Retry-After: 30"))).retry_after == 30
    assert asyncio.run(ask(status(503, "Retry-After: tomorrow"))).retry_after is None


def test_a_receiver_that_drips_is_cut_off_by_the_callers_deadline() -> None:
    async def drip(_: Got) -> bytes:
        await asyncio.sleep(30)
        return b""

    def answer(got: Got) -> Awaitable[bytes]:
        return drip(got)

    async def main() -> None:
        async with receiving(answer) as receiver, asyncio.timeout(0.3):
            await send(HERE, "POST", receiver.url, key="k")

    with pytest.raises(TimeoutError):
        asyncio.run(main())


def test_a_closed_port_is_a_failure() -> None:
    with pytest.raises(DeliveryFailed, match="connection"):
        asyncio.run(send(HERE, "POST", "http://127.0.0.1:1/", key="k"))


def test_a_download_gives_the_body_and_refuses_other_answers() -> None:
    body = b"HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\nhello"

    async def main(answer: bytes) -> bytes:
        async with (
            receiving(lambda _: answer) as receiver,
            download(HERE, receiver.url) as pieces,
        ):
            return b"".join([piece async for piece in pieces])

    assert asyncio.run(main(body)) == b"hello"
    with pytest.raises(DeliveryFailed, match="http 404"):
        asyncio.run(main(status(404)))


@pytest.mark.parametrize(
    "line",
    [
        "no colon", ": value", "Bad Name: x", "X: a\r\nY: b", "X: a\nb", "X: \x00", "Host: other",
        "content-length: 3", "Transfer-Encoding: chunked", "Connection: close", "X: á",
        "Idempotency-Key: mine", "Proxy-Authorization: x", "X: " + "x" * 9000,
    ],
)  # fmt: skip
def test_a_header_that_could_forge_a_request_is_refused(line: str) -> None:
    with pytest.raises(HeaderRefused) as refused:
        parse_header(line)
    assert "value" not in str(refused.value)


def test_a_header_is_read() -> None:
    assert parse_header("Authorization:  Bearer a.b.c ") == ("Authorization", "Bearer a.b.c")
