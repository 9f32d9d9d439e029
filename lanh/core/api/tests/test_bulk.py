"""Bulk data over HTTP: kick-off, progress, manifest, files, cancelling, and who may do what."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from lanh.core import fhir
from lanh.core.access import Access, CustodianIn
from lanh.core.api.authentication import Unauthorized
from lanh.core.api.bulk import bulk_routes
from lanh.core.bulk import Sources
from lanh.core.bulk.tests.scene import NATIONAL, Scene, client, observation, patient
from lanh.core.database import AsyncDatabase, SyncDatabase, fetch

ASYNC = {"prefer": "respond-async", "accept": "application/fhir+json"}
NDJSON = {**ASYNC, "content-type": "application/fhir+ndjson"}
Walk = Callable[[httpx.AsyncClient], Awaitable[None]]


@pytest.fixture
def scene(database: SyncDatabase, tmp_path: Path) -> Scene:
    """Engines with two people of facility 97001 and one of 97002."""
    made = Scene(database, tmp_path / "bulk", Sources(("https://his.test/",), limit=10_000))
    for name in ("p", "q"):
        made.put(patient(name), observation(f"{name}-o", name))
    made.put(patient("theirs"), custodian="97002")
    return made


@pytest.fixture
def walk(scene: Scene, database_url: str) -> Callable[[Walk], None]:
    """Runs a coroutine with a client of the interface, signed in as `national`."""

    async def authenticate(request: Request) -> Access:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        found = scene.subjects.get(name)
        if found is None:
            raise Unauthorized("no-token")
        return found

    def run(steps: Walk) -> None:
        async def main() -> None:
            database = await AsyncDatabase.connect(database_url, max_size=4)
            routes = bulk_routes(database, scene.store, authenticate, scene.folder, scene.sources)
            transport = httpx.ASGITransport(Starlette(routes=routes))
            async with httpx.AsyncClient(
                transport=transport,
                base_url="http://test",
                headers={"authorization": "Bearer national"},
            ) as http:
                await steps(http)
            await database.close()

        asyncio.run(main())

    return run


async def _finished(scene: Scene, http: httpx.AsyncClient, begun: httpx.Response) -> Any:
    assert begun.status_code == 202, begun.text
    address = begun.headers["content-location"]
    waiting = await http.get(address)
    assert waiting.status_code == 202 and "resources" in waiting.headers["x-progress"]
    assert int(waiting.headers["retry-after"]) > 0
    await asyncio.to_thread(scene.work, scene.exporter(), scene.importer())
    done = await http.get(address)
    assert done.status_code == 200, done.text
    assert done.headers["content-type"].startswith("application/json")
    assert "expires" in done.headers
    return done.json()


async def _ids(http: httpx.AsyncClient, manifest: Any) -> list[str]:
    found = []
    for each in manifest["output"]:
        answer = await http.get(each["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/fhir+ndjson")
        rows = [fhir.loads(line) for line in answer.content.splitlines()]
        assert len(rows) == each["count"]
        assert {row["resourceType"] for row in rows} == {each["type"]}
        found += [row["id"] for row in rows]
    return sorted(found)


def test_an_export_from_its_kick_off_to_its_end(walk: Callable[[Walk], None], scene: Scene) -> None:
    async def steps(http: httpx.AsyncClient) -> None:
        begun = await http.get("/fhir/$export?_type=Patient,Observation", headers=ASYNC)
        manifest = await _finished(scene, http, begun)
        assert manifest["request"] == "http://test/fhir/$export?_type=Patient,Observation"
        assert manifest["requiresAccessToken"] is True and manifest["error"] == []
        assert await _ids(http, manifest) == ["p", "p-o", "q", "q-o", "theirs"]
        part = await http.get(manifest["output"][0]["url"], headers={"range": "bytes=0-9"})
        assert part.status_code == 206 and len(part.content) == 10
        address = begun.headers["content-location"]
        assert (await http.delete(address)).status_code == 202
        assert (await http.get(address)).status_code == 404
        assert (await http.get(manifest["output"][0]["url"])).status_code == 404
        assert scene.folder.found() == []

    walk(steps)
    rows = scene.database.read(fetch("SELECT DISTINCT action FROM audit.entry"))
    assert {row[0] for row in rows} >= {"export", "download"}


def test_by_post_of_patients_and_of_a_group(walk: Callable[[Walk], None], scene: Scene) -> None:
    members = [
        {"entity": {"reference": "Patient/p"}},
        {"entity": {"reference": "Patient/q"}, "inactive": True},
        {"entity": {"reference": "Patient/theirs"}, "period": {"end": "2020-01-01"}},
    ]
    group = {"resourceType": "Group", "id": "g", "type": "person", "actual": True}
    scene.put({**group, "member": members})

    async def steps(http: httpx.AsyncClient) -> None:
        body = {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "_type", "valueString": "Patient"},
                {"name": "patient", "valueReference": {"reference": "Patient/q"}},
            ],
        }
        begun = await http.post("/fhir/Patient/$export", json=body, headers=ASYNC)
        assert await _ids(http, await _finished(scene, http, begun)) == ["q"]
        begun = await http.get("/fhir/Group/g/$export", headers=ASYNC)
        assert await _ids(http, await _finished(scene, http, begun)) == ["p", "p-o"]
        missing = await http.get("/fhir/Group/none/$export", headers=ASYNC)
        assert missing.status_code == 404

    walk(steps)


def test_nothing_of_another_leaks(walk: Callable[[Walk], None], scene: Scene) -> None:
    async def steps(http: httpx.AsyncClient) -> None:
        begun = await http.get("/fhir/$export?_type=Patient", headers=ASYNC)
        manifest = await _finished(scene, http, begun)
        url, file = begun.headers["content-location"], manifest["output"][0]["url"]
        other = {"authorization": "Bearer his"}
        nobody = {"authorization": "Bearer nobody"}
        for path in (url, file):
            assert (await http.get(path, headers=other)).status_code == 404
            assert (await http.get(path, headers=nobody)).status_code == 401
        assert (await http.delete(url, headers=other)).status_code == 404
        assert (await http.get(f"{url}/../{url}/output-00009-Patient.ndjson")).status_code == 404
        own = await http.get("/fhir/$export?_type=Patient", headers={**ASYNC, **other})
        await asyncio.to_thread(scene.work, scene.exporter())
        mine = (await http.get(own.headers["content-location"], headers=other)).json()
        answer = await http.get(mine["output"][0]["url"], headers=other)
        assert sorted(fhir.loads(line)["id"] for line in answer.content.splitlines()) == ["p", "q"]
        scene.subjects["his"] = client(scope=CustodianIn(frozenset({"97009"})))
        narrowed = await http.get(mine["output"][0]["url"], headers=other)
        assert narrowed.status_code == 403
        assert narrowed.json()["resourceType"] == "OperationOutcome"

    walk(steps)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/fhir/$export", {}, 400),
        ("/fhir/$export", {"prefer": "respond-async", "accept": "application/xml"}, 406),
        ("/fhir/$export?_type=Nonsense", ASYNC, 400),
        ("/fhir/$export?_since=2026", ASYNC, 400),
        ("/fhir/$export?_outputFormat=csv", ASYNC, 400),
        ("/fhir/$export?_outputFormat=application/fhir%2Bndjson", ASYNC, 202),
        ("/fhir/$export?nonsense=1", ASYNC, 400),
        ("/fhir/$export?nonsense=1", {"prefer": "respond-async, handling=lenient"}, 202),
        ("/fhir/Patient/$export?_type=Organization", ASYNC, 400),
        ("/fhir/$export?_typeFilter=Patient%3Fnonsense%3D1", ASYNC, 400),
        ("/bulk/none", {}, 404),
        ("/bulk/none/../../etc/passwd", {}, 404),
    ],
)
def test_refusals_say_why_in_both_languages(
    walk: Callable[[Walk], None], path: str, headers: dict[str, str], status: int
) -> None:
    async def steps(http: httpx.AsyncClient) -> None:
        answer = await http.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        if status != 202 and answer.headers["content-type"].startswith("application/fhir"):
            issue = answer.json()["issue"][0]
            assert issue["severity"] == "error" and issue["details"]["text"]

    walk(steps)


def test_an_upload_is_imported(walk: Callable[[Walk], None], scene: Scene) -> None:
    lines = b"\n".join(fhir.dumps(patient(f"n{n}")) for n in range(5)) + b"\n{broken\n"

    async def steps(http: httpx.AsyncClient) -> None:
        begun = await http.post("/fhir/$import", content=lines, headers=NDJSON)
        result = await _finished(scene, http, begun)
        assert [(o["type"], o["count"]) for o in result["output"]] == [("Patient", 5)]
        (error,) = result["error"]
        told = await http.get(error["url"])
        assert told.status_code == 200 and error["count"] == 1
        assert fhir.loads(told.content)["issue"][0]["diagnostics"] == "line 6"
        packed = {**NDJSON, "content-encoding": "gzip"}
        again = await http.post("/fhir/$import", content=gzip.compress(lines), headers=packed)
        assert (await _finished(scene, http, again))["output"][0]["count"] == 5

    walk(steps)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"prefer": "respond-async", "content-type": "text/csv"}, 415),
        (b"x" * 20_000, NDJSON, 413),
        (gzip.compress(b"x" * 20_000, mtime=0), {**NDJSON, "content-encoding": "gzip"}, 413),
        (b"no gzip", {**NDJSON, "content-encoding": "gzip"}, 400),
        (gzip.compress(b"{}" * 99, mtime=0)[:20], {**NDJSON, "content-encoding": "gzip"}, 400),
        (b"{}", {**NDJSON, "content-encoding": "br"}, 415),
        (b"{}", {**ASYNC, "content-type": "application/json"}, 422),
        (b"[", {**ASYNC, "content-type": "application/json"}, 400),
        (b"{}", {"content-type": "application/fhir+ndjson"}, 400),
        (
            b'{"inputFormat": "application/fhir+ndjson",'
            b' "input": [{"type": "Patient", "url": "https://elsewhere.test/x"}]}',
            {**ASYNC, "content-type": "application/json"},
            422,
        ),
    ],
)
def test_imports_that_are_refused_leave_nothing(
    walk: Callable[[Walk], None], scene: Scene, body: bytes, headers: dict[str, str], status: int
) -> None:
    async def steps(http: httpx.AsyncClient) -> None:
        answer = await http.post("/fhir/$import", content=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert scene.folder.found() == []

    walk(steps)


def test_a_client_that_may_write_nothing(walk: Callable[[Walk], None], scene: Scene) -> None:
    scene.subjects["his"] = Access(NATIONAL.subject, NATIONAL.purpose)

    async def steps(http: httpx.AsyncClient) -> None:
        headers = {**NDJSON, "authorization": "Bearer his"}
        answer = await http.post("/fhir/$import", content=b"{}", headers=headers)
        assert answer.status_code == 403
        answer = await http.get("/fhir/$export", headers={**ASYNC, "authorization": "Bearer his"})
        assert answer.status_code == 403

    walk(steps)
