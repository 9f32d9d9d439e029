"""Seals over the ledger: what came, from whom and when, signed and time-stamped in batches.

A seal signs (SHA-256, by the key of the signing port) its number, its moment, the digest of the
seal before, and a line for each message: receipt id, sender, format, moment of receipt, digest of
the content. None of these ever changes, also where content is erased, archived or retired.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.signing import SigningKey, sign, signature_holds

_BATCH = 2000

_UNSEALED = """
SELECT m.id, m.sender, m.format, m.received_at, m.digest FROM bus.message m
JOIN LATERAL (SELECT level FROM bus.policy p WHERE p.kind IN (m.format, '*')
              ORDER BY p.kind = '*' LIMIT 1) AS p ON p.level = 'full'
WHERE m.sealed IS NULL ORDER BY m.number LIMIT $1::integer FOR UPDATE OF m SKIP LOCKED
"""


@dataclass(slots=True)
class Verified:
    """How many seals and messages were looked at, and the numbers of seals that do not hold."""

    seals: int = 0
    messages: int = 0
    broken: list[int] = field(default_factory=list)


def _line(row: Row) -> bytes:
    moment = row[3].astimezone(UTC).isoformat()
    return "\t".join((row[0], row[1], row[2], moment, bytes(row[4]).hex())).encode()


def _digest(number: int, moment: datetime, before: bytes, rows: Sequence[Row]) -> bytes:
    head = f"{number}\t{moment.astimezone(UTC).isoformat()}\t{before.hex()}".encode()
    lines = sorted(_line(row) for row in rows)
    return hashlib.sha256(b"\n".join((head, *lines))).digest()


def seal(key: SigningKey, now: datetime) -> Plan[int]:
    """Seal what was not sealed yet, a batch of it; how many messages. One sealer at a time."""
    yield from execute("SELECT pg_advisory_xact_lock(hashtextextended('bus.seal', 9))")
    rows = yield from fetch(_UNSEALED, _BATCH)
    if not rows:
        return 0
    last = yield from fetch_one("SELECT number, digest FROM bus.seal ORDER BY number DESC LIMIT 1")
    number, before = (last[0] + 1, bytes(last[1])) if last else (1, b"")
    digest = _digest(number, now, before, rows)
    yield from execute(
        "INSERT INTO bus.seal (number, sealed_at, messages, digest, signature, certificate)"
        " VALUES ($1::bigint, $2::timestamptz, $3::integer, $4::bytea, $5::bytea, $6::bytea)",
        number,
        now,
        len(rows),
        digest,
        sign(key, digest),
        key.chain[0].public_bytes(Encoding.DER),
    )
    yield from execute(
        "UPDATE bus.message SET sealed = $1::bigint WHERE id = ANY ($2::text[])",
        number,
        [row[0] for row in rows],
    )
    return len(rows)


def verify_seals(fingerprints: Sequence[bytes] = ()) -> Plan[Verified]:
    """Whether every seal holds and names the one before.

    With `fingerprints` (SHA-256 of certificates) only keys with these certificates count.
    """
    found, before, number = Verified(), b"", 0
    while True:
        row = yield from fetch_one(
            "SELECT number, sealed_at, messages, digest, signature, certificate FROM bus.seal"
            " WHERE number > $1::bigint ORDER BY number LIMIT 1",
            number,
        )
        if row is None:
            return found
        rows = yield from fetch(
            "SELECT id, sender, format, received_at, digest FROM bus.message"
            " WHERE sealed = $1::bigint",
            row[0],
        )
        der = bytes(row[5])
        digest = _digest(row[0], row[1], before, rows)
        whole = row[0] == number + 1 and row[2] == len(rows) and digest == bytes(row[3])
        known = not fingerprints or hashlib.sha256(der).digest() in fingerprints
        signed = signature_holds(
            x509.load_der_x509_certificate(der), hashlib.sha256(digest).digest(), bytes(row[4])
        )
        if not (whole and known and signed):
            found.broken.append(row[0])
        found.seals, found.messages = found.seals + 1, found.messages + len(rows)
        number, before = row[0], bytes(row[3])
