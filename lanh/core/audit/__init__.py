"""Who read or wrote what, and why: appended within a unit of work, sealed after commit.

append(entries) -> Plan[None]        in the unit of work of what it tells about
seal(limit=...) -> Plan[int]         a worker, every few seconds: chains what has committed
verify() -> Plan[Verification]       finds altered, removed, added and reordered entries
head() -> Plan[Head | None]          the end of the chain, to be anchored elsewhere
unlike(anchors) -> Plan[list[Head]]  anchors that the chain does not have
lag() -> Plan[Lag]                   how far the sealer is behind
of_patient(patient, limit) -> Plan[list[Recorded]]   who looked at a person's record
"""

from lanh.core.audit.anchors import (
    AnchorFault,
    Head,
    Lag,
    head,
    lag,
    newest_transaction,
    read_anchors,
    unlike,
)
from lanh.core.audit.chain import SEAL_BATCH, Fault, Verification, seal, verify
from lanh.core.audit.entries import Entry, Listing, Target, shown
from lanh.core.audit.plans import Recorded, append, of_patient

__all__ = [
    "SEAL_BATCH",
    "AnchorFault",
    "Entry",
    "Fault",
    "Head",
    "Lag",
    "Listing",
    "Recorded",
    "Target",
    "Verification",
    "append",
    "head",
    "lag",
    "newest_transaction",
    "of_patient",
    "read_anchors",
    "seal",
    "shown",
    "unlike",
    "verify",
]
