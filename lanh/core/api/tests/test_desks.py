"""The desks' interface: what a program may enter, send and move, and how it is told of refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from lanh.core.access import Access, Subject
from lanh.core.api import Unauthorized, desk_routes
from lanh.core.api.desks import acting
from lanh.core.database import SyncDatabase
from lanh.core.desks.tests.scene import HEAD, NOON, NURSE, STRANGER, Room
from lanh.core.desks.tests.test_sending import RESPONSE
from lanh.core.lists import Lists

PEOPLE = {"nurse": NURSE.access, "head": HEAD.access, "stranger": STRANGER.access}


async def authenticate(request: HTTPConnection) -> Access:
    name = request.headers.get("authorization", "").removeprefix("Bearer ")
    if name not in PEOPLE:
        raise Unauthorized("no-token")
    return PEOPLE[name]


@pytest.fixture
def client(database: SyncDatabase) -> TestClient:
    room = Room(database)
    lists = Lists(room.store)
    routes = desk_routes(database, room.desks, lists, authenticate, lambda: NOON)
    return TestClient(Starlette(routes=routes))


def call(client: TestClient, method: str, path: str, who: str = "nurse", **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {who}", **more.pop("headers", {})}
    return client.request(method, path, headers=headers, **more)


def test_a_response_is_sent_read_and_moved(client: TestClient) -> None:
    path = "/api/fridges/forms/daily"
    assert call(client, "GET", path).json()["resourceType"] == "Questionnaire"
    key = {"Idempotency-Key": "k" * 20}
    sent = call(client, "POST", path, json=RESPONSE, headers=key)
    assert sent.status_code == 201, sent.text
    again = call(client, "POST", path, json=RESPONSE, headers=key)
    assert (again.status_code, again.json()["record"]) == (200, sent.json()["record"])
    record = call(client, "GET", sent.headers["Location"]).json()
    case = record["case"]
    assert case["state"] == "sent"
    assert [version["actor"] for version in record["versions"]] == ["person:1"]
    moved = call(
        client, "POST", f"/api/fridges/cases/{case['id']}/check", "head",
        json={"revision": case["revision"]},
    )  # fmt: skip
    assert moved.json()["state"] == "checked"
    rows = call(client, "GET", "/api/fridges/lists/all").json()["rows"]
    assert [row["record"] for row in rows] == [sent.json()["record"]]


def test_refusals_are_told_in_both_languages(client: TestClient) -> None:
    path = "/api/fridges/forms/daily"
    empty = call(client, "POST", path, json={**RESPONSE, "item": []})
    assert empty.status_code == 422
    assert {"field", "vi", "en"} <= set(empty.json()["faults"][0])
    assert call(client, "POST", path, content=b"[1]").status_code == 400
    assert call(client, "POST", path, content=b"{").status_code == 400
    assert call(client, "POST", path, content=b" " * 2_000_001).status_code == 413
    assert call(client, "POST", path, "head", json=RESPONSE).status_code == 403
    assert call(client, "GET", "/api/nothing").status_code == 404
    assert call(client, "GET", "/api/fridges", "nobody").status_code == 401
    assert call(client, "GET", "/api/fridges/records/Observation/none").status_code == 404
    assert call(client, "GET", "/api/fridges/lists/all", "head").status_code == 403
    sent = call(client, "POST", path, json=RESPONSE).json()
    act = f"/api/fridges/cases/{sent['case']}/check"
    assert call(client, "POST", act, "head", json={}).status_code == 400
    assert call(client, "POST", act, "head", json={"revision": 7}).status_code == 409
    assert call(client, "POST", act, "nurse", json={"revision": 1}).status_code == 403
    assert call(client, "POST", act, "stranger", json={"revision": 1}).status_code == 404


def test_the_description_names_every_path(client: TestClient) -> None:
    described = client.get("/api/fridges/openapi.json").json()
    assert set(described["paths"]) == {
        "/api/fridges",
        "/api/fridges/lists/all",
        "/api/fridges/lists/to-check",
        "/api/fridges/forms/daily",
        "/api/fridges/records/Observation/{id}",
        *(f"/api/fridges/cases/{{case}}/{a}" for a in ("claim", "give-back", "return", "resend")),
        "/api/fridges/cases/{case}/check",
    }
    whole = client.get("/api/openapi.json").json()
    names = [act["operationId"] for path in whole["paths"].values() for act in path.values()]
    assert len(names) == len(set(names))
    assert client.get("/api/none/openapi.json").status_code == 404
    assert call(client, "GET", "/api").json()["systems"][0]["key"] == "fridges"


def test_a_client_system_acts_in_the_roles_that_it_was_given() -> None:
    system = replace(
        NURSE.access,
        subject=Subject("system", "his-01", "HIS"),
        capabilities=frozenset({"role:nurse"}),
        grants=tuple(replace(grant, role="system/*.cruds") for grant in NURSE.access.grants),
    )
    assert {grant.role for grant in acting(system).grants} == {"system/*.cruds", "nurse"}
    assert acting(replace(system, capabilities=frozenset())).grants == system.grants
    assert acting(replace(system, subject=NURSE.access.subject)).grants == system.grants
