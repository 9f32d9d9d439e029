"""Receipts: what the tables say about a message, as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from lanh.core.bus import attempts
from lanh.core.database import Plan, fetch, fetch_one

MAX_PARTS = 5_000
STATES = (
    "received", "accepted", "accepted-in-part", "refused", "conflict", "held", "replayed",
)  # fmt: skip

_HEAD = """
SELECT id, state, sender, format, received_at, settled_at, issues::text, counts::text, number,
       mends, mended_by
FROM bus.message
"""


def receipt(identifier: str, sender: str | None = None) -> Plan[dict[str, Any] | None]:
    """The receipt of a message; with `sender`, only where it is that client's.

    Of a message with more parts than can be listed, refused parts and parts with issues come
    first, and `partsLeftOut` says how many are not listed.
    """
    row = yield from fetch_one(
        _HEAD + " WHERE id = $1::text AND ($2::text IS NULL OR sender = $2::text)",
        identifier,
        sender,
    )
    if row is None:
        return None
    found = _head(row)
    rows = yield from fetch(
        "SELECT index, type, source_id, outcome, location, issues::text FROM bus.part"
        " WHERE message = $1::text"
        " ORDER BY (outcome <> 'refused' AND issues = '[]'), index LIMIT $2::int",
        identifier,
        MAX_PARTS,
    )
    found["parts"] = [
        {
            "index": part[0],
            "type": part[1],
            "sourceId": part[2],
            "outcome": part[3],
            "location": part[4],
            "issues": json.loads(part[5]),
        }
        for part in sorted(rows, key=lambda part: part[0])
    ]
    left = sum(found["counts"].values()) - len(rows)
    if left > 0:
        found["partsLeftOut"] = left
    found["attempts"] = yield from attempts.past(identifier)
    found["unresolved"] = yield from _unresolved(identifier)
    found["issues"] = found.pop("issues")
    return found


def _head(row: Any) -> dict[str, Any]:
    received: datetime = row[4]
    return {
        "id": row[0],
        "state": row[1],
        "sender": row[2],
        "format": row[3],
        "receivedAt": received.isoformat(),
        "settledAt": row[5].isoformat() if row[5] else None,
        "issues": json.loads(row[6]),
        "counts": json.loads(row[7]),
        "mends": row[9],
        "replayedBy": row[10],
    }


def _unresolved(identifier: str) -> Plan[list[dict[str, Any]]]:
    rows = yield from fetch(
        "SELECT part, source, path, target, resolved_at FROM bus.unresolved"
        " WHERE message = $1::text ORDER BY number LIMIT $2::int",
        identifier,
        MAX_PARTS,
    )
    return [
        {
            "part": row[0],
            "source": row[1],
            "path": row[2],
            "target": row[3],
            "resolvedAt": row[4].isoformat() if row[4] else None,
        }
        for row in rows
    ]


def listed(
    sender: str | None, state: str | None, before: int | None, count: int
) -> Plan[tuple[list[dict[str, Any]], int | None]]:
    """A page of receipts without their parts, newest first, and where the next page begins."""
    rows = yield from fetch(
        _HEAD + " WHERE ($1::text IS NULL OR sender = $1::text)"
        " AND ($2::text IS NULL OR state = $2::text)"
        " AND ($3::bigint IS NULL OR number < $3::bigint)"
        " ORDER BY number DESC LIMIT $4::int",
        sender,
        state,
        before,
        count + 1,
    )
    more = rows[count - 1][8] if len(rows) > count else None
    return [_head(row) for row in rows[:count]], more
