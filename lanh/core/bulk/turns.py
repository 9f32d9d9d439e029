"""A turn of an export or import: steps for some seconds, then the next turn is queued."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from lanh.core.bulk import tasks
from lanh.core.bulk.tasks import Kind
from lanh.core.database import SyncDatabase
from lanh.core.jobs import Job

Step: TypeAlias = Literal["more", "wait", "end"]

_WAIT = 0.2  # seconds until what is waited for is looked at again


def take_turn(
    database: SyncDatabase, kind: Kind, job: Job, seconds: float, step: Callable[[str], Step]
) -> None:
    """Do steps of the task that the job names until its end or for so many seconds.

    A step that raises is tried again by the queue; at the last attempt the task ends with the
    name of the error.
    """
    name = str(job.payload["task"])
    until = time.monotonic() + seconds
    try:
        while (came := step(name)) != "end":
            if time.monotonic() > until:
                database.transact(tasks.go_on(kind, name))
                return
            if came == "wait":
                time.sleep(_WAIT)
    except Exception as error:
        if job.attempts >= job.most_attempts:
            database.transact(tasks.end(name, type(error).__name__))
        raise
