"""Handing messages over and asking for answers: the two Receivers of the outbox.

A message is posted with its own id as Idempotency-Key, as often as it takes until the registry has
said that it took it. Then its answer is asked for until there is one. If this process dies at any
point, the delivery is handed out again: the registry knows the id and keeps one message, and an
answer that was brought to its case moves nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias

from lanh.connectors.civil_registry.answer import LARGEST, Answer, AnswerUnreadable, read_answer
from lanh.core import fhir, jobs
from lanh.core.database import AsyncDatabase, Plan
from lanh.core.jobs import Delivery, DeliveryFailed, Destinations, Parcel

MESSAGES = "civil-registry"
"""Subscriber and kind of messages: a parcel is JSON with `message` (id), `record`, `body` (XML)."""
ANSWERS = "civil-registry-answer"

# By these the registry says that it will never take this message.
_NEVER = ("http 400", "http 409", "http 413", "http 415", "http 422")
_POLLS, _PATIENCE = 100_000, timedelta(days=90)
_SENDS, _AGE = 1000, timedelta(days=30)

OnAnswer: TypeAlias = Callable[[str, Answer], Plan[None]]
"""What is done with the answer about a record (`Type/id`), in the transaction that notes it."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Where the registry is and how we show who we are. The token is never shown."""

    address: str
    token: str = field(default="", repr=False)
    destinations: Destinations = field(default_factory=Destinations)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers of each request."""
        return [("Authorization", f"Bearer {self.token}")] if self.token else []


@dataclass(frozen=True, slots=True)
class Messages:
    """The Receiver of messages: posts each, then sees that its answer is asked for."""

    database: AsyncDatabase
    registry: Registry
    on_answer: OnAnswer

    async def deliver(self, delivery: Delivery) -> None:
        """As the port says."""
        parcel = _read(delivery)
        try:
            await jobs.send(
                self.registry.destinations,
                "POST",
                f"{self.registry.address}/messages",
                key=parcel["message"],
                headers=self.registry.headers,
                body=parcel["body"].encode(),
                content_type="application/xml",
            )
        except DeliveryFailed as failure:
            if failure.fault in _NEVER:
                raise DeliveryFailed(failure.fault, give_up=True) from None
            raise
        await self.database.transact(_hand_on(ANSWERS, delivery, _POLLS, _PATIENCE))

    def given_up(self, delivery: Delivery, fault: str) -> Plan[None]:
        """What the registry will never take is refused; what it could not be told stays a dead
        letter, for the operator to drive again."""
        if fault in _NEVER:
            parcel = _read(delivery)
            refusal = Answer(parcel["message"], "refused", reason=fault)
            yield from self.on_answer(parcel["record"], refusal)


@dataclass(frozen=True, slots=True)
class Answers:
    """The Receiver of what is still to be answered: asks, and brings the answer back."""

    database: AsyncDatabase
    registry: Registry
    on_answer: OnAnswer

    async def deliver(self, delivery: Delivery) -> None:
        """As the port says."""
        parcel = _read(delivery)
        try:
            answer = await self._ask(parcel["message"])
        except DeliveryFailed as failure:
            if failure.fault != "http 404":
                raise
            # It has lost what it took: it is told again.
            await self.database.transact(_hand_on(MESSAGES, delivery, _SENDS, _AGE))
            return
        if answer.state == "received":
            raise DeliveryFailed("pending")
        await self.database.transact(self.on_answer(parcel["record"], answer))

    async def _ask(self, message: str) -> Answer:
        url = f"{self.registry.address}/messages/{message}"
        content = b""
        async with jobs.download(self.registry.destinations, url, self.registry.headers) as pieces:
            async for piece in pieces:
                content += piece
                if len(content) > LARGEST:
                    break
        try:
            answer = read_answer(content)
        except AnswerUnreadable:
            raise DeliveryFailed("answer unreadable") from None
        if answer.message != message:
            raise DeliveryFailed("answer to another message")
        return answer

    def given_up(self, delivery: Delivery, fault: str) -> Plan[None]:
        """Nothing more: the dead letter stays to be driven again."""
        yield from ()


def _read(delivery: Delivery) -> dict[str, Any]:
    try:
        parcel: dict[str, Any] = fhir.loads(delivery.payload)
        if all(isinstance(parcel[key], str) for key in ("message", "record", "body")):
            return parcel
    except (TypeError, ValueError, KeyError):
        pass
    raise DeliveryFailed("parcel unreadable", give_up=True)


def _hand_on(subscriber: str, delivery: Delivery, attempts: int, age: timedelta) -> Plan[None]:
    yield from jobs.subscribe(subscriber, subscriber, most_attempts=attempts, most_age=age)
    yield from jobs.deliver([Parcel(subscriber, delivery.subject, delivery.payload)])
