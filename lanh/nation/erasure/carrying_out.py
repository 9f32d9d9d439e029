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
    """Carry out what is open; (done, still waiting). What a reach raises leaves its orders open.

    Derivations follow once for all orders: each is a work of minutes.
    """
    erased, waiting = [], 0
    for order in database.read(open_orders()):
        if database.transact(erase_records(store, linking, order.id)):
            erased.append(order)
        else:
            waiting += 1
    patients = [patient for order in erased for patient in order.patients]
    for reach in reaches if erased else ():
        reach(patients)
    for order in erased:
        database.transact(finish(order.id))
    return len(erased), waiting
