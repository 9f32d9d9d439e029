"""The signed JWT by which a client system shows who it is (SMART Backend Services, RFC 7523)."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import httpx
import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.util import to_bytes, urlsafe_b64decode

from lanh.core.accounts import AccountsError, Client, check_keys
from lanh.core.api.authentication import WORDS
from lanh.core.text import Message

ALGORITHMS = ("RS384", "ES384")
LONGEST_LIFE_SECONDS = 300
CLOCK_SKEW_SECONDS = 10
_KEYS_TRUSTED_SECONDS = 300
_KEYS_LIMIT = 100_000

FetchKeys: TypeAlias = Callable[[str], Awaitable[Mapping[str, Any]]]


class AssertionRefused(Exception):
    """An assertion that does not prove the client; `message` says why."""

    def __init__(self, key: str, **parameters: Any) -> None:
        self.message: Message = WORDS.message(key, **parameters)
        super().__init__(self.message.en)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an assertion says before its signature is checked."""

    client: str
    kid: str
    jku: str | None
    jti: str
    expires_at: datetime


def read_assertion(text: str, audiences: Collection[str], now: float) -> Claimed:
    """Check everything but the signature and the single use.

    `audiences` are the URLs of the token endpoint, `now` seconds since the epoch. The rules are
    those of SMART App Launch 2.2, "Client Authentication: Asymmetric". Raises AssertionRefused.
    """
    header, claims = _unpacked(text)
    if header.get("alg") not in ALGORITHMS:
        raise AssertionRefused("assertion-algorithm", algorithms=", ".join(ALGORITHMS))
    if header.get("typ", "JWT") != "JWT":
        raise AssertionRefused("assertion-header", name="typ")
    kid, jku = header.get("kid"), header.get("jku")
    if not isinstance(kid, str) or not kid:
        raise AssertionRefused("assertion-header", name="kid")
    if jku is not None and not isinstance(jku, str):
        raise AssertionRefused("assertion-header", name="jku")
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or not issuer or claims.get("sub") != issuer:
        raise AssertionRefused("assertion-claim", name="iss, sub", rule="= client_id")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(each, str) and each in audiences for each in named):
        raise AssertionRefused("assertion-claim", name="aud", rule=f"= {next(iter(audiences))}")
    expires = claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise AssertionRefused("assertion-claim", name="exp", rule="NumericDate")
    if not now - CLOCK_SKEW_SECONDS < expires <= now + LONGEST_LIFE_SECONDS + CLOCK_SKEW_SECONDS:
        raise AssertionRefused("assertion-claim", name="exp", rule="now < exp <= now + 300 s")
    for name in ("nbf", "iat"):
        since = claims.get(name, 0)
        if not isinstance(since, int | float) or since > now + CLOCK_SKEW_SECONDS:
            raise AssertionRefused("assertion-claim", name=name, rule="<= now")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= 512:
        raise AssertionRefused("assertion-claim", name="jti", rule="1..512")
    until = datetime.fromtimestamp(expires + CLOCK_SKEW_SECONDS, UTC)
    return Claimed(issuer, kid, jku, jti, until)


def _unpacked(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        first, second, _ = text.split(".")
        header = orjson.loads(urlsafe_b64decode(to_bytes(first)))
        claims = orjson.loads(urlsafe_b64decode(to_bytes(second)))
    except (ValueError, TypeError) as error:
        raise AssertionRefused("assertion-unreadable") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise AssertionRefused("assertion-unreadable")
    return header, claims


def verify_signature(text: str, kid: str, keys: KeySet) -> None:
    """Check the signature with the key of this `kid`. Raises AssertionRefused."""
    matching = [key for key in keys.keys if key.kid == kid]
    for key in matching:
        try:
            jws.deserialize_compact(text, key, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, TypeError):
            continue
        return
    raise AssertionRefused("assertion-signature")


async def fetch_keys(address: str) -> Mapping[str, Any]:
    """Read a JWKS from the https address a client registered: no redirects, at most 100 kB.

    Raises httpx.HTTPError, ValueError.
    """
    async with (
        httpx.AsyncClient(timeout=5, follow_redirects=False) as http,
        http.stream("GET", address, headers={"Accept": "application/json"}) as response,
    ):
        response.raise_for_status()
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > _KEYS_LIMIT:
                raise ValueError("the key set is too large")
    keys = orjson.loads(body)
    if not isinstance(keys, dict):
        raise ValueError("not a key set")
    return keys


class ClientKeys:
    """The public keys of clients: those registered, and those at a registered address.

    Keys from an address are held for five minutes, and read anew when a `kid` is not among them
    (a client that changed its key), at most every 30 s.
    """

    def __init__(self, fetch: FetchKeys = fetch_keys) -> None:
        self._fetch = fetch
        self._held: dict[str, tuple[float, KeySet]] = {}

    async def keys_for(self, client: Client, kid: str) -> KeySet:
        """Every key that `client` may sign with. Raises AssertionRefused."""
        try:
            registered = check_keys(client.id, client.keys or {"keys": []})
            if client.keys_uri is None or any(key.kid == kid for key in registered.keys):
                return registered
            return await self._at(client.id, client.keys_uri, kid)
        except AccountsError as error:
            raise AssertionRefused("assertion-signature") from error

    async def _at(self, client: str, address: str, kid: str) -> KeySet:
        held = self._held.get(address)
        age = time.monotonic() - held[0] if held else float("inf")
        if held is not None:
            known = any(key.kid == kid for key in held[1].keys)
            if age < (_KEYS_TRUSTED_SECONDS if known else 30):
                return held[1]
        try:
            keys = check_keys(client, await self._fetch(address))
        except (httpx.HTTPError, ValueError) as error:
            raise AssertionRefused("keys-unreachable") from error
        self._held[address] = (time.monotonic(), keys)
        return keys
