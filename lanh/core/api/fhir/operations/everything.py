"""`$everything` of a Patient (R4 patient-operation-everything)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from lanh.core import audit, fhir
from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.batches import read_entry
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk, entry_of, require
from lanh.core.api.fhir.exchange import Answer, Refused
from lanh.core.api.fhir.histories import moment
from lanh.core.api.fhir.listings import search_bundle
from lanh.core.api.fhir.operations.given import Given, given
from lanh.core.api.fhir.operations.registry import Operation
from lanh.core.api.fhir.shaping import shape_of
from lanh.core.database import Plan
from lanh.core.store import Context, Gone, NotFound, Page, Stored, compartments

_DEFAULT_COUNT, _MOST = 500, 1_000
# What records lean on and no compartment holds.
_SUPPORTING = frozenset(
    {"Device", "HealthcareService", "Location", "Medication", "Organization", "Practitioner",
     "PractitionerRole", "Substance"}
)  # fmt: skip
_DETAIL = "Patient/$everything"


@dataclass(frozen=True, slots=True)
class _Asked:
    limits: compartments.Limits
    count: int
    cursor: str | None


async def everything(desk: Desk, call: Call, at: Address) -> Answer:
    """The Patient, the rows in its compartment, and what these lean on, by pages.

    `start` and `end` limit by the time that care was given, `_since` by when rows were written,
    `_type` to some types. What may not be searched or read is left out.
    """
    name = str(at.id)
    require(call.context.access, "read", "Patient")
    parameters = await given(call)
    asked = _asked(parameters)
    shape = shape_of(call, None)
    page = await desk.read(_page(desk, name, asked, call.context))
    address = f"{call.base}/Patient/{name}/$everything"
    pairs = [
        (key, str(value))
        for key, values in parameters.values.items()
        if key != "_cursor"
        for value in values
    ]
    links = {"self": f"{address}?{urlencode(pairs)}" if pairs else address}
    if page.next_cursor is not None:
        links["next"] = f"{address}?{urlencode([*pairs, ('_cursor', page.next_cursor)])}"
    return Answer(200, search_bundle(page, call.base, links, None, shape))


def _asked(parameters: Given) -> _Asked:
    types = parameters.texts("_type")
    unknown = [name for name in types if name not in fhir.RESOURCE_TYPES]
    if unknown:
        raise Refused(400, "value", "bad_parameter", name="_type")

    def at(name: str, end: int) -> datetime | None:
        text = parameters.text(name)
        return None if text is None else moment(name, text)[end]

    limits = compartments.Limits(
        frozenset(types) if types else None, at("start", 0), at("end", 1), at("_since", 0)
    )
    count = parameters.number("_count", _DEFAULT_COUNT, _MOST)
    return _Asked(limits, count, parameters.text("_cursor"))


def _page(desk: Desk, name: str, asked: _Asked, context: Context) -> Plan[Page]:
    patient = yield from desk.store.read("Patient", name, context)
    if patient is None or patient.deleted:
        yield from audit.append([read_entry(context.access, "read", "Patient", name, patient)])
        if patient is None:
            raise NotFound.because("not_found", type="Patient", id=name)
        raise Gone.because("gone", type="Patient", id=name)
    rows, cursor = yield from compartments.about(
        name, context, limits=asked.limits, count=asked.count, cursor=asked.cursor
    )
    limits = asked.limits
    first = asked.cursor is None and (limits.types is None or "Patient" in limits.types)
    if first and (limits.since is None or patient.updated >= limits.since):
        rows = [patient, *rows]
    leaning = yield from _leaning(desk, rows or [patient], limits, context)
    told = [entry_of(context, "search", row.type, row, _DETAIL) for row in (*rows, *leaning)]
    none = entry_of(context, "search", "Patient", patient, _DETAIL)
    yield from audit.append(told or [none])
    return Page(rows, leaning, cursor)


def _leaning(
    desk: Desk, rows: Sequence[Stored], limits: compartments.Limits, context: Context
) -> Plan[list[Stored]]:
    """The organisations, people and things that rows refer to, those that may be read."""
    kinds = _SUPPORTING if limits.types is None else _SUPPORTING & limits.types
    wanted: dict[tuple[str, str], None] = {}
    for row in rows if kinds else ():
        for _, reference in fhir.references(row.resource()):
            target = fhir.parse_reference(reference["reference"])
            if target is not None and target[0] in kinds:
                wanted[target] = None
    here = {(row.type, row.id) for row in rows}
    found = yield from desk.store.read_many([key for key in wanted if key not in here], context)
    since = limits.since
    return [row for row in found if not row.deleted and (since is None or row.updated >= since)]


EVERYTHING = Operation(
    "everything",
    "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    everything,
    types=frozenset({"Patient"}),
    on_row=True,
)
