"""A worker process for the kill tests: exports and imports in small steps, until killed."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta
from pathlib import Path

from lanh.core import bulk, jobs
from lanh.core.bulk.tests.scene import Scene
from lanh.core.database import SyncDatabase


def main(url: str, folder: str) -> None:
    """Work until killed."""
    database = SyncDatabase.connect(url, max_size=2)
    scene = Scene(database, Path(folder))
    handlers = {
        "bulk.export": jobs.CallHandler(scene.exporter(run=20, turn=0.2).work),
        "bulk.import": jobs.CallHandler(scene.importer(batch=20, turn=0.2).work),
    }
    worker = jobs.Worker(
        database, handlers, {}, queues=(bulk.QUEUE,), batch=1, lease=timedelta(seconds=1), idle=0.02
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    worker.run(threading.Event())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
