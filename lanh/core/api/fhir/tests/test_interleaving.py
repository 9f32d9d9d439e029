"""Random requests at the same time, with and without conditions, explained by some order.

Each example has identifiers of its own, so that examples share a database and not each other's
rows. What is asked of a step: an order of its requests in which a single desk would have given
the same answers and kept the same versions.
"""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from starlette.applications import Starlette

from lanh.core.api.fhir import fhir_routes
from lanh.core.api.fhir.tests.conftest import ACCESSES, JSON
from lanh.core.api.fhir.tests.interleaving_model import Body, Model, Request, bodies, possible
from lanh.core.database import AsyncDatabase
from lanh.core.store import Store

_EXAMPLES = count()
_ROWS = st.sampled_from(("a", "b"))
_NUMBERS = st.sampled_from(("1", "2"))
_CONTENT = st.integers(1, 3)
_VERSIONS = st.none() | st.integers(1, 4)
REQUESTS = st.one_of(
    st.builds(Request, st.just("put"), _ROWS, _NUMBERS, _CONTENT, _VERSIONS),
    st.builds(Request, st.just("delete"), _ROWS),
    st.builds(Request, st.just("create"), number=_NUMBERS, content=_CONTENT),
    st.builds(Request, st.just("create if none"), number=_NUMBERS, content=_CONTENT),
    st.builds(Request, st.just("put where"), number=_NUMBERS, content=_CONTENT, match=_VERSIONS),
    st.builds(Request, st.just("delete where"), number=_NUMBERS),
)


class Desk:
    """A client of the interface and the loop that it runs in."""

    def __init__(self, runner: asyncio.Runner, client: httpx.AsyncClient) -> None:
        self.runner = runner
        self.client = client


class Interleavings(RuleBasedStateMachine):
    """Steps of requests that run together."""

    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        self.space = f"e{next(_EXAMPLES)}"
        self.model = Model()

    @rule(requests=st.lists(REQUESTS, min_size=1, max_size=4))
    def together(self, requests: list[Request]) -> None:
        self.desk.runner.run(self._together(requests))

    @invariant()
    def searches_find_what_is_current(self) -> None:
        self.desk.runner.run(self._searched())

    async def _together(self, requests: list[Request]) -> None:
        answers = await asyncio.gather(*(self._send(request) for request in requests))
        done = []
        for request, answer in zip(requests, answers, strict=True):
            assert answer.status_code < 500, (request, answer.text)
            done.append((request, self._row(answer), _told(answer)))
        rows = set(self.model.versions) | {made for _, made, _ in done if made}
        rows |= {request.row for request in requests if request.verb == "put"}
        found = {row: await self._kept(row) for row in rows}
        after = {row: kept for row, kept in found.items() if kept}
        assert possible(self.model, done, after), (self.model.versions, done, after)
        self.model.versions = after

    async def _send(self, request: Request) -> httpx.Response:
        client, body = self.desk.client, self._body(request)
        where = f"identifier=urn:{self.space}|{request.number}"
        headers = dict(JSON)
        if request.match is not None:
            headers["if-match"] = f'W/"{request.match}"'
        name = f"{self.space}-{request.row}"
        match request.verb:
            case "put":
                url = f"/Patient/{name}"
                return await client.put(url, json={**body, "id": name}, headers=headers)
            case "delete":
                return await client.delete(f"/Patient/{name}")
            case "create":
                return await client.post("/Patient", json=body, headers=headers)
            case "create if none":
                headers["if-none-exist"] = where
                return await client.post("/Patient", json=body, headers=headers)
            case "put where":
                return await client.put(f"/Patient?{where}", json=body, headers=headers)
        return await client.delete(f"/Patient?{where}")

    def _body(self, request: Request) -> dict[str, Any]:
        return {
            "resourceType": "Patient",
            "identifier": [{"system": f"urn:{self.space}", "value": request.number}],
            "multipleBirthInteger": request.content,
        }

    def _row(self, answer: httpx.Response) -> str:
        """The row that an answer is about, by the name that the model has for it."""
        place = answer.headers.get("location") or answer.headers.get("content-location") or ""
        name: str = place.partition("/Patient/")[2].partition("/")[0]
        return name.removeprefix(f"{self.space}-")

    async def _kept(self, row: str) -> list[Body]:
        name = f"{self.space}-{row}" if len(row) == 1 else row
        answer = await self.desk.client.get(f"/Patient/{name}/_history")
        return bodies(answer.json()) if answer.status_code == 200 else []

    async def _searched(self) -> None:
        for number in ("1", "2"):
            url = f"/Patient?identifier=urn:{self.space}|{number}"
            found = (await self.desk.client.get(url)).json().get("entry", [])
            names = {e["resource"]["id"].removeprefix(f"{self.space}-") for e in found}
            assert names == set(self.model.having(number))


def _told(answer: httpx.Response) -> tuple[int, int | None]:
    tag = answer.headers.get("etag")
    version = int(tag.removeprefix('W/"').rstrip('"')) if tag else None
    return answer.status_code, version if answer.status_code in (200, 201) else None


def _run(database_url: str, examples: int) -> None:
    async def opened() -> tuple[AsyncDatabase, httpx.AsyncClient]:
        database = await AsyncDatabase.connect(database_url, max_size=4)

        async def everybody(_: Any) -> Any:
            return ACCESSES["system"]

        app = Starlette(routes=fhir_routes(database, Store(), everybody))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        return database, httpx.AsyncClient(transport=transport, base_url="http://test/fhir")

    async def closed(database: AsyncDatabase, client: httpx.AsyncClient) -> None:
        await client.aclose()
        await database.close()

    with asyncio.Runner() as runner:
        database, client = runner.run(opened())
        machine = type("Machine", (Interleavings,), {"desk": Desk(runner, client)})
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=8,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                    database=None,
                    # What depends on the moment cannot be made smaller by trying again.
                    phases=[Phase.generate],
                ),
            )
        finally:
            runner.run(closed(database, client))


def test_requests_at_the_same_time_are_explained_by_some_order(database_url: str) -> None:
    _run(database_url, 40)


@pytest.mark.long
def test_many_requests_at_the_same_time_are_explained_by_some_order(database_url: str) -> None:
    _run(database_url, 400)
