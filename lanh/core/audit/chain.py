"""The seal: committed entries chained by SHA-256, and the search for what was tampered with.

Sealing comes after commit, so writers never wait for one another. Entries are taken in the order
of (transaction, number) up to the oldest transaction still running; nothing can come in before
them later, so an entry found inside a sealed stretch that the seal does not know was put there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal

from lanh.core.database import Plan, Row, execute, fetch, fetch_one

_LOCK = 0x4C61_6E68_0001  # one sealer at a time
SEAL_BATCH = 20_000  # entries of one seal: fewer mean that all that could be sealed is
_LINK = 16  # bytes of each entry's hash that a seal keeps
_GENESIS = bytes(32)

_COLUMNS = (
    "xid::text, number, at, action, subject, purpose, on_behalf_of, detail, outcome, types, ids,"
    " patients"
)

_UNSEALED = f"""
SELECT {_COLUMNS} FROM audit.entry
WHERE (xid, number) > ($1::text::xid8, $2::bigint)
  AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY entry.xid, entry.number LIMIT $3::integer
"""  # noqa: S608 - constants only

_SEALED = f"""
SELECT {_COLUMNS} FROM audit.entry
WHERE (xid, number) > ($1::text::xid8, $2::bigint) AND (xid, number) <= ($3::text::xid8, $4::bigint)
ORDER BY entry.xid, entry.number
"""  # noqa: S608 - constants only

_LAST = """
SELECT number, last_xid::text, last_number, digest FROM audit.seal ORDER BY number DESC LIMIT 1
"""

_SEALS = """
SELECT number, last_xid::text, last_number, entries, links, digest FROM audit.seal
WHERE number > $1::bigint ORDER BY number LIMIT 100
"""

_INSERT = """
INSERT INTO audit.seal (number, last_xid, last_number, entries, links, digest)
VALUES ($1::bigint, $2::text::xid8, $3::bigint, $4::integer, $5::bytea, $6::bytea)
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One sign of tampering. `xid` and `number` name the entry where that can be told."""

    kind: Literal["altered", "removed", "added", "reordered", "seal"]
    seal: int
    xid: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` saw: how much is sealed, the head of the chain, and every fault."""

    seals: int
    entries: int
    head: str
    faults: list[Fault] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing was altered, removed, added or reordered."""
        return not self.faults


def _hash(row: Row) -> bytes:
    values: list[Any] = [
        value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value for value in row
    ]
    return sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def _digest(previous: bytes, number: int, links: bytes) -> bytes:
    return sha256(previous + number.to_bytes(8, "big") + links).digest()


def seal(limit: int = SEAL_BATCH) -> Plan[int]:
    """Chain the committed entries that no seal covers yet; return how many. Run in `transact`.

    Where another sealer is at work, nothing is done and 0 returned.
    """
    locked = yield from fetch_one("SELECT pg_try_advisory_xact_lock($1::bigint)", _LOCK)
    if locked is None or not locked[0]:
        return 0
    last = yield from fetch_one(_LAST)
    number, xid, entry, previous = last if last is not None else (0, "0", 0, _GENESIS)
    rows = yield from fetch(_UNSEALED, xid, entry, limit)
    if not rows:
        return 0
    links = b"".join(_hash(row)[:_LINK] for row in rows)
    digest = _digest(bytes(previous), number + 1, links)
    yield from execute(_INSERT, number + 1, rows[-1][0], rows[-1][1], len(rows), links, digest)
    return len(rows)


def verify() -> Plan[Verification]:
    """Reckon the whole chain again and compare it with what is kept.

    An anchor of the head kept elsewhere shows also a chain that was made anew as a whole.
    """
    faults: list[Fault] = []
    number, xid, entry, previous = 0, "0", 0, _GENESIS
    seals = entries = 0
    while True:
        found = yield from fetch(_SEALS, number)
        if not found:
            return Verification(seals, entries, previous.hex(), faults)
        for row in found:
            rows = yield from fetch(_SEALED, xid, entry, row[1], row[2])
            if row[0] != number + 1 or _digest(previous, row[0], bytes(row[4])) != bytes(row[5]):
                faults.append(Fault("seal", row[0]))
            faults += _compare(row[0], bytes(row[4]), rows)
            seals, entries = seals + 1, entries + row[3]
            number, xid, entry, previous = row[0], row[1], row[2], bytes(row[5])


def _compare(seal_number: int, links: bytes, rows: Sequence[Row]) -> list[Fault]:
    expected = [links[at : at + _LINK] for at in range(0, len(links), _LINK)]
    actual = [_hash(row)[:_LINK] for row in rows]
    if expected == actual:
        return []
    known, present = set(expected), set(actual)
    strange = [
        (int(row[0]), row[1]) for row, link in zip(rows, actual, strict=True) if link not in known
    ]
    missing = len([link for link in expected if link not in present])
    if not strange and not missing:
        return [Fault("reordered", seal_number)]
    altered = min(len(strange), missing)
    faults = [Fault("altered", seal_number, *at) for at in strange[:altered]]
    faults += [Fault("added", seal_number, *at) for at in strange[altered:]]
    return faults + [Fault("removed", seal_number)] * (missing - altered)
