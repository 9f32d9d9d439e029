"""What a merger or division brings about on its day: what was ends, nothing is deleted.

An escape, with its reason: a decision names a day, often one that is still to come, and on that day
records change that the form of the decision does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from lanh.core.access import system_access
from lanh.core.database import Plan
from lanh.core.store import Context, Parameter, Search, Store, Stored, Write
from lanh.core.workflow import Workflow
from lanh.nation import naming
from lanh.nation.local_time import VIETNAM

_BY_ITSELF = Context(system_access("facilities"), source="urn:lanh:desk:facilities")
_ENDING = ("merged", "joined", "divided")
_BATCH = 200


def due(store: Store, at: datetime) -> Plan[Sequence[str]]:
    """What facilities successions end by a moment: "code|first day without it" each, those that
    are not ended yet."""
    today = at.astimezone(VIETNAM).date()
    taken = (
        Parameter("role", tuple(f"{naming.SUCCESSION}|{kind}" for kind in _ENDING)),
        Parameter("active", ("true",)),
        Parameter("date", (f"le{today.isoformat()}",)),
    )
    rows = yield from store.every(Search("OrganizationAffiliation", taken), _BY_ITSELF)
    ends = {}
    for held in (row.resource() for row in rows):
        code = held["participatingOrganization"]["identifier"]["value"]
        ends[code] = held["period"]["start"][:10]
    active = yield from _active(store, sorted(ends))
    return [f"{code}|{ends[code]}" for code in sorted(active)]


def _active(store: Store, codes: Sequence[str]) -> Plan[set[str]]:
    found: set[str] = set()
    for start in range(0, len(codes), _BATCH):
        some = set(codes[start : start + _BATCH])
        wanted = tuple(f"{naming.FACILITY_CODE}|{code}" for code in sorted(some))
        parameters = (Parameter("identifier", wanted), Parameter("active", ("true",)))
        rows = yield from store.every(Search("Organization", parameters), _BY_ITSELF)
        for entry in rows:
            found |= {code for code in some if _closing(entry, code, date.max) is not None}
    return found


def carry_out(store: Store, _workflow: Workflow, unit: str, _at: datetime) -> Plan[None]:
    """End one facility: its entity, its place, its code. Done already, nothing is written."""
    code, _, first = unit.partition("|")
    until = date.fromisoformat(first) - timedelta(days=1)
    wanted = (Parameter("identifier", (f"{naming.FACILITY_CODE}|{code}",)),)
    writes: list[Write] = []
    for kind in ("Organization", "Location"):
        page = yield from store.search(Search(kind, wanted, count=2), _BY_ITSELF)
        writes += [w for entry in page.entries if (w := _closing(entry, code, until)) is not None]
    if writes:
        yield from store.write(writes, _BY_ITSELF)


def _closing(entry: Stored, code: str, until: date) -> Write | None:
    """The version that is closed, or None where it is already, or has another code by now."""
    held = entry.resource()
    ours = [
        each
        for each in held.get("identifier") or ()
        if each.get("system") == naming.FACILITY_CODE
        and each.get("value") == code
        and not (each.get("period") or {}).get("end")
    ]
    if not ours:
        return None
    for each in ours:
        each["period"] = {**(each.get("period") or {}), "end": until.isoformat()}
    if entry.type == "Organization":
        held["active"] = False
    else:
        held["status"] = "inactive"
    return Write("update", entry.type, entry.id, held, if_match=entry.version)
