"""/fhir over HTTP: the interactions, their headers, their refusals, and their traces."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from lanh.core import access, fhir
from lanh.core.access import Access, Everything, Grant, Purpose, Subject
from lanh.core.api.authentication import Unauthorized
from lanh.core.api.fhir import fhir_routes
from lanh.core.database import AsyncDatabase, fetch
from lanh.core.store import Store

JSON = {"content-type": "application/fhir+json"}
SYSTEM = access.system_access("test")
READER = Access(
    Subject("person", "7", "Reader"),
    Purpose.TREATMENT,
    (Grant("reader", frozenset({"read", "search"}), frozenset({"Patient"}), Everything()),),
)
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:test:number", "value": "1"}],
    "name": [{"text": "Nguyễn Văn An"}],
    "birthDate": "1990-02-03",
}


def _named(name: str, resource: dict[str, Any] = PATIENT) -> dict[str, Any]:
    """A resource under an id, as an update must bear it."""
    return {**resource, "id": name}


Walk = Callable[[httpx.AsyncClient, AsyncDatabase], Awaitable[None]]


async def _authenticate(request: Request) -> Access:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token not in ("system", "reader"):
        raise Unauthorized("no-token")
    return SYSTEM if token == "system" else READER


@pytest.fixture
def walk(database_url: str) -> Callable[[Walk], None]:
    """Runs a coroutine with a client of the interface and its database."""

    def run(steps: Walk) -> None:
        async def main() -> None:
            database = await AsyncDatabase.connect(database_url, max_size=4)
            app = Starlette(routes=fhir_routes(database, Store(), _authenticate))
            transport = httpx.ASGITransport(app)
            headers = {"authorization": "Bearer system"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://test/fhir", headers=headers
            ) as client:
                await steps(client, database)
            await database.close()

        asyncio.run(main())

    return run


def test_a_row_from_its_making_to_its_end(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        made = await client.post("/Patient", json=PATIENT, headers=JSON)
        assert made.status_code == 201, made.text
        name = made.json()["id"]
        assert made.headers["location"] == f"http://test/fhir/Patient/{name}/_history/1"
        assert made.headers["etag"] == 'W/"1"' and "last-modified" in made.headers
        read = await client.get(f"/Patient/{name}")
        assert read.status_code == 200 and read.json() == made.json()
        assert read.headers["content-type"].startswith("application/fhir+json")
        again = await client.get(f"/Patient/{name}", headers={"if-none-match": 'W/"1"'})
        assert again.status_code == 304 and not again.content
        head = await client.head(f"/Patient/{name}")
        assert head.status_code == 200 and not head.content
        changed = {**PATIENT, "id": name, "gender": "male"}
        stale = await client.put(
            f"/Patient/{name}", json=changed, headers={**JSON, "if-match": 'W/"9"'}
        )
        assert stale.status_code == 412
        put = await client.put(
            f"/Patient/{name}", json=changed, headers={**JSON, "if-match": 'W/"1"'}
        )
        assert put.status_code == 200 and put.headers["etag"] == 'W/"2"'
        same = await client.put(f"/Patient/{name}", json=changed, headers=JSON)
        assert same.status_code == 200 and same.headers["etag"] == 'W/"2"'
        assert same.json()["gender"] == "male"
        old = await client.get(f"/Patient/{name}/_history/1")
        assert old.status_code == 200 and "gender" not in old.json()
        assert (await client.get(f"/Patient/{name}/_history/5")).status_code == 404
        deleted = await client.delete(f"/Patient/{name}")
        assert deleted.status_code == 204 and not deleted.content
        assert (await client.get(f"/Patient/{name}")).status_code == 410
        history = (await client.get(f"/Patient/{name}/_history")).json()
        assert [entry["request"]["method"] for entry in history["entry"]] == [
            "DELETE",
            "PUT",
            "POST",
        ]
        actions = await database.read(fetch("SELECT DISTINCT action FROM audit.entry ORDER BY 1"))
        assert {row[0] for row in actions} >= {
            "create", "read", "update", "delete", "vread", "history",
        }  # fmt: skip

    walk(steps)


def test_conditional_interactions(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        condition = {**JSON, "if-none-exist": "identifier=urn:test:number|1"}
        first = await client.post("/Patient", json=PATIENT, headers=condition)
        second = await client.post("/Patient", json=PATIENT, headers=condition)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json()["id"] == second.json()["id"]
        where = {"identifier": "urn:test:number|1"}
        body = {**PATIENT, "gender": "female"}
        put = await client.put("/Patient", params=where, json=body, headers=JSON)
        assert put.status_code == 200 and put.json()["gender"] == "female"
        other = {**PATIENT, "identifier": [{"system": "urn:test:number", "value": "2"}]}
        where_two = {"identifier": "urn:test:number|2"}
        made = await client.put("/Patient", params=where_two, json=other, headers=JSON)
        assert made.status_code == 201
        only_new = {**JSON, "if-none-match": "*"}
        assert (
            await client.put("/Patient/x", json=_named("x"), headers=only_new)
        ).status_code == 201
        assert (
            await client.put("/Patient/x", json=_named("x"), headers=only_new)
        ).status_code == 412
        assert (await client.delete("/Patient", params=where_two)).status_code == 204
        several = await client.delete("/Patient", params=where)
        assert several.status_code == 412

    walk(steps)


def test_searches(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        for number in range(5):
            body = {**PATIENT, "id": f"p{number}", "birthDate": f"199{number}-01-01"}
            await client.put(f"/Patient/p{number}", json=body, headers=JSON)
        url: str | None = "/Patient?_count=2&_sort=-birthdate&name=nguyen"
        found: list[str] = []
        while url is not None:
            page = (await client.get(url)).json()
            assert page["type"] == "searchset"
            found += [entry["resource"]["id"] for entry in page["entry"]]
            assert page["entry"][0]["fullUrl"].startswith("http://test/fhir/Patient/")
            url = next((x["url"] for x in page["link"] if x["relation"] == "next"), None)
        assert found == ["p4", "p3", "p2", "p1", "p0"]
        posted = await client.post("/Patient/_search", data={"birthdate": "1993-01-01"})
        assert [entry["resource"]["id"] for entry in posted.json()["entry"]] == ["p3"]
        counted = (await client.get("/Patient?_summary=count")).json()
        assert counted["total"] == 5 and "entry" not in counted
        strict = await client.get("/Patient?colour=red")
        assert strict.status_code == 400
        assert strict.json()["issue"][0]["details"]["text"]
        lenient = await client.get(
            "/Patient?colour=red&_count=1", headers={"prefer": "handling=lenient"}
        )
        assert lenient.status_code == 200
        assert [entry["search"]["mode"] for entry in lenient.json()["entry"]] == [
            "match",
            "outcome",
        ]
        assert "colour" not in lenient.json()["link"][0]["url"]
        details = await database.read(fetch("SELECT detail FROM audit.entry WHERE action='search'"))
        assert ("Patient?birthdate",) in {tuple(row) for row in details}
        assert not any("1993" in row[0] or "nguyen" in row[0] for row in details)

    walk(steps)


def test_refusals_are_operation_outcomes(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        xml = {"content-type": "application/fhir+xml"}
        large = b'{"resourceType":"Patient","x":"' + b"a" * (17 * 1024 * 1024) + b'"}'
        bomb = gzip.compress(large, 1)
        packed = {**JSON, "content-encoding": "gzip"}
        brotli = {**JSON, "content-encoding": "br"}
        asked: list[tuple[int, Awaitable[httpx.Response]]] = [
            (404, client.get("/Patient/none")),
            (404, client.get("/Nonsense")),
            (404, client.get("/Patient/a/b/c")),
            (415, client.patch("/Patient/x", json=PATIENT, headers={"content-type": "text/x"})),
            (400, client.patch("/Patient/x", json=PATIENT, headers=JSON)),
            (405, client.put("/", json=PATIENT, headers=JSON)),
            (405, client.patch("/metadata", json=PATIENT)),
            (400, client.put("/Patient/x", json=PATIENT, headers=JSON)),
            (400, client.put("/Patient/x", json=_named("y"), headers=JSON)),
            (405, client.delete("/")),
            (400, client.post("/Patient", content=b"{", headers=JSON)),
            (400, client.post("/Patient", content=b"[]", headers=JSON)),
            (400, client.post("/Patient", json={"resourceType": "Group", "type": "person",
                                               "actual": True}, headers=JSON)),
            (415, client.post("/Patient", content=b"a: b", headers={"content-type": "text/yaml"})),
            (400, client.post("/Patient", content=b"<Patient/>", headers=xml)),
            (406, client.get("/Patient", headers={"accept": "text/turtle"})),
            (406, client.get("/Patient?_format=ttl")),
            (422, client.post("/Patient", json={**PATIENT, "gender": "x"}, headers=JSON)),
            (422, client.post("/Patient", json={**PATIENT, "colour": "red"}, headers=JSON)),
            (413, client.post("/Patient", content=large, headers=JSON)),
            (413, client.post("/Patient", content=bomb, headers=packed)),
            (400, client.post("/Patient", content=bomb[:500], headers=packed)),
            (415, client.post("/Patient", content=b"x", headers=brotli)),
            (400, client.put("/Patient/x", json=_named("x"), headers={**JSON, "if-match": "one"})),
            (400, client.post("/", json=PATIENT, headers=JSON)),
            (401, client.get("/Patient/x", headers={"authorization": ""})),
            (415, client.post("/Patient/_search", content=b"{}", headers=JSON)),
        ]  # fmt: skip
        for expected, call in asked:
            response = await call
            assert response.status_code == expected, response.text
            outcome = response.json()
            assert outcome["resourceType"] == "OperationOutcome"
            assert fhir.validate(outcome) == []
        refused = await client.post("/Patient", json={**PATIENT, "gender": "x"}, headers=JSON)
        assert refused.json()["issue"][0]["expression"] == ["Patient.gender"]

    walk(steps)


def test_a_reader_reads_and_no_more(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=_named("p1"), headers=JSON)
        reader = {"authorization": "Bearer reader"}
        assert (await client.get("/Patient/p1", headers=reader)).status_code == 200
        for call in (
            client.put("/Patient/p1", json=_named("p1"), headers={**JSON, **reader}),
            client.post("/Patient", json=PATIENT, headers={**JSON, **reader}),
            client.delete("/Patient/p1", headers=reader),
            client.get("/Observation/x", headers=reader),
            client.get("/Observation", headers=reader),
            client.get("/Patient/p1/_history", headers=reader),
        ):
            assert (await call).status_code == 403
        rows = await database.read(
            fetch(
                "SELECT count(*) FROM audit.entry WHERE subject='person:7' AND outcome='forbidden'"
            )
        )
        assert rows[0][0] >= 5

    walk(steps)


def test_gzip_both_ways_and_preferences(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        body = fhir.dumps({**_named("p1"), "text": {
            "status": "generated",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml">' + "x " * 2000 + "</div>",
        }})  # fmt: skip
        packed = {**JSON, "content-encoding": "gzip", "prefer": "return=minimal"}
        made = await client.put("/Patient/p1", content=gzip.compress(body), headers=packed)
        assert made.status_code == 201 and made.content == b""
        zipped = await client.get("/Patient/p1", headers={"accept-encoding": "gzip"})
        assert zipped.headers["content-encoding"] == "gzip"
        plain = await client.get("/Patient/p1", headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert zipped.json() == plain.json()
        english = await client.get("/Patient/none", headers={"accept-language": "en"})
        vietnamese = await client.get("/Patient/none")
        texts = [r.json()["issue"][0]["details"]["text"] for r in (english, vietnamese)]
        assert texts[0].startswith("There is no") and texts[1].startswith("Không tìm thấy")

    walk(steps)


def test_bundles(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        anna = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"
        seen = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "x"},
            "subject": {"reference": anna},
        }
        entries: list[Any] = [
            {
                "fullUrl": anna,
                "resource": PATIENT,
                "request": {"method": "POST", "url": "Patient"},
            },
            {"resource": seen, "request": {"method": "POST", "url": "Observation"}},
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        done = await client.post("/", json=bundle, headers=JSON)
        assert done.status_code == 200, done.text
        assert fhir.validate(fhir.loads(done.content)) == []
        name = done.json()["entry"][0]["response"]["location"].split("/")[1]
        found = (await client.get(f"/Observation?patient={name}&_summary=count")).json()
        assert found["total"] == 1
        broken = {**seen, "status": "no such status"}
        bad = {
            "resource": _named("bad", broken),
            "request": {"method": "PUT", "url": "Observation/bad"},
        }
        good = {"resource": _named("good"), "request": {"method": "PUT", "url": "Patient/good"}}
        get = {"request": {"method": "GET", "url": "Patient/good"}}
        refused = await client.post(
            "", json={**bundle, "entry": [good, {**bad, "fullUrl": anna}]}, headers=JSON
        )
        assert refused.status_code == 422
        assert (await client.get("/Patient/good")).status_code == 404
        batch = await client.post(
            "/", json={**bundle, "type": "batch", "entry": [good, bad, get]}, headers=JSON
        )
        answers = batch.json()["entry"]
        assert [each["response"]["status"][:3] for each in answers] == ["201", "422", "200"]
        assert answers[1]["response"]["outcome"]["issue"][0]["expression"]
        assert answers[2]["resource"]["id"] == "good"

    walk(steps)


def test_many_at_once_share_commits_and_one_fault_is_alone(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        async def put(number: int) -> int:
            # Number 13 asks for an id that the create path refuses: it is in use.
            name = "p0" if number == 13 else f"p{number}"
            headers = {**JSON, "if-none-match": "*"} if number == 13 else JSON
            response = await client.put(f"/Patient/{name}", json=_named(name), headers=headers)
            return response.status_code

        await put(0)
        before = await database.read(fetch("SELECT count(DISTINCT xid::text) FROM store.feed"))
        statuses = await asyncio.gather(*(put(number) for number in range(1, 61)))
        assert statuses.count(201) == 59 and statuses[12] == 412
        after = await database.read(fetch("SELECT count(DISTINCT xid::text) FROM store.feed"))
        reads = await asyncio.gather(*(client.get(f"/Patient/p{n}") for n in range(1, 61)))
        assert [r.status_code for r in reads].count(200) == 59
        assert after[0][0] - before[0][0] <= 59

    walk(steps)


def test_metadata_tells_the_truth(walk: Callable[[Walk], None]) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        response = await client.get("/metadata", headers={"authorization": ""})
        statement = response.json()
        assert statement["fhirVersion"] == "4.0.1"
        issues = fhir.validate(fhir.loads(response.content))
        assert [i.expression for i in issues if i.severity in ("error", "fatal")] == []
        by_type = {each["type"]: each for each in statement["rest"][0]["resource"]}
        assert len(by_type) == 146
        for parameter in by_type["Observation"]["searchParam"]:
            value = {
                "token": "x", "reference": "Patient/x", "string": "x", "date": "2024",
                "quantity": "1", "number": "1", "uri": "urn:x", "composite": "x$1970",
            }[parameter["type"]]  # fmt: skip
            found = await client.get("/Observation", params={parameter["name"]: value})
            assert found.status_code == 200, (parameter, found.text)

    walk(steps)
