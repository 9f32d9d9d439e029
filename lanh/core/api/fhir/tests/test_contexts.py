"""Searches of the system, of compartments, of lists and hierarchies, and what they may not tell."""

from __future__ import annotations

from typing import Any

import httpx

from lanh.core.api.fhir.tests.conftest import (
    JSON,
    Walker,
    by,
    named,
    observation,
    outcome_of,
)
from lanh.core.database import AsyncDatabase, fetch

FORM = {"content-type": "application/x-www-form-urlencoded"}


def _reference(text: str) -> dict[str, str]:
    return {"reference": text}


def _appointment(*actors: str) -> dict[str, Any]:
    return {
        "resourceType": "Appointment",
        "status": "proposed",
        "participant": [{"actor": _reference(each), "status": "accepted"} for each in actors],
    }


def _place(name: str, whole: str | None = None) -> dict[str, Any]:
    place: dict[str, Any] = {"resourceType": "Location", "id": name, "name": name}
    return place if whole is None else {**place, "partOf": _reference(f"Location/{whole}")}


async def _put(client: httpx.AsyncClient, who: str, *resources: dict[str, Any]) -> None:
    for each in resources:
        url = f"/{each['resourceType']}/{each['id']}"
        made = await client.put(url, json=each, headers=by(who, JSON))
        assert made.status_code == 201, made.text


async def _shelf(client: httpx.AsyncClient) -> None:
    """p1 of facility 97001, p2 of 97002; an appointment of both, kept by 97002."""
    await _put(
        client, "one", named("p1"), named("o1", observation("p1")),
        named("mother", observation("p1", performer=[_reference("Patient/p2")])),
    )  # fmt: skip
    await _put(
        client, "two", named("p2"), named("o2", observation("p2")),
        named("both", _appointment("Patient/p2", "Patient/p1")),
        named("by-p1", observation("p2", performer=[_reference("Patient/p1")])),
    )  # fmt: skip


async def _found(client: httpx.AsyncClient, url: str, who: str = "system") -> list[str]:
    """The ids on every page, each page within its bound, no id twice."""
    found: list[str] = []
    following: str | None = url
    while following is not None:
        answer = await client.get(following, headers=by(who))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for entry in page.get("entry", ()):
            resource = entry["resource"]
            full = f"http://test/fhir/{resource['resourceType']}/{resource['id']}"
            assert entry["fullUrl"] == full
            found.append(f"{resource['resourceType']}/{resource['id']}")
        following = next((x["url"] for x in page["link"] if x["relation"] == "next"), None)
    assert len(found) == len(set(found))
    return found


def test_a_search_of_the_system(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        await _shelf(client)
        everything = ["Appointment/both", "Observation/by-p1", "Observation/mother",
                      "Observation/o1", "Observation/o2", "Patient/p1", "Patient/p2"]  # fmt: skip
        assert await _found(client, "?_count=2") == everything
        assert await _found(client, "/?_type=Patient,Observation") == everything[1:]
        assert await _found(client, "/?_type=Patient&_type=Observation&_count=1") == everything[1:]
        assert await _found(client, "/?_id=p1,o2") == ["Observation/o2", "Patient/p1"]
        code = "/?_type=Observation,Condition&code=718-7"
        assert await _found(client, code) == everything[1:5]
        chained = "/?_type=Observation,DiagnosticReport&subject:Patient._id=p1"
        assert await _found(client, chained) == ["Observation/mother", "Observation/o1"]
        counted = (await client.get("/?_summary=count")).json()
        assert counted["total"] == 7 and "entry" not in counted
        total = (await client.get("/?_total=accurate&_count=1&_type=Patient,Observation")).json()
        assert total["total"] == 6 and len(total["entry"]) == 1
        posted = await client.post("/_search", content="_type=Patient&_id=p2", headers=FORM)
        assert [e["resource"]["id"] for e in posted.json()["entry"]] == ["p2"]
        drawn = (await client.get("/?_type=Observation&_id=o1&_include=Observation:subject")).json()
        assert [e["search"]["mode"] for e in drawn["entry"]] == ["match", "include"]
        other = "/?_type=Patient,Observation&_id=p1&_revinclude=Observation:performer"
        assert (await client.get(other)).json()["entry"][1]["resource"]["id"] == "by-p1"
        details = await database.read(fetch("SELECT detail FROM audit.entry WHERE action='search'"))
        assert {("*?_id",), ("*?code",), ("Observation?_id",)} <= {tuple(row) for row in details}

    walk(steps)


def test_the_system_in_order(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _shelf(client)
        moments = {
            f"{e['resource']['resourceType']}/{e['resource']['id']}": e["resource"]["meta"][
                "lastUpdated"
            ]
            for e in (await client.get("/?_count=100")).json()["entry"]
        }
        for sort in ("_lastUpdated", "-_lastUpdated", "-_lastUpdated,_id", "_lastUpdated,-_id"):
            for count in (1, 2, 3, 50):
                found = await _found(client, f"/?_sort={sort}&_count={count}")
                assert sorted(found) == sorted(moments)
                order = [moments[each] for each in found]
                assert order == sorted(order, reverse=sort.startswith("-")), sort
        await _put(client, "one", {"resourceType": "Basic", "id": "p1", "code": {"text": "x"}})
        for count in (1, 2, 50):
            ids = [
                each.partition("/")[2]
                for each in await _found(client, f"/?_sort=_id&_count={count}")
            ]
            assert ids == sorted([*(each.partition("/")[2] for each in moments), "p1"])
            down = await _found(client, f"/?_sort=-_id&_count={count}")
            assert [each.partition("/")[2] for each in down] == ids[::-1]

    walk(steps)


def test_what_a_search_of_the_system_refuses(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _shelf(client)
        for bad in (
            "code=718-7", "_type=Patient,Observation&birthdate=1990", "_type=Person,Nothing",
            "_type=", "_sort=date&_type=Observation", "_cursor=e30", "_cursor=%00",
            "_type=Patient&_include=Observation:subject", "_list=$current-problems",
            "_containedType=both", "_contained=true", "_list:not=x",
        ):  # fmt: skip
            answer = await client.get(f"/?{bad}")
            assert answer.status_code == 400, bad
            assert outcome_of(answer)
        page = (await client.get("/?_count=1&_sort=_id")).json()
        cursor = page["link"][1]["url"]
        other = await client.get(cursor.replace("_sort=_id", "_sort=-_id"))
        assert other.status_code == 400
        lenient = await client.get(
            "/?_type=Patient,Observation&birthdate=1990&_id=p1",
            headers={"prefer": "handling=lenient"},
        )
        modes = [each["search"]["mode"] for each in lenient.json()["entry"]]
        assert modes == ["match", "outcome"] and "birthdate" not in lenient.json()["link"][0]["url"]
        assert (await client.delete("/")).status_code == 405
        assert (await client.put("/_search", json={}, headers=JSON)).status_code == 405
        base = await client.get("http://test/fhir?_type=Patient&_summary=count")
        assert base.status_code == 200 and base.json()["total"] == 2

    walk(steps)


def test_a_search_of_the_system_shows_what_each_type_would(walk: Walker) -> None:
    """Rows, totals, includes and refusals are those of the searches of single types."""

    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _shelf(client)
        own = ["Observation/mother", "Observation/o1", "Patient/p1"]
        assert await _found(client, "/", "one") == own
        assert await _found(client, "/?_sort=-_id&_count=1", "one") == [
            "Patient/p1", "Observation/o1", "Observation/mother",
        ]  # fmt: skip
        for query in ("_summary=count", "_total=accurate", "_total=estimate", "_count=0"):
            counted = (await client.get(f"/?{query}", headers=by("one"))).json()
            assert counted["total"] == 3, query
        include = "/?_type=Observation&_include=Observation:performer"
        assert "Patient/p2" not in await _found(client, include, "one")
        assert await _found(client, "/?_id=p2,both,o2", "one") == []
        assert await _found(client, "/", "reader") == ["Patient/p1", "Patient/p2"]
        assert await _found(client, "/?_type=Patient,Observation", "reader") == [
            "Patient/p1", "Patient/p2",
        ]  # fmt: skip
        for hidden in ("p2", "nobody"):
            denied = await client.get(f"/?_type=Observation&_id={hidden}", headers=by("reader"))
            assert denied.status_code == 403
        assert (await client.get("/", headers=by("writer"))).status_code == 403
        assert (await client.get("/", headers={"authorization": ""})).status_code == 401

    walk(steps)


def test_compartments(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        await _shelf(client)
        doctor = {"resourceType": "Practitioner", "id": "d1"}
        visit = {
            "resourceType": "Encounter", "id": "e1", "status": "finished",
            "class": {"code": "AMB"}, "subject": _reference("Patient/p1"),
        }  # fmt: skip
        seen = named(
            "seen", observation("p1", encounter=_reference("Encounter/e1"),
                                performer=[_reference("Practitioner/d1")]),
        )  # fmt: skip
        await _put(client, "one", doctor, visit, seen)
        mine = ["Observation/by-p1", "Observation/mother", "Observation/o1", "Observation/seen"]
        assert await _found(client, "/Patient/p1/Observation?_count=1") == mine
        assert await _found(client, "/Patient/p1/*") == [
            "Appointment/both", "Encounter/e1", *mine, "Patient/p1",
        ]  # fmt: skip
        assert await _found(client, "/Patient/p1/*?_type=Appointment") == ["Appointment/both"]
        assert await _found(client, "/Patient/p1/Patient") == ["Patient/p1"]
        assert await _found(client, "/Encounter/e1/*") == ["Encounter/e1", "Observation/seen"]
        assert await _found(client, "/Practitioner/d1/Observation?code=718-7") == [mine[3]]
        assert await _found(client, "/Patient/p1/Observation?code=1-1") == []
        assert await _found(client, "/Patient/nobody/Observation") == []
        posted = await client.post(
            "/Patient/p1/Observation/_search", content="_id=o1,o2", headers=FORM
        )
        assert [e["resource"]["id"] for e in posted.json()["entry"]] == ["o1"]
        whole = await client.post("/Patient/p1/_search?_summary=count", content="", headers=FORM)
        assert whole.json()["total"] == 7
        for address, status in (
            ("/Patient/p1/Organization", 404), ("/Observation/o1/Patient", 404),
            ("/Patient/p1/Nonsense", 404), ("/Patient/p1/*?_type=Organization", 404),
            ("/Patient/p1/*/_search", 404), ("/Patient/p1/Observation/_history", 404),
            ("/Patient/p1/Observation?colour=red", 400),
        ):  # fmt: skip
            answer = await client.get(address)
            assert answer.status_code == status, address
            assert outcome_of(answer)
        assert (await client.put("/Patient/p1/Observation", json={})).status_code == 405
        asked = {"request": {"method": "GET", "url": "Patient/p1/Observation"}}
        batch = {"resourceType": "Bundle", "type": "batch", "entry": [asked]}
        inner = (await client.post("/", json=batch, headers=JSON)).json()["entry"][0]["resource"]
        assert [each["resource"]["id"] for each in inner["entry"]] == [
            each.partition("/")[2] for each in mine
        ]
        details = await database.read(fetch("SELECT detail FROM audit.entry WHERE action='search'"))
        assert ("Patient/p1/Observation?code",) in {tuple(row) for row in details}

    walk(steps)


def test_a_compartment_shows_what_may_be_found(walk: Walker) -> None:
    """Who may see the Patient does not see what others hold; a hidden one looks like none."""

    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _shelf(client)
        assert await _found(client, "/Patient/p1/Observation", "one") == [
            "Observation/mother", "Observation/o1",
        ]  # fmt: skip
        assert await _found(client, "/Patient/p2/*", "one") == ["Observation/mother"]
        counted = await client.get("/Patient/p2/*?_total=accurate", headers=by("one"))
        assert counted.json()["total"] == 1
        include = (
            "/Patient/p2/Observation?_include=Observation:performer&_include=Observation:subject"
        )
        assert await _found(client, include, "one") == ["Observation/mother", "Patient/p1"]
        answers = []
        for name in ("p2", "nobody"):
            answer = await client.get(f"/Patient/{name}/Appointment", headers=by("one"))
            answers.append((answer.status_code, answer.text.replace(name, "")))
            denied = await client.get(f"/Patient/{name}/Observation", headers=by("reader"))
            answers.append((denied.status_code, denied.text))
        assert answers[:2] == answers[2:]
        assert [status for status, _ in answers] == [200, 403, 200, 403]
        assert await _found(client, "/Patient/p1/*", "reader") == ["Patient/p1"]

    walk(steps)


def test_lists(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _shelf(client)
        items = [_reference(each) for each in ("Patient/p1", "Observation/o1", "Observation/o2")]
        gone = {"item": _reference("Observation/mother"), "deleted": True}
        made = {"resourceType": "List", "status": "current", "mode": "changes",
                "entry": [*({"item": each} for each in items), gone]}  # fmt: skip
        await _put(client, "two", named("l1", made))
        assert await _found(client, "/Observation?_list=l1") == ["Observation/o1", "Observation/o2"]
        assert await _found(client, "/Observation?_list=List/l1&code=718-7&_count=1") == [
            "Observation/o1", "Observation/o2",
        ]  # fmt: skip
        assert await _found(client, "/?_list=l1") == [
            "Observation/o1", "Observation/o2", "Patient/p1",
        ]  # fmt: skip
        assert await _found(client, "/Patient/p2/Observation?_list=l1") == ["Observation/o2"]
        assert await _found(client, "/Observation?_list=none") == []
        # Who may not read the list finds nothing by it, nor learns that there is one.
        assert await _found(client, "/Observation?_list=l1", "one") == []
        assert await _found(client, "/Observation?_list=l1", "two") == ["Observation/o2"]
        for name in ("l1", "none"):
            denied = await client.get(f"/Patient?_list={name}", headers=by("reader"))
            assert denied.status_code == 403 and "List" in outcome_of(denied)
        # A page goes on although the list was changed meanwhile.
        page = (await client.get("/Observation?_list=l1&_count=1")).json()
        changed = named("l1", {**made, "entry": [{"item": each} for each in items[1:]]})
        await client.put("/List/l1", json=changed, headers=by("two", JSON))
        following = await client.get(page["link"][1]["url"])
        assert [e["resource"]["id"] for e in following.json()["entry"]] == ["o2"]
        assert (await client.get("/Observation/_history?_list=l1")).status_code == 400

    walk(steps)


def test_hierarchies(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _put(client, "one", _place("house"), _place("floor", "house"), named("p1"))
        await _put(client, "two", _place("room", "floor"), _place("bed", "room"))
        for at in ("house", "floor", "room", "bed"):
            visit = {
                "resourceType": "Encounter", "id": f"at-{at}", "status": "finished",
                "class": {"code": "AMB"}, "location": [{"location": _reference(f"Location/{at}")}],
                "subject": _reference("Patient/p1"),
            }  # fmt: skip
            await _put(client, "one", visit)
        below = "/Encounter?location:below="
        assert await _found(client, f"{below}floor") == [
            "Encounter/at-bed", "Encounter/at-floor", "Encounter/at-room",
        ]  # fmt: skip
        assert await _found(client, f"{below}Location/bed") == ["Encounter/at-bed"]
        assert await _found(client, "/Encounter?location:above=http://test/fhir/Location/room") == [
            "Encounter/at-floor", "Encounter/at-house", "Encounter/at-room",
        ]  # fmt: skip
        assert await _found(client, "/Location?partof:below=house&_count=1") == [
            "Location/bed", "Location/floor", "Location/room",
        ]  # fmt: skip
        assert await _found(client, "/Patient?_has:Encounter:patient:location:below=room") == [
            "Patient/p1"
        ]
        # A hidden row is no link: what lies beyond it is not found.
        assert await _found(client, f"{below}house", "one") == [
            "Encounter/at-floor", "Encounter/at-house",
        ]  # fmt: skip
        assert await _found(client, f"{below}room", "one") == ["Encounter/at-room"]
        assert await _found(client, f"{below}none", "one") == []
        for bad in ("Encounter?subject:below=p1", "Encounter?location:below=Patient/p1",
                    "Encounter?location:below=http://elsewhere/Location/1"):  # fmt: skip
            answer = await client.get(f"/{bad}")
            assert answer.status_code == 400, bad
        circle = {**_place("house", "bed")}
        await client.put("/Location/house", json=circle, headers=by("one", JSON))
        assert len(await _found(client, f"{below}room")) == 4

    walk(steps)


def test_versions_of_canonicals(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        for name, version in (("a", "|1"), ("b", "|1.2"), ("c", "|12"), ("d", ""), ("e", "|2.0")):
            response = {
                "resourceType": "QuestionnaireResponse", "id": name,
                "status": "in-progress", "questionnaire": f"http://x.vn/q{version}",
            }  # fmt: skip
            await _put(client, "one", response)
        for value, expected in (
            ("http://x.vn/q", "abcde"), ("http://x.vn/q|1", "ab"), ("http://x.vn/q|1.2", "b"),
            ("http://x.vn/q|2,http://x.vn/q|12", "ce"), ("http://x.vn/other|1", ""),
        ):  # fmt: skip
            url = "/QuestionnaireResponse"
            page = await client.get(
                url, params={"questionnaire:below": value, "_total": "accurate"}
            )
            found = [entry["resource"]["id"] for entry in page.json().get("entry", ())]
            assert found == list(expected) and page.json()["total"] == len(expected)
        above = await client.get("/QuestionnaireResponse?questionnaire:above=http://x.vn/q")
        assert above.status_code == 400

    walk(steps)
