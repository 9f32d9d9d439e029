"""What every start brings up to date in the database, and what the first one loads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lanh.core import audit, terminology
from lanh.core.database import SyncDatabase, connected, fetch, migrate
from lanh.core.store import feed
from lanh.core.text import Message
from lanh.nation import codes
from lanh.nation.place import SET_34_FROM, commune_list, load_places, read_places
from lanh.site.engines import ENGINES
from lanh.site.facts import DEMONSTRATION, fact
from lanh.site.instance import Instance
from lanh.site.operator import register_operator
from lanh.site.settings import Settings
from lanh.site.wiring import open_records
from lanh.site.words import WORDS

_EPOCH = 2**32  # transaction ids of one epoch


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to load; it finds out itself whether it was done before."""

    key: str
    run: Callable[[SyncDatabase, Instance], None]


def migrations(url: str) -> list[str]:
    """Apply the migrations of every engine; returns those applied."""
    return migrate(url, ENGINES)


def clock_fault(database: SyncDatabase) -> Message | None:
    """Why this database cannot be worked on: its transaction ids began anew.

    A dump brings rows, not the counter: what is written from then on would stand before what the
    feed and the audit trail hold, unread and unsealed. The text says how to set the counter.
    """
    known = max(database.read(feed.newest_transaction()), database.read(audit.newest_transaction()))
    following = database.read(fetch("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"))
    if known <= int(following[0][0]):
        return None
    epoch = known // _EPOCH + 1
    return WORDS.message("start.clock", known=known, next=following[0][0], epoch=epoch)


def _places(database: SyncDatabase, _instance: Instance) -> None:
    database.transact(load_places())


def _codes(database: SyncDatabase, _instance: Instance) -> None:
    codes.load_all(database)
    places = database.read(read_places())
    database.transact(terminology.load(commune_list(places), SET_34_FROM))
    codes.publish(database, open_records().store)


def _accounts(database: SyncDatabase, instance: Instance) -> None:
    register_operator(database, instance)


STEPS: tuple[Step, ...] = (
    Step("start.places", _places),
    Step("start.codes", _codes),
    Step("start.accounts", _accounts),
)


def first_start_wanted(database: SyncDatabase, settings: Settings) -> bool:
    """Whether demonstration data is wanted and not complete: never begun, or cut off."""
    state = database.read(fact(DEMONSTRATION))
    return not state["complete"] if state is not None else settings.people > 0


def has_demonstration(instance: Instance) -> bool:
    """Whether demonstration data was put into this installation, whole or not."""
    with connected(instance.database_url()) as database:
        return database.read(fact(DEMONSTRATION)) is not None
