"""The worker process: schedules and queued jobs."""

from __future__ import annotations

import signal
import sys
import threading

from lanh.core.database import SyncDatabase
from lanh.core.jobs import Worker
from lanh.site import processes
from lanh.site.instance import Instance
from lanh.site.schedules import handlers, schedules


def main() -> int:
    """Work until SIGTERM or SIGINT."""
    settings = processes.begin("worker")
    instance = Instance(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = SyncDatabase.connect(instance.database_url(), max_size=4)
    try:
        Worker(database, handlers(), schedules(database, instance)).run(stop)
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
