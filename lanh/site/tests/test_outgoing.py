"""A running installation sends what was subscribed to, exports and imports, also after kills."""

from __future__ import annotations

import asyncio
import base64
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from lanh.core import accounts, fhir
from lanh.core.database import connected
from lanh.core.jobs.tests.http_receiver import HttpReceiver, receiving, status
from lanh.site.backend_client import new_key, public_keys
from lanh.site.tests.installation import Installation, eventually

ASYNC = {"prefer": "respond-async"}
KILLED = pytest.mark.parametrize("kill", [False, pytest.param(True, marks=pytest.mark.long)])


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    """An installation that may send to this machine."""
    made = Installation(LANH_WEBHOOK_NETWORKS="127.0.0.0/8", LANH_WEBHOOK_HTTP="1")
    try:
        made.up()
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def http(running: Installation) -> Iterator[httpx.Client]:
    """A client system of a made-up facility."""
    client = accounts.Client(
        id="his",
        name="HIS",
        facilities=("97001",),
        commune="00004",
        keys=public_keys(new_key()),
        scopes=("system/*.cruds",),
    )
    with connected(running.database_url) as database:
        database.transact(accounts.put_client(client))
        token = database.transact(accounts.issue_token("his", client.scopes, 3600))
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=60) as made:
        yield made


@contextmanager
def _receiver() -> Iterator[HttpReceiver]:
    """A receiver in a thread of its own."""
    ready = threading.Event()
    kept: list[Any] = []

    async def main() -> None:
        stop = asyncio.Event()
        async with receiving(lambda _: status(200)) as receiver:
            kept.extend((receiver, asyncio.get_running_loop(), stop))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    ready.wait(10)
    try:
        yield kept[0]
    finally:
        kept[1].call_soon_threadsafe(kept[2].set)
        thread.join()


def _observation(state: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": state,
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},
        "subject": {"reference": "Patient/p"},
    }


def _put(http: httpx.Client, name: str, state: str) -> None:
    done = http.put(f"/fhir/Observation/{name}", json={**_observation(state), "id": name})
    assert done.status_code in (200, 201), done.text


def _subscribe(http: httpx.Client, channel: dict[str, Any]) -> str:
    body = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "test",
        "criteria": "Observation?code=718-7",
        "channel": channel,
    }
    made = http.post("/fhir/Subscription", json=body)
    assert made.status_code == 201, made.text
    name: str = made.json()["id"]
    eventually(lambda: http.get(f"/fhir/Subscription/{name}").json()["status"] == "active")
    return name


@KILLED
def test_a_rest_hook_is_told_of_each_change(
    running: Installation, http: httpx.Client, kill: bool
) -> None:
    with _receiver() as receiver:
        name = _subscribe(
            http,
            {
                "type": "rest-hook",
                "endpoint": f"{receiver.url}/fhir",
                "payload": "application/fhir+json",
            },
        )
        states = ("preliminary", "final", "amended", "corrected")
        for at, state in enumerate(states):
            for number in range(5):
                _put(http, f"{kill}-{number}", state)
            if kill and at == 1:
                running.kill("worker")

        def told() -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            for got in list(receiver.requests):
                row = fhir.loads(got.body)
                found.setdefault(row["id"], []).append(row["meta"]["versionId"])
            return found

        eventually(lambda: all(v[-1:] == ["4"] for v in told().values()) and len(told()) == 5,
                   seconds=90)  # fmt: skip
        for versions in told().values():
            assert list(dict.fromkeys(versions)) == ["1", "2", "3", "4"]
            assert versions == sorted(versions)
        assert http.delete(f"/fhir/Subscription/{name}").status_code == 204
    logs = "".join(path.read_text() for path in (running.data / "logs").glob("*"))
    assert "718-7" not in logs


@KILLED
def test_an_import_and_an_export(running: Installation, http: httpx.Client, kill: bool) -> None:
    lines = [fhir.dumps({"resourceType": "Patient", "id": f"{kill}{n}"}) for n in range(2000)]
    headers = {**ASYNC, "content-type": "application/fhir+ndjson"}
    begun = http.post("/fhir/$import", content=b"\n".join(lines), headers=headers)
    assert begun.status_code == 202, begun.text
    if kill:
        running.kill("worker")

    def done(answer: httpx.Response) -> Any:
        found = http.get(answer.headers["content-location"])
        return found.json() if found.status_code == 200 else None

    result = eventually(lambda: done(begun), seconds=120)
    assert [(o["type"], o["count"]) for o in result["output"]] == [("Patient", 2000)]
    begun = http.get("/fhir/$export?_type=Patient", headers=ASYNC)
    assert begun.status_code == 202, begun.text
    manifest = eventually(lambda: done(begun), seconds=60)
    (file,) = manifest["output"]
    answer = http.get(file["url"])
    assert answer.status_code == 200 and file["count"] >= 2000
    ids = [fhir.loads(line)["id"] for line in answer.content.splitlines()]
    assert len(ids) == len(set(ids)) == file["count"]
    assert httpx.get(file["url"]).status_code == 401


def test_a_websocket_is_pinged(running: Installation, http: httpx.Client) -> None:
    name = _subscribe(http, {"type": "websocket"})
    key = base64.b64encode(os.urandom(16)).decode()

    async def main() -> list[str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        writer.write(
            f"GET /fhir/websocket HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\nAuthorization: {http.headers['authorization']}\r\n\r\n"
            .encode()
        )  # fmt: skip
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head.split(b"\r\n")[0], head

        async def read() -> str:
            first, length = await reader.readexactly(2)
            assert first == 0x81 and length < 126
            return (await reader.readexactly(length)).decode()

        text, mask = f"bind {name}".encode(), os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(text))
        writer.write(bytes([0x81, 0x80 | len(text)]) + mask + masked)
        heard = [await asyncio.wait_for(read(), 20)]
        await asyncio.to_thread(_put, http, "pinged", "final")
        heard.append(await asyncio.wait_for(read(), 60))
        writer.close()
        return heard

    assert asyncio.run(main()) == [f"bound {name}", f"ping {name}"]


def test_what_waits_is_among_the_figures(running: Installation, http: httpx.Client) -> None:
    _subscribe(http, {"type": "rest-hook", "endpoint": "http://127.0.0.1:1/"})
    _put(http, f"w{time.time_ns()}", "final")

    def waiting() -> bool:
        text = httpx.get(f"{running.url}/metrics").text
        return 'lanh_deliveries{kind="subscription",state="waiting"} 1.0' in text

    eventually(waiting, seconds=60)
