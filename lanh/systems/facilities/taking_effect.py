"""What a merger or division brings about on its day: what was ends, nothing is deleted.

An escape, with its reason: a decision names a day, often one that is still to come, and on that day
records change that the form of the decision does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from lanh.core.access import system_access
from lanh.core.database import Plan
from lanh.core.store import Context, Parameter, Search, Store, Stored, Write
from lanh.nation import naming

_BY_ITSELF = Context(system_access("facilities"), source="urn:lanh:desk:facilities")
_ENDING = ("merged", "joined", "divided")
_BATCH = 100


def take_effect(store: Store, today: date) -> Plan[int]:
    """Close what successions end until today; how many entities were closed. Run every day, and
    again whenever one was recorded: what is done already is passed over."""
    cursor: str | None = None
    closed = 0
    while True:
        search = Search(
            "OrganizationAffiliation",
            (
                Parameter("role", tuple(f"{naming.SUCCESSION}|{kind}" for kind in _ENDING)),
                Parameter("active", ("true",)),
                Parameter("date", (f"le{today.isoformat()}",)),
            ),
            count=_BATCH,
            cursor=cursor,
        )
        page = yield from store.search(search, _BY_ITSELF)
        for entry in page.entries:
            closed += yield from _close(store, entry.resource())
        cursor = page.next_cursor
        if cursor is None:
            return closed


def _close(store: Store, affiliation: Mapping[str, Any]) -> Plan[int]:
    code = affiliation["participatingOrganization"]["identifier"]["value"]
    until = date.fromisoformat(affiliation["period"]["start"][:10]) - timedelta(days=1)
    wanted = (Parameter("identifier", (f"{naming.FACILITY_CODE}|{code}",)),)
    writes: list[Write] = []
    for kind in ("Organization", "Location"):
        page = yield from store.search(Search(kind, wanted, count=2), _BY_ITSELF)
        writes += [w for entry in page.entries if (w := _closing(entry, code, until)) is not None]
    if writes:
        yield from store.write(writes, _BY_ITSELF)
    return sum(write.type == "Organization" for write in writes)


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
