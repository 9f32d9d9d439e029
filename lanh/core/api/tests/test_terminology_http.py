"""The terminology operations over HTTP: GET and POST, instances, languages, refusals, rights."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from lanh.core import access
from lanh.core.access import Access, Purpose, Subject
from lanh.core.api import Unauthorized, fhir_routes, terminology_operations
from lanh.core.database import AsyncDatabase, fetch
from lanh.core.store import Store
from lanh.core.terminology import Terminology
from lanh.core.terminology.tests.samples import CARE, CARES, DAY, code_system, value_set

JSON = {"content-type": "application/fhir+json"}
XML = {"content-type": "application/fhir+xml", "accept": "application/fhir+xml"}
GENDERS = "http://hl7.org/fhir/ValueSet/administrative-gender"
Walk = Callable[[httpx.AsyncClient, AsyncDatabase], Awaitable[None]]


async def _authenticate(request: Request) -> Access:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token == "system":
        return access.system_access("test")
    if token == "nobody":
        return Access(Subject("system", "n", "Nobody"), Purpose.OPERATIONS)
    raise Unauthorized("no-token")


@pytest.fixture
def walk(database_url: str) -> Callable[[Walk], None]:
    def run(steps: Walk) -> None:
        async def main() -> None:
            database = await AsyncDatabase.connect(database_url, max_size=4)
            service = Terminology(lambda: DAY)
            store = Store(hooks=(service.hook,))
            operations = terminology_operations(service)
            app = Starlette(routes=fhir_routes(database, store, _authenticate, operations))
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://test/fhir",
                headers={"authorization": "Bearer system"},
            ) as client:  # fmt: skip
                await steps(client, database)
            await database.close()

        asyncio.run(main())

    return run


def _listed(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["code"] for row in answer.json()["expansion"].get("contains", ())]


def _told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {
        row["name"]: next(v for k, v in row.items() if k != "name")
        for row in answer.json()["parameter"]
    }


def test_a_value_set_from_its_writing_to_its_use(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        made = {**CARES, "id": "cares"}
        assert (await client.put("/CodeSystem/cares", json=made)).status_code == 201
        found = {**value_set("urn:v", {"system": CARE}), "id": "v"}
        assert (await client.put("/ValueSet/v", json=found)).status_code == 201
        for answer in (
            await client.get("/ValueSet/v/$expand", params={"filter": "hoi suc"}),
            await client.get("/ValueSet/$expand", params={"url": "urn:v", "filter": "hồi sức"}),
            await client.post("/ValueSet/$expand?filter=hoi%20suc", json=found, headers=JSON),
        ):
            assert _listed(answer) == ["in-icu", "in-icu-new"]
        only = {**found, "compose": {"include": [{"system": CARE, "concept": [{"code": "out"}]}]}}
        assert (await client.put("/ValueSet/v", json=only)).status_code == 200
        assert _listed(await client.get("/ValueSet/v/$expand")) == ["out"]
        asked = {"code": "in", "system": CARE}
        told = _told(await client.get("/ValueSet/v/$validate-code", params=asked))
        assert told["result"] is False and "không thuộc" in told["message"]
        assert (await client.delete("/ValueSet/v")).status_code == 204
        gone = await client.get("/ValueSet/v/$expand")
        assert gone.status_code == 404 and gone.json()["issue"][0]["code"] == "not-found"
        rows = await database.read(
            fetch("SELECT detail FROM audit.entry WHERE detail LIKE 'ValueSet/$%'")
        )
        assert len(rows) == 5

    walk(steps)


def test_each_operation_by_get_and_by_post(walk: Callable[[Walk], None]) -> None:
    gender = "http://hl7.org/fhir/administrative-gender"
    v3 = "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"
    cases = [
        ("CodeSystem/$lookup", {"system": gender, "code": "male"}, "display", "Male"),
        ("CodeSystem/$validate-code", {"url": gender, "code": "male"}, "result", True),
        ("ValueSet/$validate-code", {"url": GENDERS, "system": gender, "code": "x"}, "result",
         False),
        ("CodeSystem/$subsumes", {"system": gender, "codeA": "male", "codeB": "female"},
         "outcome", "not-subsumed"),
        ("ConceptMap/$translate", {"system": gender, "code": "male", "targetsystem": v3},
         "result", True),
        ("ConceptMap/cm-administrative-gender-v3/$translate", {"system": gender, "code": "male"},
         "result", True),
    ]  # fmt: skip

    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        for path, given, name, expected in cases:
            rows = [{"name": key, "valueString": value} for key, value in given.items()]
            body = {"resourceType": "Parameters", "parameter": rows}
            by_get = await client.get(f"/{path}", params=given)
            by_post = await client.post(f"/{path}", json=body, headers=JSON)
            assert _told(by_get)[name] == _told(by_post)[name] == expected, path
        entry = {"request": {"method": "GET", "url": f"ValueSet/$expand?url={GENDERS}&count=1"}}
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
        answer = (await client.post("/", json=batch, headers=JSON)).json()
        assert answer["entry"][0]["resource"]["expansion"]["total"] == 4

    walk(steps)


def test_languages_forms_and_refusals(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/CodeSystem/cares", json={**CARES, "id": "cares"})
        asked = {"system": CARE, "code": "out"}
        for header, display in (
            ("en", "Outpatient"),
            ("vi-VN,en;q=0.3", "Ngoại trú"),
            ("fr, en;q=0.5", "Outpatient"),
            ("!?;q=x", "Ngoại trú"),
        ):
            language = {"accept-language": header}
            answer = await client.get("/CodeSystem/$lookup", params=asked, headers=language)
            assert _told(answer)["display"] == display, header
        xml = (
            '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="url"/>'
            f'<valueUri value="{GENDERS}"/></parameter></Parameters>'
        )
        told = await client.post("/ValueSet/$expand", content=xml, headers=XML)
        assert told.status_code == 200 and '<code value="male"/>' in told.text
        for path, status in (
            (f"/ValueSet/$expand?url={GENDERS}&fitler=x", 400),
            ("/ValueSet/$expand?url=urn:none", 404),
            ("/ValueSet/$expand", 400),
            ("/ValueSet/administrative-gender/$lookup", 404),
            ("/Patient/$expand", 404),
        ):
            refused = await client.get(path)
            assert refused.status_code == status, path
            assert refused.json()["resourceType"] == "OperationOutcome"
        circle = {**value_set("urn:c", {"valueSet": ["urn:c"]}), "id": "c"}
        assert (await client.put("/ValueSet/c", json=circle)).status_code == 201
        assert (await client.get("/ValueSet/c/$expand")).status_code == 422
        wrong = await client.post("/ValueSet/$expand", json={"resourceType": "Patient"},
                                  headers=JSON)  # fmt: skip
        assert wrong.status_code == 400

    walk(steps)


def test_whoever_is_signed_in_may_ask_and_only_who_has_rights_may_write(
    walk: Callable[[Walk], None],
) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        nobody = {"authorization": "Bearer nobody"}
        asked = {"url": GENDERS}
        answer = await client.get("/ValueSet/$expand", params=asked, headers=nobody)
        assert len(_listed(answer)) == 4
        made = {**CARES, "id": "mine"}
        assert (await client.put("/CodeSystem/mine", json=made, headers=nobody)).status_code == 403
        stranger = {"authorization": ""}
        refused = await client.get("/ValueSet/$expand", params=asked, headers=stranger)
        assert refused.status_code == 401

    walk(steps)


def test_other_requests_are_answered_while_a_large_list_is_read(
    walk: Callable[[Walk], None],
) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        listed = [{"code": f"c{n}", "display": f"Mã số {n}"} for n in range(20_000)]
        many = code_system("urn:many", listed, id="many")
        assert (await client.put("/CodeSystem/many", json=many)).status_code == 201
        asked = {"url": "urn:many?fhir_vs", "filter": "mã số 19999", "count": "5"}
        slow = asyncio.create_task(client.get("/ValueSet/$expand", params=asked))
        turns = 0
        while not slow.done():
            await asyncio.sleep(0.005)
            turns += 1
        assert _listed(slow.result()) == ["c19999"] and turns > 3

    walk(steps)
