"""Listeners are told of events: each event in one transaction for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lanh.core import fhir
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.jobs import Delivery, DeliveryFailed
from lanh.nation.events.telling import KIND, Event

__all__ = ["KIND", "Listener", "Listeners"]

Listener: TypeAlias = Callable[[Event], Plan[None]]


@dataclass(frozen=True, slots=True)
class Listeners:
    """The Receiver of events: calls every listener of an event's name."""

    database: AsyncDatabase
    by_name: Mapping[str, Sequence[Listener]]

    async def deliver(self, delivery: Delivery) -> None:
        """As the port says. All listeners hear an event, or it is told again."""
        try:
            event = Event(**fhir.loads(delivery.payload))
        except (TypeError, ValueError):
            raise DeliveryFailed("event unreadable", give_up=True) from None
        await self.database.transact(self._tell(event))

    def _tell(self, event: Event) -> Plan[None]:
        for listener in self.by_name.get(event.name, ()):
            yield from listener(event)

    def given_up(self, delivery: Delivery, fault: str) -> Plan[None]:
        """Nothing more: the dead letter stays to be driven again."""
        yield from ()
