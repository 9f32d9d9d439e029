"""Batches and transactions over HTTP: what each entry can ask, and what the bundle means."""

from __future__ import annotations

from typing import Any

import httpx

from lanh.core import fhir
from lanh.core.api.fhir.tests.conftest import (
    JSON,
    PATIENT,
    Walker,
    by,
    named,
    observation,
    outcome_of,
)
from lanh.core.database import AsyncDatabase, fetch

ANNA = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"


def _entry(method: str, url: str, resource: Any = None, **more: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"request": {"method": method, "url": url, **more}}
    return entry if resource is None else {**entry, "resource": resource}


async def _post(
    client: httpx.AsyncClient, kind: str, *entries: Any, **headers: str
) -> httpx.Response:
    bundle = {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
    return await client.post("/", json=bundle, headers={**JSON, **headers})


def _told(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    assert fhir.validate(fhir.loads(response.content)) == []
    return [each["response"]["status"][:3] for each in response.json()["entry"]]


def test_a_batch_asks_whatever_http_can(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        done = await _post(
            client, "batch",
            _entry("GET", "Patient/p1"),
            _entry("PUT", "Patient/p1", named("p1")),
            _entry("POST", "Patient", PATIENT, ifNoneExist="identifier=urn:test:number|7"),
            _entry("GET", "Patient?_id=p1&_elements=name"),
            _entry("GET", "Patient/p1/_history"),
            _entry("GET", "Patient/p1", ifNoneMatch='W/"1"'),
            _entry("GET", "Patient/none"),
            _entry("PUT", "Patient/p3", {**named("p3"), "gender": "x"}),
            _entry("PUT", "Patient/p4", PATIENT),
            _entry("DELETE", "Patient/none"),
            _entry("PUT", "Patient/p1", named("p1"), ifMatch='W/"9"'),
            _entry("GET", "Nonsense/x"),
            _entry("GET", "http://elsewhere.example/Patient/p1"),
            _entry("HEAD", "http://test/fhir/Patient/p1"),
            {"resource": PATIENT},
            "no entry",
        )  # fmt: skip
        assert _told(done) == [
            "200", "201", "201", "200", "200", "304", "404", "422", "400", "404", "412", "404",
            "400", "200", "400", "400",
        ]  # fmt: skip
        entries = done.json()["entry"]
        assert entries[0]["resource"]["id"] == "p1"
        assert entries[1]["response"]["location"].endswith("Patient/p1/_history/1")
        assert entries[1]["response"]["etag"] == 'W/"1"' and "resource" not in entries[1]
        assert set(entries[3]["resource"]["entry"][0]["resource"]) == {
            "resourceType", "id", "meta", "name",
        }  # fmt: skip
        assert entries[4]["resource"]["type"] == "history"
        assert entries[7]["response"]["outcome"]["issue"][0]["expression"] == ["Patient.gender"]
        whole = await _post(
            client, "batch", _entry("PUT", "Patient/p1", named("p1", gender="male")),
            prefer="return=representation",
        )  # fmt: skip
        assert whole.json()["entry"][0]["resource"]["gender"] == "male"
        actions = await database.read(fetch("SELECT DISTINCT action FROM audit.entry"))
        assert {row[0] for row in actions} >= {"read", "create", "update", "search", "history"}

    walk(steps)


def test_a_batch_has_the_rights_of_who_sent_it(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=by("one", JSON))
        for kind in ("batch", "transaction"):
            found = await _post(client, kind, _entry("GET", "Patient"), **by("two"))
            assert "entry" not in found.json()["entry"][0]["resource"]
        hidden = await _post(
            client, "batch", _entry("GET", "Patient/p1"), _entry("GET", "Patient/p1/_history"),
            _entry("DELETE", "Patient/p1"), **by("two"),
        )  # fmt: skip
        assert _told(hidden) == ["404", "404", "404"]
        read_only = await _post(
            client, "batch", _entry("PUT", "Patient/p9", named("p9")),
            _entry("GET", "Patient/p1"), _entry("GET", "Observation"), **by("reader"),
        )  # fmt: skip
        assert _told(read_only) == ["403", "200", "403"]

    walk(steps)


def test_links_of_a_transaction(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        narrative = (
            f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{ANNA}">a</a>'
            f"<img src='{ANNA}' alt=\"x\"/> {ANNA}</div>"
        )
        seen: dict[str, Any] = {
            **observation("x"),
            "subject": {"reference": ANNA},
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": ANNA}],
            "instantiatesCanonical": None,
            "text": {"status": "generated", "div": narrative},
            "extension": [
                {"url": "urn:e", "valueUri": ANNA},
                {"url": "urn:e", "valueUrl": ANNA},
                {"url": "urn:e", "valueUuid": ANNA},
                {"url": "urn:e", "valueCanonical": ANNA},
                {"url": "urn:e", "valueString": ANNA},
            ],
            "note": [{"text": ANNA, "authorReference": {"reference": ANNA}}],
            "contained": [
                {"resourceType": "RelatedPerson", "id": "r", "patient": {"reference": ANNA}}
            ],
            "focus": [{"reference": "#r"}],
        }
        del seen["instantiatesCanonical"]
        done = await _post(
            client, "transaction", _entry("POST", "Observation", seen),
            {**_entry("POST", "Patient", PATIENT), "fullUrl": ANNA},
            prefer="return=representation",
        )  # fmt: skip
        # What becomes of an element of type uuid is no uuid any more: R4 wants it so.
        assert done.status_code == 200, done.text
        kept, patient = (each["resource"] for each in done.json()["entry"])
        target = f"Patient/{patient['id']}"
        assert kept["subject"]["reference"] == target
        assert kept["contained"][0]["patient"]["reference"] == target
        assert kept["note"][0] == {"text": ANNA, "authorReference": {"reference": target}}
        assert [list(each.values())[1] for each in kept["extension"]] == [
            target, target, target, ANNA, ANNA,
        ]  # fmt: skip
        assert kept["identifier"][0]["value"] == ANNA
        assert kept["text"]["div"].count(target) == 2 and kept["text"]["div"].count(ANNA) == 1

    walk(steps)


def test_conditional_and_versioned_references(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        by_number = {"reference": "Patient?identifier=urn:test:number|1"}
        pinned = {
            "reference": ANNA,
            "extension": [
                {"url": "http://hl7.org/fhir/StructureDefinition/resolve-as-version-specific",
                 "valueBoolean": True}
            ],
        }  # fmt: skip
        done = await _post(
            client, "transaction",
            _entry("POST", "Observation", {**observation("x"), "subject": by_number}),
            {**_entry("PUT", "Patient/p1", named("p1")), "fullUrl": ANNA},
            _entry("POST", "Observation", {**observation("p1"), "focus": [pinned]}),
            prefer="return=representation",
        )  # fmt: skip
        assert _told(done) == ["201", "201", "201"]
        first, _patient, second = (each["resource"] for each in done.json()["entry"])
        assert first["subject"]["reference"] == "Patient/p1"
        assert second["focus"] == [{"reference": "Patient/p1/_history/1"}]
        # The row is found by its own id wherever its patient was found.
        assert (await client.get(f"/Observation/{first['id']}")).status_code == 200
        found = await client.get("/Observation?patient=p1&_summary=count")
        assert found.json()["total"] == 2
        lost = {"reference": "Patient?identifier=urn:test:number|none"}
        failed = await _post(
            client, "transaction",
            _entry("POST", "Observation", {**observation("x"), "subject": lost}),
        )  # fmt: skip
        assert failed.status_code == 412
        assert failed.json()["issue"][0]["expression"] == ["Bundle.entry[0].request"]
        # A condition does not see what its sender may not see.
        hidden = await _post(
            client, "transaction",
            _entry("POST", "Observation", {**observation("x"), "subject": by_number}),
            **by("two"),
        )  # fmt: skip
        assert hidden.status_code == 412

    walk(steps)


def test_no_row_is_written_twice(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=JSON)
        where = "Patient?identifier=urn:test:number|1"
        for one, other in (
            (_entry("PUT", "Patient/p1", named("p1")), _entry("DELETE", "Patient/p1")),
            (_entry("PUT", "Patient/p1", named("p1")), _entry("PUT", where, PATIENT)),
            (_entry("DELETE", where), _entry("PUT", "Patient/p1", named("p1"))),
            (_entry("PUT", "Patient/n", named("n")), _entry("PUT", "Patient/n", named("n"))),
        ):
            refused = await _post(client, "transaction", one, other)
            assert refused.status_code == 400, refused.text
            assert "two entries" in outcome_of(refused)
        missing = await _post(client, "transaction", _entry("PUT", "Patient/p1", PATIENT))
        assert missing.status_code == 400

    walk(steps)


def test_order_and_all_or_nothing(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/old", json=named("old"), headers=JSON)
        done = await _post(
            client, "transaction",
            _entry("GET", "Patient?_summary=count"),
            _entry("GET", "Patient/new", ifNoneMatch='W/"1"'),
            _entry("PUT", "Patient/new", named("new")),
            _entry("DELETE", "Patient/old"),
        )  # fmt: skip
        assert _told(done) == ["200", "304", "201", "204"]
        assert done.json()["entry"][0]["resource"]["total"] == 1
        failed = await _post(
            client, "transaction",
            _entry("DELETE", "Patient/new"),
            _entry("PUT", "Patient/new2", named("new2")),
            _entry("PUT", "Patient/new", named("new"), ifMatch='W/"5"'),
        )  # fmt: skip
        assert failed.status_code in (400, 412)
        assert (await client.get("/Patient/new")).status_code == 200
        assert (await client.get("/Patient/new2")).status_code == 404
        only_new = await _post(
            client, "transaction", _entry("PUT", "Patient/new", named("new"), ifNoneMatch="*")
        )
        assert only_new.status_code == 412
        bad_tag = await _post(
            client, "transaction", _entry("PUT", "Patient/new", named("new"), ifMatch="x")
        )
        assert bad_tag.status_code == 400

    walk(steps)
