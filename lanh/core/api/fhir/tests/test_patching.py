"""PATCH: both forms, conditional, in bundles; nothing is learned or changed without the right."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx

from lanh.core import fhir
from lanh.core.api.fhir.tests.conftest import JSON, PATIENT, XML, Walker, by, named, outcome_of
from lanh.core.database import AsyncDatabase, fetch

PATCH = {"content-type": "application/json-patch+json"}
MALE = [{"op": "add", "path": "/gender", "value": "male"}]
FEMALE: dict[str, Any] = {
    "resourceType": "Parameters",
    "parameter": [
        {
            "name": "operation",
            "part": [
                {"name": "type", "valueCode": "replace"},
                {"name": "path", "valueString": "Patient.gender"},
                {"name": "value", "valueCode": "female"},
            ],
        }
    ],
}


def test_both_forms_of_patch(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=JSON)
        one = await client.patch("/Patient/p1", content=json.dumps(MALE), headers=PATCH)
        assert (one.status_code, one.json()["gender"]) == (200, "male")
        assert one.headers["etag"] == 'W/"2"'
        two = await client.patch("/Patient/p1", json=FEMALE, headers=JSON)
        assert (two.status_code, two.json()["gender"]) == (200, "female")
        xml = fhir.to_xml(FEMALE)
        three = await client.patch("/Patient/p1", content=xml, headers=XML)
        assert (three.status_code, three.headers["etag"]) == (200, 'W/"3"')
        stale = await client.patch(
            "/Patient/p1", content=json.dumps(MALE), headers={**PATCH, "if-match": 'W/"1"'}
        )
        assert stale.status_code == 412
        fresh = await client.patch(
            "/Patient/p1", content=json.dumps(MALE),
            headers={**PATCH, "if-match": 'W/"3"', "prefer": "return=minimal"},
        )  # fmt: skip
        assert fresh.status_code == 200 and not fresh.content
        rows = await database.read(fetch("SELECT * FROM audit.entry WHERE action='update'"))
        assert len(rows) >= 4 and all("p1" in str(tuple(row)) for row in rows)

    walk(steps)


def test_patches_that_fail(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=JSON)

        async def status(operations: Any, url: str = "/Patient/p1") -> int:
            response = await client.patch(url, content=json.dumps(operations), headers=PATCH)
            assert outcome_of(response)
            return response.status_code

        assert await status({}) == 400
        assert await status([{"op": "spam", "path": "/x"}]) == 400
        assert await status([{"op": "test", "path": "/birthDate", "value": "1"}]) == 422
        assert await status([{"op": "remove", "path": "/nothing"}]) == 422
        assert await status([{"op": "add", "path": "/gender", "value": "x"}]) == 422
        assert await status([{"op": "replace", "path": "/id", "value": "p2"}]) == 422
        assert await status([{"op": "replace", "path": "", "value": {}}]) == 422
        assert await status(MALE, "/Patient/none") == 404
        assert await status(MALE, "/Patient?identifier=urn:test:number|9") == 404
        assert await status(MALE, "/Patient") == 412
        bad = await client.patch("/Patient/p1", content=b"[", headers=PATCH)
        assert bad.status_code == 400
        await client.delete("/Patient/p1")
        assert await status(MALE) == 410

    walk(steps)


def test_conditional_patch(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=JSON)
        url = "/Patient?identifier=urn:test:number|1"
        done = await client.patch(url, content=json.dumps(MALE), headers=PATCH)
        assert (done.status_code, done.json()["id"], done.json()["gender"]) == (200, "p1", "male")
        await client.put("/Patient/p2", json=named("p2"), headers=JSON)
        several = await client.patch(url, content=json.dumps(MALE), headers=PATCH)
        assert several.status_code == 412

    walk(steps)


def _binary(operations: Any) -> dict[str, Any]:
    data = base64.b64encode(json.dumps(operations).encode()).decode()
    return {
        "resourceType": "Binary", "contentType": "application/json-patch+json", "data": data,
    }  # fmt: skip


def test_patches_in_bundles(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        for kind in ("transaction", "batch"):
            for name in ("p1", "p2"):
                number = [{"system": "urn:test:number", "value": name}]
                body = named(name, identifier=number, gender="other")
                await client.put(f"/Patient/{name}", json=body, headers=JSON)
            entries = [
                {"resource": _binary(MALE), "request": {"method": "PATCH", "url": "Patient/p1"}},
                {"resource": FEMALE,
                 "request": {"method": "PATCH", "url": "Patient?identifier=urn:test:number|p2"}},
            ]  # fmt: skip
            bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
            done = await client.post("/", json=bundle, headers=JSON)
            assert done.status_code == 200, done.text
            told = [each["response"]["status"][:3] for each in done.json()["entry"]]
            assert told == ["200", "200"]
            genders = [
                (await client.get(f"/Patient/{name}")).json()["gender"] for name in ("p1", "p2")
            ]
            assert genders == ["male", "female"]
            bad = [{"op": "test", "path": "/gender", "value": "x"}]
            entries[1] = {"resource": _binary(bad),
                          "request": {"method": "PATCH", "url": "Patient/p2"}}  # fmt: skip
            entries[0] = {"resource": named("p1", gender="unknown"),
                          "request": {"method": "PUT", "url": "Patient/p1"}}  # fmt: skip
            failed = await client.post("/", json=bundle, headers=JSON)
            now = (await client.get("/Patient/p1")).json()["gender"]
            if kind == "transaction":
                assert (failed.status_code, now) == (422, "male")
            else:
                told = [each["response"]["status"][:3] for each in failed.json()["entry"]]
                assert (told, now) == (["200", "422"], "unknown")

    walk(steps)


def test_who_may_not_see_a_row_cannot_patch_it(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=by("one", JSON))
        guess = [{"op": "test", "path": "/birthDate", "value": PATIENT["birthDate"]}]
        texts = set()
        for name in ("p1", "none"):
            hidden = await client.patch(
                f"/Patient/{name}", content=json.dumps(guess), headers=by("two", PATCH)
            )
            assert hidden.status_code == 404
            texts.add(outcome_of(hidden).replace(name, "?"))
        assert len(texts) == 1
        url = "/Patient?identifier=urn:test:number|1"
        found = await client.patch(url, content=json.dumps(MALE), headers=by("two", PATCH))
        assert found.status_code == 404
        for subject in ("reader", "writer"):
            refused = await client.patch(
                "/Patient/p1", content=json.dumps(guess), headers=by(subject, PATCH)
            )
            assert refused.status_code == 403
        assert (await client.get("/Patient/p1")).headers["etag"] == 'W/"1"'

    walk(steps)
