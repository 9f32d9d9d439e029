"""What once made the server fail: each is answered with its place or its record."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from lanh.core import fhir
from lanh.core.api.fhir import fhir_routes
from lanh.core.api.fhir.tests.conftest import (
    JSON,
    PATIENT,
    Walker,
    authenticate,
    by,
    named,
    observation,
    outcome_of,
)
from lanh.core.database import AsyncDatabase
from lanh.core.store import Store


def _cursor(*told: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _told(cursor: str) -> list[Any]:
    found: list[Any] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return found


def test_signs_that_no_database_text_can_hold(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        for query in (
            "_id=%00", "name=a%00", "name:exact=%00", "gender:text=%00", "_list=%00", "%00=1",
            "_profile:below=%00", "organization.name=%00", "_sort=%00", "_cursor=%00",
            "organization:below=%00", "_has:Observation:patient:code=%00", "_tag:in=%00",
        ):  # fmt: skip
            for form in ("json", "xml"):
                answer = await client.get(f"/Patient?_format={form}&{query}")
                assert answer.status_code == 400, query
                assert answer.headers["content-type"].startswith(f"application/fhir+{form}")
        for method in ("PUT", "DELETE", "PATCH"):
            patch = method == "PATCH"
            kind = {"content-type": "application/json-patch+json"} if patch else JSON
            body = b"[]" if patch else json.dumps(PATIENT).encode()
            answer = await client.request(method, "/Patient?name=%00", content=body, headers=kind)
            assert answer.status_code == 400 and outcome_of(answer)
        asked = {"request": {"method": "GET", "url": "Patient?name=%00"}}
        for kind_, status in (("batch", 200), ("transaction", 400)):
            bundle = {"resourceType": "Bundle", "type": kind_, "entry": [asked]}
            assert (await client.post("/", json=bundle, headers=JSON)).status_code == status

    walk(steps)


@pytest.mark.parametrize("sort", ["-_lastUpdated", "birthdate", "family", "_id"])
def test_a_cursor_that_was_made_up(walk: Walker, sort: str) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        for name in ("p1", "p2", "p3"):
            await client.put(f"/Patient/{name}", json=named(name), headers=JSON)
        places = ["/Patient"] if sort in ("birthdate", "family") else ["/Patient", "/"]
        for place in places:
            page = (await client.get(f"{place}?_count=1&_sort={sort}")).json()
            head, *values = _told(page["link"][1]["url"].partition("_cursor=")[2])
            assert len(values) >= 1
            faults: tuple[Any, ...] = ("\0", "\ud800", 7, {}, ["x"])
            for bad in faults:
                cursor = _cursor(head, *[bad] * len(values))
                answer = await client.get(f"{place}?_count=1&_sort={sort}&_cursor={cursor}")
                assert answer.status_code == 400, (place, bad)
            if sort not in ("family", "_id"):
                cursor = _cursor(head, "2026-99-99", *values[1:])
                answer = await client.get(f"{place}?_count=1&_sort={sort}&_cursor={cursor}")
                assert answer.status_code == 400 and outcome_of(answer)

    walk(steps)


def test_moments_at_the_edges_of_the_calendar(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        moments = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001", "9999")
        for at, moment in enumerate(moments):
            body = named(f"o{at}", observation("p1", effectiveDateTime=moment))
            made = await client.put(f"/Observation/o{at}", json=body, headers=JSON)
            assert made.status_code == 201, made.text
        url: str | None = "/Observation?_sort=date&_count=1"
        found: list[str] = []
        while url is not None:
            page = (await client.get(url)).json()
            found += [entry["resource"]["id"] for entry in page["entry"]]
            url = next((x["url"] for x in page["link"] if x["relation"] == "next"), None)
        assert sorted(found[:2]) == ["o0", "o2"] and sorted(found[2:]) == ["o1", "o3"]
        for query in ("date=lt0002", "date=gt9998"):
            counted = (await client.get(f"/Observation?{query}&_summary=count")).json()
            assert counted["total"] == 2, query
        for url in (
            "/Observation?_lastUpdated=0001-01-01", "/_history?_at=0001",
            "/_history?_since=9999-12-31T23:59:59.999999Z",
            "/_history?_since=0001-01-01T00:00:00%2B14:00",
        ):  # fmt: skip
            assert (await client.get(url)).status_code == 200, url
        await client.put("/Patient/p1", json=named("p1", birthDate="0001"), headers=JSON)
        for query in ("start=0001", "end=9999-12-31", "start=0001-01-01T00:00:00%2B14:00"):
            assert (await client.get(f"/Patient/p1/$everything?{query}")).status_code == 200

    walk(steps)


def test_numbers_beyond_any_index(walk: Walker) -> None:
    """A number of more than a thousand digits is kept as written and found by no comparison."""

    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        place = '{"resourceType":"Location","id":"x","position":{"longitude":%s,"latitude":1}}'
        for at, number in enumerate(("1e999999999", "-1e300000", "1e-999999999", "3")):
            body = json.dumps(observation("p1", id=f"o{at}", valueQuantity={"value": 0}))
            text = body.replace('"value": 0', f'"value": {number}')
            made = await client.put(f"/Observation/o{at}", content=text, headers=JSON)
            assert made.status_code == 201, made.text
            read = (await client.get(f"/Observation/o{at}")).text.lower().replace("e+", "e")
            assert number in read
            there = await client.put("/Location/x", content=place % number, headers=JSON)
            assert there.status_code in (200, 201)
        found = (await client.get("/Observation?value-quantity=gt-5")).json()
        assert [entry["resource"]["id"] for entry in found["entry"]] == ["o3"]
        for bad in ("1e200000", "1e-20000", "9" * 5000):
            answer = await client.get(f"/Observation?value-quantity={bad}")
            assert answer.status_code == 400 and outcome_of(answer)

    walk(steps)


def test_what_was_asked_is_told_in_signs_that_fhir_allows(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        answer = await client.get("/Patient?%01%0b=1")
        text = outcome_of(answer)
        assert "\ufffd\ufffd" in text and fhir.validate(fhir.loads(answer.content)) == []

    walk(steps)


def test_a_search_by_post_needs_no_body(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=JSON)
        for url in ("/Patient/_search?_id=p1", "/_search?_id=p1", "/Patient/p1/Patient/_search"):
            answer = await client.post(url)
            assert [e["resource"]["id"] for e in answer.json()["entry"]] == ["p1"]
        wrong = await client.post("/Patient/_search", content=b"{}", headers=JSON)
        assert wrong.status_code == 415

    walk(steps)


def test_a_batch_may_search_the_system(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=JSON)
        urls = ("?_type=Patient", "/?_type=Patient", "", "/")
        entry = [{"request": {"method": "GET", "url": url}} for url in urls]
        entry.append({"request": {"method": "POST", "url": "?x=1"}})
        bundle = {"resourceType": "Bundle", "type": "batch", "entry": entry}
        told = (await client.post("/", json=bundle, headers=JSON)).json()["entry"]
        assert [each["response"]["status"][:3] for each in told] == ["200"] * 2 + ["400"] * 3
        assert told[0]["resource"]["entry"][0]["resource"]["id"] == "p1"

    walk(steps)


def test_a_line_break_in_a_path_is_answered_as_fhir(database_url: str, walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        app = Starlette(routes=fhir_routes(database, Store(), authenticate))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as bare:
            for path in ("/fhir/Patient%0A", "/fhir/a%0Ab", "/fhir/%0A", "/fhir/Patient/p1%0A"):
                answer = await bare.get(path, headers=by("system"))
                assert answer.status_code == 404 and outcome_of(answer), path

    walk(steps)
