"""Searches with `Prefer: respond-async`: ordered, done by a worker, fetched as NDJSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from lanh.core import bulk
from lanh.core.access import Access
from lanh.core.api import bulk_routes, fhir_routes
from lanh.core.api.fhir.tests.conftest import (
    ACCESSES,
    JSON,
    authenticate,
    by,
    named,
    observation,
    outcome_of,
)
from lanh.core.bulk import Folder, Gatherer, Sources
from lanh.core.database import AsyncDatabase, Plan, SyncDatabase, fetch
from lanh.core.jobs import Principal
from lanh.core.store import Store

ASYNC = {"prefer": "respond-async"}
Work = Callable[[], None]
Walk = Callable[[httpx.AsyncClient, Work], Awaitable[None]]


@pytest.fixture
def walk(database_url: str, database: SyncDatabase, tmp_path: Path) -> Callable[[Walk], None]:
    """Runs a coroutine with a client and the worker's next step of every search."""
    folder = Folder(tmp_path / "bulk")

    def access_of(principal: Principal) -> Plan[Access | None]:
        yield from ()
        found = (each for each in ACCESSES.values() if principal.is_of(each))
        return next(found, None)

    def work() -> None:
        gatherer = Gatherer(database, Store(), access_of, folder, page=2)
        for (name,) in database.read(fetch("SELECT id FROM bulk.task WHERE state = 'running'")):
            database.transact(gatherer.step(name))

    def run(steps: Walk) -> None:
        async def main() -> None:
            pool = await AsyncDatabase.connect(database_url, max_size=4)
            store = Store()
            routes = [
                *bulk_routes(pool, store, authenticate, folder, Sources()),
                *fhir_routes(pool, store, authenticate, later=True),
            ]
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(Starlette(routes=routes)),
                base_url="http://test/fhir",
                headers=by("system", {"accept-language": "en"}),
            ) as client:
                for name in ("p1", "p2", "p3"):
                    who = "two" if name == "p3" else "one"
                    await client.put(f"/Patient/{name}", json=named(name), headers=by(who, JSON))
                    body = named(f"o-{name}", observation(name))
                    await client.put(f"/Observation/o-{name}", json=body, headers=by(who, JSON))
                await steps(client, work)
            await pool.close()

        asyncio.run(main())

    return run


async def _ordered(client: httpx.AsyncClient, url: str, who: str = "system", **more: Any) -> str:
    answer = await client.request(
        more.pop("method", "GET"),
        url,
        headers=by(who, {**ASYNC, **more.pop("headers", {})}),
        **more,
    )
    assert answer.status_code == 202, answer.text
    address = answer.headers["content-location"]
    assert address.startswith("http://test/bulk/") and not answer.content
    return address


async def _files(
    client: httpx.AsyncClient, work: Work, address: str, who: str = "system"
) -> dict[str, list[str]]:
    """The ids of each type, once the worker is done."""
    for _ in range(20):
        status = await client.get(address, headers=by(who))
        if status.status_code == 200:
            break
        assert status.status_code == 202 and "resources" in status.headers["x-progress"]
        work()
    manifest = status.json()
    assert manifest["requiresAccessToken"] is True and manifest["error"] == []
    found: dict[str, list[str]] = {}
    for each in manifest["output"]:
        lines = (await client.get(each["url"], headers=by(who))).text.splitlines()
        assert len(lines) == each["count"]
        found[each["type"]] = [json.loads(line)["id"] for line in lines]
    return found


def test_the_answer_comes_as_files_by_type(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, work: Work) -> None:
        everyone = ["p1", "p2", "p3"]
        address = await _ordered(client, "/Patient?name=nguyen&_sort=-_id&_count=1")
        assert await _files(client, work, address) == {"Patient": everyone[::-1]}
        several = await _ordered(client, "/?_type=Patient,Observation&_outputFormat=ndjson")
        assert await _files(client, work, several) == {
            "Observation": [f"o-{name}" for name in everyone], "Patient": everyone,
        }  # fmt: skip
        compartment = await _ordered(client, "/Patient/p1/*")
        assert await _files(client, work, compartment) == {
            "Observation": ["o-p1"], "Patient": ["p1"],
        }  # fmt: skip
        form = {"content-type": "application/x-www-form-urlencoded"}
        posted = await _ordered(
            client, "/Observation/_search", method="POST", headers=form,
            content="patient=p2&_include=Observation:subject",
        )  # fmt: skip
        assert await _files(client, work, posted) == {"Observation": ["o-p2"], "Patient": ["p2"]}
        none = await _ordered(client, "/Patient?_id=nobody")
        assert await _files(client, work, none) == {}
        assert (await client.delete(address)).status_code == 202
        assert (await client.get(address)).status_code == 404

    walk(steps)


def test_what_may_be_found_and_by_whom(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, work: Work) -> None:
        own = await _ordered(client, "/?_type=Patient,Observation", "one")
        assert (await client.get(own, headers=by("two"))).status_code == 404
        assert (await client.delete(own, headers=by("two"))).status_code == 404
        assert await _files(client, work, own, "one") == {
            "Observation": ["o-p1", "o-p2"], "Patient": ["p1", "p2"],
        }  # fmt: skip
        file = (await client.get(own, headers=by("one"))).json()["output"][0]["url"]
        assert (await client.get(file, headers=by("two"))).status_code == 404
        assert (await client.get(file, headers={"authorization": ""})).status_code == 401
        denied = await client.get("/Observation", headers=by("reader", ASYNC))
        assert denied.status_code == 403 and outcome_of(denied)
        hidden = await _ordered(client, "/Patient/p3/*", "one")
        absent = await _ordered(client, "/Patient/nobody/*", "one")
        for address in (hidden, absent):
            assert await _files(client, work, address, "one") == {}

    walk(steps)


def test_rights_lost_meanwhile(
    walk: Callable[[Walk], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(client: httpx.AsyncClient, work: Work) -> None:
        address = await _ordered(client, "/Observation", "one")
        grants = ACCESSES["reader"].grants
        less = Access(ACCESSES["one"].subject, ACCESSES["one"].purpose, grants)
        monkeypatch.setitem(ACCESSES, "one", less)
        work()
        manifest = (await client.get(address, headers=by("one"))).json()
        assert manifest["output"] == [] and len(manifest["error"]) == 1
        told = await client.get(manifest["error"][0]["url"], headers=by("one"))
        assert json.loads(told.text)["issue"][0]["code"] == "forbidden"

    walk(steps)


def test_faults_are_told_at_once_and_the_rest_is_answered_at_once(
    walk: Callable[[Walk], None], database: SyncDatabase
) -> None:
    async def steps(client: httpx.AsyncClient, work: Work) -> None:
        for bad in ("Patient?colour=red", "Patient?birthdate=x&_outputFormat=text/csv"):
            answer = await client.get(f"/{bad}", headers=ASYNC)
            assert answer.status_code == 400 and outcome_of(answer)
        for url in ("/Patient?_summary=count", "/Patient?_elements=name", "/Patient/p1"):
            assert (await client.get(url, headers=ASYNC)).status_code == 200
        asked = {"request": {"method": "GET", "url": "Patient"}}
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": [asked]}
        told = (await client.post("/", json=bundle, headers={**JSON, **ASYNC})).json()
        assert told["entry"][0]["response"]["status"].startswith("200")
        await _ordered(client, "/Patient")
        # An order of erasure takes every answer that is kept.
        assert len(database.transact(bulk.forget_for_erasure())) == 1

    walk(steps)
