"""How much of a message is kept and how long, by kind: policies, and what is due to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from lanh.core.bus.ledger import packed
from lanh.core.database import Plan, execute, fetch

Level: TypeAlias = Literal["full", "metadata", "none"]
LEVELS: tuple[Level, ...] = ("full", "metadata", "none")
SETTLED = ("accepted", "accepted-in-part", "refused", "conflict", "replayed")
_BATCH = 1000

_DUE = """
SELECT m.id FROM bus.message m
JOIN LATERAL (SELECT days FROM bus.policy p WHERE p.kind IN (m.format, '*')
              ORDER BY p.kind = '*' LIMIT 1) AS p ON true
WHERE m.size > 0 AND m.state = ANY ($3::text[])
  AND m.received_at < $1::timestamptz - make_interval(days => p.days)
  AND m.received_at < $1::timestamptz - make_interval(days => (SELECT min(days) FROM bus.policy))
ORDER BY m.received_at LIMIT $2::integer
"""

_EMPTY = """
WITH gone AS (
    UPDATE bus.message SET body = $2::bytea, size = 0, line = NULL,
        issues = '[]', archive = coalesce($3::text, archive)
    WHERE id = ANY ($1::text[]) AND size > 0 RETURNING id
), parts AS (
    UPDATE bus.part SET issues = '[]', source_id = NULL WHERE message IN (SELECT id FROM gone)
), attempts AS (
    UPDATE bus.attempt SET issues = '[]' WHERE message IN (SELECT id FROM gone)
)
SELECT count(*) FROM gone
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept of messages of a kind: a format's name, or "*" for those without their own."""

    kind: str
    level: Level
    days: int


def policies() -> Plan[list[Policy]]:
    """Every policy, the general one first."""
    rows = yield from fetch('SELECT kind, level, days FROM bus.policy ORDER BY kind COLLATE "C"')
    return [Policy(*row) for row in rows]


def keep(policy: Policy) -> Plan[None]:
    """Put a policy in force. What was emptied before does not come back."""
    yield from execute(
        "INSERT INTO bus.policy (kind, level, days) VALUES ($1::text, $2::text, $3::integer)"
        " ON CONFLICT (kind) DO UPDATE SET level = excluded.level, days = excluded.days",
        policy.kind,
        policy.level,
        policy.days,
    )


def due(now: datetime, states: Sequence[str] = SETTLED) -> Plan[list[str]]:
    """Messages of these states whose content is older than its kind is kept: a batch, oldest first.

    What is held by a fault of ours stays until it is settled.
    """
    rows = yield from fetch(_DUE, now, _BATCH, list(states))
    return [row[0] for row in rows]


def empty(receipts: list[str], archive: str | None = None) -> Plan[int]:
    """Drop the content of messages and the words told of it; digest, state and causes stay."""
    rows = yield from fetch(_EMPTY, receipts, packed(b""), archive)
    return int(rows[0][0])


def retire(now: datetime) -> Plan[int]:
    """Drop what is due at this moment, a batch at a time; how many messages were emptied.

    A message that still could be mended then cannot be any more: its sender sends it anew.
    """
    names = yield from due(now)
    return (yield from empty(names)) if names else 0
