"""Erasing a person's records by order of the law: records, old versions, messages, derivations.

order(patients, basis, reason, ordered_by) -> Plan[str]   from its commit on nothing new is written
erase_records(store, linking, id) -> Plan[bool]           one transaction; False: not yet possible
finish(id, report) -> Plan[None]                          once every derivation followed
orders(after, limit) -> Plan[list[Order]]                 what was ordered, for backups too

`carry_out` runs the steps; each may be run again after a kill.
"""

from lanh.nation.erasure.carrying_out import Reach, carry_out
from lanh.nation.erasure.orders import Order, OrderFault, finish, open_orders, order, orders
from lanh.nation.erasure.records import erase_records

__all__ = [
    "Order",
    "OrderFault",
    "Reach",
    "carry_out",
    "erase_records",
    "finish",
    "open_orders",
    "order",
    "orders",
]
