"""What lists hold of people, as erasure by order reaches it: rows that were taken or not, views."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from lanh.core.database import Plan, fetch, fetch_one
from lanh.core.lists.errors import MESSAGES

# Numbers are typed with spaces and points: signs and digits alone are compared.
_PLAIN = re.compile(r"[^0-9A-Za-z]+")
_SHORTEST = 6

_ROWS = """
UPDATE lists.refused SET cells = '{}',
    faults = jsonb_build_array(jsonb_build_array('', 'suppressed', $2::text, $3::text))
WHERE EXISTS (
    SELECT FROM unnest($1::text[]) AS m (mark)
    WHERE position(m.mark IN regexp_replace(
        array_to_string(cells, '|') || faults::text, '[^0-9A-Za-z|]+', '', 'g')) > 0)
RETURNING 1
"""
_VIEWS = """
DELETE FROM lists.view WHERE EXISTS (
    SELECT FROM unnest($1::text[]) AS m (mark)
    WHERE position(m.mark IN regexp_replace(title || '|' || query, '[^0-9A-Za-z|]+', '', 'g')) > 0)
RETURNING 1
"""


def sheets_under_way(since: datetime) -> Plan[bool]:
    """Whether a sheet that was sent before a moment is not taken to its end: what it holds is not
    known yet."""
    row = yield from fetch_one(
        "SELECT EXISTS (SELECT FROM lists.upload WHERE content IS NOT NULL"
        " AND made_at < $1::timestamptz)",
        since,
    )
    return row is not None and bool(row[0])


def erase_rows(records: Sequence[str], marks: Sequence[str]) -> Plan[int]:
    """Erase what is kept of people; how many rows that was.

    `records` (`Type/id`) are theirs, `marks` what stands for them: numbers, telephones. The rows
    that they were taken from are forgotten, rows that were not taken and hold a mark are emptied,
    saved views that hold one are removed. Once more changes nothing.
    """
    plain = {_PLAIN.sub("", mark) for mark in marks}
    wanted = sorted(mark for mark in plain if len(mark) >= _SHORTEST)
    reached = yield from fetch(
        "DELETE FROM lists.imported WHERE record = ANY($1::text[]) RETURNING 1", list(records)
    )
    if not wanted:
        return len(reached)
    told = MESSAGES["import-erased"]
    rows = yield from fetch(_ROWS, wanted, told.vi, told.en)
    views = yield from fetch(_VIEWS, wanted)
    return len(reached) + len(rows) + len(views)
