"""Indexing the rows that stand by a new search parameter: online, in steps, resumable.

Rows written after a definition was registered are indexed by it, but a process may not have heard
of it for a few seconds, and a transaction may have begun before. So the pass over the rows that
stand begins when no such writer can be left (`since`), goes by ids, and notes after each step how
far it came (`after`). Then the definition answers, and the one it replaces is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from lanh.core import fhir
from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.store import statements
from lanh.core.store.bodies import unpacked
from lanh.core.store.hashing import hash64
from lanh.core.store.indexing import Indexed, index
from lanh.core.store.layout import TYPES, Layout, layout
from lanh.core.store.own_parameters import KNOWN_FOR, OwnParameters
from lanh.core.store.vocabulary import Entry, Known, learn

STEP = 200  # rows at a time: they are locked for some hundredths of a second
_FEW = 100_000  # rows up to which they are counted one by one
_SLACK = 1.0  # seconds, for clocks

_LOCK = f"SELECT pg_try_advisory_xact_lock({hash64('reindex')}::bigint)"
_NEXT = """
SELECT type, state, since IS NOT NULL, defined < clock_timestamp() - $1::interval,
       coalesce(since < pg_snapshot_xmin(pg_current_snapshot()), false)
FROM store.search_parameter WHERE state IN ('waiting', 'indexing')
ORDER BY state DESC, number LIMIT 1
"""
_SINCE = """
UPDATE store.search_parameter SET since = pg_current_xact_id()
WHERE type = $1 AND state = 'waiting' AND since IS NULL
  AND defined < clock_timestamp() - $2::interval
"""
_BEGIN = """
UPDATE store.search_parameter SET state = 'indexing', total = $2
WHERE type = $1 AND state = 'waiting' AND since < pg_snapshot_xmin(pg_current_snapshot())
"""
_FROM = "SELECT min(after) FROM store.search_parameter WHERE type = $1 AND state = 'indexing'"
_ON = """
UPDATE store.search_parameter SET after = $2, done = done + $3::bigint
WHERE type = $1 AND state = 'indexing' AND after < $2
"""
_END = """
UPDATE store.search_parameter SET state = 'active', total = done
WHERE type = $1 AND state = 'indexing' RETURNING number, resource
"""
_REPLACED = """
DELETE FROM store.search_parameter
WHERE type = $1 AND resource = $2 AND number < $3
"""
_ESTIMATE = """
SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_class c
WHERE c.oid = $1::text::regclass
   OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::text::regclass)
"""


def reindex(own: OwnParameters, known: Known, limit: int = STEP) -> Plan[bool | None]:
    """One step of what is to be indexed, in a transaction of its own.

    True where there is more to do at once, False where it must wait for writers to end (try again
    in a second), None where there is nothing to do or another process does it.
    """
    row = yield from fetch_one(_LOCK)
    if row is None or not row[0]:
        return None
    wait = timedelta(seconds=KNOWN_FOR + _SLACK)
    row = yield from fetch_one(_NEXT, wait)
    if row is None:
        return None
    number, state, marked, heard, quiet = row
    shape = layout(TYPES[number])
    if state == "waiting":
        if not marked:
            if not heard:
                return False
            yield from execute(_SINCE, number, wait)
            return False
        if not quiet:
            return False
        total = yield from _total(shape)
        yield from execute(_BEGIN, number, total)
        return True
    own.read_at = float("-inf")
    yield from own.refresh()
    yield from _pass(shape, own, known, limit)
    return True


def _total(shape: Layout) -> Plan[int]:
    rows = yield from fetch(_ESTIMATE, shape.table)
    estimate = int(rows[0][0])
    if estimate > _FEW:
        return estimate
    rows = yield from fetch(f"SELECT count(*) FROM {shape.table} t WHERE NOT t.deleted")  # noqa: S608
    return int(rows[0][0])


def _pass(shape: Layout, own: OwnParameters, known: Known, limit: int) -> Plan[None]:
    row = yield from fetch_one(_FROM, shape.number)
    rows = yield from fetch(
        "SELECT t.id, t.bucket, t.patient, t.dictionary, t.body, t.version, t.updated"  # noqa: S608
        f" FROM {shape.table} t"
        " WHERE t.id > $1::text AND NOT t.deleted AND t.body IS NOT NULL"
        f" ORDER BY t.id LIMIT {limit:d} FOR UPDATE",
        row[0] if row else "",
    )
    if rows:
        yield from _index(shape, own, known, rows)
        yield from execute(_ON, shape.number, rows[-1][0], len(rows))
    if len(rows) < limit:
        ended = yield from fetch(_END, shape.number)
        for number, resource in ended:
            yield from execute(_REPLACED, shape.number, resource, number)


def _index(shape: Layout, own: OwnParameters, known: Known, rows: Sequence[Row]) -> Plan[None]:
    parameters = own.written(shape.type)
    values: list[list[Any]] = []
    words: list[Entry] = []
    for identifier, bucket, patient, dictionary, frame, version, updated in rows:
        body = unpacked(frame, dictionary, shape.type, identifier, version, updated, patient)
        resource = fhir.loads(body)
        found = index(shape, resource, patient, known, parameters)
        words += found.words
        values.append([identifier, bucket, *_searched(found)])
    yield from learn(known, words)
    yield from execute(_update(shape), *map(list, zip(*values, strict=True)))


_COLUMNS = (
    ("code", "bigint"), ("date_lo", "timestamptz"), ("date_hi", "timestamptz"),
    ("tokens", "bigint[]"), ("strings", "text"), ("present", "integer"), ("parts", "jsonb"),
)  # fmt: skip


def _searched(found: Indexed) -> list[Any]:
    """The values of `_COLUMNS` and of the layout's range pairs."""
    tokens = "{" + ",".join(map(str, found.tokens)) + "}"
    head = [found.code, *found.date, tokens, found.strings, found.present, found.parts]
    return [*head, *found.ranges]


def _update(shape: Layout) -> str:
    kinds = dict(statements.columns(shape))
    ranged = [name for name in shape.columns if name not in ("residence", "sort_name")]
    columns = [*_COLUMNS, *((name, kinds[name]) for name in ranged)]
    names = ", ".join(["id", "bucket", *(name for name, _ in columns)])
    source = statements.rows("text", "smallint", *(kind for _, kind in columns))
    changes = ", ".join(
        f"{name} = {'n.tokens::bigint[]' if name == 'tokens' else f'n.{name}'}"
        for name, _ in columns
    )
    return (
        f"UPDATE {shape.table} t SET {changes} FROM {source} AS n ({names})"  # noqa: S608
        " WHERE t.id = n.id AND t.bucket = n.bucket"
    )
