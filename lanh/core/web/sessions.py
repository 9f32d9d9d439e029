"""Sessions on the server, and the opaque handles that stand for people in addresses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lanh.core.access import Purpose
from lanh.core.database import Plan, execute, fetch, fetch_one

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# A page asks often; the time of the last request is written at most this often.
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. `token` is the cookie's value and never stored."""

    token: str
    account: str
    purpose: Purpose | None
    notice: Mapping[str, Any] | None

    @property
    def id(self) -> bytes:
        """What the database knows it by."""
        return _hash(self.token)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def begin(account: str, at: datetime, before: str = "") -> Plan[Session]:
    """Start a session with a fresh token; sweeps those that have ended long ago.

    `before` is the token that the browser still bears: where its session was the same account's,
    the addresses that it gave out lead on, so that a page that was open when it ended still works.
    """
    session = Session(secrets.token_urlsafe(32), account, None, None)
    yield from execute("DELETE FROM web.session WHERE ends_at < $1::timestamptz", at - LONGEST)
    yield from execute(
        "INSERT INTO web.session (id, account, created_at, seen_at, ends_at)"
        " VALUES ($1::bytea, $2, $3::timestamptz, $3::timestamptz, $4::timestamptz)",
        session.id,
        account,
        at,
        at + IDLE,
    )
    if before:
        yield from execute(
            "INSERT INTO web.handle (session, handle, kind, value)"
            " SELECT $1::bytea, h.handle, h.kind, h.value FROM web.handle h"
            " JOIN web.session s ON s.id = h.session WHERE s.id = $2::bytea AND s.account = $3",
            session.id,
            _hash(before),
            account,
        )
    return session


def resume(token: str, at: datetime) -> Plan[Session | None]:
    """The session of a cookie, kept alive; None where it ended, was idle too long, or is false."""
    row = yield from fetch_one(
        "SELECT account, purpose, notice::text, created_at, seen_at FROM web.session"
        " WHERE id = $1::bytea AND ends_at > $2::timestamptz",
        _hash(token),
        at,
    )
    if row is None:
        return None
    account, purpose, notice, created_at, seen_at = row
    session = Session(
        token, account, Purpose(purpose) if purpose else None, json.loads(notice or "null")
    )
    if at - seen_at > _SEEN_EVERY:
        yield from execute(
            "UPDATE web.session SET seen_at = $2::timestamptz, ends_at = $3::timestamptz"
            " WHERE id = $1::bytea",
            session.id,
            at,
            min(at + IDLE, created_at + LONGEST),
        )
    return session


def end(session: Session) -> Plan[None]:
    """Sign out: the session and its handles are gone."""
    yield from execute("DELETE FROM web.session WHERE id = $1::bytea", session.id)


def set_purpose(session: Session, purpose: Purpose) -> Plan[None]:
    """What the person says the following openings are for."""
    yield from execute(
        "UPDATE web.session SET purpose = $2 WHERE id = $1::bytea", session.id, purpose.value
    )


def leave_notice(session: Session, key: str, tone: str = "ok") -> Plan[None]:
    """Words for the top of the next page, by their key."""
    yield from execute(
        "UPDATE web.session SET notice = $2::jsonb WHERE id = $1::bytea",
        session.id,
        json.dumps({"key": key, "tone": tone}),
    )


def clear_notice(session: Session) -> Plan[None]:
    """The notice was shown."""
    yield from execute("UPDATE web.session SET notice = NULL WHERE id = $1::bytea", session.id)


def handle_for(session: Session, kind: str, value: Mapping[str, Any]) -> tuple[str, str]:
    """The handle of a value in this session, and the value as stored.

    The same value gives the same handle within a session; without the session's token nobody can
    tell what a handle stands for, or make one.
    """
    stored = json.dumps(value, sort_keys=True, ensure_ascii=False)
    mac = hmac.new(session.token.encode(), f"{kind}\n{stored}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()[:15]).decode(), stored


def keep_handles(
    session: Session, kind: str, values: Iterable[Mapping[str, Any]]
) -> Plan[list[str]]:
    """Handles for values, in their order."""
    pairs = [handle_for(session, kind, value) for value in values]
    if pairs:
        yield from execute(
            "INSERT INTO web.handle (session, handle, kind, value)"
            " SELECT $1::bytea, h, $2, v::jsonb FROM unnest($3::text[], $4::text[]) AS n (h, v)"
            " ON CONFLICT DO NOTHING",
            session.id,
            kind,
            [handle for handle, _ in pairs],
            [stored for _, stored in pairs],
        )
    return [handle for handle, _ in pairs]


def keep_handle(session: Session, kind: str, value: Mapping[str, Any]) -> Plan[str]:
    """The handle for one value."""
    handles = yield from keep_handles(session, kind, [value])
    return handles[0]


def meaning(session: Session, kind: str, handle: str) -> Plan[dict[str, Any] | None]:
    """What a handle stands for; None where this session never gave it out."""
    rows = yield from fetch(
        "SELECT value::text FROM web.handle"
        " WHERE session = $1::bytea AND kind = $2 AND handle = $3",
        session.id,
        kind,
        handle,
    )
    if not rows:
        return None
    value: dict[str, Any] = json.loads(rows[0][0])
    return value
