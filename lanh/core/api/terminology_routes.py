"""The terminology operations as operations of the FHIR interface."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from lanh.core.api.fhir.addresses import Address
from lanh.core.api.fhir.call import Call
from lanh.core.api.fhir.desk import Desk
from lanh.core.api.fhir.exchange import Answer, outcome
from lanh.core.api.fhir.operations import Operation
from lanh.core.api.terminology import OPERATIONS, answer
from lanh.core.api.terminology import Call as Asked
from lanh.core.api.terminology_parameters import BadParameter, Json, from_query
from lanh.core.database import Copy, Plan, Row, Statement
from lanh.core.fhir import dumps
from lanh.core.terminology import Terminology, TerminologyError

_DEFINITION = "http://hl7.org/fhir/OperationDefinition/"
_TAG = re.compile(r"([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")
_ON_ROW = {"expand", "validate-code", "subsumes", "translate"}  # R4: $lookup is of the type alone


def terminology_operations(service: Terminology) -> list[Operation]:
    """The operations of ValueSet, CodeSystem and ConceptMap, answered by `service`."""

    def made(kind: str, name: str) -> Operation:
        async def answers(desk: Desk, call: Call, at: Address) -> Answer:
            try:
                asked = Asked(await _parameters(call), at.id, call.language, _languages(call))
                plan = answer(service, call.context.access, kind, name, asked)
                return Answer(200, dumps(await _aside(desk, plan)))
            except TerminologyError as error:
                return outcome(error.status, [error.issue], call)

        return Operation(
            name,
            f"{_DEFINITION}{kind}-{name}",
            answers,
            types=frozenset({kind}),
            on_type=True,
            on_row=name in _ON_ROW,
        )

    return [made(kind, name) for kind, name in OPERATIONS]


async def _parameters(call: Call) -> Json:
    """The parameters of the query, and those of the body."""
    given = from_query(call.pairs)
    if call.method != "POST":
        return given
    sent = await call.resource()
    if sent.get("resourceType") == "ValueSet":
        return sent if not given["parameter"] else _added(given, "valueSet", sent)
    if sent.get("resourceType") != "Parameters":
        raise BadParameter.of("parameters-expected", got=str(sent.get("resourceType")))
    return {**sent, "parameter": [*given["parameter"], *sent.get("parameter", ())]}


def _added(given: Json, name: str, resource: Json) -> Json:
    return {**given, "parameter": [*given["parameter"], {"name": name, "resource": resource}]}


def _languages(call: Call) -> tuple[str, ...]:
    """The languages of Accept-Language, the most wanted first; what is malformed is passed over."""
    wanted = []
    for place, part in enumerate(call.headers.get("accept-language", "").split(",")[:20]):
        match = _TAG.fullmatch(part.strip())
        if match is not None and float(match[2] or 1) > 0:
            wanted.append((-float(match[2] or 1), place, match[1]))
    return tuple(tag for _, _, tag in sorted(wanted))


async def _aside(desk: Desk, plan: Plan[Json]) -> Json:
    """Drive a plan in a thread, its statements on the loop.

    A large list takes long to read and to search: other requests are answered meanwhile.
    """
    loop = asyncio.get_running_loop()

    def one(step: Statement | Copy) -> Plan[list[Row]]:
        rows = yield step
        return rows

    def drive() -> Json:
        try:
            step = next(plan)
            while True:
                asked: Any = asyncio.run_coroutine_threadsafe(desk.read(one(step)), loop)
                step = plan.send(asked.result())
        except StopIteration as stop:
            found: Json = stop.value
            return found

    return await asyncio.to_thread(drive)
