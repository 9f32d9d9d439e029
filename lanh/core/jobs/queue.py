"""The queue's plans. Putting a job in is part of the caller's unit of work: it commits or not.

A payload holds ids, never what a record says: it is kept in plain sight of an operator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lanh.core.database import Plan, fetch, fetch_one

_ENQUEUE = """
INSERT INTO jobs.job (queue, kind, payload, key, due, most_attempts)
VALUES ($1, $2, $3::jsonb, $4, coalesce($5::timestamptz, now()), $6)
ON CONFLICT (kind, key) WHERE key IS NOT NULL AND NOT dead DO NOTHING
RETURNING id
"""

_CLAIM = """
UPDATE jobs.job AS job
SET held_until = clock_timestamp() + $3::interval, attempts = attempts + 1
FROM (
    SELECT id FROM jobs.job
    WHERE queue = ANY ($1::text[]) AND NOT dead AND due <= clock_timestamp()
      AND (held_until IS NULL OR held_until < clock_timestamp())
    ORDER BY due, id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
) AS next
WHERE job.id = next.id
RETURNING job.id, job.queue, job.kind, job.payload::text, job.key, job.attempts,
          job.most_attempts, job.held_until
"""

_GIVE_BACK = """
UPDATE jobs.job
SET held_until = NULL, fault = $3, due = clock_timestamp() + $4::interval,
    dead = attempts >= most_attempts
WHERE id = $1 AND held_until = $2::timestamptz
RETURNING dead
"""

_REVIVE = """
UPDATE jobs.job AS job SET dead = false, attempts = 0, due = clock_timestamp()
WHERE id = $1 AND dead AND NOT EXISTS (
    SELECT FROM jobs.job AS living
    WHERE living.kind = job.kind AND living.key = job.key AND NOT living.dead)
RETURNING id
"""


class LeaseLost(RuntimeError):
    """The job took longer than its lease and belongs to another worker: this one's work is void."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job in the hands of a worker until `held_until`; `attempts` counts this one."""

    id: int
    queue: str
    kind: str
    payload: Mapping[str, Any]
    key: str | None
    attempts: int
    most_attempts: int
    held_until: datetime


@dataclass(frozen=True, slots=True)
class Dead:
    """A job that failed as often as it may; kept until somebody revives or deletes it."""

    id: int
    kind: str
    attempts: int
    fault: str


def enqueue(
    kind: str,
    payload: Mapping[str, Any],
    *,
    queue: str = "default",
    key: str | None = None,
    due: datetime | None = None,
    most_attempts: int = 8,
) -> Plan[int | None]:
    """Put a job in; None where a living job of this kind already has the key."""
    row = yield from fetch_one(_ENQUEUE, queue, kind, json.dumps(payload), key, due, most_attempts)
    return int(row[0]) if row else None


def claim(
    queues: Sequence[str], *, limit: int = 100, lease: timedelta = timedelta(minutes=5)
) -> Plan[list[Job]]:
    """Take up to `limit` due jobs for the time of the lease, oldest first, past those taken."""
    rows = yield from fetch(_CLAIM, list(queues), limit, lease)
    return sorted((_job(row) for row in rows), key=lambda job: job.id)


def _job(row: Sequence[Any]) -> Job:
    identity, queue, kind, payload, key, attempts, most, held_until = row
    return Job(identity, queue, kind, json.loads(payload), key, attempts, most, held_until)


def finish(job: Job) -> Plan[None]:
    """Strike the job off. Raises LeaseLost, which undoes the unit of work that this is part of."""
    row = yield from fetch_one(
        "DELETE FROM jobs.job WHERE id = $1 AND held_until = $2::timestamptz RETURNING id",
        job.id,
        job.held_until,
    )
    if row is None:
        raise LeaseLost(f"job {job.id} ({job.kind})")


def give_back(job: Job, fault: str) -> Plan[bool]:
    """Return a failed job: due again after a growing pause, or dead. True where it is dead.

    `fault` is the kind of the error, without data of the record at fault.
    """
    pause = timedelta(seconds=min(2 ** min(job.attempts, 12), 3600))
    row = yield from fetch_one(_GIVE_BACK, job.id, job.held_until, fault[:500], pause)
    return bool(row and row[0])


def dead(*, after: int = 0, limit: int = 100) -> Plan[list[Dead]]:
    """The jobs that nobody tries any more, a page at a time by id."""
    rows = yield from fetch(
        "SELECT id, kind, attempts, fault FROM jobs.job WHERE dead AND id > $1"
        " ORDER BY id LIMIT $2",
        after,
        limit,
    )
    return [Dead(row[0], row[1], row[2], row[3] or "") for row in rows]


def revive(identity: int) -> Plan[bool]:
    """Let a dead job be tried again from the beginning; False where there is none such."""
    row = yield from fetch_one(_REVIVE, identity)
    return row is not None


def counts() -> Plan[dict[str, int]]:
    """How many jobs wait, are held and are dead."""
    row = yield from fetch_one(
        "SELECT count(*) FILTER (WHERE NOT dead AND held_until IS NULL),"
        " count(*) FILTER (WHERE NOT dead AND held_until IS NOT NULL),"
        " count(*) FILTER (WHERE dead) FROM jobs.job"
    )
    waiting, held, gone = row if row else (0, 0, 0)
    return {"waiting": waiting, "held": held, "dead": gone}
