"""Bearer tokens: random, short-lived, kept as hashes only."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lanh.core.access import negotiate
from lanh.core.accounts.clients import Client, client_by_id
from lanh.core.accounts.errors import AccountsError, Unknown
from lanh.core.accounts.people import Account, account_by_id
from lanh.core.database import Plan, execute, fetch_one

TOKEN_PREFIX = "lanh_"  # noqa: S105 - a mark by which leaked tokens are found, not a secret


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token: the only time that its text is known. `expires_in` is in seconds."""

    token: str
    scopes: tuple[str, ...]
    expires_in: int


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that is good now: whose it is, with which scopes, until when (aware, UTC)."""

    scopes: tuple[str, ...]
    expires_at: datetime
    client: Client | None = None
    account: Account | None = None


def token_hash(token: str) -> bytes:
    """What is kept of a token. A hash without salt is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def grant_token(client_id: str, scopes: Iterable[str], ttl: int) -> Plan[Issued]:
    """A token for a client system with those of `scopes` that it may have, for `ttl` seconds.

    Raises Unknown for no or an inactive client, AccountsError where no scope is left.
    """
    client = yield from client_by_id(client_id)
    if client is None:
        raise Unknown("unknown-client", client=client_id)
    if not client.active:
        raise Unknown("client-inactive", client=client_id)
    given = tuple(str(scope) for scope in negotiate(scopes, client.scopes))
    if not given:
        raise AccountsError("scope-none", client=client_id)
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    yield from execute(
        "INSERT INTO accounts.token (hash, client, scopes, expires_at)"
        " VALUES ($1::bytea, $2::text, $3::text[], now() + make_interval(secs => $4::integer))",
        token_hash(token),
        client_id,
        list(given),
        ttl,
    )
    return Issued(token, given, ttl)


def issue_token(client_id: str, scopes: Iterable[str] | None = None, ttl: int = 3600) -> Plan[str]:
    """The text of a new token for a client system; `scopes` None asks for all it may have.

    Raises what `grant_token` raises.
    """
    if scopes is None:
        client = yield from client_by_id(client_id)
        scopes = client.scopes if client else ()
    issued = yield from grant_token(client_id, scopes, ttl)
    return issued.token


def issue_account_token(account_id: str, ttl: int) -> Plan[str]:
    """The text of a new token with which a person's own program acts as that person.

    Raises Unknown for no or an inactive account.
    """
    account = yield from account_by_id(account_id)
    if account is None or not account.active:
        raise Unknown("unknown-account")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    yield from execute(
        "INSERT INTO accounts.token (hash, account, expires_at)"
        " VALUES ($1::bytea, $2::text, now() + make_interval(secs => $3::integer))",
        token_hash(token),
        account_id,
        ttl,
    )
    return token


def verify_token(token: str) -> Plan[Verified | None]:
    """Whose token this is, or None where it is unknown, expired, revoked, or its owner inactive."""
    row = yield from fetch_one(
        "SELECT scopes, expires_at, client, account FROM accounts.token"
        " WHERE hash = $1::bytea AND revoked_at IS NULL AND expires_at > now()",
        token_hash(token),
    )
    if row is None:
        return None
    scopes, expires_at, client_id, account_id = row
    if client_id is not None:
        client = yield from client_by_id(client_id)
        if client is None or not client.active:
            return None
        return Verified(tuple(scopes), expires_at, client=client)
    account = yield from account_by_id(account_id)
    if account is None or not account.active:
        return None
    return Verified(tuple(scopes), expires_at, account=account)


def revoke(token: str) -> Plan[bool]:
    """End a token; False where there was nothing to end."""
    row = yield from fetch_one(
        "UPDATE accounts.token SET revoked_at = now()"
        " WHERE hash = $1::bytea AND revoked_at IS NULL AND expires_at > now() RETURNING true",
        token_hash(token),
    )
    return row is not None


def use_assertion(client: str, jti: str, expires_at: datetime) -> Plan[bool]:
    """Mark an assertion as used; False where it was used before (a replay)."""
    row = yield from fetch_one(
        "INSERT INTO accounts.assertion (client, jti, expires_at)"
        " VALUES ($1::text, $2::bytea, $3::timestamptz) ON CONFLICT DO NOTHING RETURNING true",
        client,
        hashlib.sha256(jti.encode()).digest(),
        expires_at,
    )
    return row is not None


def forget_expired(days: int = 30) -> Plan[None]:
    """Drop used assertions that have expired, and tokens that expired so many days ago."""
    yield from execute("DELETE FROM accounts.assertion WHERE expires_at < now()")
    yield from execute(
        "DELETE FROM accounts.token WHERE expires_at < now() - make_interval(days => $1::integer)",
        days,
    )
