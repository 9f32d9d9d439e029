"""What desks do by themselves: each unit of a duty in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from lanh.core.database import SyncDatabase
from lanh.core.desks.definition import Duty
from lanh.core.desks.ports import Ports
from lanh.core.jobs import Schedule

log = structlog.get_logger()


def do(ports: Ports, duty: Duty, database: SyncDatabase, at: datetime) -> tuple[int, int]:
    """Do a duty for all its units: how many were done, how many failed. One that fails is told in
    the log and tried again the next time."""
    done = failed = 0
    for unit in database.transact(duty.units(ports.store, at)):
        try:
            database.transact(duty.act(ports.store, ports.workflow, unit, at))
            done += 1
        except Exception as error:  # whatever it is, the others have their turn
            failed += 1
            log.error("a duty failed", duty=duty.name, exc_info=error)
    return done, failed


def schedules(ports: Ports, database: SyncDatabase) -> Mapping[Schedule, Callable[[], None]]:
    """The duties of all desks as the worker's schedules."""

    def work(duty: Duty) -> Callable[[], None]:
        def act() -> None:
            do(ports, duty, database, datetime.now(UTC))

        return act

    return {
        Schedule(f"{desk.key}.{duty.name}", duty.every): work(duty)
        for desk in ports.desks.values()
        for duty in desk.duties
    }
