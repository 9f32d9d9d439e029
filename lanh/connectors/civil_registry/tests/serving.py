"""A worker of the outbox for tests, killed at will: `python -m ... DATABASE_URL ADDRESS`."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from lanh.connectors.civil_registry import ANSWERS, MESSAGES, Answer, Answers, Messages, Registry
from lanh.connectors.civil_registry.tests.registry import TOKEN
from lanh.core.database import AsyncDatabase, Plan, execute
from lanh.core.jobs import Deliverer, Destinations, Receiver


def on_answer(record: str, answer: Answer) -> Plan[None]:
    """Note every answer that is brought back, also a second time."""
    yield from execute(
        "INSERT INTO answered VALUES ($1, $2, $3, $4)",
        record, answer.message, answer.state, answer.number or answer.reason,
    )  # fmt: skip


async def serve(url: str, address: str) -> None:
    """Deliver until killed."""
    database = await AsyncDatabase.connect(url, max_size=4)
    registry = Registry(address, TOKEN, Destinations.of(["127.0.0.0/8"], plain_http=True))
    receivers: dict[str, Receiver] = {
        MESSAGES: Messages(database, registry, on_answer),
        ANSWERS: Answers(database, registry, on_answer),
    }
    deliverer = Deliverer(
        database, receivers, at_once=4, lease=timedelta(seconds=2), deadline=1.5, idle=0.02
    )
    await deliverer.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2]))
