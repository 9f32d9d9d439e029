"""What hashes stand for where it repeats from row to row: codes, displays, units, uris.

Rows hold a hash alone, so that a code costs eight bytes; a search by a part of it (a code under any
system, a word of a display, the beginning of a uri, a unit of the same kind) finds the hashes here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lanh.core.database import Plan, fetch
from lanh.core.store import statements

LONGEST = 500  # signs: a longer code, display or uri is not listed
_MOST_KNOWN = 1_000_000

_LEARN = f"""
WITH n AS MATERIALIZED (
    SELECT * FROM {statements.rows("bigint", "text", "text", "text", "text")}
        AS n (hash, field, system, value, label)
), added AS (
    INSERT INTO store.vocabulary (hash, field, system, value, label)
    SELECT * FROM n WHERE NOT EXISTS (SELECT 1 FROM store.vocabulary v WHERE v.hash = n.hash)
)
SELECT v.hash FROM n JOIN store.vocabulary v ON v.hash = n.hash
WHERE v.xid <> pg_current_xact_id()
"""  # noqa: S608 - constants only

_UNITS = """
SELECT v.hash, v.field, v.system, v.value, v.label FROM store.vocabulary v
WHERE v.field = ANY($1::text[])
"""


class Entry(NamedTuple):
    """One entry: `value` is the code, display or uri; `label` a unit as people read it."""

    hash: int
    field: str
    system: str | None
    value: str
    label: str | None = None


class Known:
    """Hashes that are in the vocabulary for certain: committed by a transaction that has ended."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def __contains__(self, hash: int) -> bool:
        return hash in self._hashes

    def add(self, hashes: Iterable[int]) -> None:
        """Remember more of them."""
        if len(self._hashes) > _MOST_KNOWN:
            self._hashes = set()
        self._hashes.update(hashes)


def learn(known: Known, entries: Iterable[Entry]) -> Plan[None]:
    """Put into the vocabulary what it lacks, within the current transaction.

    What this transaction adds is not taken as known, since it may yet be rolled back. Two
    transactions may add the same at once, and neither waits: an entry can stand there twice.
    """
    new = {entry.hash: entry for entry in entries if entry.hash not in known}
    if not new:
        return
    listed = sorted(new.values(), key=lambda entry: entry.hash)
    rows = yield from fetch(_LEARN, *map(list, zip(*listed, strict=True)))
    known.add(row[0] for row in rows)


def units(parameters: Iterable[str]) -> Plan[list[Entry]]:
    """Every unit that rows have for these quantity parameters."""
    rows = yield from fetch(_UNITS, [f"{name}:unit" for name in parameters])
    return [Entry(*row) for row in rows]
