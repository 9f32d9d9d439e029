"""Deliveries: plans that put them in, take the next of each line, and say how it went.

A delivery is kept for a (subscriber, subject). It is handed out at least once, and after every
earlier one of its line is done or dead. Adding it is part of the caller's unit of work.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.jobs.queue import LeaseLost

LARGEST_PAYLOAD = 262_144  # bytes; what is larger is kept elsewhere and named
_MOST_OF_ONE = 64  # lines of one subscriber that a single claim looks at
_LONGEST_PAUSE = 3600.0

_KNOWN = "SELECT name FROM jobs.subscriber WHERE name = ANY ($1::text[]) ORDER BY 1 FOR KEY SHARE"

_LINES = """
INSERT INTO jobs.line (subscriber, subject, waiting, due)
SELECT subscriber, subject, count(*), clock_timestamp()
FROM unnest($1::text[], $2::text[]) AS given (subscriber, subject)
GROUP BY subscriber, subject ORDER BY subscriber COLLATE "C", subject COLLATE "C"
ON CONFLICT (subscriber, subject) DO UPDATE SET waiting = line.waiting + excluded.waiting
"""

_PUT = """
INSERT INTO jobs.delivery (subscriber, subject, payload)
SELECT subscriber, subject, payload
FROM unnest($1::text[], $2::text[], $3::bytea[])
    WITH ORDINALITY AS given (subscriber, subject, payload, place)
ORDER BY place
"""

# Each subscriber gives lines as far as it has room, so that a slow one does not keep all workers.
_CLAIM = """
UPDATE jobs.line AS line SET held_until = clock_timestamp() + $2::interval
FROM (
    SELECT subscriber, subject FROM (
        SELECT l.subscriber, l.subject, l.due, s.at_once,
               row_number() OVER (PARTITION BY l.subscriber ORDER BY l.due) AS place
        FROM jobs.subscriber s CROSS JOIN LATERAL (
            SELECT subscriber, subject, due FROM jobs.line
            WHERE subscriber = s.name AND due <= now()
              AND (held_until IS NULL OR held_until < now())
            ORDER BY due LIMIT $4::integer FOR UPDATE SKIP LOCKED
        ) AS l
        WHERE NOT s.paused AND s.kind = ANY ($1::text[])
    ) AS found
    WHERE place <= at_once - (
        SELECT count(*) FROM jobs.line h
        WHERE h.subscriber = found.subscriber AND h.held_until >= now())
    ORDER BY place, due LIMIT $3::integer
) AS next
WHERE line.subscriber = next.subscriber AND line.subject = next.subject
RETURNING line.subscriber, line.subject, line.held_until
"""

_HEADS = """
UPDATE jobs.delivery AS delivery
SET attempts = attempts + 1, tried_at = coalesce(tried_at, clock_timestamp())
FROM (
    SELECT head.id FROM unnest($1::text[], $2::text[]) AS k (subscriber, subject)
    CROSS JOIN LATERAL (
        SELECT id FROM jobs.delivery
        WHERE subscriber = k.subscriber AND subject = k.subject AND NOT dead
        ORDER BY id LIMIT 1
    ) AS head
) AS head, jobs.subscriber AS s
WHERE delivery.id = head.id AND s.name = delivery.subscriber
RETURNING delivery.id, delivery.key::text, delivery.subscriber, delivery.subject, s.kind,
          delivery.payload, delivery.attempts,
          delivery.attempts >= s.most_attempts OR clock_timestamp() - tried_at >= s.most_age
"""

_RELEASE = """
UPDATE jobs.line
SET waiting = waiting - $4::integer, held_until = NULL, due = clock_timestamp() + $5::interval
WHERE subscriber = $1 AND subject = $2 AND held_until = $3::timestamptz
RETURNING waiting
"""

_EMPTY = "DELETE FROM jobs.line WHERE subscriber = $1 AND subject = $2 AND waiting <= 0"


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something a subscriber is to be told about a subject; at most 256 KiB."""

    subscriber: str
    subject: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A parcel in the hands of a worker until `held_until`; `attempts` counts this one.

    `key` stays the same at each attempt, so that a receiver can tell a repeat. `last` says that a
    failure now makes it a dead letter.
    """

    id: int
    key: str
    subscriber: str
    subject: str
    kind: str
    payload: bytes
    attempts: int
    last: bool
    held_until: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up; kept until it is driven again or dropped."""

    id: int
    subscriber: str
    subject: str
    attempts: int
    fault: str
    made_at: datetime


def subscribe(
    name: str,
    kind: str,
    *,
    most_attempts: int = 20,
    most_age: timedelta = timedelta(days=3),
    at_once: int = 8,
) -> Plan[None]:
    """Make a subscriber known, or change how it is served; what waits for it stays.

    `at_once` bounds how many of its subjects are under way together.
    """
    yield from execute(
        "INSERT INTO jobs.subscriber (name, kind, most_attempts, most_age, at_once)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,"
        " most_attempts = excluded.most_attempts, most_age = excluded.most_age,"
        " at_once = excluded.at_once",
        name,
        kind,
        most_attempts,
        most_age,
        at_once,
    )


def unsubscribe(name: str) -> Plan[None]:
    """Forget a subscriber and everything that waits for it."""
    yield from execute("DELETE FROM jobs.subscriber WHERE name = $1", name)


def deliver(parcels: Sequence[Parcel]) -> Plan[int]:
    """Put parcels in, in the order given; how many were, since unknown subscribers get none.

    Raises ValueError where a payload is larger than `LARGEST_PAYLOAD`.
    """
    if any(len(parcel.payload) > LARGEST_PAYLOAD for parcel in parcels):
        raise ValueError(f"a payload is larger than {LARGEST_PAYLOAD} bytes")
    rows = yield from fetch(_KNOWN, sorted({parcel.subscriber for parcel in parcels}))
    known = {row[0] for row in rows}
    kept = [parcel for parcel in parcels if parcel.subscriber in known]
    if kept:
        names, subjects = [p.subscriber for p in kept], [p.subject for p in kept]
        yield from execute(_LINES, names, subjects)
        yield from execute(_PUT, names, subjects, [p.payload for p in kept])
    return len(kept)


def claim_deliveries(
    kinds: Sequence[str], *, limit: int, lease: timedelta = timedelta(minutes=2)
) -> Plan[list[Delivery]]:
    """Take the next delivery of up to `limit` lines for the time of the lease."""
    lines = yield from fetch(_CLAIM, list(kinds), lease, limit, _MOST_OF_ONE)
    if not lines:
        return []
    held: dict[tuple[str, str], datetime] = {(row[0], row[1]): row[2] for row in lines}
    heads = yield from fetch(_HEADS, [key[0] for key in held], [key[1] for key in held])
    return [_delivery(row, held[row[2], row[3]]) for row in heads]


def _delivery(row: Row, held_until: datetime) -> Delivery:
    number, key, subscriber, subject, kind, payload, attempts, last = row
    return Delivery(
        number, key, subscriber, subject, kind, bytes(payload), attempts, last, held_until
    )


def _release(delivery: Delivery, done: int, pause: timedelta) -> Plan[None]:
    key = (delivery.subscriber, delivery.subject)
    row = yield from fetch_one(_RELEASE, *key, delivery.held_until, done, pause)
    if row is None:
        raise LeaseLost(f"delivery {delivery.id}")
    if row[0] <= 0:
        yield from execute(_EMPTY, *key)


def delivered(delivery: Delivery) -> Plan[None]:
    """Strike it off: its line goes on. Raises LeaseLost where another worker has the line now."""
    yield from _release(delivery, 1, timedelta())
    yield from execute("DELETE FROM jobs.delivery WHERE id = $1", delivery.id)


def backoff(attempts: int) -> float:
    """Seconds before the next attempt: doubling from one second to an hour, with jitter."""
    full: float = min(2.0 ** min(attempts - 1, 12), _LONGEST_PAUSE)
    return full * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, keeps no secret


def undelivered(
    delivery: Delivery, fault: str, *, give_up: bool = False, pause: float | None = None
) -> Plan[bool]:
    """Note a failure: tried again after a pause (in seconds; by default `backoff`), or dead.

    True where it is dead: then its line goes on with the next. `fault` is a code without data.
    Raises LeaseLost.
    """
    dead = give_up or delivery.last
    seconds = backoff(delivery.attempts) if pause is None else min(pause, _LONGEST_PAUSE)
    yield from _release(delivery, int(dead), timedelta(seconds=0 if dead else seconds))
    yield from execute(
        "UPDATE jobs.delivery SET dead = $2, fault = $3 WHERE id = $1",
        delivery.id,
        dead,
        fault[:200],
    )
    return dead


def pause(name: str, fault: str | None = None) -> Plan[None]:
    """Hold a subscriber's deliveries back; what is added meanwhile is kept."""
    yield from execute(
        "UPDATE jobs.subscriber SET paused = true, fault = $2 WHERE name = $1", name, fault
    )


def resume(name: str) -> Plan[None]:
    """Serve a subscriber again, at once also what was waiting after a failure."""
    yield from execute(
        "UPDATE jobs.subscriber SET paused = false, fault = NULL WHERE name = $1", name
    )
    yield from execute(
        "UPDATE jobs.line SET due = clock_timestamp()"
        " WHERE subscriber = $1 AND due > clock_timestamp() AND held_until IS NULL",
        name,
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is not done: how often it was tried, the last fault, when it is next (None
    where it was given up)."""

    made_at: datetime
    attempts: int
    fault: str
    due: datetime | None


def waiting_for(name: str, subject: str) -> Plan[Waiting | None]:
    """The first of a subject's deliveries to a subscriber that is not done; dead ones come last."""
    row = yield from fetch_one(
        "SELECT d.made_at, d.attempts, d.fault, d.dead, l.due FROM jobs.delivery d"
        " LEFT JOIN jobs.line l ON l.subscriber = d.subscriber AND l.subject = d.subject"
        " WHERE d.subscriber = $1 AND d.subject = $2 ORDER BY d.dead, d.id LIMIT 1",
        name,
        subject,
    )
    if row is None:
        return None
    return Waiting(row[0], row[1], row[2] or "", None if row[3] else row[4])


def dead_letters(name: str, *, after: int = 0, limit: int = 100) -> Plan[list[DeadLetter]]:
    """A subscriber's dead letters, a page at a time by id."""
    rows = yield from fetch(
        "SELECT id, subscriber, subject, attempts, fault, made_at FROM jobs.delivery"
        " WHERE dead AND subscriber = $1 AND id > $2 ORDER BY id LIMIT $3",
        name,
        after,
        limit,
    )
    return [DeadLetter(row[0], row[1], row[2], row[3], row[4] or "", row[5]) for row in rows]


def drive_again(name: str, ids: Sequence[int] | None = None) -> Plan[int]:
    """Put a subscriber's dead letters (None: all) back into their lines, how many.

    They keep number and key: each comes before what its line still holds.
    """
    rows = yield from fetch(
        "UPDATE jobs.delivery SET dead = false, attempts = 0, tried_at = NULL, fault = NULL"
        " WHERE dead AND subscriber = $1 AND ($2::bigint[] IS NULL OR id = ANY ($2::bigint[]))"
        " RETURNING subject",
        name,
        None if ids is None else list(ids),
    )
    if rows:
        yield from execute(_LINES, [name] * len(rows), [row[0] for row in rows])
    return len(rows)


def drop_letter(identity: int) -> Plan[bool]:
    """Delete a dead letter; False where there is none such."""
    row = yield from fetch_one(
        "DELETE FROM jobs.delivery WHERE dead AND id = $1 RETURNING id", identity
    )
    return row is not None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How a subscriber stands: waiting and held deliveries, the oldest in seconds, the dead."""

    subscriber: str
    kind: str
    waiting: int
    held: int
    oldest_seconds: float
    dead: int
    paused: bool


def backlogs() -> Plan[list[Backlog]]:
    """How every subscriber stands."""
    rows = yield from fetch(
        "SELECT s.name, s.kind, coalesce(l.waiting, 0), coalesce(l.held, 0),"
        " coalesce(extract(epoch FROM clock_timestamp() - d.oldest), 0),"
        " coalesce(d.dead, 0), s.paused"
        " FROM jobs.subscriber s LEFT JOIN (SELECT subscriber, sum(waiting) AS waiting,"
        "  count(held_until) AS held FROM jobs.line GROUP BY 1) l ON l.subscriber = s.name"
        " LEFT JOIN (SELECT subscriber, min(made_at) FILTER (WHERE NOT dead) AS oldest,"
        "  count(*) FILTER (WHERE dead) AS dead FROM jobs.delivery GROUP BY 1) d"
        " ON d.subscriber = s.name ORDER BY s.name"
    )
    return [
        Backlog(row[0], row[1], int(row[2]), int(row[3]), float(row[4]), int(row[5]), row[6])
        for row in rows
    ]
