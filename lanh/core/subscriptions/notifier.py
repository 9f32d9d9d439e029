"""The rest-hook: tells a receiver what its subscription's principal may see now (R4 2.46.4)."""

from __future__ import annotations

import json
from urllib.parse import quote, urlsplit, urlunsplit

from lanh.core import audit, jobs
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.jobs import AccessOf, Delivery, DeliveryFailed, Destinations, parse_header
from lanh.core.store import Context, Store, Stored, may
from lanh.core.subscriptions.registry import Subscription, fail, find
from lanh.core.subscriptions.terms import PAYLOAD


class RestHook:
    """The receiver of the deliveries of kind "subscription".

    With a payload the endpoint is a FHIR base and the version is PUT to it; without one an empty
    POST says that something matched. What the principal may not see any more is not told.
    """

    def __init__(
        self,
        database: AsyncDatabase,
        store: Store,
        access_of: AccessOf,
        destinations: Destinations,
    ) -> None:
        self._database = database
        self._store = store
        self._access_of = access_of
        self._destinations = destinations

    async def deliver(self, delivery: Delivery) -> None:
        """Notify the receiver. Raises jobs.DeliveryFailed."""
        found = await self._database.transact(self._look(delivery))
        if found is None:
            return
        one, row = found
        headers = [parse_header(line) for line in one.headers]
        endpoint = one.endpoint or ""
        if not one.payload:
            await jobs.send(self._destinations, "POST", endpoint, key=delivery.key, headers=headers)
            return
        await jobs.send(
            self._destinations,
            "PUT",
            _below(endpoint, row.type, row.id),
            key=delivery.key,
            headers=headers,
            body=row.body,
            content_type=PAYLOAD,
        )

    def _look(self, delivery: Delivery) -> Plan[tuple[Subscription, Stored] | None]:
        """The version to tell of, noted in the audit trail; None where nothing is to be told."""
        one = yield from find(delivery.subscriber.partition(":")[2])
        if one is None or one.state == "off":
            return None
        if one.state != "active":
            raise DeliveryFailed(f"status {one.state}")
        access = yield from self._access_of(one.principal)
        if access is None or not may(access, "read", one.type):
            return None
        notice = json.loads(delivery.payload)
        context = Context(access)
        now = yield from self._store.read(notice["type"], notice["id"], context)
        if now is None or now.deleted:
            return None
        row = now
        if now.version != notice["version"]:
            then = yield from self._store.read(
                notice["type"], notice["id"], context, notice["version"]
            )
            if then is None or then.deleted:
                return None
            row = then
        detail = f"Subscription/{one.id}"
        yield from audit.append(
            [
                audit.Entry.of(
                    access, "notify", patient=row.patient, type=row.type, id=row.id, detail=detail
                )
            ]
        )
        return one, row

    def given_up(self, delivery: Delivery, fault: str) -> Plan[None]:
        """Stop and mark the Subscription as failed: what waits is kept until it is active again."""
        yield from jobs.pause(delivery.subscriber, fault)
        yield from fail(delivery.subscriber.partition(":")[2], "delivery", fault)


def _below(endpoint: str, kind: str, name: str) -> str:
    parts = urlsplit(endpoint)
    path = f"{parts.path.rstrip('/')}/{kind}/{quote(name)}"
    return urlunsplit(parts._replace(path=path))
