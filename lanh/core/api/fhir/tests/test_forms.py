"""JSON and XML, chosen by `_format` and Accept; parts of resources; content of Binaries."""

from __future__ import annotations

import gzip
from decimal import Decimal

import httpx
import pytest

from lanh.core import fhir
from lanh.core.api.fhir.exchange import Refused
from lanh.core.api.fhir.formats import form_of, media_type_of
from lanh.core.api.fhir.tests.conftest import (
    JSON,
    PATIENT,
    XML,
    Walker,
    named,
    observation,
    outcome_of,
)
from lanh.core.database import AsyncDatabase


@pytest.mark.parametrize(
    ("accept", "query", "media_type"),
    [
        ("", "", "application/fhir+json"),
        ("*/*", "", "application/fhir+json"),
        ("application/fhir+xml", "", "application/fhir+xml"),
        ("application/xml", "", "application/xml"),
        ("text/xml", "", "text/xml"),
        ("text/json", "", "text/json"),
        ("application/json", "", "application/json"),
        ("application/fhir+json;q=0.2, application/fhir+xml;q=0.9", "", "application/fhir+xml"),
        ("text/html, application/fhir+xml;q=0, */*;q=0.1", "", "application/fhir+json"),
        ("application/fhir+xml; fhirVersion=4.0", "", "application/fhir+xml"),
        ("application/fhir+json; fhirVersion=5.0, text/xml;q=0.1", "", "text/xml"),
        ("application/fhir+xml", "_format=json", "application/fhir+json"),
        ("application/fhir+json", "_format=xml", "application/fhir+xml"),
        ("", "_format=application/fhir+xml", "application/fhir+xml"),
        ("", "_format=application%2Ffhir%2Bxml&_pretty=true", "application/fhir+xml"),
        ("", "_format=text/xml", "text/xml"),
    ],
)
def test_the_form_that_is_asked_for(accept: str, query: str, media_type: str) -> None:
    form = form_of(accept, query)
    assert form.media_type == media_type
    assert form.xml == ("xml" in media_type)
    assert form.pretty == ("_pretty" in query)


@pytest.mark.parametrize(
    ("accept", "query"),
    [("text/turtle", ""), ("image/png, text/html", ""), ("", "_format=ttl"), ("*/*", "_format=x"),
     ("application/fhir+json; fhirVersion=3.0", ""), ("application/fhir+json;q=0", "")],
)  # fmt: skip
def test_a_form_that_is_not_known(accept: str, query: str) -> None:
    with pytest.raises(Refused) as caught:
        form_of(accept, query)
    assert caught.value.status == 406


@pytest.mark.parametrize("header", ["application/fhir+json; fhirVersion=3.0", "x/y; charset=koi8"])
def test_bodies_of_another_version_or_charset(header: str) -> None:
    with pytest.raises(Refused) as caught:
        media_type_of(header)
    assert caught.value.status == 415


def test_xml_in_and_out(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        seen = observation("p1", valueQuantity={"value": Decimal("1.00"), "unit": "g"})
        sent = fhir.to_xml({**seen, "id": "o1"})
        made = await client.put("/Observation/o1", content=sent, headers=XML)
        assert made.status_code == 201 and made.json()["valueQuantity"]["unit"] == "g"
        assert b'"value":1.00' in made.content
        xml = await client.get("/Observation/o1", headers={"accept": "application/fhir+xml"})
        assert xml.headers["content-type"] == "application/fhir+xml; charset=utf-8"
        plain = await client.get("/Observation/o1")
        assert plain.content == made.content
        assert fhir.from_xml(xml.content) == fhir.loads(plain.content)
        assert b'value="1.00"' in xml.content
        pretty = await client.get("/Observation/o1?_pretty=true")
        assert pretty.content.count(b"\n") > 5 and b"1.00" in pretty.content
        found = await client.get("/Observation?_format=xml&code=718-7")
        bundle = fhir.from_xml(found.content)
        assert bundle["entry"][0]["resource"]["id"] == "o1"
        missing = await client.get("/Observation/none?_format=xml")
        assert missing.status_code == 404
        assert fhir.from_xml(missing.content)["resourceType"] == "OperationOutcome"
        told = await client.get("/metadata?_format=xml")
        assert fhir.from_xml(told.content)["fhirVersion"] == "4.0.1"
        packed = {**XML, "content-encoding": "gzip"}
        again = await client.put("/Observation/o1", content=gzip.compress(sent), headers=packed)
        assert again.status_code == 200

    walk(steps)


def test_bad_xml_is_refused_with_its_place(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        opened = '<Patient xmlns="http://hl7.org/fhir">'
        for status, content, words in (
            (400, "<Patient", "well-formed"),
            (400, f"{opened}<colour value='x'/></Patient>", "<colour>"),
            (400, f"<!DOCTYPE x [<!ENTITY a 'b'>]>{opened}</Patient>", "DOCTYPE"),
            (422, f"{opened}<gender value='x'/></Patient>", "gender"),
            (422, f"{opened}<active value='maybe'/></Patient>", "active"),
            (413, opened + " " * (17 * 1024 * 1024) + "</Patient>", "larger"),
        ):
            refused = await client.post("/Patient", content=content, headers=XML)
            assert refused.status_code == status, refused.text
            assert words in outcome_of(refused)

    walk(steps)


def test_summary_and_elements(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        text = {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'}
        contact = [{"name": {"text": "y"}}]
        await client.put("/Patient/p1", json=named("p1", text=text, contact=contact), headers=JSON)
        seen = {**observation("p1"), "id": "o1", "text": text, "valueInteger": 5}
        await client.put("/Observation/o1", json=seen, headers=JSON)

        async def keys(url: str) -> set[str]:
            response = await client.get(url)
            assert response.status_code == 200, response.text
            resource = response.json()
            if resource["resourceType"] == "Bundle":
                assert fhir.validate(fhir.loads(response.content)) == []
                resource = resource["entry"][0]["resource"]
            assert resource["meta"]["tag"][-1]["code"] == "SUBSETTED"
            return set(resource) - {"resourceType", "id", "meta"}

        all_but_text = {"identifier", "name", "birthDate", "contact"}
        for url in ("/Patient/p1?", "/Patient?_id=p1&", "/Patient/p1/_history/1?"):
            assert await keys(f"{url}_summary=true") == {"identifier", "name", "birthDate"}
            assert await keys(f"{url}_summary=text") == {"text"}
            assert await keys(f"{url}_summary=data") == all_but_text
            assert await keys(f"{url}_elements=birthDate,contact") == {"birthDate", "contact"}
        mandatory = {"status", "code"}
        assert await keys("/Observation/o1?_elements=value") == mandatory | {"valueInteger"}
        assert await keys("/Observation/o1?_elements=valueInteger") == mandatory | {"valueInteger"}
        assert await keys("/Observation/o1?_summary=text") == mandatory | {"text"}
        assert await keys("/Patient/p1/_history?_elements=name") == {"name"}
        whole = (await client.get("/Patient/p1?_summary=false")).json()
        assert "tag" not in whole["meta"] and "text" in whole
        counted = (await client.get("/Patient?_summary=count")).json()
        assert counted["total"] == 1 and "entry" not in counted
        for url in ("_summary=x", "_summary=true&_elements=name", "_elements=colour"):
            assert (await client.get(f"/Patient/p1?{url}")).status_code == 400
            assert (await client.get(f"/Patient?{url}")).status_code == 400
        lenient = {"prefer": "handling=lenient"}
        passed = await client.get("/Patient/p1?_elements=colour,name", headers=lenient)
        assert set(passed.json()) == {"resourceType", "id", "meta", "name"}
        posted = await client.post("/Patient/_search", data={"_elements": "name", "_id": "p1"})
        assert "birthDate" not in posted.json()["entry"][0]["resource"]
        links = {each["relation"]: each["url"] for each in posted.json()["link"]}
        assert "_elements=name" in links["self"]

    walk(steps)


def test_content_of_a_binary(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        page = b"<script>alert(1)</script>"
        made = await client.post(
            "/Binary", content=page, headers={"content-type": "text/html; charset=utf-8"}
        )
        assert made.status_code == 201, made.text
        address = f"/Binary/{made.json()['id']}"
        raw = await client.get(address)
        assert raw.content == page and raw.headers["content-type"].startswith("text/html")
        assert "sandbox" in raw.headers["content-security-policy"]
        assert raw.headers["x-content-type-options"] == "nosniff"
        told = (await client.get(address, headers={"accept": "application/fhir+json"})).json()
        assert told["resourceType"] == "Binary" and told["contentType"].startswith("text/html")
        assert (await client.get(f"{address}?_format=xml")).text.startswith("<?xml")
        changed = await client.put(
            address, content=b"\x00\x01", headers={"content-type": "application/octet-stream"}
        )
        assert changed.status_code == 200
        assert (await client.get(address)).content == b"\x00\x01"
        sent = await client.put(
            "/Binary/b2",
            json={
                "resourceType": "Binary",
                "id": "b2",
                "contentType": "text/plain",
                "data": "eA==",
            },
            headers=JSON,
        )
        assert sent.status_code == 201
        assert (await client.get("/Binary/b2", headers={"accept": "text/plain"})).content == b"x"

    walk(steps)


def test_patient_is_served_as_kept(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        made = await client.put("/Patient/p1", json=named("p1", PATIENT), headers=JSON)
        read = await client.get("/Patient/p1", headers={"accept": "application/fhir+json"})
        assert read.content == made.content
        assert made.headers["content-location"].endswith("/Patient/p1/_history/1")

    walk(steps)
