"""Searches over two databases in turns, and the indexing of rows that stand."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import psycopg

from lanh.core.database import connected
from lanh.core.store import Context, Store, Write
from lanh.nation import naming
from lanh.site.bench import Figure
from lanh.site.bench._bulk import Bench, Imported, system
from lanh.site.bench._http import hammer, request
from lanh.site.bench._interface import Serving, add_observations, get, searches, served
from lanh.site.bench._measure import measured, percentile
from lanh.site.bench._synthetic import Resource, patient_records

_ASKED = 400  # patients whose records are asked for
_ROUNDS = 32
_SECONDS = 0.25  # of each round, on each side: short, so that both meet the same machine
_TYPES = ["Condition", "Encounter", "Immunization", "MedicationRequest", "Observation", "Patient"]
_PARAMETER = {
    "resourceType": "SearchParameter", "id": "told", "url": "urn:lanh:bench:told", "name": "told",
    "status": "active", "description": "Names that stand beside references.", "code": "told",
    "base": _TYPES, "type": "string",
    "expression": "Condition.recorder.display | Encounter.location.location.display"
                  " | Immunization.manufacturer.display | MedicationRequest.requester.display"
                  " | Observation.performer.display | Patient.contact.name.text",
}  # fmt: skip


@dataclass(slots=True)
class _Side:
    """One of the two databases, and what was seen of one search over it."""

    serving: Serving
    asked: dict[str, list[bytes]]
    latencies: list[float] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def cpu_ms(self) -> float:
        return self.cpu / len(self.latencies) * 1000

    def ask(self, pool: ProcessPoolExecutor, name: str, at: int) -> None:
        """One round of a search: one connection, one request at a time."""
        asked = self.asked[name]
        turned = asked[at % len(asked) :] + asked[: at % len(asked)]
        serving = self.serving
        with measured(serving.bench.pid, serving.pid) as span:
            tally = pool.submit(hammer, serving.port, turned, 1, _SECONDS).result()
        if tally.failures:
            raise ValueError(f"{name}: {tally.fault.decode(errors='replace')}")
        self.latencies += tally.latencies
        self.cpu += span.cpu


def compared(few: Bench, many: Bench, tell: Callable[[str], None]) -> list[Figure]:
    """Each search over both databases, in turns; a figure for each, of the larger."""
    context = multiprocessing.get_context("spawn")
    with served(few) as first, served(many, 1) as second, ProcessPoolExecutor(1, context) as pool:
        sides = [_Side(each, _asked(each)) for each in (first, second)]
        return [_growth(pool, sides, name, tell) for name in sides[0].asked]


def _growth(
    pool: ProcessPoolExecutor, sides: Sequence[_Side], name: str, tell: Callable[[str], None]
) -> Figure:
    for side in sides:
        side.ask(pool, name, 0)  # warm
        side.latencies, side.cpu = [], 0.0
    for at in range(_ROUNDS):
        for side in sides if at % 2 else reversed(sides):
            side.ask(pool, name, at * _ASKED // _ROUNDS)
    few, many = sides
    before, after = percentile(few.latencies, 0.5), percentile(many.latencies, 0.5)
    told = f"{few.serving.bench.count:,}: {before:.3g} ms, {few.cpu_ms:.3g} of CPU"
    tell(f"{name}: p50 {after:.3g} ms, at {told}")
    return Figure(
        f"p50_growth_{name}", many.cpu_ms, p50_ms=after, p99_ms=percentile(many.latencies, 0.99),
        baseline=told, ratio=after / before,
    )  # fmt: skip


def _asked(serving: Serving) -> dict[str, list[bytes]]:
    """The requests by the name of the search, about patients from all that are loaded."""
    bench = serving.bench
    chance = random.Random(5)  # noqa: S311 - which patients are asked for
    numbers = chance.sample(range(bench.patients), min(_ASKED, bench.patients))
    groups = [patient_records(number) for number in numbers]
    add_observations(bench, groups)
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE store.observation")
    token = serving.token
    return {
        "read": [request("GET", f"/fhir/Encounter/{each[1]['id']}", token=token)
                 for each in groups],
        **searches(serving, groups),
        **{
            name: [get(serving, kind, **pairs(each)) for each in groups]
            for name, (kind, pairs) in _MORE.items()
        },
    }  # fmt: skip


def _coded(resource: Resource, element: str = "code") -> str:
    coding = resource[element]["coding"][0]
    return f"{coding['system']}|{coding['code']}"


def _identified(patient: Resource) -> str:
    return f"{naming.PERSONAL_NUMBER}|{patient['identifier'][0]['value']}"


def _month(moment: str) -> str:
    return moment[:7]


_MORE: dict[str, tuple[str, Callable[[list[Resource]], dict[str, Any]]]] = {
    "phone": ("Patient", lambda each: {"phone": each[0]["telecom"][0]["value"]}),
    "code": ("Observation", lambda each: {"patient": each[0]["id"], "code": _coded(each[4])}),
    "chain": ("Observation", lambda each: {"patient.identifier": _identified(each[0]),
                                           "_count": "20"}),
    "has": ("Patient", lambda each: {"identifier": _identified(each[0]),
                                     "_has:Condition:patient:code": _coded(each[19])}),
    "include": ("Condition", lambda each: {"patient": each[0]["id"],
                                           "_include": "Condition:encounter"}),
    "revinclude": ("Patient", lambda each: {"_id": each[0]["id"],
                                            "_revinclude": "Immunization:patient"}),
    "country_newest": ("Observation", lambda each: {"code": _coded(each[4]), "_sort": "-date",
                                                    "_count": "20"}),
    "country_month": ("Condition", lambda each: {
        "code": _coded(each[19]), "onset-date": _month(each[19]["onsetDateTime"]),
        "_count": "20"}),
    "vaccine_lot": ("Immunization", lambda each: {
        "vaccine-code": _coded(each[16], "vaccineCode"), "lot-number": each[16]["lotNumber"]}),
}  # fmt: skip


def reindexed(bench: Bench, cost: Imported) -> Figure:
    """Index all rows by a new parameter; CPU a resource beside that of two imports."""
    store, access = Store(), system()
    context = Context(access, custodian=access.facility, commune=access.commune)
    with connected(bench.url) as database, measured(bench.pid) as span:
        database.transact(store.write([Write("update", "SearchParameter", "told", _PARAMETER)],
                                      context))  # fmt: skip
        begun = time.process_time()
        while (more := database.transact(store.reindex())) is not None:
            if not more:
                time.sleep(1.0)
        client = time.process_time() - begun
        found = database.read(store.own_parameters())
    done = sum(each.done for each in found if each.state == "active")
    if done != bench.count:
        raise ValueError(f"{done} of {bench.count} resources were indexed")
    cpu = (client + span.cpu) / done * 1000
    told = f"two imports, {2 * cost.cpu_ms:.3g} ms"
    return Figure("reindex", cpu, done / span.wall, baseline=told, ratio=cpu / (2 * cost.cpu_ms))
