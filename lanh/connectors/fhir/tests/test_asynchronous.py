"""The intake on the asynchronous runner, and what it does while the database is away."""

from __future__ import annotations

import asyncio
import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from lanh.connectors.claims_xml.tests.sample import package
from lanh.connectors.fhir.tests.support import make_intake, make_sender, stored
from lanh.connectors.hl7v2.tests.sample import admission, result
from lanh.core import bus
from lanh.core.access import Access
from lanh.core.api.bus import bus_routes
from lanh.core.bus import Receipt, Submission
from lanh.core.database import AsyncDatabase, SyncDatabase

_PATIENT = {"resourceType": "Patient", "id": "p1"}
_BAD = {"resourceType": "Patient", "id": "p2", "gender": "x"}
_LINES = "\n".join(map(json.dumps, (_PATIENT, _BAD))).encode()


def test_every_format_and_the_recovery(database: SyncDatabase, database_url: str) -> None:
    intake, sender = make_intake(), make_sender()
    sent = [
        ("fhir", _LINES), ("claims-xml", package()), ("hl7v2", admission("M1")),
        ("hl7v2", result("R1")),
    ]  # fmt: skip

    async def send_all() -> list[Receipt]:
        pool = await AsyncDatabase.connect(database_url, max_size=4)
        try:
            submissions = [Submission(sender, content, "", form) for form, content in sent]
            receipts = await asyncio.gather(
                *(bus.submit_async(intake, pool, one) for one in submissions * 2)
            )
            content = json.dumps({**_PATIENT, "gender": "male"}).encode()
            late = Submission(sender, content, "", "fhir")
            waiting = await bus.submit_async(intake, pool, late, later=True)
            assert waiting["state"] == "received"
            task = asyncio.create_task(bus.recover_forever(intake, pool, pause=0.01))
            # A message behind another about the same patient is received, and settled after it.
            told = [await _settled(pool, each["id"]) for each in [*receipts, waiting]]
            task.cancel()
            return told
        finally:
            await pool.close()

    *receipts, late = asyncio.run(asyncio.wait_for(send_all(), 60))
    states = {receipt["id"]: receipt["state"] for receipt in receipts}
    assert sorted(states.values()) == ["accepted", "accepted", "accepted", "accepted-in-part"]
    assert late["parts"][0]["location"] == "Patient/p1/_history/2"
    assert len(stored(database, "Patient")) == 3


async def _settled(pool: AsyncDatabase, receipt: str) -> Receipt:
    while True:
        found = await pool.read(bus.receipt(receipt))
        assert found is not None
        if found["state"] != "received":
            return found
        await asyncio.sleep(0.01)


def test_without_a_database_the_sender_is_told_to_try_again(database_url: str) -> None:
    database = SyncDatabase.connect(database_url, max_size=1)
    database.close()

    async def authenticate(_: Request) -> Access:
        return make_sender().access

    with TestClient(Starlette(routes=bus_routes(database, make_intake(), authenticate))) as client:
        answer = client.post("/bus", json=_PATIENT)
    assert answer.status_code == 503 and answer.json()["vi"]
