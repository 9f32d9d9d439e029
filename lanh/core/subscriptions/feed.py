"""From the change feed to deliveries: each change judged by each subscription to its type."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import structlog

from lanh.core import jobs
from lanh.core.access import Access
from lanh.core.database import Plan, SyncDatabase, execute, fetch_one
from lanh.core.jobs import AccessOf, Parcel
from lanh.core.store import Change, Context, Parameter, Position, Store, may
from lanh.core.subscriptions.registry import Subscription, fail, judging, notice, subscriber
from lanh.core.subscriptions.terms import search_of

log = structlog.get_logger()
READER = "subscriptions"  # its name among the readers of the change feed
_RUN = 500  # changes of a step; also the ids of one search


class FeedReader:
    """Reads the change feed and puts in a delivery for each change that answers criteria.

    The place in the feed and the deliveries commit together: a kill neither loses nor doubles
    one. Criteria are judged by the store's own search, limited to the changed rows and to what
    the subscription's principal may find, on the state that the reader meets (within a second,
    as a rule). Where a row has changed again by then, each of its changes is told, in order.
    """

    def __init__(self, store: Store, access_of: AccessOf, *, run: int = _RUN) -> None:
        self._store = store
        self._access_of = access_of
        self._run = run
        self._held = False

    def read_on(self, database: SyncDatabase, stop: threading.Event, idle: float = 0.3) -> None:
        """Read until told to stop; a database that is away is waited for."""
        while not stop.is_set():
            try:
                found = database.transact(self.advance())
            except Exception as error:
                log.error("subscriptions interrupted", exc_info=error)
                found = 0
                stop.wait(1.0)
            if not found:
                stop.wait(idle)

    def advance(self) -> Plan[int]:
        """One step; how many changes were read. Another worker's step is left to it."""
        row = yield from fetch_one(
            "SELECT xid, number, place FROM subscriptions.reader FOR UPDATE SKIP LOCKED"
        )
        if row is None:
            return 0
        changes, position = yield from self._store.changes(Position(*row), self._run)
        if changes or not self._held:
            yield from self._store.hold(READER, position)
            self._held = True
        if not changes:
            return 0
        by_type: dict[str, list[Change]] = {}
        for change in changes:
            if change.operation != "delete":
                by_type.setdefault(change.type, []).append(change)
        parcels: list[Parcel] = []
        rights: dict[str, Access | None] = {}
        found = yield from judging(list(by_type))
        for one in found:
            parcels += yield from self._judged(one, by_type[one.type], rights)
        yield from jobs.deliver(parcels)
        yield from execute(
            "UPDATE subscriptions.reader SET xid = $1::bigint, number = $2, place = $3", *position
        )
        return len(changes)

    def _judged(
        self,
        one: Subscription,
        changes: Sequence[Change],
        rights: dict[str, Access | None],
    ) -> Plan[list[Parcel]]:
        """The parcels of one subscription. Trouble with its criteria is its own."""
        key = one.principal.as_json()
        if key not in rights:
            rights[key] = yield from self._access_of(one.principal)
        access = rights[key]
        if access is None or not may(access, "search", one.type):
            return []
        yield from execute("SAVEPOINT judged")
        try:
            hits = yield from self._hits(one, changes, access)
        except Exception as error:
            yield from execute("ROLLBACK TO SAVEPOINT judged")
            log.error("criteria failed", subscription=one.id, exc_info=error)
            yield from fail(one.id, "criteria", type(error).__name__)
            return []
        yield from execute("RELEASE SAVEPOINT judged")
        told = [change for change in changes if change.id in hits]
        if one.channel == "websocket":
            if told:
                yield from execute(
                    "UPDATE subscriptions.subscription SET pings = pings + $2::bigint"
                    " WHERE id = $1",
                    one.id,
                    len(told),
                )
            return []
        return [
            Parcel(
                subscriber(one.id),
                f"{change.type}/{change.id}",
                notice(change.type, change.id, change.version),
            )
            for change in told
        ]

    def _hits(self, one: Subscription, changes: Sequence[Change], access: Access) -> Plan[set[str]]:
        ids = tuple(dict.fromkeys(change.id for change in changes))
        wanted = yield from search_of(one.type, one.criteria, self._store)
        page = yield from self._store.search(
            replace(
                wanted,
                parameters=(*wanted.parameters, Parameter("_id", ids)),
                sort=(),
                count=len(ids),
                cursor=None,
                include=(),
                total=False,
                summary=None,
            ),
            Context(access),
        )
        return {row.id for row in page.entries}
