"""A worker process for the kill test: writes what it hands over into a table, slowly."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from lanh.core.database import AsyncDatabase, Plan, execute
from lanh.core.jobs import Deliverer, Delivery


class Noting:
    """Notes each delivery in a transaction of its own, as an outside receiver would."""

    def __init__(self, database: AsyncDatabase) -> None:
        self._database = database

    async def deliver(self, delivery: Delivery) -> None:
        """Take it; a kill may come before or after."""
        await asyncio.sleep(0.002)
        await self._database.transact(
            execute(
                "INSERT INTO public.got (subject, payload) VALUES ($1, $2)",
                delivery.subject,
                delivery.payload.decode(),
            )
        )
        await asyncio.sleep(0.002)

    def given_up(self, delivery: Delivery, fault: str) -> Plan[None]:
        """Nothing is given up here."""
        yield from execute("SELECT 1 / 0")


async def main(url: str) -> None:
    """Deliver until killed."""
    database = await AsyncDatabase.connect(url, max_size=4)
    deliverer = Deliverer(
        database, {"note": Noting(database)}, at_once=8, lease=timedelta(seconds=1), idle=0.02
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await deliverer.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
