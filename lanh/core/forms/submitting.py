"""Submissions that are taken once: a key made with the page tells a second send from a new one."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

from lanh.core import fhir
from lanh.core.database import Plan, execute, fetch_one
from lanh.core.forms.errors import Refused
from lanh.core.forms.submission import Fields

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


def new_submission_key() -> str:
    """A key to stand in a page, so that sending it twice is seen."""
    return secrets.token_urlsafe(24)


def digest_of(fields: Fields) -> bytes:
    """A digest of what was sent, whatever the order of the fields."""
    listed = [[name, list(fields[name])] for name in sorted(fields)]
    return hashlib.sha256(fhir.dumps(listed)).digest()


@dataclass(frozen=True, slots=True)
class Claim:
    """The claim of a key: `done` holds what the first submission wrote, where there was one."""

    key: str
    done: tuple[str, ...] | None


def claim_submission(key: str, person: str, form: str, fields: Fields) -> Plan[Claim]:
    """Takes a key in the transaction that writes the records.

    A second send waits until the first has committed and gets its outcome; where the first is
    rolled back, the second is the first. Raises Refused: the key is none (value), is another
    person's or form's (not-found), or other answers were sent under it (conflict).
    """
    if not _KEY.fullmatch(key):
        raise Refused("value", "submission-key")
    digest = digest_of(fields)
    row = yield from fetch_one(
        "INSERT INTO forms.submission (key, person, form, digest)"
        " VALUES ($1::text, $2::text, $3::text, $4::bytea) ON CONFLICT (key) DO NOTHING"
        " RETURNING key",
        key, person, form, digest,
    )  # fmt: skip
    if row is not None:
        return Claim(key, None)
    held = yield from fetch_one(
        "SELECT person, form, digest, outcome FROM forms.submission WHERE key = $1::text", key
    )
    if held is None or (held[0], held[1]) != (person, form):
        raise Refused("not-found", "submission-key")
    if bytes(held[2]) != digest:
        raise Refused("conflict", "submission-other")
    return Claim(key, tuple((held[3] or "").split()))


def settled_submission(key: str, person: str, fields: Fields) -> Plan[tuple[str, ...] | None]:
    """What a person's submission under a key wrote; None where nothing was sent under it. Raises
    Refused (conflict) where other answers were sent under it."""
    held = yield from fetch_one(
        "SELECT digest, outcome FROM forms.submission WHERE key = $1::text AND person = $2::text",
        key, person,
    )  # fmt: skip
    if held is None:
        return None
    if bytes(held[0]) != digest_of(fields):
        raise Refused("conflict", "submission-other")
    return tuple((held[1] or "").split())


def settle_submission(claim: Claim, written: tuple[str, ...]) -> Plan[None]:
    """Notes the references of what was written, in the same transaction."""
    yield from execute(
        "UPDATE forms.submission SET outcome = $2::text WHERE key = $1::text",
        claim.key, " ".join(written),
    )  # fmt: skip
