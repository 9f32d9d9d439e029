"""History over HTTP: levels, pages, limits, and what may not be seen."""

from __future__ import annotations

import httpx

from lanh.core import fhir
from lanh.core.api.fhir.tests.conftest import JSON, Walker, by, named, observation, outcome_of
from lanh.core.database import AsyncDatabase, fetch


async def _fill(client: httpx.AsyncClient) -> None:
    for facility, name in (("one", "p1"), ("two", "p2")):
        for gender in ("male", "female"):
            body = named(name, gender=gender)
            await client.put(f"/Patient/{name}", json=body, headers=by(facility, JSON))
    await client.put(
        "/Observation/o1", json={**observation("p1"), "id": "o1"}, headers=by("one", JSON)
    )
    await client.delete("/Patient/p1", headers=by("one"))


async def _pages(client: httpx.AsyncClient, url: str, who: str = "system") -> list[str]:
    """What a history tells, following its links: "Type/id/version method"."""
    told: list[str] = []
    following: str | None = url
    while following is not None:
        response = await client.get(following, headers=by(who))
        assert response.status_code == 200, response.text
        assert fhir.validate(fhir.loads(response.content)) == []
        bundle = response.json()
        assert bundle["type"] == "history"
        for entry in bundle.get("entry", ()):
            version = entry["response"]["etag"][3:-1]
            place = entry["fullUrl"].removeprefix("http://test/fhir/")
            told.append(f"{place}/{version} {entry['request']['method']}")
        links = {each["relation"]: each["url"] for each in bundle["link"]}
        assert links["self"].startswith("http://test/fhir" + url.partition("?")[0])
        following = links.get("next")
    return told


def test_three_levels_by_pages(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, database: AsyncDatabase) -> None:
        await _fill(client)
        row = ["Patient/p1/3 DELETE", "Patient/p1/2 PUT", "Patient/p1/1 POST"]
        of_type = [*row[:1], "Patient/p2/2 PUT", "Patient/p2/1 POST", *row[1:]]
        whole = [row[0], "Observation/o1/1 POST", *of_type[1:]]
        for count in (1, 2, 3, 50):
            assert await _pages(client, f"/Patient/p1/_history?_count={count}") == row
            assert await _pages(client, f"/Patient/_history?_count={count}") == of_type
            assert await _pages(client, f"/_history?_count={count}") == whole
        counted = (await client.get("/Patient/p1/_history?_count=0")).json()
        assert counted["total"] == 3 and "entry" not in counted
        head = await client.head("/_history")
        assert head.status_code == 200 and not head.content
        rows = await database.read(fetch("SELECT * FROM audit.entry WHERE action='history'"))
        told = str([tuple(row) for row in rows])
        assert all(name in told for name in ("Observation", "Patient", "p1", "p2", "o1"))

    walk(steps)


def test_since_and_at(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _fill(client)
        then = (await client.get("/Patient/p2")).json()["meta"]["lastUpdated"]
        since = await _pages(client, f"/Patient/p2/_history?_since={then}")
        assert since == ["Patient/p2/2 PUT"]
        assert "Patient/p1/1 POST" not in await _pages(client, f"/Patient/_history?_since={then}")
        at = await _pages(client, f"/Patient/_history?_at={then}")
        assert "Patient/p2/2 PUT" in at and "Patient/p1/1 POST" not in at
        assert await _pages(client, "/_history?_since=2199-01-01") == []
        assert await _pages(client, "/_history?_at=1999") == []
        assert len(await _pages(client, "/_history?_since=2020-01-01T00:00:00%2B07:00")) == 6

    walk(steps)


def test_faults(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _fill(client)
        for status, url in (
            (404, "/Patient/none/_history"),
            (404, "/Nonsense/_history"),
            (400, "/Patient/_history?_count=-1"),
            (400, "/Patient/_history?_count=x"),
            (400, "/Patient/_history?_since=soon"),
            (400, "/_history?_at=2024-13"),
            (400, "/_history?_cursor=zzz"),
            (400, "/Patient/_history?name=x"),
            (404, "/Patient/p1/_history/99"),
            (404, "/Patient/p1/_history/x"),
            (410, "/Patient/p1/_history/3"),
        ):
            refused = await client.get(url)
            assert refused.status_code == status, (url, refused.text)
            assert outcome_of(refused)
        lenient = await client.get("/_history?name=x", headers={"prefer": "handling=lenient"})
        assert lenient.status_code == 200
        assert (await client.post("/_history", json={}, headers=JSON)).status_code == 405

    walk(steps)


def test_what_may_not_be_seen_is_not_told(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        await _fill(client)
        assert await _pages(client, "/_history?_count=1", "two") == [
            "Patient/p2/2 PUT",
            "Patient/p2/1 POST",
        ]
        hidden = await client.get("/Patient/p1/_history", headers=by("two"))
        absent = await client.get("/Patient/none/_history", headers=by("two"))
        assert hidden.status_code == absent.status_code == 404
        assert outcome_of(hidden).replace("p1", "?") == outcome_of(absent).replace("none", "?")
        assert (await client.get("/Patient/p1/_history/1", headers=by("two"))).status_code == 404
        assert (await client.get("/Patient/_history", headers=by("reader"))).status_code == 403
        assert (await client.get("/_history", headers=by("reader"))).status_code == 403
        assert await _pages(client, "/_history", "historian") == ["Observation/o1/1 POST"]
        assert (await client.get("/Patient/_history", headers=by("historian"))).status_code == 403
        total = (await client.get("/Patient/p2/_history?_count=1", headers=by("two"))).json()
        assert total["total"] == 2

    walk(steps)
