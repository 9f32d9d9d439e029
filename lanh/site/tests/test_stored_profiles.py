"""One registry of profiles for /fhir, /bus and $import; what the interface tells of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from lanh.core import bus, fhir
from lanh.core.access import Access
from lanh.core.api import bulk_operations, fhir_routes, terminology_operations
from lanh.core.bulk.tests.scene import Scene, client
from lanh.core.database import AsyncDatabase, SyncDatabase
from lanh.core.profiles.tests.scene import COUNTRY, URL, basic, element, guide, profile
from lanh.site.wiring import Records, open_intake, open_records

Walk = Callable[[httpx.AsyncClient], Awaitable[None]]
AUTHORED = profile("authored", element("Basic.created", min=1))
HOSPITAL = client()


@pytest.fixture
def records() -> Records:
    return open_records()


@pytest.fixture
def walk(database_url: str, records: Records) -> Callable[[Walk], None]:
    """Runs a coroutine with a client of /fhir, as an installation puts it together."""

    async def authenticate(request: Request) -> Access:
        return COUNTRY.access if "country" in request.headers else HOSPITAL

    def run(steps: Walk) -> None:
        async def main() -> None:
            database = await AsyncDatabase.connect(database_url, max_size=4)
            routes = fhir_routes(
                database,
                records.store,
                authenticate,
                [*terminology_operations(records.terminology), *bulk_operations()],
                conformance=records.conformance,
                websocket=True,
            )
            transport = httpx.ASGITransport(Starlette(routes=routes))
            async with httpx.AsyncClient(transport=transport, base_url="http://test/fhir") as http:
                await steps(http)
            await database.close()

        asyncio.run(main())

    return run


def _codes(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(i["severity"], i["code"]) for i in answer.json()["issue"]]


def test_every_interaction_is_judged(walk: Callable[[Walk], None]) -> None:
    async def steps(http: httpx.AsyncClient) -> None:
        made = await http.put("/StructureDefinition/authored", json=AUTHORED)
        assert made.status_code == 201, made.text
        bad, good = basic("b", "authored"), basic("b", "authored", created="2026-11-22")
        refused = await http.put("/Basic/b", json=bad)
        assert refused.status_code == 422
        assert refused.json()["issue"][0]["expression"] == ["Basic.created"]
        assert (await http.post("/Basic", json=bad)).status_code == 422
        assert (await http.put("/Basic/b", json=good)).status_code == 201
        patch = [{"op": "remove", "path": "/created"}]
        kind = {"content-type": "application/json-patch+json"}
        assert (await http.patch("/Basic/b", json=patch, headers=kind)).status_code == 422
        entries = [
            {"resource": each, "request": {"method": "PUT", "url": f"Basic/{each['id']}"}}
            for each in (basic("one"), basic("two", "authored"))
        ]
        whole = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        refused = await http.post("", json=whole)
        assert refused.status_code == 422
        (issue,) = refused.json()["issue"]
        assert issue["expression"] == ["Bundle.entry[1].resource.created"]
        assert (await http.get("/Basic/one")).status_code == 404
        batch = (await http.post("", json={**whole, "type": "batch"})).json()
        assert [e["response"]["status"][:3] for e in batch["entry"]] == ["201", "422"]
        several = await asyncio.gather(
            *(http.put(f"/Basic/n{n}", json=basic(f"n{n}", *["authored"][: n % 2]))
              for n in range(8))
        )  # fmt: skip
        assert [each.status_code for each in several] == [201, 422] * 4

    walk(steps)


def test_validation_tells_errors_and_doubts(walk: Callable[[Walk], None]) -> None:
    async def steps(http: httpx.AsyncClient) -> None:
        rows = [element("Post"), element("Post.title", min=1, max="1", type=[{"code": "string"}])]
        post = {
            **profile("post", *rows, of="Post"), "kind": "logical",
            "derivation": "specialization",
            "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Element",
        }  # fmt: skip
        for each in (AUTHORED, post):
            made = await http.put(f"/StructureDefinition/{each['id']}", json=each)
            assert made.status_code == 201, made.text
        asked = {"params": {"profile": URL + "authored"}}
        told = await http.post("/Basic/$validate", json=basic("x"), **asked)  # type: ignore[arg-type]
        assert told.status_code == 200 and ("error", "required") in _codes(told)
        plain = await http.post("/Basic/$validate", json=basic("x"))
        assert {severity for severity, _ in _codes(plain)} <= {"warning", "information"}
        unknown = await http.post("/Basic/$validate", json=basic("x", "none"))
        assert ("warning", "not-found") in _codes(unknown)
        model = {"params": {"profile": URL + "post"}}
        for instance, expected in (({"title": "x"}, False), ({}, True)):
            sent = {"resourceType": "Post", **instance}
            told = await http.post("/$validate", json=sent, **model)  # type: ignore[arg-type]
            assert told.status_code == 200, told.text
            assert (("error", "required") in _codes(told)) is expected
        told = await http.post("/$validate", json={"resourceType": "Post"})
        assert ("error", "structure") in _codes(told)

    walk(steps)


def test_a_guide_of_the_country_reaches_the_bus_and_imports(
    walk: Callable[[Walk], None], records: Records, database: SyncDatabase, tmp_path: Path
) -> None:
    async def publish(http: httpx.AsyncClient) -> None:
        for each in (AUTHORED, guide("country", "authored")):
            address = f"/{each['resourceType']}/{each['id']}"
            made = await http.put(address, json=each, headers={"country": "1"})
            assert made.status_code == 201, made.text
        assert (await http.post("/Basic", json=basic("x"))).status_code == 422

    walk(publish)
    lines = [fhir.dumps(basic("a")), fhir.dumps(basic("b", created="2026-11-22"))]
    sender = bus.sender_of(HOSPITAL)
    sent = bus.Submission(sender, b"\n".join(lines), "application/fhir+ndjson", "fhir")
    receipt: Any = bus.submit(open_intake(records.store), database, sent)
    assert receipt["state"] == "accepted-in-part"
    first, second = receipt["parts"]
    assert (first["outcome"], second["outcome"]) == ("refused", "created")
    assert first["issues"][0]["expression"] == "Basic.created"
    scene = Scene(database, tmp_path)
    scene.store = records.store
    name = scene.upload([lines[0], lines[1].replace(b'"b"', b'"c"')])
    scene.work(scene.importer())
    (refused,) = scene.lines(name, "error")
    assert refused["issue"][0]["expression"] == ["Basic.created"]
    assert refused["issue"][0]["diagnostics"] == "line 1"


def test_the_statement_tells_what_is_answered(walk: Callable[[Walk], None]) -> None:
    async def steps(http: httpx.AsyncClient) -> None:
        statement = (await http.get("/metadata")).json()
        (rest,) = statement["rest"]
        assert {"export", "import"} <= {each["name"] for each in rest["operation"]}
        by_type = {
            each["type"]: {one["name"] for one in each.get("operation", ())}
            for each in rest["resource"]
        }
        assert "export" in by_type["Group"] and "export" in by_type["Patient"]
        assert "export" not in by_type["Observation"]
        assert {"expand", "validate-code"} <= by_type["ValueSet"]
        assert {"lookup", "subsumes", "validate-code"} <= by_type["CodeSystem"]
        assert "translate" in by_type["ConceptMap"]
        assert rest["extension"][0]["valueUri"] == "ws://test/fhir/websocket"
        assert fhir.validate(statement) == []
        entry = {"request": {"method": "GET", "url": "$export"}}
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
        told = (await http.post("", json=batch)).json()["entry"][0]["response"]
        assert told["status"].startswith("400")

    walk(steps)
