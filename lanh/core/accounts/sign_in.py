"""Signing in by password: the same time for a wrong name and a wrong password, and a throttle."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from lanh.core.accounts.errors import MESSAGES
from lanh.core.accounts.passwords import (
    STANDARD,
    Scrypt,
    cost_of,
    hash_password,
    verify_password,
)
from lanh.core.accounts.people import Account, account_by_id
from lanh.core.database import Plan, execute, fetch_one
from lanh.core.text import Message

FREE_ATTEMPTS = 5
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 900

Refusal: TypeAlias = Literal["wrong", "locked", "inactive"]


@dataclass(frozen=True, slots=True)
class SignIn:
    """The outcome: an account, or why not and for how long (seconds)."""

    account: Account | None
    refusal: Refusal | None = None
    wait_seconds: int = 0

    @property
    def message(self) -> Message | None:
        """The refusal in both languages; it never tells whether the username exists."""
        if self.refusal is None:
            return None
        if self.refusal == "locked":
            return MESSAGES.message("refused-locked", seconds=self.wait_seconds)
        return MESSAGES.message(f"refused-{self.refusal}")


@lru_cache(maxsize=4)
def _decoy(cost: Scrypt) -> str:
    return hash_password("no account has this password", cost)


def authenticate(username: str, password: str, cost: Scrypt = STANDARD) -> Plan[SignIn]:
    """Check a username and password; run it by `transact`, since failures must be remembered.

    After five failures in a row the name waits 30 s, then twice as long each time, 15 minutes at
    most; a name without an account waits alike. Attempts on one name are judged one at a time.
    A refusal is returned, never raised, so that the count of failures is kept.
    """
    name = username.strip().lower()
    key = hashlib.sha256(name.encode()).digest()
    attempt = yield from fetch_one(
        "INSERT INTO accounts.attempt (key) VALUES ($1::bytea)"
        " ON CONFLICT (key) DO UPDATE SET last_at = now()"
        " RETURNING failures,"
        " ceil(extract(epoch FROM locked_until - clock_timestamp()))::integer",
        key,
    )
    failures, wait = (attempt[0], attempt[1]) if attempt else (0, None)
    if wait is not None and wait > 0:
        return SignIn(None, "locked", wait)
    row = yield from fetch_one(
        "SELECT id, password, active FROM accounts.account WHERE username_key = $1::text", name
    )
    right = verify_password(password, row[1] if row else _decoy(cost))
    if row is None or not right:
        yield from _remember_failure(key, failures + 1)
        return SignIn(None, "wrong")
    if not row[2]:
        return SignIn(None, "inactive")
    yield from _remember_success(key, row[0], password, row[1], cost)
    account = yield from account_by_id(row[0])
    return SignIn(account)


def _remember_failure(key: bytes, failures: int) -> Plan[None]:
    wait = 0
    if failures >= FREE_ATTEMPTS:
        doublings = min(failures - FREE_ATTEMPTS, 10)
        wait = min(FIRST_WAIT_SECONDS * 2**doublings, LONGEST_WAIT_SECONDS)
    yield from execute(
        "UPDATE accounts.attempt SET failures = $2::integer, last_at = now(), locked_until ="
        " CASE WHEN $3::integer > 0"
        " THEN clock_timestamp() + make_interval(secs => $3::integer) END"
        " WHERE key = $1::bytea",
        key,
        failures,
        wait,
    )


def _remember_success(
    key: bytes, account: str, password: str, stored: str, cost: Scrypt
) -> Plan[None]:
    yield from execute("DELETE FROM accounts.attempt WHERE key = $1::bytea", key)
    stronger = None if cost_of(stored) == cost else hash_password(password, cost)
    yield from execute(
        "UPDATE accounts.account SET last_sign_in_at = now(),"
        " password = coalesce($2::text, password) WHERE id = $1::text",
        account,
        stronger,
    )


def forget_old_attempts(days: int = 1) -> Plan[None]:
    """Forget failures that nobody repeated for so many days."""
    yield from execute(
        "DELETE FROM accounts.attempt WHERE last_at < now() - make_interval(days => $1::integer)",
        days,
    )
