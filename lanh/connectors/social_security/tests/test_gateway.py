"""Packages to the simulated gateway over HTTP, and its answers beside the Claim."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.connectors.claims_xml import build_check_in
from lanh.connectors.claims_xml.tests.episodes import check_in
from lanh.connectors.claims_xml.tests.sample import FACILITY, package
from lanh.connectors.fhir.tests.support import make_intake, send, stored
from lanh.connectors.social_security import (
    CLAIMS,
    Answer,
    AnswerUnreadable,
    Claims,
    Gateway,
    Session,
    brought_back,
    claim_response,
    parcel,
    read_answer,
)
from lanh.connectors.social_security.client import CHECK_IN, PACKAGE
from lanh.core import fhir, jobs, store
from lanh.core.access import system_access
from lanh.core.database import AsyncDatabase, Plan, SyncDatabase
from lanh.core.jobs import Deliverer, DeliveryFailed, Destinations

_HERE = Destinations.of(["127.0.0.0/8"], plain_http=True)


@contextmanager
def simulator(data: Path, *arguments: str) -> Iterator[str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulators.social_security", "--data", str(data),
         "--port", str(port), *arguments],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None and process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def gateway(address: str, **more: Any) -> Gateway:
    given = {"password": "mo-phong", "facility": FACILITY, **more}
    return Gateway(address, "97001_BV", destinations=_HERE, **given)


def register(address: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{address}/register", timeout=5) as answer:
        found: list[dict[str, Any]] = json.load(answer)
        return found


def run(work: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as threads:  # a browser's loop may be running in this thread
        return threads.submit(lambda: asyncio.run(work())).result()


def test_a_session_is_opened_again_once_and_a_resend_doubles_nothing(tmp_path: Path) -> None:
    with simulator(tmp_path, "--uses", "2") as address:
        session = Session(gateway(address))

        async def work() -> list[Answer]:
            found = [await session.send(FACILITY, PACKAGE, package()) for _ in range(4)]
            arrival = build_check_in([check_in()])
            return [*found, await session.send(FACILITY, CHECK_IN, arrival)]

        answers = run(work)
        assert {answer.code for answer in answers} == {"200"}
        assert len({answer.number for answer in answers[:4]}) == 1 and answers[0].at
        held = register(address)
        assert sorted((row["kind"], row["posts"]) for row in held) == [("0", 1), ("130", 4)]


def test_what_cannot_be_sent_says_why(tmp_path: Path) -> None:
    with simulator(tmp_path) as address:
        cases: list[tuple[Session, str, str]] = [
            (Session(gateway(address, password="falsch")), FACILITY, "no session"),
            (Session(gateway(address)), "97002", "another facility"),
            (Session(gateway(address, claim_path="/nowhere")), FACILITY, "answer unreadable"),
            (Session(gateway("http://127.0.0.1:9")), FACILITY, "connection"),
        ]
        for session, facility, words in cases:
            with pytest.raises(DeliveryFailed, match=words):
                run(partial(session.send, facility, PACKAGE, package()))
        refused = run(lambda: Session(gateway(address)).send(FACILITY, PACKAGE, b"<other/>"))
        assert (refused.code, refused.accepted) == ("205", False) and refused.words


def _deliver(url: str, address: str, until: Callable[[], bool]) -> None:
    async def work() -> None:
        database = await AsyncDatabase.connect(url, max_size=4)
        records = make_intake().ports.store

        def answered(record: str, digest: str, answer: Answer) -> Plan[None]:
            yield from brought_back(records, record, digest, answer)

        receiver = Claims(database, Session(gateway(address)), answered)
        stop = asyncio.Event()
        running = asyncio.create_task(Deliverer(database, {CLAIMS: receiver}).run(stop))
        end = time.monotonic() + 40
        while not await asyncio.to_thread(until) and time.monotonic() < end:
            await asyncio.sleep(0.1)
        stop.set()
        await running
        await database.close()

    run(work)


def _responses(database: SyncDatabase) -> list[dict[str, Any]]:
    names = [name for name, _, _ in stored(database, "ClaimResponse")]
    context = store.Context(system_access("test"))
    records = make_intake().ports.store
    found = [database.read(records.read("ClaimResponse", name, context)) for name in names]
    return [row.resource() for row in found if row is not None]


def test_a_coded_refusal_comes_back_to_the_record(
    database: SyncDatabase, database_url: str, tmp_path: Path
) -> None:
    assert send(database, package(), "application/xml")["state"] == "accepted"
    [(claim, _, _)] = stored(database, "Claim")
    database.transact(jobs.subscribe(CLAIMS, CLAIMS))
    words = "Mã thẻ BHYT hết hạn (mô phỏng)"
    with simulator(tmp_path, "--refuse", "1", "--code", "010", "--reason", words) as address:
        database.transact(jobs.deliver([parcel(f"Claim/{claim}", FACILITY, package())]))
        _deliver(database_url, address, lambda: len(stored(database, "ClaimResponse")) == 1)
        [refusal] = _responses(database)
        assert refusal["outcome"] == "error" and refusal["disposition"] == words
        assert refusal["error"][0]["code"]["coding"][0]["code"] == "010"
        assert refusal["request"] == {"reference": f"Claim/{claim}"}
        database.transact(jobs.deliver([parcel(f"Claim/{claim}", FACILITY, package() + b"\n")]))
        _deliver(database_url, address, lambda: len(stored(database, "ClaimResponse")) == 2)
    outcomes = sorted(body["outcome"] for body in _responses(database))
    assert outcomes == ["complete", "error"]


def test_an_answer_is_written_once(database: SyncDatabase) -> None:
    send(database, package(), "application/xml")
    [(claim, _, _)] = stored(database, "Claim")
    records = make_intake().ports.store
    for _ in range(2):
        answer = Answer("200", "GD1", "20260301161000")
        database.transact(brought_back(records, f"Claim/{claim}", "d", answer))
    assert [(version, gone) for _, version, gone in stored(database, "ClaimResponse")] == [
        (1, False)
    ]
    database.transact(brought_back(records, "Claim/none", "d", Answer("200")))
    database.transact(brought_back(records, "Encounter/x", "d", Answer("200")))


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(max_examples=60, deadline=None)
def test_any_answer_is_read_or_refused(content: bytes) -> None:
    try:
        found = read_answer(content)
    except AnswerUnreadable:
        return
    assert found.code


def test_the_record_of_an_answer_is_valid() -> None:
    from datetime import UTC, datetime

    claim = {"patient": {"reference": "Patient/p"}, "use": "claim",
             "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type",
                                  "code": "professional"}]}}  # fmt: skip
    for answer in (Answer("200", "G1", "20260301120000"), Answer("403", words="Sai mã cơ sở")):
        body = claim_response(claim, "c1", answer, datetime(2026, 3, 1, tzinfo=UTC))
        assert fhir.validate({**body, "id": "a"}) == []
