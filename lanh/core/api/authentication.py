"""Who is asking: a bearer token becomes an Access, or the request ends here."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from starlette.requests import HTTPConnection

from lanh.core.access import Access, Interaction, permitted
from lanh.core.accounts import Account, client_access, token_hash, verify_token
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.text import Catalogue, Message

WORDS = Catalogue.load(Path(__file__).with_name("authentication.yaml"))
TRUST_SECONDS = 30.0  # how long a revoked token may still be taken for good
_CACHED_TOKENS = 10_000
_LONGEST_TOKEN = 512

PersonAccess: TypeAlias = Callable[[Account], Plan[Access]]


class Unauthorized(Exception):
    """No token, or one that is worth nothing: HTTP 401 (RFC 6750 section 3)."""

    status = 401

    def __init__(self, key: str) -> None:
        self.message: Message = WORDS.message(key)
        error = ', error="invalid_token"' if key == "bad-token" else ""
        self.headers = {"WWW-Authenticate": f'Bearer realm="lanh"{error}'}
        super().__init__(self.message.en)


class Forbidden(Exception):
    """A known subject that may not do this: HTTP 403."""

    status = 403

    def __init__(self, key: str, **parameters: str) -> None:
        self.message: Message = WORDS.message(key, **parameters)
        self.headers = {
            "WWW-Authenticate": 'Bearer realm="lanh", error="insufficient_scope"',
        }
        super().__init__(self.message.en)


def require(access: Access, interaction: Interaction, resource_type: str) -> None:
    """Raise Forbidden where `access` reaches no row of this type by this interaction."""
    if not permitted(access, interaction, resource_type):
        raise Forbidden("not-granted", interaction=interaction, type=resource_type)


def require_capability(access: Access, capability: str) -> None:
    """Raise Forbidden where `access` lacks a capability."""
    if capability not in access.capabilities:
        raise Forbidden("no-capability", capability=capability)


@dataclass(frozen=True, slots=True)
class _Trusted:
    access: Access
    until: float


class Authenticator:
    """Turns the bearer token of a request into an Access.

    A verified token is trusted for up to 30 s without asking the database again, and never past
    its own expiry; only its hash is held in memory. `person_access` opens the tokens of people;
    without it only client systems are let in.
    """

    def __init__(self, database: AsyncDatabase, person_access: PersonAccess | None = None) -> None:
        self._database = database
        self._person_access = person_access
        self._trusted: OrderedDict[bytes, _Trusted] = OrderedDict()

    async def authenticate(self, request: HTTPConnection) -> Access:
        """The access of this request. Raises Unauthorized."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("no-token")
        if len(token) > _LONGEST_TOKEN:
            raise Unauthorized("bad-token")
        key = token_hash(token)
        trusted = self._trusted.get(key)
        if trusted is not None:
            if time.monotonic() < trusted.until:
                return trusted.access
            del self._trusted[key]
        return await self._verify(token, key)

    async def _verify(self, token: str, key: bytes) -> Access:
        opened = await self._database.read(self._open(token))
        if opened is None:
            raise Unauthorized("bad-token")
        access, expires_at = opened
        left = (expires_at - datetime.now(UTC)).total_seconds()
        self._trusted[key] = _Trusted(access, time.monotonic() + min(left, TRUST_SECONDS))
        while len(self._trusted) > _CACHED_TOKENS:
            self._trusted.popitem(last=False)
        return access

    def _open(self, token: str) -> Plan[tuple[Access, datetime] | None]:
        verified = yield from verify_token(token)
        if verified is None:
            return None
        if verified.client is not None:
            return client_access(verified.client, verified.scopes), verified.expires_at
        if verified.account is None or self._person_access is None:
            return None
        access = yield from self._person_access(verified.account)
        return access, verified.expires_at
