"""Run the steps of the intake on either database runner, and keep taking up what waits."""

from __future__ import annotations

import asyncio
import threading
from typing import TypeVar

import structlog

from lanh.core.bus.intake import Intake, Receipt, Steps, Transact
from lanh.core.bus.port import Submission
from lanh.core.database import AsyncDatabase, SyncDatabase

T = TypeVar("T")
LEASE = 30.0  # seconds that a message is left to whoever took it up
PAUSE = 2.0  # seconds between looks where nothing waits

_log = structlog.get_logger(__name__)


def run(database: SyncDatabase, steps: Steps[T]) -> T:
    """Run steps one after the other."""
    result, error = None, None
    try:
        while True:
            step = steps.throw(error) if error is not None else steps.send(result)
            result, error = None, None
            try:
                result = database.transact(step.plan) if isinstance(step, Transact) else step.work()
            except Exception as caught:
                error = caught
    except StopIteration as stop:
        value: T = stop.value
        return value


async def run_async(database: AsyncDatabase, steps: Steps[T]) -> T:
    """Run steps on the event loop; computations run in a thread."""
    result, error = None, None
    try:
        while True:
            step = steps.throw(error) if error is not None else steps.send(result)
            result, error = None, None
            try:
                if isinstance(step, Transact):
                    result = await database.transact(step.plan)
                else:
                    result = await asyncio.to_thread(step.work)
            except Exception as caught:
                error = caught
    except StopIteration as stop:
        value: T = stop.value
        return value


def submit(
    intake: Intake, database: SyncDatabase, submission: Submission, *, later: bool = False
) -> Receipt:
    """Keep and settle a message; its receipt."""
    return run(database, intake.deliver(submission, later=later))


async def submit_async(
    intake: Intake, database: AsyncDatabase, submission: Submission, *, later: bool = False
) -> Receipt:
    """Keep and settle a message; its receipt."""
    return await run_async(database, intake.deliver(submission, later=later))


def recover(intake: Intake, database: SyncDatabase, *, lease: float = LEASE) -> int:
    """Take up everything that waits; how many messages were tried."""
    count = 0
    while run(database, intake.recover(lease)) is not None:
        count += 1
        if count >= 100_000:
            break
    return count


async def recover_forever(
    intake: Intake, database: AsyncDatabase, *, lease: float = LEASE, pause: float = PAUSE
) -> None:
    """Take up what waits for as long as the process lives. Cancel the task to end it.

    Begin with one `recover` without a lease where no other process may be at work.
    """
    while True:
        try:
            found = await run_async(database, intake.recover(lease))
        except Exception as error:
            _log.error("recovery failed", error=type(error).__name__)
            found = None
        if found is None:
            await asyncio.sleep(pause)


def recover_until(intake: Intake, database: SyncDatabase, stop: threading.Event) -> None:
    """The same in a thread or process of its own, until `stop` is set."""
    while not stop.is_set():
        try:
            found = recover(intake, database)
        except Exception as error:
            _log.error("recovery failed", error=type(error).__name__)
            found = 0
        if not found:
            stop.wait(PAUSE)
