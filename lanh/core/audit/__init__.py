"""Who read or wrote what, and why: appended within a unit of work, sealed after commit.

append(entries) -> Plan[None]        in the unit of work of what it tells about
seal(limit=...) -> Plan[int]         a worker, every few seconds: chains what has committed
verify() -> Plan[Verification]       finds altered, removed, added and reordered entries
of_patient(patient, limit) -> Plan[list[Recorded]]   who looked at a person's record
"""

from lanh.core.audit.entries import Entry

__all__ = ["Entry"]
