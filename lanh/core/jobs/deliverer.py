"""The deliverer: many deliveries at once on one event loop, each with a hard end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import structlog

from lanh.core.database import AsyncDatabase, Plan
from lanh.core.jobs.deliveries import Delivery, claim_deliveries, delivered, undelivered
from lanh.core.jobs.queue import LeaseLost

log = structlog.get_logger()


class DeliveryFailed(Exception):
    """The receiver did not take it. `fault` is a code without data ("http 503", "timeout").

    `give_up`: trying again is of no use. `retry_after`: seconds the receiver asked for.
    """

    def __init__(
        self, fault: str, *, give_up: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(fault)
        self.fault = fault
        self.give_up = give_up
        self.retry_after = retry_after


class Receiver(Protocol):
    """Where deliveries of a kind go."""

    async def deliver(self, delivery: Delivery) -> None:
        """Hand it over, or raise DeliveryFailed. It may be handed over again after a crash."""

    def given_up(self, delivery: Delivery, fault: str) -> Plan[None]:
        """What else happens, in the same transaction, where a delivery becomes a dead letter."""


@dataclass(slots=True)
class Deliverer:
    """Serves the subscribers of some kinds. `deadline` must end well before the lease."""

    database: AsyncDatabase
    receivers: Mapping[str, Receiver]
    at_once: int = 64
    lease: timedelta = timedelta(minutes=2)
    deadline: float = 30.0
    idle: float = 0.2
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until told to stop, then let what is under way end for a few seconds."""
        while not stop.is_set():
            try:
                found = await self._take()
            except Exception as error:
                log.error("deliveries interrupted", exc_info=error)
                await _pause(stop, 1.0)
                continue
            if not found:
                await _pause(stop, self.idle)
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=5)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def run_once(self) -> int:
        """Take what is due now and wait until it is done; how many deliveries were tried."""
        found = await self._take()
        while self._running:
            await asyncio.wait(self._running)
        return found

    async def _take(self) -> int:
        free = self.at_once - len(self._running)
        if free <= 0:
            await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            return 1
        taken = await self.database.transact(
            claim_deliveries(list(self.receivers), limit=free, lease=self.lease)
        )
        for delivery in taken:
            task = asyncio.create_task(self._try(delivery))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(taken)

    async def _try(self, delivery: Delivery) -> None:
        try:
            failure = await self._hand_over(delivery)
            if failure is None:
                await self.database.transact(delivered(delivery))
                return
            gone = await self.database.transact(self._failed(delivery, failure))
            log.warning(
                "delivery failed",
                delivery=delivery.id,
                subscriber=delivery.subscriber,
                fault=failure.fault,
                attempts=delivery.attempts,
                dead=gone,
            )
        except LeaseLost:
            log.warning("delivery took longer than its lease", delivery=delivery.id)
        except Exception as error:
            log.error("delivery not settled", delivery=delivery.id, exc_info=error)

    async def _hand_over(self, delivery: Delivery) -> DeliveryFailed | None:
        try:
            async with asyncio.timeout(self.deadline):
                await self.receivers[delivery.kind].deliver(delivery)
        except DeliveryFailed as failure:
            return failure
        except TimeoutError:
            return DeliveryFailed("timeout")
        except Exception as error:
            log.error("delivery broke", delivery=delivery.id, exc_info=error)
            return DeliveryFailed(type(error).__name__)
        return None

    def _failed(self, delivery: Delivery, failure: DeliveryFailed) -> Plan[bool]:
        gone = yield from undelivered(
            delivery, failure.fault, give_up=failure.give_up, pause=failure.retry_after
        )
        if gone:
            yield from self.receivers[delivery.kind].given_up(delivery, failure.fault)
        return gone


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
