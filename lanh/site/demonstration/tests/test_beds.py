"""Hospitals of the demonstration have wards, beds and two weeks of reports, not all on time."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from lanh.core import fhir, terminology
from lanh.core.access import system_access
from lanh.core.database import SyncDatabase, fetch
from lanh.core.store import Context, Write
from lanh.nation import codes
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import load_places
from lanh.site.demonstration import generate, register_users
from lanh.site.demonstration.beds import DAYS, chosen, furnish
from lanh.site.demonstration.registry import records as registry_records
from lanh.site.wiring import open_records


def test_two_weeks_of_reports(database: SyncDatabase) -> None:
    database.transact(load_places())
    for name in ("departments", "bed_types"):
        database.transact(terminology.load(codes.code_system(name), date(2026, 1, 1)))
    population = generate(150, 1, date(2026, 11, 20))
    register_users(database, population)
    records = open_records()
    hospitals = chosen(population)
    wanted = {facility.code for facility in hospitals}
    for facility, found in zip(
        population.network.facilities, registry_records(population.network), strict=True
    ):
        if facility.code in wanted:
            context = Context(
                system_access("test"), custodian=facility.code, commune=facility.place.commune
            )
            bodies = [fhir.loads(fhir.dumps(each)) for each in found[:2]]
            writes = [Write("update", b["resourceType"], b["id"], b) for b in bodies]
            database.transact(records.store.write(writes, context))
    now = datetime.now(VIETNAM)
    sent = furnish(database, records, population, now)
    assert sent == DAYS * len(hospitals) - 2
    rows = database.read(fetch("SELECT state, count(*) FROM workflow.cases GROUP BY state"))
    states: Counter[str] = Counter({str(state): int(count) for state, count in rows})
    assert states["missing"] + states["late"] >= 1
    assert states["expected"] + states["late"] + states["missing"] >= len(hospitals)
    assert furnish(database, records, population, now + timedelta(minutes=1)) == 0
