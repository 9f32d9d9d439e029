"""The provincial bus's calls: a hospital's client as it is, answered file by file."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from lanh.connectors.claims_xml.calls import MAX_FILES, SEND, ClaimCalls, told
from lanh.connectors.claims_xml.tests.sample import package, tables
from lanh.connectors.fhir.tests.support import make_intake, make_sender, stored
from lanh.core import bus
from lanh.core.access import Access
from lanh.core.api import Unauthorized
from lanh.core.database import SyncDatabase

_TOKEN = {"Authorization": "Bearer good"}


@pytest.fixture
def client(database: SyncDatabase) -> Iterator[TestClient]:
    async def authenticate(request: Request) -> Access:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        if name not in ("good", "other"):
            raise Unauthorized("bad-token")
        return make_sender("his-97001" if name == "good" else "his-other").access

    calls = ClaimCalls(database, make_intake(), authenticate)
    with TestClient(Starlette(routes=calls.routes())) as opened:
        yield opened


def body(*files: bytes | str) -> dict[str, Any]:
    texts = [base64.b64encode(f).decode() if isinstance(f, bytes) else f for f in files]
    return {"loaiHoSo": "3176", "maTinh": "97", "maCSKCB": "97001", "files": texts}


def test_a_batch_is_answered_file_by_file(client: TestClient, database: SyncDatabase) -> None:
    wrong = tables()
    wrong["XML1"][0] |= {"MA_LK": "LK2", "NGAY_VAO": "hôm qua"}
    for name in ("XML2", "XML3", "XML4", "XML5"):
        for row in wrong[name]:
            row["MA_LK"] = "LK2"
    asked = body(package(), package(wrong), "@@@", b"PK\x03\x04 zip")
    answer = client.post(SEND, json=asked, headers=_TOKEN)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["maKetQua"], told["totalSuccess"], told["totalFailed"]) == ("400", 1, 3)
    first, second, third, packed = told["fileResults"]
    assert first["maKetQua"] == "200" and first["trangThai"] == "accepted"
    assert second["maKetQua"] == "400"
    assert any(f["ma"] == "fields.moment" and f["viTri"] == "XML1[1].NGAY_VAO"
               for f in second["loi"])  # fmt: skip
    assert third["maGiaoDich"] is None and packed["maKetQua"] == "415"
    again = client.post(SEND, json=asked, headers=_TOKEN).json()
    assert again["batchId"] == told["batchId"]
    assert len(stored(database, "Encounter")) == 1
    state = client.get(f"/api/kcb/tra-cuu-trang-thai/{first['maGiaoDich']}", headers=_TOKEN)
    assert state.json() == first
    strange = {"Authorization": "Bearer other"}
    path = f"/api/kcb/tra-cuu-trang-thai/{first['maGiaoDich']}"
    assert client.get(path, headers=strange).status_code == 404


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[" * 100_000, 400),
        (b"{}", 400),
        (b'{"files": "abc"}', 400),
        (b'{"files": []}', 400),
        (b'{"files": [1]}', 400),
        (json.dumps({"files": ["YQ=="] * (MAX_FILES + 1)}).encode(), 413),
    ],
)
def test_hostile_calls_are_refused_cleanly(client: TestClient, content: bytes, status: int) -> None:
    answer = client.post(SEND, content=content, headers=_TOKEN)
    assert answer.status_code == status
    told = answer.json()
    assert told["maKetQua"] == str(status) and told["thongDiep"] and told["message"]


@pytest.mark.parametrize("state", bus.STATES)
def test_every_state_of_the_ledger_has_its_words(state: str) -> None:
    receipt = {"id": "1", "state": state, "receivedAt": "2026-11-22T08:00:00+07:00"}
    answer = told(receipt)
    assert answer["thongDiep"] and answer["message"]
    refused = state in ("refused", "conflict")
    assert (answer["maKetQua"] == "200") == (not refused)


def test_without_a_token_nothing_is_told(client: TestClient) -> None:
    assert client.post(SEND, json=body(package())).status_code == 401
    assert client.get("/api/kcb/tra-cuu-trang-thai/x", headers=_TOKEN).status_code == 404
