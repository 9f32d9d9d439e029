"""The first task of a start: the database is brought to what this version needs."""

from __future__ import annotations

import sys

import structlog

from lanh.core.database import MigrationError, connected
from lanh.site import processes
from lanh.site.instance import Instance
from lanh.site.preparation import STEPS, clock_fault, first_start_wanted, migrations
from lanh.site.words import WORDS

log = structlog.get_logger()


def main() -> int:
    """Migrate, then let each step load what is missing; tells whether it is a first start."""
    settings = processes.begin("prepare")
    instance = Instance(settings)
    url = instance.database_url()
    processes.progress("start.migrations")
    try:
        applied = migrations(url)
    except MigrationError as error:
        processes.fault(WORDS.message("start.not_migrated", error=str(error)))
        return 1
    log.info("migrated", applied=applied)
    with connected(url) as database:
        if (reason := clock_fault(database)) is not None:
            processes.fault(reason)
            return 1
        for step in STEPS:
            processes.progress(step.key)
            step.run(database, instance)
            log.info("prepared", step=step.key)
        if first_start_wanted(database, settings):
            processes.first_start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
