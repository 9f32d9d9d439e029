"""The accounts of people and the posts they hold."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from lanh.core import audit
from lanh.core.access import system_access
from lanh.core.accounts.errors import AccountsError, Taken, Unknown
from lanh.core.accounts.passwords import STANDARD, Scrypt, hash_password
from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.text import Language, nfc

MINIMUM_PASSWORD = 14  # Law 116/2025, TCVN 14423:2026: where no second factor is asked
IDLE_DAYS = 45  # the same: accounts that nobody uses are closed

_USERNAME = re.compile(r"[a-z0-9._@-]{3,64}")


@dataclass(frozen=True, slots=True)
class Post:
    """A role that a person holds from one day to another (`valid_to` is the last day).

    `area` is a province or commune code, `facility` a facility code, `commune` the commune of
    that facility; which of them count is for the role to say.
    """

    role: str
    area: str | None = None
    facility: str | None = None
    commune: str | None = None
    valid_from: date = date.min
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the post is held on this day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Account:
    """A person who can sign in. `person` is the Person that a citizen's account belongs to."""

    id: str
    username: str
    display_name: str
    language: Language
    active: bool
    person: str | None = None
    posts: tuple[Post, ...] = ()

    def post_on(self, day: date) -> Post | None:
        """The first post held on a day, the one under which the account acts."""
        return next((post for post in self.posts if post.holds_on(day)), None)


def create_account(
    username: str,
    password: str,
    display_name: str,
    *,
    language: Language = "vi",
    person: str | None = None,
    posts: Sequence[Post] = (),
    cost: Scrypt = STANDARD,
) -> Plan[Account]:
    """Open an account with its posts.

    Raises AccountsError for a username of another shape or a password under 14 characters, Taken
    where the username exists.
    """
    name = username.strip().lower()
    shown = nfc(display_name.strip())
    if not _USERNAME.fullmatch(name):
        raise AccountsError("username-shape")
    stored = _checked_hash(password, cost)
    identifier = str(uuid.uuid4())
    row = yield from fetch_one(
        "INSERT INTO accounts.account"
        " (id, username, username_key, password, display_name, language, person)"
        " VALUES ($1::text, $2::text, $2::text, $3::text, $4::text, $5::text, $6::text)"
        " ON CONFLICT (username_key) DO NOTHING RETURNING id",
        identifier,
        name,
        stored,
        shown,
        language,
        person,
    )
    if row is None:
        raise Taken("username-taken")
    for post in posts:
        yield from add_post(identifier, post)
    return Account(
        identifier, name, nfc(display_name.strip()), language, True, person, tuple(posts)
    )


def _checked_hash(password: str, cost: Scrypt) -> str:
    if len(nfc(password)) < MINIMUM_PASSWORD:
        raise AccountsError("weak-password", least=MINIMUM_PASSWORD)
    return hash_password(password, cost)


def set_password(account: str, password: str, cost: Scrypt = STANDARD) -> Plan[None]:
    """Give a new password; every token of the account ends. Raises AccountsError, Unknown."""
    row = yield from fetch_one(
        "UPDATE accounts.account SET password = $2::text, password_changed_at = now()"
        " WHERE id = $1::text RETURNING id",
        account,
        _checked_hash(password, cost),
    )
    if row is None:
        raise Unknown("unknown-account")
    yield from _end_tokens(account)


def set_active(account: str, active: bool) -> Plan[None]:
    """Close or reopen an account; closing ends its tokens. Raises Unknown."""
    row = yield from fetch_one(
        "UPDATE accounts.account SET active = $2::boolean,"
        " opened_at = CASE WHEN $2::boolean AND NOT active THEN now() ELSE opened_at END"
        " WHERE id = $1::text RETURNING id",
        account,
        active,
    )
    if row is None:
        raise Unknown("unknown-account")
    if not active:
        yield from _end_tokens(account)


def _end_tokens(account: str) -> Plan[None]:
    yield from execute(
        "UPDATE accounts.token SET revoked_at = now()"
        " WHERE account = $1::text AND revoked_at IS NULL",
        account,
    )


def link_account(account: str, person: str | None) -> Plan[None]:
    """Say which Person a citizen's account belongs to. Raises Unknown."""
    row = yield from fetch_one(
        "UPDATE accounts.account SET person = $2::text WHERE id = $1::text RETURNING id",
        account,
        person,
    )
    if row is None:
        raise Unknown("unknown-account")


def persons_with_account(persons: Collection[str]) -> Plan[dict[str, bool]]:
    """Which of these Persons somebody signs in for, and whether the account is open."""
    rows = yield from fetch(
        "SELECT person, bool_or(active) FROM accounts.account WHERE person = ANY($1::text[])"
        " GROUP BY person",
        list(persons),
    )
    return {row[0]: row[1] for row in rows}


def open_among(accounts: Collection[str]) -> Plan[frozenset[str]]:
    """Which of these accounts there are and are open."""
    rows = yield from fetch(
        "SELECT id FROM accounts.account WHERE id = ANY($1::text[]) AND active", list(accounts)
    )
    return frozenset(row[0] for row in rows)


def close_idle_accounts(days: int = IDLE_DAYS) -> Plan[int]:
    """Close accounts that nobody has signed in to for so many days; returns how many.

    An account that was opened anew counts from that day. Each one closed is audited.
    """
    rows = yield from fetch(
        "UPDATE accounts.account SET active = false WHERE active"
        " AND greatest(last_sign_in_at, created_at, opened_at)"
        "  < now() - make_interval(days => $1::integer)"
        " RETURNING id",
        days,
    )
    for row in rows:
        yield from _end_tokens(row[0])
    acting = system_access("accounts")
    closed = [
        audit.Entry.of(acting, "close-account", type="Account", id=row[0], detail="idle")
        for row in rows
    ]
    if closed:
        yield from audit.append(closed)
    return len(rows)


def add_post(account: str, post: Post) -> Plan[int]:
    """Give a person a post; returns its number."""
    rows = yield from fetch(
        "INSERT INTO accounts.post"
        " (account, role, area, facility, commune, valid_from, valid_to)"
        " VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::date, $7::date)"
        " RETURNING id",
        account,
        post.role,
        post.area,
        post.facility,
        post.commune,
        post.valid_from,
        post.valid_to,
    )
    return int(rows[0][0])


def end_post(number: int, last_day: date) -> Plan[None]:
    """Let a post end with this day; the row stays, so that the past can still be told."""
    yield from execute(
        "UPDATE accounts.post SET valid_to = greatest($2::date, valid_from) WHERE id = $1::bigint",
        number,
        last_day,
    )


_ACCOUNT = """
SELECT a.id, a.username, a.display_name, a.language, a.active, a.person,
       p.role, p.area, p.facility, p.commune, p.valid_from, p.valid_to
FROM accounts.account a LEFT JOIN accounts.post p ON p.account = a.id
"""


def account_by_id(account: str) -> Plan[Account | None]:
    """An account with every post it ever held, or None."""
    rows = yield from fetch(_ACCOUNT + "WHERE a.id = $1::text ORDER BY p.id", account)
    return next(iter(_accounts(rows)), None)


def account_by_username(username: str) -> Plan[Account | None]:
    """The account of a username, in any case of letters, or None."""
    rows = yield from fetch(
        _ACCOUNT + "WHERE a.username_key = $1::text ORDER BY p.id", username.strip().lower()
    )
    return next(iter(_accounts(rows)), None)


def names_of(accounts: Sequence[str]) -> Plan[dict[str, str]]:
    """The names of accounts by id, for those who may know who did something."""
    rows = yield from fetch(
        "SELECT id, display_name FROM accounts.account WHERE id = ANY($1::text[])", list(accounts)
    )
    return {row[0]: row[1] for row in rows}


def list_accounts() -> Plan[list[Account]]:
    """Every account by username, for those who administer them."""
    rows = yield from fetch(_ACCOUNT + "ORDER BY a.username_key, p.id")
    return _accounts(rows)


def _accounts(rows: Sequence[Row]) -> list[Account]:
    found: dict[str, Account] = {}
    for row in rows:
        account = found.setdefault(row[0], Account(*row[:6]))
        if row[6] is not None:
            found[row[0]] = replace(account, posts=(*account.posts, Post(*row[6:])))
    return list(found.values())
