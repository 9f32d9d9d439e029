"""Messages arrive once and answers come back, whatever dies in between."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.connectors.civil_registry import ANSWERS, MESSAGES, AnswerUnreadable, read_answer
from lanh.connectors.civil_registry.tests.registry import (
    MESSAGE,
    Simulator,
    kill,
    start_worker,
)
from lanh.core import fhir, jobs
from lanh.core.database import SyncDatabase, execute, fetch
from lanh.core.jobs import Parcel

WORKER = "lanh.connectors.civil_registry.tests.serving"


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    made = Simulator(tmp_path / "registry")
    made.start()
    yield made
    made.kill()


@pytest.fixture
def outbox(database: SyncDatabase) -> SyncDatabase:
    database.transact(execute("CREATE TABLE answered (record text, message text, state text,"
                              " words text)"))  # fmt: skip
    database.transact(jobs.subscribe(MESSAGES, MESSAGES))
    return database


def put(database: SyncDatabase, number: int, body: str = MESSAGE, message: str = "") -> None:
    record, name = f"Composition/c{number}", message or f"m-{number}"
    text = body.format(record=f"c{number}", message=name)
    payload = fhir.dumps({"message": name, "record": record, "body": text})
    database.transact(jobs.deliver([Parcel(MESSAGES, record, payload)]))


def answers(database: SyncDatabase) -> list[tuple[str, str, str, str]]:
    rows = database.read(fetch("SELECT record, message, state, words FROM answered ORDER BY 1"))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def wait_until(holds, seconds: float = 40) -> None:  # type: ignore[no-untyped-def]
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def test_killed_in_between_nothing_is_lost_or_doubled(
    outbox: SyncDatabase, database_url: str, tmp_path: Path
) -> None:
    simulator = Simulator(tmp_path / "registry", ("--delay", "0.3"))
    simulator.start()
    worker = start_worker(WORKER, database_url, simulator.address)
    chance = random.Random(4)
    try:
        for number in range(24):
            put(outbox, number)
            if number % 6 == 2:
                time.sleep(chance.uniform(0.2, 0.6))
                kill(worker)
                worker = start_worker(WORKER, database_url, simulator.address)
            if number % 6 == 5:
                time.sleep(chance.uniform(0.2, 0.6))
                simulator.kill()
                time.sleep(0.3)
                simulator.start()
        wait_until(lambda: len({row[0] for row in answers(outbox)}) == 24)
        wait_until(lambda: _waiting(outbox) == 0)
        held = simulator.register()
    finally:
        kill(worker)
        simulator.kill()
    assert sorted(row["record"] for row in held) == sorted(f"c{n}" for n in range(24))
    assert len({row["number"] for row in held}) == 24
    assert all(row["state"] == "accepted" for row in held)
    assert {(row["message"], row["number"]) for row in held} == {
        (message, words) for _, message, _, words in answers(outbox)
    }


def _waiting(database: SyncDatabase) -> int:
    rows = database.read(fetch("SELECT count(*) FROM jobs.delivery"))
    return int(rows[0][0])


def test_what_the_registry_never_takes_is_refused_and_kept(
    outbox: SyncDatabase, database_url: str, simulator: Simulator
) -> None:
    put(outbox, 1, "<Nothing/>")
    put(outbox, 2)
    worker = start_worker(WORKER, database_url, simulator.address)
    try:
        wait_until(lambda: len(answers(outbox)) == 2)
    finally:
        kill(worker)
    refused, accepted = answers(outbox)
    assert refused[2:] == ("refused", "http 422")
    assert accepted[2] == "accepted" and accepted[3].startswith("MO-PHONG-")
    letters = outbox.read(jobs.dead_letters(MESSAGES))
    assert [letter.fault for letter in letters] == ["http 422"]


def test_a_registry_that_lost_a_message_is_told_again(
    outbox: SyncDatabase, database_url: str, tmp_path: Path
) -> None:
    simulator = Simulator(tmp_path / "registry", ("--delay", "1000"))
    simulator.start()
    put(outbox, 1)
    worker = start_worker(WORKER, database_url, simulator.address)
    try:
        wait_until(lambda: len(simulator.register()) == 1)
        simulator.kill()
        (tmp_path / "registry" / "ledger.db").unlink()
        simulator.arguments = ()
        simulator.start()
        wait_until(lambda: len(answers(outbox)) == 1)
    finally:
        kill(worker)
        simulator.kill()
    assert answers(outbox)[0][2] == "accepted"


def test_the_subscribers_are_the_connector_s() -> None:
    from lanh.systems.deaths import following

    assert (following.SUBSCRIBER, following.KIND) == (MESSAGES, MESSAGES)
    assert ANSWERS != MESSAGES


ANSWER = (
    '<Answer xmlns="urn:lanh:exchange:civil-registry-answer:1" message="m" state="refused">'
    '<Reason code="R1">Thiếu ngày sinh</Reason></Answer>'
)


def test_answers_are_read() -> None:
    found = read_answer(ANSWER.encode())
    assert (found.message, found.state, found.reason) == ("m", "refused", "R1: Thiếu ngày sinh")


@given(st.binary(max_size=200))
def test_other_bytes_are_no_answer(noise: bytes) -> None:
    with pytest.raises(AnswerUnreadable):
        read_answer(noise)


@pytest.mark.parametrize(
    "content",
    [
        ANSWER.replace("refused", "gone"),
        ANSWER.replace("Answer", "Other"),
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ANSWER.replace("R1", "&x;"),
        "x" * 70_000,
    ],
)
def test_bad_answers_are_refused(content: str) -> None:
    with pytest.raises(AnswerUnreadable):
        read_answer(content.encode())
