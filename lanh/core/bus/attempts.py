"""Attempts at a message: taken up again after a pause, held when they are used up, replayed.

What an attempt came to is kept in `bus.attempt` before the next begins; what the last one came to
stands in the message's own row, its receipt.
"""

from __future__ import annotations

import json
from typing import Any

from lanh.core import audit
from lanh.core.access import Access
from lanh.core.bus import authority
from lanh.core.bus.port import Sender
from lanh.core.database import Plan, execute, fetch, fetch_one

MAX_ATTEMPTS = 8
LONGEST_PAUSE = 3600.0  # seconds
OPEN = ("refused", "conflict", "accepted-in-part", "held")
"""The states from which a message can be replayed."""

# A sender's messages are taken up in the order in which they came, but one that failed and waits
# for its next attempt holds up only those of its own line.
_CLAIM = """
WITH next AS (
    SELECT m.id, m.due, coalesce(m.tried_at, m.received_at) AS began, m.tried_at
    FROM bus.message m
    WHERE m.state = 'received'
      AND (m.due <= now() OR (m.due IS NULL AND
           coalesce(m.tried_at, m.received_at) <= now() - make_interval(secs => $1::float8)))
      AND NOT EXISTS (SELECT 1 FROM bus.message o
                      WHERE o.state = 'received' AND o.sender = m.sender AND o.number < m.number
                        AND (o.due IS NULL OR o.line = m.line))
    ORDER BY m.number FOR UPDATE SKIP LOCKED LIMIT 1
), cut AS (
    INSERT INTO bus.attempt (message, number, began_at, outcome)
    SELECT id, 1 + (SELECT count(*) FROM bus.attempt a WHERE a.message = next.id), began, 'cut-off'
    FROM next WHERE due IS NULL AND tried_at IS DISTINCT FROM 'epoch'::timestamptz
)
UPDATE bus.message m SET attempts = attempts + 1, tried_at = now(), due = NULL
FROM next WHERE m.id = next.id RETURNING m.id
"""

_FAILED = """
WITH tried AS (
    UPDATE bus.message SET fault = $2::text, due = clock_timestamp() + make_interval(
        secs => least($3::float8, power(2, attempts)) * (0.5 + random() / 2))
    WHERE id = $1::text AND state = 'received'
    RETURNING id, coalesce(tried_at, received_at) AS began
)
INSERT INTO bus.attempt (message, number, began_at, outcome, fault)
SELECT id, 1 + (SELECT count(*) FROM bus.attempt a WHERE a.message = tried.id), began, 'failed',
       $2::text
FROM tried
"""

_REOPEN = """
WITH chosen AS (
    SELECT m.* FROM bus.message m
    WHERE m.id = $1::text AND m.state = ANY ($2::text[]) AND m.size > 0 FOR UPDATE
), past AS (
    INSERT INTO bus.attempt (message, number, began_at, ended_at, outcome, fault, issues)
    SELECT id, 1 + (SELECT count(*) FROM bus.attempt a WHERE a.message = chosen.id),
           coalesce(nullif(tried_at, 'epoch'), received_at), coalesce(settled_at, now()), state,
           fault, issues || coalesce((
               SELECT jsonb_agg(i) FROM bus.part p, jsonb_array_elements(p.issues) AS i
               WHERE p.message = chosen.id AND p.outcome = 'refused'), '[]')
    FROM chosen
), gone AS (
    DELETE FROM bus.part p USING chosen WHERE p.message = chosen.id AND p.outcome = 'refused'
)
UPDATE bus.message m
SET state = 'received', attempts = 1, tried_at = 'epoch', due = now(), settled_at = NULL,
    fault = NULL, issues = '[]', causes = '{}',
    facility = $3::text, facilities = $4::jsonb, authority = $5::jsonb
FROM chosen WHERE m.id = chosen.id RETURNING m.id
"""


def claim(lease: float) -> Plan[str | None]:
    """Take up one message that is due, or that nobody has tried for `lease` seconds.

    Of one line (a sender's messages about one patient) only the oldest. An attempt of which
    nothing was told is noted as cut off.
    """
    row = yield from fetch_one(_CLAIM, lease)
    return None if row is None else str(row[0])


def failed(receipt: str, fault: str) -> Plan[None]:
    """Note that an attempt failed by a fault of ours (its kind); the next after a growing pause."""
    yield from execute(_FAILED, receipt, fault[:200], LONGEST_PAUSE)


def wait(receipt: str) -> Plan[None]:
    """Let a message wait behind an earlier one of its line."""
    yield from execute(
        "UPDATE bus.message SET due = clock_timestamp() WHERE id = $1::text", receipt
    )


def reopen(receipt: str, sender: Sender, by: Access) -> Plan[bool]:
    """Let an open message be judged once more, by what its sender may do now.

    False where it is not open, or its content is not kept. What was taken of it stays.
    """
    row = yield from fetch_one(
        _REOPEN,
        receipt,
        list(OPEN),
        sender.facility,
        json.dumps(sender.facilities),
        authority.encode(sender.access),
    )
    if row is None:
        return False
    yield from audit.append([audit.Entry.of(by, "replay", id=receipt)])
    return True


def past(receipt: str) -> Plan[list[dict[str, Any]]]:
    """What came of a message before its last attempt, oldest first."""
    rows = yield from fetch(
        "SELECT number, began_at, ended_at, outcome, fault, issues::text FROM bus.attempt"
        " WHERE message = $1::text ORDER BY number",
        receipt,
    )
    return [
        {
            "number": row[0],
            "beganAt": row[1].isoformat(),
            "endedAt": row[2].isoformat(),
            "outcome": row[3],
            "fault": row[4],
            "issues": json.loads(row[5]),
        }
        for row in rows
    ]
