"""Conditional interactions and Prefer; conditions tell nothing of rows that may not be seen."""

from __future__ import annotations

import httpx

from lanh.core.api.fhir.tests.conftest import JSON, PATIENT, Walker, by, named, outcome_of
from lanh.core.database import AsyncDatabase

NUMBER = "identifier=urn:test:number|1"


def test_conditional_reads(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        made = await client.put("/Patient/p1", json=named("p1"), headers=JSON)
        modified = made.headers["last-modified"]
        for status, headers in (
            (304, {"if-none-match": 'W/"1"'}),
            (304, {"if-none-match": '"7", W/"1"'}),
            (304, {"if-none-match": "*"}),
            (200, {"if-none-match": 'W/"2"'}),
            (304, {"if-modified-since": modified}),
            (200, {"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"}),
            (200, {"if-modified-since": "nonsense"}),
            (200, {"if-none-match": 'W/"2"', "if-modified-since": modified}),
        ):
            for url in ("/Patient/p1", "/Patient/p1/_history/1"):
                read = await client.get(url, headers=headers)
                assert read.status_code == status, headers
                assert bool(read.content) == (status == 200)
                assert read.headers["etag"] == 'W/"1"'

    walk(steps)


def test_what_is_sent_back(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        async def put(prefer: str, gender: str) -> httpx.Response:
            body = named("p1", gender=gender)
            return await client.put("/Patient/p1", json=body, headers={**JSON, "prefer": prefer})

        assert (await put("return=minimal", "male")).content == b""
        told = await put("return=OperationOutcome", "female")
        assert told.status_code == 200 and "Patient/p1" in outcome_of(told)
        whole = await put("return=representation; handling=strict", "other")
        assert whole.json()["gender"] == "other"
        same = await put("return=representation", "other")
        assert same.json()["meta"]["versionId"] == "3"
        # Who may write and not read gets the headers alone.
        blind = await client.put("/Patient/p3", json=named("p3"), headers=by("writer", JSON))
        assert blind.status_code == 201 and not blind.content and "etag" in blind.headers

    walk(steps)


def test_conditional_updates(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        url = f"/Patient?{NUMBER}"
        made = await client.put(url, json=named("mine"), headers=JSON)
        assert made.status_code == 201 and made.json()["id"] == "mine"
        changed = await client.put(url, json={**PATIENT, "gender": "male"}, headers=JSON)
        assert (changed.status_code, changed.json()["id"]) == (200, "mine")
        other = await client.put(url, json=named("yours"), headers=JSON)
        assert other.status_code == 400 and "mine" in outcome_of(other)
        stale = await client.put(url, json=PATIENT, headers={**JSON, "if-match": 'W/"1"'})
        assert stale.status_code == 412
        bad = await client.put(url, json=PATIENT, headers={**JSON, "if-match": "x"})
        assert bad.status_code == 400
        fresh = await client.put(url, json=PATIENT, headers={**JSON, "if-match": 'W/"2"'})
        assert fresh.status_code == 200
        invalid = await client.put(url, json={**PATIENT, "gender": "x"}, headers=JSON)
        assert invalid.status_code == 422
        assert invalid.json()["issue"][0]["expression"] == ["Patient.gender"]
        for call in (client.put("/Patient", json=PATIENT, headers=JSON), client.delete("/Patient")):
            refused = await call
            assert refused.status_code == 412
        unknown = await client.put("/Patient?colour=red", json=PATIENT, headers=JSON)
        assert unknown.status_code == 400
        await client.put("/Patient/p2", json=named("p2"), headers=JSON)
        for call in (client.put(url, json=PATIENT, headers=JSON), client.delete(url)):
            assert (await call).status_code == 412
        assert (await client.delete("/Patient?_id=p2")).status_code == 204
        assert (await client.delete("/Patient?_id=p2")).status_code == 204
        assert (await client.get("/Patient/p2")).status_code == 410

    walk(steps)


def test_conditions_do_not_reveal_hidden_rows(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=by("one", JSON))
        for number in ("1", "9"):  # one that is hidden, one that is nowhere
            where = f"identifier=urn:test:number|{number}"
            body = {**PATIENT, "identifier": [{"system": "urn:test:number", "value": number}]}
            deleted = await client.delete(f"/Patient?{where}", headers=by("two"))
            assert deleted.status_code == 204
            made = await client.put(f"/Patient?{where}", json=body, headers=by("two", JSON))
            assert made.status_code == 201
            own = {**by("two", JSON), "if-none-exist": where}
            again = await client.post("/Patient", json=body, headers=own)
            assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
        assert (await client.get("/Patient/p1")).headers["etag"] == 'W/"1"'
        counted = await client.get("/Patient?_summary=count", headers=by("two"))
        assert counted.json()["total"] == 2
        # A subject without the right to search learns nothing by a condition.
        refused = await client.put(f"/Patient?{NUMBER}", json=PATIENT, headers=by("writer", JSON))
        assert refused.status_code == 403

    walk(steps)


def test_methods_that_do_not_fit(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        for method, url in (
            ("POST", "/Patient/p1"),
            ("DELETE", "/"),
            ("POST", "/Patient/p1/Observation"),
            ("DELETE", "/Patient/_search"),
            ("PUT", "/Patient/p1/_history/1"),
            ("OPTIONS", "/Patient"),
        ):
            refused = await client.request(method, url, json={}, headers=JSON)
            assert refused.status_code == 405, (method, url)
            assert refused.headers["allow"]
        for url in ("/Patient/p1/x", "/Patient/_history/1", "/_nothing", "/patient", "/Patient//x",
                    "/Patient/p1/$nothing", "/$nothing"):  # fmt: skip
            assert (await client.get(url)).status_code == 404

    walk(steps)
