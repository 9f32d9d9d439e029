"""History with limits and pages: of one row, of a type, of everything (R4 3.1.0.9).

A row's versions come by their number. A type's and the system's come by the change feed, newest
first: it is in the order of commits, so pages neither repeat nor pass over a version. What a
subject may not see is left out before anything is counted or cut into pages.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lanh.core.access import Predicate
from lanh.core.database import Plan, Row, fetch
from lanh.core.store import feed, feeding, statements
from lanh.core.store.errors import Forbidden, Invalid, NotKept
from lanh.core.store.layout import NUMBERS, TYPES, layout
from lanh.core.store.permission import Arguments, condition
from lanh.core.store.reading import rule_for, stored
from lanh.core.store.records import Context, Stored
from lanh.core.store.rights import may, rule

LARGEST_PAGE = 1000
_SLICE = 300  # rows of the feed looked at together
_MOST_CHANGES = 20_000  # changes looked at for one page; then the page ends early
# A change can stand after one of a later moment: their transactions overlapped.
_SLACK = timedelta(hours=1)

_FEED = """
SELECT xid::text, number, at, type, entries FROM store.feed
WHERE ($1::text IS NULL OR (xid, number) <= ($1::text::xid8, $2::bigint))
  AND ($3::smallint[] IS NULL OR type = ANY($3::smallint[]))
ORDER BY feed.xid DESC, feed.number DESC LIMIT $4::integer
"""


@dataclass(frozen=True, slots=True)
class Span:
    """Which versions: those made at or after `since`; those current at some time from `start` to
    before `end` (the parameter `_at`)."""

    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """A page of versions, newest first; `total` where it is known without reading further.

    `operations` says of each (type, id, version) whether it was a create, an update or a delete.
    """

    entries: list[Stored]
    next_cursor: str | None = None
    total: int | None = None
    operations: dict[tuple[str, str, int], str] = field(default_factory=dict)


def _cursor(*numbers: int) -> str:
    told = ".".join(map(str, numbers))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, count: int) -> list[int]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        numbers = base64.urlsafe_b64decode(padded.encode("ascii")).decode("ascii").split(".")
        found = [int(each) for each in numbers if each.isdigit() and len(each) < 20]
    except (binascii.Error, ValueError) as error:
        raise Invalid.because("bad_cursor") from error
    if len(found) != count or len(numbers) != count:
        raise Invalid.because("bad_cursor")
    return found


def of_row(
    kind: str,
    name: str,
    context: Context,
    *,
    span: Span = Span(),
    count: int = 100,
    cursor: str | None = None,
) -> Plan[Past | None]:
    """The versions of one row; None where there is none that may be seen.

    `total` counts the versions within the span. Raises Forbidden, Invalid.
    """
    allowed = rule_for(context, "history", kind)
    before = _read_cursor(cursor, 1)[0] if cursor is not None else None
    arguments = Arguments(name, min(before, 2**31 - 1) if before is not None else None)
    source = _versions(kind, allowed, arguments)
    limits = _limits(span, arguments, "v")
    size = max(0, min(count, LARGEST_PAGE))
    rows = yield from fetch(
        f"WITH v AS ({source}), kept AS ("  # noqa: S608
        f" SELECT v.*, v.version = 1 OR coalesce((SELECT e.deleted FROM v e"
        f" WHERE e.version = v.version - 1), false) AS made FROM v WHERE {' AND '.join(limits)})"
        " SELECT k.*, (SELECT count(*) FROM kept), (SELECT count(*) FROM v)"
        " FROM (SELECT 1) AS one LEFT JOIN (SELECT * FROM kept WHERE $2::integer IS NULL"
        f" OR version < $2 ORDER BY version DESC LIMIT {size + 1}) AS k ON true"
        " ORDER BY k.version DESC",
        *arguments.values,
    )
    if rows[0][-1] == 0:
        return None
    found = [row for row in rows if row[0] is not None]
    entries = [stored(kind, row) for row in found[:size]]
    operations = {
        (kind, row[0], row[1]): "delete" if row[3] else "create" if row[10] else "update"
        for row in found[:size]
    }
    further = _cursor(entries[-1].version) if entries and len(found) > size else None
    return Past(entries, further, rows[0][-2], operations)


def _versions(kind: str, allowed: Predicate, arguments: Arguments) -> str:
    """Every version of row $1 that may be seen, in the columns of `statements.READ`."""
    shape = layout(kind)
    now = condition(allowed, arguments, patients=shape.has_residence)
    then = condition(allowed, arguments, patients=shape.has_residence, alias="h")
    old = statements.READ.replace("t.", "h.")
    return (
        f"SELECT {statements.READ} FROM {shape.table} t"  # noqa: S608
        f" WHERE t.id = $1::text AND NOT t.moved AND {now}"
        f" UNION ALL SELECT {old} FROM store.history h"
        f" WHERE h.id = $1::text AND h.type = {shape.number} AND {then}"
    )


def _written_within(span: Span, arguments: Arguments, alias: str) -> list[str]:
    """The conditions of a span on when the versions `alias` were written."""
    limits = ["true"]
    if span.since is not None:
        limits.append(f"{alias}.updated >= {arguments.add(span.since, 'timestamptz')}")
    if span.end is not None:
        limits.append(f"{alias}.updated < {arguments.add(span.end, 'timestamptz')}")
    return limits


def _limits(span: Span, arguments: Arguments, alias: str) -> list[str]:
    """The conditions of a span on the versions `alias` of a common table `v`."""
    limits = _written_within(span, arguments, alias)
    if span.start is not None:
        limits.append(
            f"NOT EXISTS (SELECT 1 FROM v n WHERE n.version = {alias}.version + 1"  # noqa: S608
            f" AND n.updated <= {arguments.add(span.start, 'timestamptz')})"
        )
    return limits


@dataclass(slots=True)
class _Change:
    """One entry of the feed, with the cursor that leads on after it."""

    at: tuple[int, int, int]
    type: str
    id: str
    version: int
    operation: str
    moment: datetime


_OPERATIONS = {"c": "create", "u": "update", "d": "delete"}


def of_types(
    kinds: Sequence[str] | None,
    context: Context,
    *,
    span: Span = Span(),
    count: int = 100,
    cursor: str | None = None,
) -> Plan[Past]:
    """The versions of all rows of some types (None: of all), those that may be seen.

    A page can hold fewer than `count` although there are more: `next_cursor` tells. Raises
    Forbidden where the history of none of the types may be read, Invalid for a bad cursor, NotKept
    where the span begins, or the cursor leads, before what the feed still has.
    """
    wanted = list(NUMBERS) if kinds is None else list(kinds)
    open_kinds = [kind for kind in wanted if may(context.access, "history", kind)]
    if not open_kinds:
        raise Forbidden.because("forbidden", interaction="history", type=", ".join(kinds or ("*",)))
    numbers = None if len(open_kinds) == len(NUMBERS) else [NUMBERS[k] for k in open_kinds]
    size = max(0, min(count, LARGEST_PAGE))
    position: tuple[int, int, int] | None = None
    if cursor is not None:
        xid, number, offset = _read_cursor(cursor, 3)
        position = (xid, min(number, 2**63 - 1), offset)
    yield from _check_kept(span, position)
    found: list[tuple[_Change, Stored]] = []
    looked = 0
    further = size > 0
    while further and len(found) <= size:
        if looked >= _MOST_CHANGES:
            break
        listed, position, further = yield from _slice(numbers, span, position)
        looked += len(listed)
        found += yield from _kept(listed, span, context)
    over = len(found) > size
    found = found[:size]
    left = found[-1][0].at if over and found else position if further else None
    operations = {(row.type, row.id, row.version): change.operation for change, row in found}
    entries = sorted((row for _, row in found), key=lambda row: row.updated, reverse=True)
    return Past(entries, _cursor(*left) if left is not None else None, None, operations)


def _check_kept(span: Span, position: tuple[int, int, int] | None) -> Plan[None]:
    """Refuse what would pass over versions without a word."""
    kept = yield from feed.beginning()
    if kept.dropped_until is None:
        return
    asked = span.since or span.start
    early = asked is not None and asked <= kept.dropped_until
    if early or (position is not None and position[:2] < kept.position[:2]):
        raise NotKept.because("history_dropped", until=kept.dropped_until.isoformat())


def _slice(
    numbers: list[int] | None, span: Span, before: tuple[int, int, int] | None
) -> Plan[tuple[list[_Change], tuple[int, int, int] | None, bool]]:
    """Changes before a position, newest first, the position after them, and whether more follow."""
    xid, number = (str(before[0]), before[1]) if before is not None else (None, None)
    rows = yield from fetch(_FEED, xid, number, numbers, _SLICE)
    found: list[_Change] = []
    position = before
    for row in rows:
        here = (int(row[0]), row[1])
        listed = feeding.unpack(row[4]) if row[4] else []
        if before is not None and here == before[:2]:
            listed = listed[: before[2]]
        position = (*here, 0)
        if span.since is not None and row[2] + _SLACK < span.since:
            return found, position, False
        for offset in range(len(listed) - 1, -1, -1):
            version, _, name = listed[offset][1:].partition(":")
            operation = _OPERATIONS[listed[offset][0]]
            at = (*here, offset)
            found.append(_Change(at, TYPES[row[3]], name, int(version), operation, row[2]))
    return found, position, len(rows) == _SLICE


def _kept(
    changes: Sequence[_Change], span: Span, context: Context
) -> Plan[list[tuple[_Change, Stored]]]:
    """The versions that changes made, those within the span that may be seen."""
    by_type: dict[str, list[_Change]] = {}
    for change in changes:
        by_type.setdefault(change.type, []).append(change)
    rows: dict[tuple[str, str, int], Stored] = {}
    for kind, group in by_type.items():
        for row in (yield from _bodies(kind, group, span, context)):
            version = stored(kind, row)
            rows[kind, version.id, version.version] = version
    keyed = ((change, (change.type, change.id, change.version)) for change in changes)
    return [(change, rows[key]) for change, key in keyed if key in rows]


def _bodies(kind: str, changes: Sequence[_Change], span: Span, context: Context) -> Plan[list[Row]]:
    """Versions by id and number, wherever they stand: one probe for each."""
    shape = layout(kind)
    allowed = rule(context.access, "history", kind)
    arguments = Arguments([c.id for c in changes], [c.version for c in changes])
    now = condition(allowed, arguments, patients=shape.has_residence)
    then = condition(allowed, arguments, patients=shape.has_residence, alias="h")
    old = statements.READ.replace("t.", "h.")
    limits = _written_within(span, arguments, "r")
    if span.start is not None:
        start = arguments.add(span.start, "timestamptz")
        limits.append(
            f"NOT EXISTS (SELECT 1 FROM {shape.table} n WHERE n.id = k.id AND NOT n.moved"  # noqa: S608
            f" AND n.version = k.version + 1 AND n.updated <= {start})"
            f" AND NOT EXISTS (SELECT 1 FROM store.history n WHERE n.id = k.id"
            f" AND n.type = {shape.number} AND n.version = k.version + 1 AND n.updated <= {start})"
        )
    rows = yield from fetch(
        f"SELECT r.* FROM {statements.rows('text', 'integer')} AS k (id, version)"  # noqa: S608
        f" CROSS JOIN LATERAL (SELECT {statements.READ} FROM {shape.table} t"
        f" WHERE t.id = k.id AND t.version = k.version AND NOT t.moved AND {now}"
        f" UNION ALL SELECT {old} FROM store.history h"
        f" WHERE h.id = k.id AND h.version = k.version AND h.type = {shape.number} AND {then}"
        f" LIMIT 1) AS r WHERE {' AND '.join(limits)}",
        *arguments.values,
    )
    return rows
