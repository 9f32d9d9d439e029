"""Whoever reads a search knows the search parameters of the installation."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from lanh.core import bulk
from lanh.core.access import system_access
from lanh.core.api.fhir.tests.conftest import JSON, PATIENT, Walker, named, observation
from lanh.core.database import AsyncDatabase
from lanh.core.store import Context, Store
from lanh.core.subscriptions.terms import search_of

PARAMETER: dict[str, Any] = {
    "resourceType": "SearchParameter", "url": "http://example.vn/urgency", "name": "urgency",
    "status": "active", "description": "How urgent it is", "code": "urgency",
    "base": ["Observation", "Patient"], "type": "token",
    "expression": "extension.where(url = 'urn:test:urgency').value",
}  # fmt: skip
URGENT = [{"url": "urn:test:urgency", "valueCode": "high"}]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes hear of a definition at once."""
    monkeypatch.setattr("lanh.core.store.own_parameters.KNOWN_FOR", 0.0)
    monkeypatch.setattr("lanh.core.store.reindexing.KNOWN_FOR", 0.0)
    monkeypatch.setattr("lanh.core.store.reindexing._SLACK", 0.0)


async def _shelf(client: httpx.AsyncClient, database: AsyncDatabase) -> Store:
    for name, more in (("o1", {"extension": URGENT}), ("o2", {})):
        body = named(name, observation("p1", **more))
        await client.put(f"/Observation/{name}", json=body, headers=JSON)
    await client.put("/Patient/p1", json=named("p1", extension=URGENT), headers=JSON)
    assert (await client.post("/SearchParameter", json=PARAMETER, headers=JSON)).status_code == 201
    store = Store()
    while await database.transact(store.reindex()) is not None:
        await asyncio.sleep(0)
    return store


def test_over_http(quick: None, walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        await _shelf(client, database)

        def ids(bundle: dict[str, Any]) -> list[str]:
            return [entry["resource"]["id"] for entry in bundle.get("entry", ())]

        urls = (
            "Observation?urgency=high", "Observation/$lastn?patient=p1&urgency=high",
            "?_type=Observation,Patient&urgency=high", "Patient/p1/Observation?urgency=high",
        )  # fmt: skip
        for url, expected in zip(urls, (["o1"], ["o1"], ["o1", "p1"], ["o1"]), strict=True):
            assert ids((await client.get(f"/{url}")).json()) == expected, url
        asked = {"request": {"method": "GET", "url": urls[0]}}
        for kind in ("batch", "transaction"):
            bundle = {"resourceType": "Bundle", "type": kind, "entry": [asked]}
            told = (await client.post("/", json=bundle, headers=JSON)).json()
            assert ids(told["entry"][0]["resource"]) == ["o1"], kind
        put = await client.put("/Patient?urgency=high", json={**PATIENT, "extension": URGENT})
        assert put.status_code == 200 and put.json()["id"] == "p1"
        again = {**JSON, "if-none-exist": "urgency=high"}
        assert (await client.post("/Patient", json=PATIENT, headers=again)).json()["id"] == "p1"
        assert (await client.get("/Encounter?urgency=high")).status_code == 400
        assert (await client.get("/?urgency=high")).status_code == 400

    walk(steps)


def test_in_subscriptions_and_exports(quick: None, walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        store = await _shelf(client, database)
        context = Context(system_access("test"))
        wanted = await database.read(search_of("Observation", "urgency=high", store))
        page = await database.read(store.search(wanted, context))
        assert [row.id for row in page.entries] == ["o1"]
        order = bulk.read_order(
            "system", [("_typeFilter", "Observation?urgency=high")], context.access,
            parse=lambda kind, pairs: store.parse_known(kind, pairs)[0],
        )  # fmt: skip
        assert order.filters == {"Observation": ["urgency=high"]}

    walk(steps)
