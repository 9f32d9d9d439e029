"""Where we may connect to on a client's word: public https addresses, and what is configured.

The name is resolved once, every address it has is judged, and the connection goes to the address
that was judged: a name that later means another address gains nothing. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpcore

from lanh.core.text import Catalogue, Message

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))
LONGEST_URL = 2048

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class DestinationRefused(Exception):
    """An address that we do not connect to; `message` says why, `code` in one word."""

    def __init__(self, key: str, **parameters: Any) -> None:
        self.code = key
        self.message: Message = MESSAGES.message(key, **parameters)
        super().__init__(key)


def _embedded(address: Address) -> Iterable[Address]:
    """The address and every IPv4 address that an IPv6 address stands for."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            yield address.ipv4_mapped
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.teredo is not None:
            yield from address.teredo
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)


def _public(address: Address) -> bool:
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


@dataclass(frozen=True, slots=True)
class Destinations:
    """What may be connected to: `networks` beside the public internet, http only where allowed."""

    networks: tuple[Network, ...] = ()
    plain_http: bool = False

    @classmethod
    def of(cls, networks: Sequence[str], *, plain_http: bool = False) -> Destinations:
        """From networks as text ("10.1.0.0/16"). Raises ValueError."""
        return cls(tuple(ipaddress.ip_network(each) for each in networks), plain_http)

    def allows(self, address: Address) -> bool:
        """Whether we connect to an address."""
        if any(address in network for network in self.networks):
            return True
        parts = list(_embedded(address))
        # A mapped address is judged by what it stands for.
        return all(map(_public, parts[1:] or parts))

    def check(self, url: str) -> None:
        """Judge an address by its text. Raises DestinationRefused.

        What its name resolves to is judged when we connect.
        """
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port
        except ValueError:
            raise DestinationRefused("destination.unreadable") from None
        if not host or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable():
            raise DestinationRefused("destination.unreadable")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise DestinationRefused("destination.unreadable")
        allowed = ("https", "http") if self.plain_http else ("https",)
        if parts.scheme not in allowed or " " in url:
            raise DestinationRefused("destination.scheme", schemes=", ".join(allowed))
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return
        if not self.allows(address):
            raise DestinationRefused("destination.private")

    async def resolve(self, host: str, port: int) -> str:
        """The address to connect to for a name. Raises DestinationRefused."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError):
            raise DestinationRefused("destination.unknown") from None
        addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
        if not addresses:
            raise DestinationRefused("destination.unknown")
        if not all(map(self.allows, addresses)):
            raise DestinationRefused("destination.private")
        return str(addresses[0])


class _Pinned(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was judged; TLS still checks the name."""

    def __init__(self, destinations: Destinations) -> None:
        self._destinations = destinations
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        address = await self._destinations.resolve(host, port)
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def open_connections(destinations: Destinations) -> httpcore.AsyncConnectionPool:
    """Connections that go only where `destinations` allow; none is kept for a later request."""
    return httpcore.AsyncConnectionPool(
        ssl_context=_trust(),
        network_backend=_Pinned(destinations),
        max_keepalive_connections=0,
        http1=True,
        http2=False,
    )
