"""`$validate`, `$meta`, `$everything`, `$lastn`, `$document`: what they answer, and to whom."""

from __future__ import annotations

from typing import Any

import httpx

from lanh.core import fhir
from lanh.core.api.fhir.tests.conftest import (
    JSON,
    PATIENT,
    XML,
    Walker,
    by,
    named,
    observation,
    outcome_of,
)
from lanh.core.database import AsyncDatabase, fetch


def _parameters(**values: Any) -> dict[str, Any]:
    rows = [
        {"name": name, "resource": value}
        if isinstance(value, dict) and "resourceType" in value
        else {"name": name, "valueMeta": value}
        if isinstance(value, dict)
        else {"name": name, "valueString": value}
        for name, value in values.items()
    ]
    return {"resourceType": "Parameters", "parameter": rows}


def _severities(response: httpx.Response) -> set[str]:
    assert response.status_code == 200, response.text
    assert outcome_of(response)
    return {issue["severity"] for issue in response.json()["issue"]}


def test_validate(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        url = "/Patient/$validate"
        wrong = {**PATIENT, "gender": "x"}
        fine = {"information", "warning"}
        for body in (PATIENT, _parameters(resource=PATIENT, mode="create")):
            assert _severities(await client.post(url, json=body, headers=JSON)) <= fine
        for body in (wrong, _parameters(resource=wrong), named("o", {"resourceType": "Group"})):
            assert "error" in _severities(await client.post(url, json=body, headers=JSON))
        xml = await client.post(url, content=fhir.to_xml(wrong), headers=XML)
        assert "error" in _severities(xml)
        no_id = _parameters(resource=PATIENT, mode="update")
        assert "error" in _severities(await client.post(url, json=no_id, headers=JSON))
        assert (await client.get("/Patient?_summary=count")).json()["total"] == 0
        await client.put("/Patient/p1", json=named("p1"), headers=by("one", JSON))
        on_row = "/Patient/p1/$validate"
        assert _severities(await client.get(on_row)) <= fine
        other = _parameters(resource=named("p2"), mode="update")
        assert "error" in _severities(await client.post(on_row, json=other, headers=JSON))
        assert _severities(await client.get(f"{on_row}?mode=delete")) <= fine
        refused = await client.get(f"{on_row}?mode=delete", headers=by("reader"))
        assert "error" in _severities(refused)
        vital = {**observation("p1"), "code": {"text": "x"}}
        profile = "http://hl7.org/fhir/StructureDefinition/vitalsigns"
        judged = await client.post(
            f"/Observation/$validate?profile={profile}", json=vital, headers=JSON
        )
        assert "error" in _severities(judged)
        for status, bad in (
            (400, "/Patient/$validate?mode=spam"), (400, "/Patient/$validate?mode=delete"),
            (400, "/Patient/$validate"), (404, "/Patient/none/$validate"),
        ):  # fmt: skip
            assert (await client.get(bad)).status_code == status
        hidden = await client.get(on_row, headers=by("two"))
        assert hidden.status_code == 404
        assert (await client.get(on_row, headers=by("writer"))).status_code == 403

    walk(steps)


def test_meta(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await client.put("/Patient/p1", json=named("p1"), headers=by("one", JSON))
        tag = {"system": "urn:t", "code": "a"}

        async def change(word: str, who: str = "system") -> httpx.Response:
            return await client.post(
                f"/Patient/p1/$meta-{word}", json=_parameters(meta={"tag": [tag]}),
                headers=by(who, JSON),
            )  # fmt: skip

        added = await change("add")
        assert added.status_code == 200, added.text
        assert added.json()["parameter"][0]["valueMeta"]["tag"] == [tag]
        again = await change("add")
        assert again.json() == added.json()  # nothing was changed, so there is no new version
        read = (await client.get("/Patient/p1/$meta")).json()
        assert read == added.json()
        assert (await client.get("/Patient/p1")).json()["meta"]["tag"] == [tag]
        removed = await change("delete")
        assert "tag" not in removed.json()["parameter"][0]["valueMeta"]
        assert (await client.get("/Patient/p1/$meta-add")).status_code == 405
        for word in ("add", "delete"):
            assert (await change(word, "two")).status_code == 404
            assert (await change(word, "reader")).status_code == 403
        assert (await client.get("/Patient/p1/$meta", headers=by("two"))).status_code == 404
        bad = await client.post("/Patient/p1/$meta-add", json=_parameters(), headers=JSON)
        assert bad.status_code == 400

    walk(steps)


async def _record(client: httpx.AsyncClient) -> None:
    """p1 with records of two facilities, what they lean on, and another patient."""
    for kind, name, body, who in (
        ("Patient", "p1", PATIENT, "one"),
        ("Patient", "p2", PATIENT, "two"),
        ("Organization", "org", {"resourceType": "Organization", "name": "Trạm"}, "one"),
        ("Observation", "o1", observation("p1", effectiveDateTime="2024-01-05",
                                          performer=[{"reference": "Organization/org"}]), "one"),
        ("Observation", "o2", observation("p1", effectiveDateTime="2025-01-05"), "two"),
        ("Observation", "o3", observation("p2"), "two"),
        ("Condition", "c1", {"resourceType": "Condition", "subject": {"reference": "Patient/p1"},
                             "code": {"text": "x"}}, "one"),
    ):  # fmt: skip
        made = await client.put(f"/{kind}/{name}", json=named(name, body), headers=by(who, JSON))
        assert made.status_code == 201, made.text


async def _all(client: httpx.AsyncClient, url: str, who: str = "system") -> list[str]:
    told: list[str] = []
    following: str | None = url
    while following is not None:
        page = await client.get(following, headers=by(who))
        assert page.status_code == 200, page.text
        assert fhir.validate(fhir.loads(page.content)) == []
        bundle = page.json()
        told += [
            entry["resource"]["id"] + ("+" if entry["search"]["mode"] == "include" else "")
            for entry in bundle.get("entry", ())
        ]
        links = {each["relation"]: each["url"] for each in bundle["link"]}
        following = links.get("next")
    return told


def test_everything(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        await _record(client)
        url = "/Patient/p1/$everything"
        assert await _all(client, url) == ["p1", "c1", "o1", "o2", "org+"]
        paged = await _all(client, f"{url}?_count=1")
        assert [each for each in paged if each != "org+"] == ["p1", "c1", "o1", "o2"]
        assert await _all(client, f"{url}?_type=Observation") == ["o1", "o2"]
        assert await _all(client, f"{url}?_type=Patient,Condition") == ["p1", "c1"]
        assert await _all(client, f"{url}?start=2024-06-01") == ["p1", "c1", "o2"]
        assert await _all(client, f"{url}?end=2024-06-01") == ["p1", "c1", "o1", "org+"]
        assert await _all(client, f"{url}?_since=2199-01-01") == []
        posted = await client.post(url, json=_parameters(_type="Condition"), headers=JSON)
        assert [each["resource"]["id"] for each in posted.json()["entry"]] == ["c1"]
        assert await _all(client, url, "one") == ["p1", "c1", "o1", "org+"]
        for who, status in (("two", 404), ("writer", 403)):
            assert (await client.get(url, headers=by(who))).status_code == status
        assert await _all(client, url, "reader") == ["p1"]
        for bad in ("_count=x", "_type=Nothing", "start=soon", "_cursor=~", "_count=0"):
            assert (await client.get(f"{url}?{bad}")).status_code == 400
        await client.delete("/Patient/p1")
        assert (await client.get(url)).status_code == 410
        rows = await database.read(fetch("SELECT * FROM audit.entry WHERE action = 'search'"))
        assert "$everything" in str([tuple(row) for row in rows])

    walk(steps)


def test_everything_that_names_the_patient_beside_another(walk: Walker) -> None:
    """A record is in the compartment of each Patient that the compartment's parameters name."""

    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _record(client)

        def actor(name: str) -> dict[str, Any]:
            return {"actor": {"reference": f"Patient/{name}"}, "status": "accepted"}

        both = {"resourceType": "Appointment", "status": "proposed",
                "participant": [actor("p2"), actor("p1")]}  # fmt: skip
        told = observation("p2", performer=[{"reference": "Patient/p1"}])
        members = [{"entity": {"reference": f"Patient/{name}"}} for name in ("p2", "p1")]
        group = {"resourceType": "Group", "type": "person", "actual": True, "member": members}
        for name, body in (("a1", both), ("o9", told), ("g1", group)):
            url = f"/{body['resourceType']}/{name}"
            made = await client.put(url, json=named(name, body), headers=by("two", JSON))
            assert made.status_code == 201, made.text
        mine = ["p1", "a1", "c1", "g1", "o1", "o2", "o9"]
        for count in (1, 3, 100):
            pages = await _all(client, f"/Patient/p1/$everything?_count={count}")
            assert [each for each in pages if each != "org+"] == mine
        theirs = await _all(client, "/Patient/p2/$everything")
        assert theirs == ["p2", "a1", "g1", "o3", "o9"]
        # Who holds p1 does not get what another facility wrote about p2.
        assert await _all(client, "/Patient/p1/$everything", "one") == ["p1", "c1", "o1", "org+"]
        assert await _all(client, "/Patient/p1/$everything", "reader") == ["p1"]

    walk(steps)


def test_lastn(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        codes = {
            "a": [{"system": "urn:c", "code": "a"}],
            "b": [{"system": "urn:c", "code": "b"}, {"system": "urn:c", "code": "a"}],
            "c": [{"system": "urn:c", "code": "c"}],
        }
        for name, (code, day, who) in {
            "a1": ("a", "2024-01-01", "one"), "b1": ("b", "2024-01-02", "one"),
            "a2": ("a", "2024-01-03", "two"), "c1": ("c", "2020-01-01", "one"),
            "c2": ("c", "2021-01-01", "one"), "t1": ("", "2019-01-01", "one"),
        }.items():  # fmt: skip
            body = observation("p1", effectiveDateTime=day)
            body["code"] = {"coding": codes[code]} if code else {"text": "chữ"}
            await client.put(f"/Observation/{name}", json=named(name, body), headers=by(who, JSON))
        url = "/Observation/$lastn?patient=Patient/p1"
        assert await _all(client, url) == ["a2", "c2", "t1"]
        assert await _all(client, f"{url}&max=2") == ["a2", "b1", "c2", "c1", "t1"]
        assert await _all(client, f"{url}&code=urn:c|c") == ["c2"]
        assert await _all(client, f"{url}&max=5", "one") == ["b1", "a1", "c2", "c1", "t1"]
        assert await _all(client, "/Observation/$lastn?patient=none") == []
        for bad in ("/Observation/$lastn", f"{url}&max=0", f"{url}&colour=red"):
            assert (await client.get(bad)).status_code == 400
        assert (await client.get(url, headers=by("reader"))).status_code == 403

    walk(steps)


def test_document(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _record(client)
        composition = {
            "resourceType": "Composition",
            "status": "final",
            "type": {"text": "x"},
            "subject": {"reference": "Patient/p1"},
            "date": "2024-01-06",
            "author": [{"reference": "Organization/org"}],
            "title": "Tóm tắt",
            "section": [{"entry": [{"reference": "Observation/o1"},
                                   {"reference": "Observation/o2"}]}],
        }  # fmt: skip
        await client.put("/Composition/d1", json=named("d1", composition), headers=by("one", JSON))
        url = "/Composition/d1/$document"
        made = await client.get(url)
        assert made.status_code == 200
        bundle = made.json()
        assert bundle["type"] == "document"
        assert fhir.validate(fhir.loads(made.content)) == []
        ids = [entry["resource"]["id"] for entry in bundle["entry"]]
        assert ids[0] == "d1" and set(ids[1:]) == {"p1", "org", "o1", "o2"}
        part = (await client.get(url, headers=by("one"))).json()
        assert "o2" not in [entry["resource"]["id"] for entry in part["entry"]]
        assert (await client.get(url, headers=by("two"))).status_code == 404
        assert (await client.get(url, headers=by("reader"))).status_code == 403
        kept = await client.get(f"{url}?persist=true")
        assert kept.status_code == 201, kept.text
        stored = (await client.get(kept.headers["location"])).json()
        assert stored["type"] == "document" and stored["meta"]["versionId"] == "1"
        assert (await client.get(f"{url}?persist=maybe")).status_code == 400

    walk(steps)


def test_what_metadata_tells_is_answered(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        statement = (await client.get("/metadata")).json()
        by_type = {each["type"]: each for each in statement["rest"][0]["resource"]}
        names = {each["name"] for each in by_type["Patient"]["operation"]}
        assert names == {"validate", "everything", "meta", "meta-add", "meta-delete"}
        assert "lastn" in {each["name"] for each in by_type["Observation"]["operation"]}
        assert (await client.get("/Condition/x/$everything")).status_code == 404
        assert (await client.get("/Patient/$meta")).status_code == 404

    walk(steps)
