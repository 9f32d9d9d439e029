"""What a notice brings about elsewhere: bookings and doses end, the registry answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from lanh.connectors.civil_registry.tests.registry import TOKEN, Simulator
from lanh.core.database import AsyncDatabase, SyncDatabase
from lanh.core.desks import Sent
from lanh.core.jobs import Deliverer
from lanh.core.store import Context, Write
from lanh.nation.person.death import ENDED
from lanh.site.partners import receivers
from lanh.site.settings import Settings
from lanh.systems.deaths import following
from lanh.systems.deaths.tests.scene import DOCTOR, ELSEWHERE, HEAD, NOW, Hospital

Visit = dict[str, Any]


def settings(folder: Path, address: str | None = None) -> Settings:
    token = folder / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    made = Settings.from_environment({"LANH_DATA": str(folder)})
    return replace(made, civil_registry=address, civil_registry_token=token)


def serve(
    hospital: Hospital, url: str, given: Settings, holds: Callable[[], bool], seconds: float = 20
) -> None:
    """Serve the outbox as the worker does, until something holds."""

    async def run() -> None:
        pool = await AsyncDatabase.connect(url, max_size=2)
        found = receivers(pool, hospital.store, hospital.workflow, given)
        deliverer = Deliverer(pool, found)
        end = time.monotonic() + seconds
        while not await asyncio.to_thread(holds):
            assert time.monotonic() < end, "it took too long"
            await deliverer.run_once()
            await asyncio.sleep(0.1)
        await pool.close()

    asyncio.run(run())


def booked(hospital: Hospital, about: str, who: Any, status: str = "booked") -> str:
    body = {
        "resourceType": "Appointment",
        "status": status,
        "start": "2026-04-01T08:00:00+07:00",
        "end": "2026-04-01T08:30:00+07:00",
        "participant": [{"actor": {"reference": about}, "status": "accepted"}],
    }
    return written(hospital, body, who)


def forecast(hospital: Hospital, about: str, who: Any) -> str:
    due = {"coding": [{"system": "urn:x", "code": "due"}]}
    vaccine = {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "88"}]}
    body = {
        "resourceType": "ImmunizationRecommendation",
        "patient": {"reference": about},
        "date": "2026-01-01",
        "recommendation": [{"vaccineCode": [vaccine], "forecastStatus": due}],
    }
    return written(hospital, body, who)


def written(hospital: Hospital, body: Visit, who: Any) -> str:
    context = Context(who.access, None, who.facility, "99001")
    write = Write("create", body["resourceType"], None, body)
    outcome = hospital.run(hospital.store.write([write], context))[0]
    return f"{outcome.type}/{outcome.id}"


def test_what_is_open_for_the_dead_is_closed_everywhere(
    database: SyncDatabase, database_url: str, tmp_path: Path
) -> None:
    hospital = Hospital(database)
    here, there = hospital.admit(1), hospital.admit(1, ELSEWHERE)  # one person, two facilities
    other = hospital.admit(2)
    visits = [booked(hospital, here, DOCTOR), booked(hospital, there, ELSEWHERE)]
    past = booked(hospital, here, DOCTOR, "fulfilled")
    doses = [forecast(hospital, here, DOCTOR), forecast(hospital, there, ELSEWHERE)]
    untouched = booked(hospital, other, DOCTOR)
    hospital.told(here)

    def closed() -> bool:
        return not hospital.outbox("event:person-died")

    serve(hospital, database_url, settings(tmp_path), closed)
    for each, who in zip(visits, (DOCTOR, ELSEWHERE), strict=True):
        visit = hospital.read(each, who).resource()
        assert visit["status"] == "cancelled"
        assert visit["cancelationReason"]["coding"][0]["code"] == "pat-dec"
    for each, who in zip(doses, (DOCTOR, ELSEWHERE), strict=True):
        rows = hospital.read(each, who).resource()["recommendation"]
        assert [row["forecastStatus"] for row in rows] == [ENDED]
    assert hospital.read(past).resource()["status"] == "fulfilled"
    assert hospital.read(untouched).resource()["status"] == "booked"
    assert hospital.outbox()  # without an address, the registry's message waits


def test_refused_once_corrected_and_accepted(
    database: SyncDatabase, database_url: str, tmp_path: Path
) -> None:
    hospital = Hospital(database)
    registry = Simulator(tmp_path / "registry", ("--refuse", "1", "--reason", "Thiếu tên"))
    given = settings(tmp_path, registry.address)
    try:
        sent = hospital.told()
        assert "hàng chờ gửi hộ tịch" in hospital.case(sent).notes[0][0]

        def tried() -> bool:
            return "Chưa gửi được tới hộ tịch" in hospital.case(sent).notes[0][0]

        serve(hospital, database_url, given, tried)  # nobody answers at the address
        registry.start()
        first = json.loads(hospital.outbox()[0])["message"]
        serve(hospital, database_url, given, lambda: hospital.case(sent).case.state == "refused")
        assert [row["posts"] for row in registry.register()] == [1]
        assert not hospital.case(sent).notes
        history = hospital.case(sent).history
        assert "Thiếu tên" in history[-1].reason and history[-1].actor == "system:civil-registry"
        assert hospital.case(sent).words["actor.system:civil-registry"] == "Cơ quan hộ tịch"
        assert hospital.case(sent).case.due is not None  # the clock runs again
        hospital.later(minutes=20)
        screen = hospital.run(
            hospital.desks.correct("deaths", sent.record, hospital.now(DOCTOR))
        )  # fmt: skip
        done = hospital.sent_on(screen, {"q/giver/relative": ["Trần Văn Thử"]}, reason="Bổ sung")
        assert isinstance(done, Sent), (done.page.faults, done.warnings)
        hospital.sign(sent, DOCTOR, "doctor")
        hospital.sign(sent, HEAD, "head")
        assert hospital.act(sent, "send") == "sent"
        assert hospital.read(sent.record).resource()["status"] == "amended"
        # An answer to the first message, told again, moves nothing.
        plan = following.answered(hospital.workflow, sent.record, first, False, "cũ")
        assert hospital.run(plan) is False
        serve(hospital, database_url, given, lambda: hospital.case(sent).case.state == "registered")
        assert "MO-PHONG-000001" in hospital.case(sent).history[-1].reason
        assert hospital.case(sent).case.due is None
        assert [row["state"] for row in registry.register()] == ["refused", "accepted"]
    finally:
        registry.kill()
    assert hospital.at > NOW
