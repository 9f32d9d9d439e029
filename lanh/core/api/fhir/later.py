"""Searches that are answered later: `Prefer: respond-async` (FHIR R4 3.1.6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lanh.core import audit, bulk
from lanh.core.api.fhir.call import Call, Pairs
from lanh.core.api.fhir.desk import Desk, require
from lanh.core.api.fhir.exchange import Answer, Refused, preference
from lanh.core.database import Plan
from lanh.core.store import Search, may

_LEFT_OUT = frozenset({"_count", "_cursor", "_total", "_outputFormat"})


def asked(desk: Desk, call: Call) -> bool:
    """Whether the answer may come later: asked for, by a request of its own, where there is who
    does the work."""
    return (
        desk.answers_later
        and call.request is not None
        and preference(call, "respond-async") is not None
    )


def check_format(pairs: Pairs) -> Pairs:
    """The pairs without `_outputFormat`, which must be NDJSON. Raises Refused."""
    for name, value in pairs:
        if name == "_outputFormat" and value.replace(" ", "+") not in bulk.FORMATS:
            raise Refused(400, "not-supported", "output_format", value=value[:100])
    return [pair for pair in pairs if pair[0] != "_outputFormat"]


async def order(
    desk: Desk,
    call: Call,
    pairs: Pairs,
    wanted: Sequence[Search],
    kind: str | None,
    *,
    lenient: bool,
) -> Answer:
    """202 with the address at which the files of the answer will be found. Raises Forbidden."""
    access = call.context.access
    if not any(may(access, "search", each.type) for each in wanted):
        require(access, "search", wanted[0].type)
    within = wanted[0].within
    kept: dict[str, Any] = {
        "type": kind,
        "within": list(within) if within else None,
        "pairs": [pair for pair in pairs if pair[0] not in _LEFT_OUT],
        "base": call.base,
        "lenient": lenient,
        "since": None,
    }
    url = call.base if call.request is None else str(call.request.url)

    def plan() -> Plan[str]:
        name = yield from bulk.start("search", access, url, kept)
        detail = f"respond-async {name} {kind or '*'}"
        yield from audit.append([audit.Entry.of(access, "search", type=kind, detail=detail)])
        return name

    name = await desk.transact(plan)
    address = f"{call.base.removesuffix('/fhir')}/bulk/{name}"
    return Answer(202, headers=[(b"content-location", address.encode())])
