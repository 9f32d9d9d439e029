"""What the worker does again and again, and which jobs it can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from time import monotonic

import structlog

from lanh.core import audit, bus, subscriptions, warehouse
from lanh.core.accounts import (
    close_idle_accounts,
    forget_expired,
    forget_old_attempts,
    open_among,
)
from lanh.core.audit import AnchorFault
from lanh.core.bulk import Folder, forget_for_erasure
from lanh.core.database import Plan, SyncDatabase
from lanh.core.forms import forget_drafts, forget_picks, pickers
from lanh.core.jobs import CallHandler, Handler, Job, Schedule
from lanh.core.lists import forget_uploads
from lanh.core.store import feed
from lanh.core.warehouse import LakeError
from lanh.nation import erasure
from lanh.site.anchoring import keep_head
from lanh.site.facts import DEMONSTRATION, fact
from lanh.site.instance import Instance
from lanh.site.ledger_keeping import keep_ledger, score_senders
from lanh.site.pages.bus import present_sender
from lanh.site.warehousing import refresh_warehouse, refresh_when_free
from lanh.site.wiring import Records

log = structlog.get_logger()

# Who reads the change feed in every installation: nothing is dropped before each has registered.
FEED_READERS = (warehouse.READER, subscriptions.READER)


def handlers(database: SyncDatabase, intake: bus.Intake) -> Mapping[str, Handler]:
    """The kinds of queued job and who does them."""

    def replay(job: Job) -> None:
        bus.replay_turn(intake, database, present_sender, job)

    return {bus.KIND: CallHandler(replay)}


def _forget_closed() -> Plan[None]:
    """What is remembered of people's choices in forms goes with their accounts."""
    accounts = {each.removeprefix("person:"): each for each in (yield from pickers())}
    kept = yield from open_among(sorted(accounts))
    yield from forget_picks([each for account, each in accounts.items() if account not in kept])


def quick_schedules(
    database: SyncDatabase, instance: Instance
) -> Mapping[Schedule, Callable[[], None]]:
    """What is done in moments: sealing the audit trail, forgetting what has expired.

    Accounts that nobody uses are closed, but not in a demonstration: its users are published, and
    whoever comes back to it after months has to find them.
    """

    def seal() -> None:
        # Where people read all the time, some entries wait always: only a full batch is a backlog.
        while database.transact(audit.seal()) >= audit.SEAL_BATCH:
            pass

    def clean() -> None:
        database.transact(forget_expired())
        database.transact(forget_old_attempts())
        database.transact(forget_drafts())
        database.transact(forget_uploads())
        database.transact(_forget_closed())

    def close_idle() -> None:
        if database.read(fact(DEMONSTRATION)) is None:
            closed = database.transact(close_idle_accounts())
            log.info("accounts that nobody uses were closed", count=closed)

    every = timedelta(seconds=instance.settings.seal_seconds)
    schedules = {
        Schedule("audit.seal", every): seal,
        Schedule("accounts.clean", timedelta(hours=1)): clean,
        Schedule("accounts.idle", timedelta(hours=6)): close_idle,
    }
    anchors = instance.settings.audit_anchors
    if anchors is not None:
        schedules[Schedule("audit.anchor", timedelta(minutes=10))] = lambda: _anchor(
            database, anchors
        )
    return schedules


def drop_feed(database: SyncDatabase, keep: timedelta) -> int:
    """Drop what of the change feed is older than `keep` and was read by all; how many rows."""
    rows = 0
    while True:
        done = database.transact(feed.drop_read(keep, FEED_READERS))
        rows += done.rows
        if done.rows < feed.BATCH:
            break
    if rows or done.missing:
        log.info("change feed", dropped=rows, slowest=done.slowest, missing=list(done.missing))
    return rows


def _anchor(database: SyncDatabase, path: Path) -> None:
    try:
        keep_head(database, path)
    except (OSError, AnchorFault) as error:
        log.error("the head of the audit trail could not be kept outside", exc_info=error)


def slow_schedules(
    database: SyncDatabase, instance: Instance, records: Records
) -> Mapping[Schedule, Callable[[], None]]:
    """What may take minutes: the warehouse, erasing by order, indexing rows, cutting the feed."""

    def fill() -> None:
        loading = database.read(fact(DEMONSTRATION))
        if loading is not None and not loading["complete"]:
            return  # who loads it refreshes at the end, once for all
        try:
            refresh_warehouse(database, instance, records.store)
        except LakeError:
            log.info("the warehouse is being refreshed by another process")

    def follow(_patients: Sequence[str]) -> None:
        refresh_when_free(database, instance, records.store)
        Folder(instance.bulk).remove(database.transact(forget_for_erasure()))

    def erase() -> None:
        done, waiting = erasure.carry_out(database, records.store, records.linking, [follow])
        if done or waiting:
            log.info("erasure by order", done=done, waiting=waiting)

    def reindex() -> None:
        # For half a minute at most: the others of this thread have their turn too.
        end = monotonic() + 30
        while monotonic() < end and database.transact(records.store.reindex()):
            pass

    def cut() -> None:
        drop_feed(database, keep)

    every = timedelta(seconds=instance.settings.warehouse_seconds)
    keep = timedelta(days=instance.settings.feed_days)
    return {
        Schedule("store.reindex", timedelta(seconds=2)): reindex,
        Schedule("warehouse.refresh", every): fill,
        Schedule("erasure", timedelta(seconds=20)): erase,
        Schedule("feed.drop", timedelta(minutes=10)): cut,
        Schedule("bus.scores", timedelta(seconds=20)): lambda: score_senders(database),
        Schedule("bus.keep", timedelta(minutes=1)): lambda: keep_ledger(database, instance),
    }
