"""What the worker does for subscriptions and bulk data, beside the queue's small jobs."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog

from lanh.core import bulk, subscriptions
from lanh.core.bulk import Exporter, Folder, Gatherer, Importer, Sources
from lanh.core.database import AsyncDatabase, SyncDatabase
from lanh.core.jobs import (
    AccessOf,
    CallHandler,
    Deliverer,
    Destinations,
    Receiver,
    Schedule,
    Worker,
)
from lanh.core.subscriptions import FeedReader, RestHook
from lanh.nation.sensitivity import sensitivity
from lanh.site.instance import Instance
from lanh.site.settings import Settings
from lanh.site.wiring import Records

log = structlog.get_logger()
_ABANDONED_SECONDS = 86_400  # a folder without a task: an upload that was cut off
_TURN_LEASE = timedelta(seconds=30)  # three times a turn: how soon another takes up after a kill


def destinations(settings: Settings) -> Destinations:
    """Where subscriptions may send and imports may fetch from."""
    return Destinations.of(settings.webhook_networks, plain_http=settings.webhook_http)


def import_sources(settings: Settings) -> Sources:
    """What an import may fetch."""
    return Sources(settings.import_sources, destinations(settings))


class Outgoing:
    """The threads of the worker process that serve the outbox and bulk data. `receivers` are those
    of deliveries besides subscriptions."""

    def __init__(
        self,
        database: SyncDatabase,
        instance: Instance,
        records: Records,
        access_of: AccessOf,
        receivers: Callable[[AsyncDatabase], Mapping[str, Receiver]] = lambda _: {},
    ) -> None:
        self._database = database
        self._instance = instance
        self._records = records
        self._access_of = access_of
        self._receivers = receivers
        self._folder = Folder(instance.bulk)

    def threads(self, stop: threading.Event) -> list[threading.Thread]:
        """Threads that end when `stop` is set."""
        reader = FeedReader(self._records.store, self._access_of)
        return [
            threading.Thread(target=reader.read_on, args=(self._database, stop)),
            threading.Thread(target=self.bulk_worker().run, args=(stop,)),
            threading.Thread(target=lambda: asyncio.run(self._deliver(stop))),
        ]

    def bulk_worker(self) -> Worker:
        """The worker of exports, imports and late searches, one turn at a time."""
        store, folder = self._records.store, self._folder
        exporter = Exporter(self._database, store, self._access_of, folder)
        gatherer = Gatherer(self._database, store, self._access_of, folder)
        importer = Importer(
            self._database,
            store,
            self._access_of,
            folder,
            import_sources(self._instance.settings),
            sensitivity=lambda resource: sensitivity(resource) or "",
        )
        return Worker(
            self._database,
            {
                "bulk.export": CallHandler(exporter.work),
                "bulk.import": CallHandler(importer.work),
                "bulk.search": CallHandler(gatherer.work),
            },
            self._schedules(),
            queues=(bulk.QUEUE,),
            batch=1,
            lease=_TURN_LEASE,
        )

    def _schedules(self) -> Mapping[Schedule, Callable[[], None]]:
        def end() -> None:
            while self._database.transact(self._records.subscriptions.end_those_over()):
                pass

        return {
            Schedule("subscriptions.end", timedelta(seconds=30)): end,
            Schedule("bulk.expire", timedelta(minutes=10)): self.expire,
        }

    def expire(self) -> None:
        """Delete the files of tasks that have expired or were cut off before they were ordered."""
        self._folder.remove(self._database.transact(bulk.forget_expired_tasks()))
        old = [
            name
            for name in self._folder.found()
            if time.time() - self._folder.of(name).stat().st_mtime > _ABANDONED_SECONDS
        ]
        known = self._database.read(bulk.living(old)) if old else set()
        self._folder.remove(set(old) - known)

    async def _deliver(self, stop: threading.Event) -> None:
        database = await AsyncDatabase.connect(self._instance.database_url(), max_size=4)
        try:
            hook = RestHook(
                database,
                self._records.store,
                self._access_of,
                destinations(self._instance.settings),
            )
            ended = asyncio.Event()
            deliverer = Deliverer(database, {subscriptions.KIND: hook, **self._receivers(database)})
            running = asyncio.create_task(deliverer.run(ended))
            while not stop.is_set():
                await asyncio.sleep(0.2)
            ended.set()
            await running
        finally:
            await database.close()
