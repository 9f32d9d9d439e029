"""Replay by cause: a job with progress that mends and judges anew every message of a cause."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TypeAlias

import uuid_utils

from lanh.core import jobs
from lanh.core.access import Access
from lanh.core.bus import authority
from lanh.core.bus.attempts import OPEN
from lanh.core.bus.intake import Intake, Steps, Transact
from lanh.core.bus.mending import Kept, mend, mended, open_messages
from lanh.core.bus.port import Sender
from lanh.core.bus.running import run
from lanh.core.bus.worklist import of_cause
from lanh.core.database import Plan, SyncDatabase, execute, fetch_one

KIND = "bus.replay"
_PIECE = 100  # messages of one turn of the job
_SECONDS = 60.0  # that a turn lasts at most: well within the lease of a job

Senders: TypeAlias = Callable[[str], Plan[Sender | None]]
"""What a client system may do now; None where it is not active any more."""


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay by cause: of `total` messages `done` were taken up.

    `taken` of them were accepted, `left` were not, or not wholly.
    """

    id: str
    cause: str
    done_at: datetime | None
    total: int
    done: int
    taken: int
    left: int


def order_replay(
    senders: Sequence[str] | None, cause: str, values: Mapping[str, str], by: Access
) -> Plan[str | None]:
    """Order that every message of a cause that is open now is replayed; None where there is none.

    `values` (what stands there -> what is to stand there) are written at the places of the cause.
    They are forgotten when the replay is done.
    """
    whose = None if senders is None else list(senders)
    row = yield from fetch_one(
        "SELECT count(*), max(number) FROM bus.message WHERE ($1::text[] IS NULL OR"
        " sender = ANY ($1::text[])) AND $2::text = ANY (causes) AND state = ANY ($3::text[])",
        whose,
        cause,
        list(OPEN),
    )
    if row is None or not row[0]:
        return None
    name = str(uuid_utils.uuid7())
    yield from execute(
        "INSERT INTO bus.replay (id, senders, cause, given, authority, upto, total)"
        " VALUES ($1::text, $2::text[], $3::text, $4::jsonb, $5::jsonb, $6::bigint, $7::integer)",
        name,
        whose,
        cause,
        json.dumps(dict(values), ensure_ascii=False),
        authority.encode(by),
        row[1],
        row[0],
    )
    yield from jobs.enqueue(KIND, {"replay": name}, key=f"{name} 0")
    return name


def replay(name: str, senders: Sequence[str] | None) -> Plan[Replay | None]:
    """How far a replay is; None where it is not of these senders."""
    row = yield from fetch_one(
        "SELECT id, cause, done_at, total, done, taken, done - taken FROM bus.replay"
        " WHERE id = $1::text AND ($2::text[] IS NULL OR senders <@ $2::text[])",
        name,
        None if senders is None else list(senders),
    )
    return None if row is None else Replay(*row)


def replay_turn(intake: Intake, database: SyncDatabase, senders: Senders, job: jobs.Job) -> None:
    """One turn of the job; puts in the next where messages are left. May be run again."""
    name = str(job.payload["replay"])
    until = monotonic() + _SECONDS
    order = database.transact(_order(name))
    if order is None:
        return
    for count in range(_PIECE):
        found = database.transact(of_cause(order.senders, order.cause, after=order.after,
                                           upto=order.upto, limit=1))  # fmt: skip
        if not found:
            database.transact(_end(name))
            return
        receipt, order.after = found[0]
        taken = run(database, replay_one(intake, senders, receipt, order.values, order.cause,
                                         order.by))  # fmt: skip
        database.transact(_advance(name, order.after, taken=taken))
        if monotonic() > until or count == _PIECE - 1:
            key = f"{name} {order.after}"
            database.transact(jobs.enqueue(KIND, {"replay": name}, key=key))
            return


def replay_one(
    intake: Intake,
    senders: Senders,
    receipt: str,
    values: Mapping[str, str],
    cause: str,
    by: Access,
) -> Steps[bool]:
    """Mend and settle one message; whether it was accepted as a whole."""
    kept: list[Kept] = yield Transact(open_messages(intake, [receipt]))
    if not kept:
        return False
    changes = [
        (fault.part, fault.place, values[fault.value])
        for fault in kept[0].faults
        if fault.cause == cause and fault.value is not None and fault.value in values
    ]
    done: str | None = yield Transact(_put(intake, senders, kept[0], changes, by))
    if done is None:
        return False
    yield from intake.attempt(done)
    state: str | None = yield Transact(_state(done))
    return state == "accepted"


def _put(
    intake: Intake,
    senders: Senders,
    kept: Kept,
    changes: Sequence[tuple[int, str, str]],
    by: Access,
) -> Plan[str | None]:
    sender = yield from senders(kept.sender)
    if sender is None:
        return None
    done = yield from mend(intake, kept, mended(intake, kept, changes), sender, by)
    return done


@dataclass(slots=True)
class _Order:
    senders: list[str] | None
    cause: str
    values: dict[str, str]
    by: Access
    after: int
    upto: int


def _order(name: str) -> Plan[_Order | None]:
    row = yield from fetch_one(
        "SELECT senders, cause, given::text, authority::text, after, upto FROM bus.replay"
        " WHERE id = $1::text AND done_at IS NULL",
        name,
    )
    if row is None:
        return None
    rights = authority.decode(row[3])
    return _Order(row[0], row[1], json.loads(row[2]), rights, row[4], row[5])


def _advance(name: str, number: int, *, taken: bool) -> Plan[None]:
    yield from execute(
        "UPDATE bus.replay SET after = $2::bigint, done = done + 1, taken = taken + $3::integer"
        " WHERE id = $1::text",
        name,
        number,
        int(taken),
    )


def _end(name: str) -> Plan[None]:
    yield from execute(
        "UPDATE bus.replay SET done_at = clock_timestamp(), given = '{}' WHERE id = $1::text", name
    )


def _state(receipt: str) -> Plan[str | None]:
    row = yield from fetch_one("SELECT state FROM bus.message WHERE id = $1::text", receipt)
    return None if row is None else str(row[0])
