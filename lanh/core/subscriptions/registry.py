"""The registry of subscriptions, kept by a hook of the store in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lanh.core import access, jobs
from lanh.core.database import Plan, Row, execute, fetch, fetch_one
from lanh.core.jobs import Destinations, PlanHandler, Principal
from lanh.core.store import Context, Store, Stored, Withheld, Write, Written
from lanh.core.subscriptions.terms import (
    MESSAGES,
    check_end,
    check_right,
    read_terms,
    with_secrets,
    without_secrets,
)

KIND = "subscription"  # of its deliveries
SELF = access.system_access("subscriptions")
_PATIENCE = timedelta(days=7)  # with a failed one, whose notifications are kept meanwhile
_COLUMNS = "id, state, principal::text, type, criteria, channel, endpoint, payload, headers"


def subscriber(identity: str) -> str:
    """The name under which `jobs` keeps what waits for a subscription."""
    return f"subscription:{identity}"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as the reader of the feed and the notifier need it."""

    id: str
    state: str
    principal: Principal
    type: str
    criteria: str
    channel: str
    endpoint: str | None
    payload: str
    headers: tuple[str, ...]


def _subscription(row: Row) -> Subscription:
    return Subscription(
        row[0],
        row[1],
        Principal.from_json(row[2]),
        row[3],
        row[4],
        row[5],
        row[6],
        row[7],
        tuple(row[8]),
    )


def judging(types: Sequence[str]) -> Plan[list[Subscription]]:
    """The subscriptions to some types whose notifications go out, or wait for a mended receiver."""
    rows = yield from fetch(
        f"SELECT {_COLUMNS} FROM subscriptions.subscription"  # noqa: S608
        " WHERE judged AND state IN ('active', 'error') AND type = ANY ($1::text[])"
        " AND (ends IS NULL OR ends > clock_timestamp()) ORDER BY id",
        list(types),
    )
    return [_subscription(row) for row in rows]


def find(identity: str) -> Plan[Subscription | None]:
    """A subscription by the id of its resource."""
    row = yield from fetch_one(
        f"SELECT {_COLUMNS} FROM subscriptions.subscription WHERE id = $1",  # noqa: S608
        identity,
    )
    return _subscription(row) if row else None


def pings(identities: Sequence[str]) -> Plan[dict[str, tuple[int, int]]]:
    """(matches so far, those that a socket was told of) of active websocket subscriptions."""
    rows = yield from fetch(
        "SELECT id, pings, told FROM subscriptions.subscription"
        " WHERE id = ANY ($1::text[]) AND state = 'active' AND channel = 'websocket'",
        list(identities),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def told(identity: str, count: int) -> Plan[None]:
    """A socket was told of this many matches."""
    yield from execute(
        "UPDATE subscriptions.subscription SET told = greatest(told, $2::bigint) WHERE id = $1",
        identity,
        count,
    )


class Registry:
    """Takes note of each Subscription that is written, and changes their status where we must.

    The rights of who last wrote a subscription decide what it tells: whoever changes where the
    notifications go must not get what only the one before may see.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        destinations: Destinations,
        *,
        most_attempts: int = 20,
        most_age: timedelta = timedelta(days=3),
    ) -> None:
        self._store = store
        self._destinations = destinations
        self._most_attempts = most_attempts
        self._most_age = most_age
        self.withheld: Mapping[str, Withheld] = {"Subscription": without_secrets}
        """For `Store(withheld=...)`: headers are kept for delivery only."""

    def hook(self, records: Sequence[Written], context: Context) -> Plan[None]:
        """A hook of the store. Raises Unusable for a Subscription that cannot be served."""
        for record in records:
            if record.outcome.type != "Subscription":
                continue
            if record.resource is None:
                yield from self._forget(record.outcome.id)
            elif context.access is SELF:
                yield from self._set_state(record.outcome.id, str(record.resource["status"]))
            else:
                sent = record.sent or record.resource
                yield from self._note(record.outcome.id, sent, context)

    def _forget(self, identity: str) -> Plan[None]:
        yield from execute("DELETE FROM subscriptions.subscription WHERE id = $1", identity)
        yield from jobs.unsubscribe(subscriber(identity))

    def _note(self, identity: str, resource: dict[str, Any], context: Context) -> Plan[None]:
        state = str(resource["status"])
        if state == "off":
            # What nobody wants told need not be servable.
            yield from self._set_state(identity, "off")
            return
        terms = yield from read_terms(resource, self._destinations, self._store())
        check_right(terms, context.access)
        check_end(terms)
        before = yield from find(identity)
        own = before is not None and before.principal.is_of(context.access)
        headers = with_secrets(terms.headers, before.headers if before and own else ())
        yield from execute(
            "INSERT INTO subscriptions.subscription (id, state, principal, type, criteria,"
            " channel, endpoint, payload, headers, ends) VALUES ($1, 'requested', $2::jsonb, $3,"
            " $4, $5, $6::text, $7, $8::text[], $9::timestamptz) ON CONFLICT (id) DO UPDATE SET"
            " principal = excluded.principal, type = excluded.type,"
            " criteria = excluded.criteria, channel = excluded.channel,"
            " endpoint = excluded.endpoint, payload = excluded.payload,"
            " headers = excluded.headers, ends = excluded.ends, judged = true",
            identity,
            Principal.of(context.access).as_json(),
            terms.type,
            terms.criteria,
            terms.channel,
            terms.endpoint,
            terms.payload,
            list(headers),
            terms.ends,
        )
        yield from self._set_state(identity, state)
        if state == "requested":
            yield from jobs.enqueue("subscription.activate", {"id": identity}, key=identity)

    def _set_state(self, identity: str, state: str) -> Plan[None]:
        row = yield from fetch_one(
            "UPDATE subscriptions.subscription SET state = $2::text, failed_at ="
            " CASE WHEN $2::text = 'error' THEN clock_timestamp() END WHERE id = $1"
            " RETURNING channel",
            identity,
            state,
        )
        name = subscriber(identity)
        if row is None or state == "off":
            yield from jobs.unsubscribe(name)
        elif row[0] == "rest-hook" and state == "active":
            yield from jobs.subscribe(
                name, KIND, most_attempts=self._most_attempts, most_age=self._most_age
            )
            yield from jobs.resume(name)
            yield from jobs.drive_again(name)
        else:
            yield from jobs.pause(name)

    def handlers(self) -> dict[str, PlanHandler]:
        """What the queue does for subscriptions."""
        return {
            "subscription.activate": PlanHandler(
                lambda job: self._change(job.payload["id"], ("requested",), "active")
            ),
            "subscription.fail": PlanHandler(
                lambda job: self._change(
                    job.payload["id"],
                    ("active",),
                    "error",
                    _fault(job.payload["because"], job.payload["fault"]),
                )
            ),
        }

    def end_those_over(self) -> Plan[int]:
        """Turn off the subscriptions whose end has come or that nobody mends; how many."""
        rows = yield from fetch(
            "SELECT id FROM subscriptions.subscription"
            " WHERE (ends <= clock_timestamp() OR failed_at < clock_timestamp() - $1::interval)"
            " AND state <> 'off' ORDER BY id LIMIT 100",
            _PATIENCE,
        )
        for row in rows:
            yield from self._change(row[0], ("requested", "active", "error"), "off")
        return len(rows)

    def _change(
        self, identity: str, from_states: tuple[str, ...], state: str, error: str | None = None
    ) -> Plan[None]:
        """Write the status of a Subscription that has one of these now."""
        store, context = self._store(), Context(SELF)
        row: Stored | None = yield from store.read("Subscription", identity, context)
        if row is None or row.deleted:
            return
        resource = row.resource()
        if resource["status"] not in from_states:
            return
        resource["status"] = state
        resource.pop("error", None)
        if error is not None:
            resource["error"] = error
        meta = resource.get("meta") or {}
        resource["meta"] = {k: v for k, v in meta.items() if k not in ("versionId", "lastUpdated")}
        write = Write("update", "Subscription", identity, resource, if_match=row.version)
        yield from store.write([write], context)


def fail(identity: str, because: str, fault: str) -> Plan[None]:
    """Have a subscription marked as failed: `because` "delivery" or "criteria".

    One whose criteria fail is not judged any more until it is written anew.
    """
    if because == "criteria":
        yield from execute(
            "UPDATE subscriptions.subscription SET judged = false WHERE id = $1", identity
        )
    payload = {"id": identity, "because": because, "fault": fault}
    yield from jobs.enqueue("subscription.fail", payload, key=identity)


def _fault(because: str, fault: str) -> str:
    key = "failed.criteria" if because == "criteria" else "failed.delivery"
    message = MESSAGES.message(key, fault=fault)
    return f"{message.vi} | {message.en}"


def notice(type: str, id: str, version: int) -> bytes:
    """What a delivery holds: which version of which record; never what it says."""
    return json.dumps({"type": type, "id": id, "version": version}).encode()
