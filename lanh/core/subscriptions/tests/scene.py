"""Made-up subscribers, their receiver, and the engines on one database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lanh.core import access, jobs, subscriptions
from lanh.core.access import (
    EVERY_INTERACTION,
    Access,
    CustodianIn,
    Grant,
    Predicate,
    Purpose,
    Subject,
)
from lanh.core.database import AsyncDatabase, Plan, SyncDatabase, execute
from lanh.core.jobs import Deliverer, Destinations
from lanh.core.jobs.tests.http_receiver import Got, receiving, status
from lanh.core.store import Context, Outcome, Store, Write
from lanh.core.subscriptions import FeedReader, Registry, RestHook

SYSTEM = access.system_access("test")
HERE = Destinations.of(["127.0.0.0/8"], plain_http=True)


def client(
    name: str = "his", scope: Predicate | None = None, types: frozenset[str] | None = None
) -> Access:
    """A client system of facility 97001."""
    scope = scope or CustodianIn(frozenset({"97001"}))
    own = Grant(
        "own", EVERY_INTERACTION, frozenset({"Subscription"}), CustodianIn(frozenset({"97001"}))
    )
    grant = Grant("test", EVERY_INTERACTION, types, scope)
    return Access(Subject("system", name, name), Purpose.TREATMENT, (own, grant), "97001", "00004")


def wanted(
    url: str = "", criteria: str = "Observation?status=final", **more: Any
) -> dict[str, Any]:
    """A Subscription by rest-hook, or by websocket where there is no address."""
    channel: dict[str, Any] = {"type": "rest-hook" if url else "websocket"}
    if url:
        channel |= {"endpoint": url, "payload": "application/fhir+json"}
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "test",
        "criteria": criteria,
        "channel": {**channel, **more.pop("channel", {})},
        **more,
    }


def observation(subject: str = "p", state: str = "final") -> dict[str, Any]:
    """An Observation."""
    return {
        "resourceType": "Observation",
        "status": state,
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "subject": {"reference": f"Patient/{subject}"},
    }


class Scene:
    """The store with the registry's hook, the reader of the feed, and who may do what today."""

    def __init__(self, database: SyncDatabase, url: str, **options: Any) -> None:
        self.database = database
        self.url = url
        self.subjects: dict[str, Access | None] = {"his": client()}
        self.registry = Registry(lambda: self.store, HERE, **options)
        self.store = Store(hooks=(self.registry.hook,), withheld=self.registry.withheld)
        self.reader = FeedReader(self.store, self.access_of)
        self.got: list[Got] = []

    def access_of(self, principal: jobs.Principal) -> Plan[Access | None]:
        """What a principal may do today."""
        yield from ()
        return self.subjects.get(principal.id, SYSTEM)

    def write(
        self, *writes: Write, access: Access | None = None, custodian: str = "97001"
    ) -> list[Outcome]:
        """Write under an access."""
        context = Context(access or SYSTEM, custodian=custodian, commune="00004")
        return self.database.transact(self.store.write(writes, context))

    def put(self, name: str, resource: dict[str, Any], **more: Any) -> Outcome:
        """Write a resource under an id."""
        write = Write("update", resource["resourceType"], name, {**resource, "id": name})
        return self.write(write, **more)[0]

    def subscribe(self, resource: dict[str, Any], access: Access | None = None) -> str:
        """Write a Subscription as a client and let it become active; its id."""
        write = Write("create", "Subscription", None, resource)
        name = self.write(write, access=access or client())[0].id
        self.work()
        return name

    def subscription(self, name: str) -> dict[str, Any]:
        """A Subscription as it stands."""
        (row,) = self.database.read(self.store.read_many([("Subscription", name)], Context(SYSTEM)))
        return row.resource()

    def work(self) -> None:
        """Do what is queued."""
        worker = jobs.Worker(self.database, self.registry.handlers(), {})
        while worker.run_once():
            pass

    def read_feed(self) -> None:
        """Read the feed to its end."""
        while self.database.transact(self.reader.advance()):
            pass

    def hurry(self) -> None:
        """Let every pause run out."""
        self.database.transact(execute("UPDATE jobs.line SET due = now() - interval '1 hour'"))

    def serve(
        self,
        act: Callable[[str], None],
        answer: Callable[[Got], bytes] = lambda _: status(200),
        rounds: int = 20,
    ) -> None:
        """Run `act` with a receiver's address, then the feed and deliveries while it answers."""

        async def main() -> None:
            database = await AsyncDatabase.connect(self.url, max_size=4)
            hook = RestHook(database, self.store, self.access_of, HERE)
            deliverer = Deliverer(database, {subscriptions.KIND: hook})
            async with receiving(answer) as receiver:
                self.got = receiver.requests
                await asyncio.to_thread(act, f"{receiver.url}/fhir")
                await asyncio.to_thread(self.read_feed)
                for _ in range(rounds):
                    if not await deliverer.run_once():
                        break
            await database.close()

        asyncio.run(main())
