"""Receipts in a list, for people: how each message fared, and the first reason against it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lanh.core.database import Plan, fetch

_LINE = """
SELECT m.id, m.number, m.state, m.format, m.received_at, m.sender, m.counts::text,
       coalesce(m.issues -> 0, (
           SELECT p.issues -> 0 FROM bus.part p
           WHERE p.message = m.id AND p.outcome = 'refused' AND p.issues <> '[]'
           ORDER BY p.index LIMIT 1))::text
FROM bus.message m
"""

_LINES_OF = _LINE + "WHERE m.id = ANY ($1::text[]) ORDER BY m.number DESC"

_LINES = (
    _LINE
    + """
WHERE ($1::text[] IS NULL OR m.sender = ANY ($1::text[]))
  AND ($2::text IS NULL OR m.state = $2::text)
  AND ($3::bigint IS NULL OR m.number < $3::bigint)
ORDER BY m.number DESC
LIMIT $4::integer
"""
)

_COUNTS = """
SELECT state, count(*) FROM bus.message
WHERE $1::text[] IS NULL OR sender = ANY ($1::text[])
GROUP BY state
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One message: how many parts by outcome, and the first reason (vi, en) against it."""

    id: str
    number: int
    state: str
    format: str
    received_at: datetime
    sender: str
    counts: Mapping[str, int]
    reason: tuple[str, str] | None


def lines(
    senders: Sequence[str] | None, state: str | None, before: int | None, limit: int
) -> Plan[list[Line]]:
    """The messages of these client systems (None: of all), newest first, below a number."""
    whose = None if senders is None else list(senders)
    return (yield from _told(_LINES, whose, state, before, limit))


def _told(query: str, *parameters: object) -> Plan[list[Line]]:
    rows = yield from fetch(query, *parameters)
    found = []
    for row in rows:
        issue = json.loads(row[7]) if row[7] else None
        reason = (issue["vi"], issue["en"]) if issue else None
        id, number, state_, format, received_at, sender = row[:6]
        counts = json.loads(row[6])
        found.append(Line(id, number, state_, format, received_at, sender, counts, reason))
    return found


def lines_of(receipts: Sequence[str]) -> Plan[list[Line]]:
    """The lines of these messages, newest first."""
    return (yield from _told(_LINES_OF, list(receipts)))


def states(senders: Sequence[str] | None) -> Plan[dict[str, int]]:
    """How many messages of these client systems (None: of all) are in each state."""
    rows = yield from fetch(_COUNTS, None if senders is None else list(senders))
    return {row[0]: row[1] for row in rows}
