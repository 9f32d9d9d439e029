"""What is done again and again: each schedule by one worker at a time, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lanh.core.database import Plan, execute, fetch

_DECLARE = """
INSERT INTO jobs.schedule (name, every)
SELECT * FROM unnest($1::text[], $2::interval[])
ON CONFLICT (name) DO UPDATE SET every = excluded.every,
    due = least(jobs.schedule.due, clock_timestamp() + excluded.every)
WHERE jobs.schedule.every <> excluded.every
"""

_CLAIM = """
UPDATE jobs.schedule AS schedule SET held_until = clock_timestamp() + $2::interval
FROM (
    SELECT name FROM jobs.schedule
    WHERE name = ANY ($1::text[]) AND due <= clock_timestamp()
      AND (held_until IS NULL OR held_until < clock_timestamp())
    ORDER BY due
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS next
WHERE schedule.name = next.name
RETURNING schedule.name, schedule.held_until
"""

_FINISH = """
UPDATE jobs.schedule SET
    held_until = NULL,
    runs = runs + 1,
    failures = CASE WHEN $3::text IS NULL THEN 0 ELSE failures + 1 END,
    fault = $3::text,
    done_at = CASE WHEN $3::text IS NULL THEN clock_timestamp() ELSE done_at END,
    due = clock_timestamp()
        + every * CASE WHEN $3::text IS NULL THEN 1 ELSE power(2, least(failures, 6)) END
WHERE name = $1 AND held_until = $2::timestamptz
"""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Something done every so often; a run that fails is waited for longer each time."""

    name: str
    every: timedelta
    lease: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Turn:
    """A schedule in the hands of a worker."""

    name: str
    held_until: datetime


def declare(schedules: Sequence[Schedule]) -> Plan[None]:
    """Make the schedules known; a changed interval takes effect at once."""
    yield from execute(_DECLARE, [s.name for s in schedules], [s.every for s in schedules])


def claim_schedules(schedules: Sequence[Schedule]) -> Plan[Turn | None]:
    """Take the schedule that is due longest, or None where none is."""
    lease = max((schedule.lease for schedule in schedules), default=timedelta(minutes=10))
    rows = yield from fetch(_CLAIM, [schedule.name for schedule in schedules], lease)
    return Turn(rows[0][0], rows[0][1]) if rows else None


def finish_schedule(turn: Turn, fault: str | None = None) -> Plan[None]:
    """Say how the turn went and when the next is due."""
    yield from execute(_FINISH, turn.name, turn.held_until, fault[:500] if fault else None)
