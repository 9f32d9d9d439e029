"""The worker process: schedules, queued jobs, and messages of the bus that were cut off."""

from __future__ import annotations

import signal
import sys
import threading

from lanh.core import bus
from lanh.core.database import SyncDatabase
from lanh.core.jobs import Worker
from lanh.site import processes
from lanh.site.collection import collect_seldom
from lanh.site.desks import desk_schedules, open_desks
from lanh.site.instance import Instance
from lanh.site.outgoing import Outgoing, destinations
from lanh.site.pages.sheets import sheet_worker
from lanh.site.partners import receivers
from lanh.site.schedules import handlers, quick_schedules, slow_schedules
from lanh.site.signing import desk_ports
from lanh.site.wiring import access_of, open_intake, open_records, places_of


def main() -> int:
    """Work until SIGTERM or SIGINT."""
    settings = processes.begin("worker")
    instance = Instance(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database = SyncDatabase.connect(instance.database_url(), max_size=9)
    records = open_records(destinations(settings))
    intake = open_intake(records.store, settings)
    # What takes long has a thread of its own, so that sealing the audit trail never waits for it.
    jobs = {**handlers(database, intake), **records.subscriptions.handlers()}
    quick = Worker(database, jobs, quick_schedules(database, instance))
    slow = Worker(database, {}, slow_schedules(database, instance, records), queues=())
    # A duty may take its time over many facilities: the clocks of cases and it have a third.
    opened = open_desks(records, **desk_ports(settings, records.store))
    desks = Worker(database, {}, desk_schedules(database, opened), queues=())
    places = places_of(database)
    sheets = sheet_worker(database, records, places, opened)
    outgoing = Outgoing(
        database,
        instance,
        records,
        access_of(places),
        lambda pool: receivers(pool, records.store, opened.workflow, settings),
    )
    others = [
        threading.Thread(target=bus.recover_until, args=(intake, database, stop)),
        threading.Thread(target=slow.run, args=(stop,)),
        threading.Thread(target=desks.run, args=(stop,)),
        threading.Thread(target=sheets.run, args=(stop,)),
        *outgoing.threads(stop),
    ]
    collect_seldom()
    try:
        for thread in others:
            thread.start()
        quick.run(stop)
    finally:
        stop.set()
        for thread in others:
            thread.join(8)
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
