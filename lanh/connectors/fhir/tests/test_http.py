"""POST /bus and GET /bus/receipts as clients meet them."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from lanh.connectors import hl7v2
from lanh.connectors.claims_xml.tests.sample import package
from lanh.connectors.fhir.tests.support import make_intake, make_sender, stored
from lanh.core.access import Access, Purpose, Subject
from lanh.core.api.authentication import Unauthorized
from lanh.core.api.bus import SEE_ALL, bus_routes
from lanh.core.database import SyncDatabase

PATIENT = json.dumps({"resourceType": "Patient", "id": "p1"}).encode()
ADT = hl7v2.write(
    [
        hl7v2.message_header(
            "ADT^A01", "ADT_A01", "M1", application="HIS", facility="97001",
            sent=datetime(2026, 3, 1, tzinfo=UTC),
        ),
        ["PID", 1, None, ["BN9", None, None, "BV", "MR"], None, ["NGUYỄN", "VĂN THỬ"], None,
         "19900517", "M"],
        ["PV1", 1, "I", None, None, None, None, None, None, None, None, None, None, None, None,
         None, None, None, None, "V1"],
    ]
)  # fmt: skip


async def _authenticate(request: Request) -> Access:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token == "operator":
        subject = Subject("person", "1", "op")
        return Access(subject, Purpose.OPERATIONS, capabilities=frozenset({SEE_ALL}))
    if not token:
        raise Unauthorized("no-token")
    return make_sender(token, "97001").access


@pytest.fixture
def client(database: SyncDatabase) -> Iterator[TestClient]:
    routes = bus_routes(database, make_intake(), _authenticate, {"hl7v2": hl7v2.acknowledge})
    with TestClient(Starlette(routes=routes), headers={"Authorization": "Bearer his"}) as found:
        yield found


@pytest.mark.parametrize(
    ("content", "kind", "form"),
    [
        (PATIENT, "application/fhir+json", "fhir"),
        (PATIENT, "application/json; charset=utf-8", "fhir"),
        (PATIENT + b"\n" + PATIENT, "application/x-ndjson", "fhir"),
        (PATIENT, "", "fhir"),
        (package(), "application/xml", "claims-xml"),
        (package(), "text/xml", "claims-xml"),
        (ADT, "x-application/hl7-v2+er7", "hl7v2"),
        (ADT, "text/plain", "hl7v2"),
        (ADT, "application/octet-stream", "hl7v2"),
    ],
)
def test_formats_are_known_by_type_or_by_their_first_bytes(
    client: TestClient, content: bytes, kind: str, form: str
) -> None:
    answer = client.post("/bus", content=content, headers={"Content-Type": kind} if kind else {})
    receipt = answer.json()
    assert (answer.status_code, receipt["format"]) == (200, form), receipt
    assert receipt["state"] == "accepted" and receipt["sender"] == "his"
    again = client.get(answer.headers["Location"])
    assert again.json() == receipt


def test_gzip_by_header_and_by_first_bytes(client: TestClient) -> None:
    packed = gzip.compress(PATIENT)
    for headers in ({"Content-Encoding": "gzip"}, {"Content-Type": "application/fhir+json"}):
        assert client.post("/bus", content=packed, headers=headers).status_code == 200
    assert client.post("/bus", content=packed[:-9]).status_code == 400
    refused = client.post("/bus", content=PATIENT, headers={"Content-Encoding": "br"})
    assert refused.status_code == 415 and refused.json()["vi"]


def test_a_zip_bomb_and_a_huge_body_are_turned_away(client: TestClient) -> None:
    bomb = gzip.compress(b" " * (80 * 1024 * 1024), 9)
    assert len(bomb) < 100_000
    answer = client.post("/bus", content=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413 and answer.json()["vi"] and answer.json()["en"]
    huge = client.post("/bus", content=b"{}", headers={"Content-Length": str(10**9)})
    assert huge.status_code == 413


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/fhir+json", 400),
        (b"  ", "application/fhir+json", 400),
        (b"hello", "text/plain", 400),
        (b"%PDF", "application/pdf", 415),
        (b"{", "application/fhir+json", 400),
        (b"<x/>", "application/xml", 400),
        (b"hello", "application/hl7-v2", 400),
        (b'{"resourceType":"Patient","gender":"x"}', "application/fhir+json", 422),
    ],
)
def test_refusals_say_why_in_both_languages(
    client: TestClient, content: bytes, kind: str, status: int
) -> None:
    answer = client.post("/bus", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    said = answer.json()
    issues = said.get("issues", [said]) + [i for p in said.get("parts", []) for i in p["issues"]]
    assert issues and all(issue["vi"] and issue["en"] for issue in issues)


def test_a_conflict_is_409_and_a_repeat_is_the_first_answer(client: TestClient) -> None:
    def bundle(gender: str) -> dict[str, object]:
        resource = {"resourceType": "Patient", "id": "p1", "gender": gender}
        return {"resourceType": "Bundle", "id": "m1", "type": "collection",
                "entry": [{"resource": resource}]}  # fmt: skip

    first = client.post("/bus", json=bundle("male"))
    assert first.status_code == 200
    assert client.post("/bus", json=bundle("male")).json() == first.json()
    assert client.post("/bus", json=bundle("female")).status_code == 409


def test_a_sender_may_ask_not_to_wait(client: TestClient, database: SyncDatabase) -> None:
    answer = client.post("/bus/fhir", content=PATIENT, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202 and answer.json()["state"] == "received"
    assert stored(database, "Patient") == []


def test_only_the_sender_and_operators_see_a_receipt(client: TestClient) -> None:
    where = client.post("/bus", content=PATIENT).headers["Location"]
    for token, status in (("his", 200), ("operator", 200), ("other", 404)):
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get(where, headers=headers).status_code == status
    listed = client.get("/bus/receipts?state=accepted&_count=1").json()
    assert len(listed["receipts"]) == 1 and "next" not in listed
    assert client.get("/bus/receipts?state=nonsense").status_code == 400
    assert client.get("/bus/receipts?_count=0").status_code == 400
    other = client.get("/bus/receipts", headers={"Authorization": "Bearer other"}).json()
    assert other == {"receipts": []}


def test_people_and_strangers_do_not_send(client: TestClient) -> None:
    operator = {"Authorization": "Bearer operator"}
    assert client.post("/bus", content=PATIENT, headers=operator).status_code == 403
    client.headers.pop("Authorization")
    answer = client.post("/bus", content=PATIENT)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"]


def test_hl7_is_acknowledged_in_its_own_form_where_asked(client: TestClient) -> None:
    headers = {"Content-Type": "application/hl7-v2", "Accept": "application/hl7-v2"}
    answer = client.post("/bus/hl7v2", content=ADT, headers=headers)
    (ack,) = hl7v2.read(answer.content)
    msa = ack.first("MSA")
    assert msa is not None and (msa[1][1], msa[2][1]) == ("AA", "M1")
    assert answer.headers["content-type"].startswith("x-application/hl7-v2+er7")


def test_many_at_once(client: TestClient, database: SyncDatabase) -> None:
    async def send_all() -> list[int]:
        def one(number: int) -> int:
            body = json.dumps({"resourceType": "Patient", "id": f"p{number % 5}"}).encode()
            return int(client.post("/bus", content=body).status_code)

        return await asyncio.gather(*(asyncio.to_thread(one, n) for n in range(20)))

    assert set(asyncio.run(send_all())) == {200}
    assert [version for _, version, _ in stored(database, "Patient")] == [1] * 5
