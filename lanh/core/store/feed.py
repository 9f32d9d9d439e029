"""The change feed: reading it, what readers still need of it, and dropping the rest.

A reader keeps its own `Position` and tells it with `hold`. `drop_read` removes, from the front
only, what is older than the time to keep and what every registered reader has passed. Whoever
comes with a position that is no longer kept, or that this database has not reached (it was
restored to an earlier moment), gets `NotKept` and begins with a full scan: `end`, then `current`
for each type, then `changes` from that end on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from lanh.core.access import Everything
from lanh.core.database import Plan, execute, fetch, fetch_one
from lanh.core.store import feeding, statements
from lanh.core.store.errors import NotKept
from lanh.core.store.layout import TYPES, layout
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.reading import stored
from lanh.core.store.records import Change, Position, Stored

_ROWS = 500  # a row of the feed holds a whole batch, so a few are many changes
BATCH = 10_000  # rows dropped in one transaction

# One statement, one snapshot: no row can be dropped between the two halves.
_NEXT = """
SELECT s.xid::text, s.number, pg_snapshot_xmax(pg_current_snapshot())::text,
       f.xid::text, f.number, f.at, f.type, f.entries
FROM store.feed_start s LEFT JOIN LATERAL (
    SELECT * FROM store.feed
    WHERE (xid, number) >= ($1::text::xid8, $2::bigint)
      AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY feed.xid, feed.number LIMIT $3::integer
) AS f ON true
ORDER BY f.xid, f.number
"""
_START = "SELECT xid::text, number, at FROM store.feed_start"
_FURTHER = """
UPDATE store.feed_reader SET xid = $2::text::xid8, number = $3::bigint, at = clock_timestamp()
WHERE name = $1::text AND (xid, number) <= ($2::text::xid8, $3::bigint)
RETURNING name
"""
_HOLD = """
INSERT INTO store.feed_reader (name, xid, number) VALUES ($1::text, $2::text::xid8, $3::bigint)
ON CONFLICT (name) DO UPDATE SET xid = excluded.xid, number = excluded.number, at = excluded.at
"""
_DROP = """
WITH front AS MATERIALIZED (
    SELECT xid, number, at FROM store.feed
    WHERE (xid, number) >= ($1::text::xid8, $2::bigint)
      AND (xid, number) < ($3::text::xid8, $4::bigint)
      AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY feed.xid, feed.number LIMIT $6::integer
), young AS (
    SELECT xid, number FROM front WHERE at >= clock_timestamp() - $5::interval
    ORDER BY front.xid, front.number LIMIT 1
), gone AS (
    DELETE FROM store.feed f USING front r WHERE f.xid = r.xid AND f.number = r.number
       AND (NOT EXISTS (SELECT FROM young)
            OR (r.xid, r.number) < (SELECT y.xid, y.number FROM young y))
    RETURNING f.xid, f.number, f.at
)
SELECT xid::text, number, max(at) OVER (), count(*) OVER ()
FROM gone ORDER BY gone.xid DESC, gone.number DESC LIMIT 1
"""
_MOVE_START = "UPDATE store.feed_start SET xid = $1::text::xid8, number = $2, at = greatest(at, $3)"
_NEWEST = """
SELECT greatest(
    coalesce((SELECT xid FROM store.feed ORDER BY feed.xid DESC LIMIT 1), '0'),
    coalesce((SELECT max(xid) FROM store.feed_reader), '0'),
    (SELECT xid FROM store.feed_start)
)::text
"""

_OPERATION: dict[str, Literal["create", "update", "delete"]] = {
    "c": "create",
    "u": "update",
    "d": "delete",
}


def changes(after: Position, limit: int = 1000) -> Plan[tuple[list[Change], Position]]:
    """Changes committed after a position, at most `limit`, and where to go on from.

    Stops at the oldest transaction still running, so that none is passed over which began
    earlier and commits later. Without news the position is the one given. Raises NotKept.
    """
    found: list[Change] = []
    position = after
    rows = yield from fetch(_NEXT, str(after.xid), after.number, min(limit, _ROWS) + 1)
    _check(after, (int(rows[0][0]), rows[0][1]), int(rows[0][2]))
    for _, _, _, xid, number, at, kind, entries in rows:
        if xid is None:
            break
        at_row = (int(xid), number)
        skip = after.offset if at_row == (after.xid, after.number) else 0
        listed = feeding.unpack(entries)
        for offset in range(skip, len(listed)):
            if len(found) == limit:
                return found, position
            position = Position(*at_row, offset + 1)
            found.append(_change(position, TYPES[kind], listed[offset], at))
    return found, position


def _check(after: Position, start: tuple[int, int], following: int) -> None:
    if (after.xid, after.number) < start:
        raise NotKept.because("feed_dropped", position=str(after.xid), start=str(start[0]))
    if after.xid > following:
        raise NotKept.because("feed_ahead", position=str(after.xid), next=str(following))


def _change(position: Position, kind: str, entry: str, at: datetime) -> Change:
    version, _, name = entry[1:].partition(":")
    return Change(position, kind, name, int(version), _OPERATION[entry[0]], at)


def end() -> Plan[Position]:
    """A position such that every change before it can be read in the tables: for a full scan."""
    row = yield from fetch_one("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    return Position(int(row[0])) if row is not None else Position()


def current(kind: str, after: str = "", limit: int = 1000) -> Plan[tuple[list[Stored], str | None]]:
    """Rows of a type as they are, in the order of ids, and the id to go on after (None: the end).

    For the platform's own derivations: no access predicate applies. Deleted rows are left out.
    """
    shape = layout(kind)
    arguments = Arguments(after)
    everything = condition(Everything(), arguments, patients=shape.has_residence)
    rows = yield from fetch(
        f"SELECT {statements.READ} FROM {shape.table} t"  # noqa: S608
        f" WHERE t.id > $1::text AND NOT t.moved AND NOT t.deleted AND {everything}"
        f" ORDER BY t.id LIMIT {limit:d}",
        *arguments.values,
    )
    return [stored(kind, row) for row in rows], rows[-1][0] if len(rows) == limit else None


def hold(name: str, position: Position) -> Plan[None]:
    """Tell that a reader needs everything from `position` on; without one it is registered.

    Raises NotKept where some of that was dropped already.
    """
    given = (str(position.xid), position.number)
    moved = yield from fetch(_FURTHER, name, *given)
    if moved:
        return
    # New, or going back: not while something is being dropped.
    row = yield from fetch_one(_START + " FOR SHARE")
    if row is not None and (position.xid, position.number) < (int(row[0]), row[1]):
        raise NotKept.because("feed_dropped", position=given[0], start=row[0])
    yield from execute(_HOLD, name, *given)


def release(name: str) -> Plan[None]:
    """Forget a reader that will not come again."""
    yield from execute("DELETE FROM store.feed_reader WHERE name = $1::text", name)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What one step of `drop_read` did. `missing` are readers that must register first;
    `slowest` is the reader that holds what is left."""

    rows: int
    missing: tuple[str, ...] = ()
    slowest: str | None = None


def drop_read(keep: timedelta, required: Sequence[str], batch: int = BATCH) -> Plan[Dropped]:
    """Drop the oldest rows of the feed that are older than `keep` and that every reader has read.

    One batch in the current transaction: call again while `rows` is `batch`. Nothing is dropped
    while one of the `required` readers is not registered, or while another process drops.
    """
    start = yield from fetch_one(_START + " FOR UPDATE SKIP LOCKED")
    if start is None:
        return Dropped(0)
    readers = yield from fetch(
        "SELECT name, xid::text, number FROM store.feed_reader"
        " ORDER BY feed_reader.xid, feed_reader.number"
    )
    names = {row[0] for row in readers}
    missing = tuple(name for name in required if name not in names)
    if missing or not readers:
        return Dropped(0, missing)
    slowest, xid, number = readers[0]
    rows = yield from fetch(_DROP, start[0], start[1], xid, number, keep, batch)
    if not rows:
        return Dropped(0, (), slowest)
    yield from execute(_MOVE_START, rows[0][0], rows[0][1] + 1, rows[0][2])
    return Dropped(rows[0][3], (), slowest)


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the feed begins now; `dropped_until` is None where nothing was ever dropped."""

    position: Position
    dropped_until: datetime | None


def beginning() -> Plan[Beginning]:
    """The first position that is kept, and the moment up to which changes were dropped."""
    row = yield from fetch_one(_START)
    if row is None:
        return Beginning(Position(), None)
    return Beginning(Position(int(row[0]), row[1]), row[2])


def newest_transaction() -> Plan[int]:
    """The greatest transaction id that the feed or one of its readers knows."""
    row = yield from fetch_one(_NEWEST)
    return int(row[0]) if row is not None else 0
