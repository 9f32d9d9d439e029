"""The OpenAPI description says what the interface answers, in bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx

from lanh.core import fhir
from lanh.core.api.fhir.addresses import address
from lanh.core.api.fhir.routing import INTERACTIONS, place_of
from lanh.core.api.fhir.tests.conftest import Walker, outcome_of
from lanh.core.database import AsyncDatabase

LARGE = "Claim,ExplanationOfBenefit,Observation,Patient,Questionnaire"
VALUES = {"type": "Patient", "id": "p1", "vid": "1", "compartment": "Patient", "member": "Group"}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _resolves(document: dict[str, Any], reference: str) -> bool:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return found is not None


def test_it_is_whole_and_bounded(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        for query, most in (
            ("", 150_000),
            ("?_type=Patient", 150_000),
            (f"?_type={LARGE}", 600_000),
        ):
            answer = await client.get(f"/openapi.json{query}", headers={"authorization": ""})
            assert answer.status_code == 200 and len(answer.content) < most, query
            assert answer.headers["content-type"] == "application/json"
            document = answer.json()
            assert document["openapi"] == "3.1.0"
            assert document["servers"] == [{"url": "http://test/fhir"}]
            missing = {each for each in _references(document) if not _resolves(document, each)}
            assert missing == set()
            names = [
                told["operationId"] for path in document["paths"].values() for told in path.values()
            ]
            assert len(names) == len(set(names))
        for bad in ("Nonsense", "Patient,Observation,Claim,Group,List,Task"):
            refused = await client.get(f"/openapi.json?_type={bad}")
            assert refused.status_code == 400 and outcome_of(refused)
        assert (await client.post("/openapi.json")).status_code == 405
        vietnamese = await client.get("/openapi.json", headers={"accept-language": "vi"})
        assert vietnamese.json()["paths"]["/{type}"]["get"]["summary"] == "Tìm trong một loại"

    walk(steps)


def test_it_tells_of_what_routes_and_of_nothing_else(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        document = (await client.get("/openapi.json")).json()
        statement = (await client.get("/metadata")).json()["rest"][0]
        told = {(path, way.upper()) for path, ways in document["paths"].items() for way in ways}
        plain = {each for each in told if "$" not in each[0] and each[0][1:] not in (
            "metadata", "openapi.json")}  # fmt: skip
        assert plain == {(each.place, each.method) for each in INTERACTIONS}
        for path, method in plain:
            at = address(re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], path))
            assert at is not None and place_of(at) == path, path
            if method not in ("GET", "PATCH"):
                continue
            filled = re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]], path)
            assert (await client.request(method, filled)).status_code != 405, filled
        named = {each["name"] for each in statement["operation"]}
        assert {f"/${name}" for name in named} <= set(document["paths"])
        codes = {each["code"] for each in statement["interaction"]}
        assert codes == {"transaction", "batch", "history-system", "search-system"}
        patient = next(each for each in statement["resource"] if each["type"] == "Patient")
        codes |= {each["code"] for each in patient["interaction"]}
        assert codes == {each.code for each in INTERACTIONS} - {"search-compartment"} | {"batch"}
        assert len(statement["compartment"]) == 5 and "_contained" in statement["documentation"]
        assert fhir.validate(fhir.loads((await client.get("/metadata")).content)) == []

    walk(steps)


def test_types_have_their_parameters_and_schemas(walk: Walker) -> None:
    async def steps(client: httpx.AsyncClient, _: AsyncDatabase) -> None:
        document = (await client.get("/openapi.json?_type=Patient")).json()
        search = document["paths"]["/Patient"]["get"]
        names = {each.get("name") for each in search["parameters"]}
        statement = (await client.get("/metadata")).json()["rest"][0]
        patient = next(each for each in statement["resource"] if each["type"] == "Patient")
        assert {each["name"] for each in patient["searchParam"]} <= names
        schema = document["components"]["schemas"]["Patient"]
        assert schema["properties"]["resourceType"] == {"const": "Patient"}
        assert {"deceasedBoolean", "deceasedDateTime", "_birthDate"} <= schema["properties"].keys()
        assert schema["additionalProperties"] is False

    walk(steps)
