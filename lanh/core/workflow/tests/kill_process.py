"""A worker process for the kill test: runs escalations whose effect is slow, until it is killed."""

from __future__ import annotations

import sys
from datetime import timedelta

from lanh.core.database import Plan, SyncDatabase, execute
from lanh.core.workflow import Case, Escalation
from lanh.core.workflow.tests.scene import MONDAY, Clock, Scene


def slowly(case: Case, escalation: Escalation) -> Plan[None]:
    """Write down that it happened, and take so long that a kill comes in between."""
    yield from execute("INSERT INTO public.happened VALUES ($1, $2)", case.id, escalation.name)
    yield from execute("SELECT pg_sleep(0.12)")


def main(url: str) -> None:
    """Run what is due, over and over, once a line came in."""
    database = SyncDatabase.connect(url, max_size=2)
    scene = Scene(clock=Clock(MONDAY + timedelta(days=1)), on_escalation=slowly)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    while True:
        scene.engine.run_escalations(database)


if __name__ == "__main__":
    main(sys.argv[1])
