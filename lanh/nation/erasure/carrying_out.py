"""Running orders to their end, across everything that is derived from records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from lanh.core.database import SyncDatabase
from lanh.core.store import Store
from lanh.nation.erasure.orders import finish, open_orders
from lanh.nation.erasure.records import erase_records
from lanh.nation.person import PersonLinking

# Makes one derivation (the lake, files of exports) follow the erasure of these Patients.
Reach: TypeAlias = Callable[[Sequence[str]], None]


def carry_out(
    database: SyncDatabase, store: Store, linking: PersonLinking, reaches: Sequence[Reach]
) -> tuple[int, int]:
    """Carry out what is open; (done, still waiting). What a reach raises leaves its order open."""
    done = waiting = 0
    for order in database.read(open_orders()):
        if not database.transact(erase_records(store, linking, order.id)):
            waiting += 1
            continue
        for reach in reaches:
            reach(order.patients)
        database.transact(finish(order.id))
        done += 1
    return done, waiting
