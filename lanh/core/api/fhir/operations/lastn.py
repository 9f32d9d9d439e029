"""`$lastn` of Observation: the newest of each code (R4 observation-operation-lastn)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from lanh.core import audit, fhir
from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.call import PRESENTATION, Call
from lanh.core.api.fhir.desk import Desk, entry_of
from lanh.core.api.fhir.exchange import WORDS, Answer, Refused
from lanh.core.api.fhir.listings import search_bundle
from lanh.core.api.fhir.operations.given import given
from lanh.core.api.fhir.operations.registry import Operation
from lanh.core.api.fhir.shaping import shape_of
from lanh.core.database import Plan
from lanh.core.fhir import Issue
from lanh.core.store import Context, Page, Search, Stored

_MOST_LOOKED_AT = 10_000
_STEP = 1_000
_MOST_OF_A_CODE = 100
_CONTROLS = frozenset({"max", "_count", "_sort", "_cursor", "_total"})


async def lastn(desk: Desk, call: Call, _at: Address) -> Answer:
    """The newest `max` (1) Observations of each code that the search parameters let through.

    Two Observations are of one code where they share a coding or, without codings, the text. One
    patient must be named. Answers a searchset, code by code, newest first.
    """
    asked = await given(call)
    most = asked.number("max", 1, _MOST_OF_A_CODE)
    pairs = [
        (name, str(value))
        for name, values in asked.values.items()
        if name not in _CONTROLS and name not in PRESENTATION
        for value in values
    ]
    if not any(name.partition(":")[0] in ("patient", "subject") for name, _ in pairs):
        raise Refused(400, "required", "patient_needed")
    shape = shape_of(call, "Observation")
    found, _ = await desk.read(desk.store.parse("Observation", pairs, base=call.base))
    wanted = replace(found, sort=("-date",), count=_STEP)
    page, complete = await desk.read(_newest(desk, wanted, most, call.context))
    link = {"self": f"{call.base}/Observation/$lastn?{urlencode([*pairs, ('max', str(most))])}"}
    notes = None
    if not complete:
        message = WORDS.message("lastn_bounded", most=_MOST_LOOKED_AT)
        issue = Issue("warning", "too-costly", "", message)
        notes = fhir.operation_outcome([issue], call.language)
    return Answer(200, search_bundle(page, call.base, link, notes, shape))


def _newest(desk: Desk, wanted: Search, most: int, context: Context) -> Plan[tuple[Page, bool]]:
    groups: list[tuple[set[Any], list[Stored]]] = []
    looked, cursor = 0, None
    while True:
        page = yield from desk.store.search(replace(wanted, cursor=cursor), context)
        for row in page.entries:
            _sort_in(groups, row, most)
        looked, cursor = looked + _STEP, page.next_cursor
        if cursor is None or looked >= _MOST_LOOKED_AT:
            break
    rows = [row for _, kept in groups for row in kept]
    entries = [entry_of(context, "search", row.type, row, "Observation/$lastn") for row in rows]
    none = audit.Entry.of(context.access, "search", type=wanted.type, detail="Observation/$lastn")
    yield from audit.append(entries or [none])
    return Page(rows, total=len(rows)), cursor is None


def _sort_in(groups: list[tuple[set[Any], list[Stored]]], row: Stored, most: int) -> None:
    """Put a row with those of its code; a row with codings of two groups makes them one."""
    keys = set(_keys(row.resource()))
    mine = [group for group in groups if group[0] & keys]
    if not mine:
        groups.append((keys, [row]))
        return
    first = mine[0]
    first[0].update(keys)
    for other in mine[1:]:
        first[0].update(other[0])
        first[1].extend(other[1])
        groups.remove(other)
    first[1].append(row)
    if len(mine) > 1:
        first[1].sort(key=_effective, reverse=True)
    del first[1][most:]


def _keys(resource: dict[str, Any]) -> Iterator[Any]:
    code = resource.get("code") or {}
    codings = [each for each in code.get("coding") or () if each.get("code")]
    for coding in codings:
        yield coding.get("system"), coding["code"]
    if not codings:
        yield code.get("text")


def _effective(row: Stored) -> Any:
    dates = fhir.extract(row.resource()).dates.get("date") or [(fhir.EARLIEST, fhir.EARLIEST)]
    return dates[0][0]


LASTN = Operation(
    "lastn",
    "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    lastn,
    types=frozenset({"Observation"}),
    on_type=True,
)
