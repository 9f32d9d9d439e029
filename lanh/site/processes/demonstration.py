"""The demonstration data of a first start: sent through the front door, then into the warehouse.

Cut off anywhere, it begins again at the next start: the bus knows each message that it took and
answers it with the receipt that it gave then.
"""

from __future__ import annotations

import sys
from datetime import datetime

import httpx
import structlog

from lanh.core.database import SyncDatabase, connected
from lanh.core.desks import DeskError
from lanh.nation.local_time import VIETNAM
from lanh.site import processes
from lanh.site.backend_client import TokenRefused
from lanh.site.demonstration import Wanted, generate, install, link_citizen
from lanh.site.demonstration.beds import furnish
from lanh.site.facts import DEMONSTRATION, fact, set_fact
from lanh.site.instance import Instance
from lanh.site.settings import Settings
from lanh.site.warehousing import refresh_when_free
from lanh.site.wiring import open_records
from lanh.site.words import WORDS

log = structlog.get_logger()


def main() -> int:
    """Put the demonstration in; 1 where some of it was not taken."""
    settings = processes.begin("demonstration")
    instance = Instance(settings)
    with connected(instance.database_url()) as database:
        return _put_in(settings, instance, database)


def _put_in(settings: Settings, instance: Instance, database: SyncDatabase) -> int:
    wanted = _wanted(settings, database)
    state = wanted.as_fact()
    database.transact(set_fact(DEMONSTRATION, {**state, "complete": False}))
    try:
        report = install(database, settings.url, instance.keys, wanted, processes.progress)
    except (httpx.HTTPError, TokenRefused) as error:
        log.error("demonstration cut off", exc_info=error)
        processes.fault(WORDS.message("demonstration.cut_off", error=type(error).__name__))
        return 1
    log.info("demonstration sent", states=dict(report.states), seconds=round(report.seconds, 1))
    for reason in report.faults:
        log.error("demonstration message not taken", reason=reason)
    records = open_records()
    population = generate(wanted.people, wanted.seed, wanted.until)
    link_citizen(database, records.store, population)
    try:
        reports = furnish(database, records, population, datetime.now(VIETNAM))
        log.info("wards, beds and reports of hospitals entered", reports=reports)
    except DeskError as error:  # the rest of the demonstration stands without them
        log.error("reports of beds not entered", exc_info=error)
    processes.progress("start.warehouse")
    done = refresh_when_free(database, instance, records.store)
    log.info("warehouse refreshed", changes=done.changes, seconds=round(done.seconds, 1))
    database.transact(set_fact(DEMONSTRATION, {**state, "complete": True}))
    if not report.complete:
        taken = report.states.get("accepted", 0)
        message = WORDS.message("demonstration.in_part", taken=taken, sent=report.sent)
        processes.fault(message)
        return 1
    return 0


def _wanted(settings: Settings, database: SyncDatabase) -> Wanted:
    """What was begun goes on as it was begun, whatever the settings and the calendar say now."""
    begun = database.read(fact(DEMONSTRATION))
    if begun is not None:
        return Wanted.of_fact(begun)
    return Wanted(settings.people, settings.seed)


if __name__ == "__main__":
    sys.exit(main())
