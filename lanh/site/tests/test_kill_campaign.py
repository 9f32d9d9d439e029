"""Processes of a whole installation die while facilities send: nothing is lost, nothing doubled."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from lanh.core import bus
from lanh.core.accounts import client_access
from lanh.core.database import SyncDatabase, connected, fetch
from lanh.nation import codes
from lanh.site.backend_client import BackendAuth, TokenRefused
from lanh.site.demonstration import (
    KeyFile,
    OutgoingMessage,
    clients,
    generate,
    messages,
    register_clients,
    send,
)
from lanh.site.demonstration.clients import SCOPES
from lanh.site.demonstration.tests.made import UNTIL
from lanh.site.tests.installation import Installation, eventually
from lanh.site.wiring import open_intake, open_records

_START, _END = b"\x0b", b"\x1c\r"


def _left(database: SyncDatabase) -> dict[str, Any]:
    """What a run left behind, apart from ids of receipts and of Persons.

    How often a shared record was updated is left out, and which of the parts that speak of it says
    that it was created: a message that is taken up after a crash may be settled after the next one
    of its sender, and leaves what that one said.
    """
    found: dict[str, Any] = {}
    relations = "SELECT name, lower(name) FROM store.type WHERE name <> 'Person'"
    for name, relation in database.read(fetch(relations)):
        rows = database.read(fetch(f"SELECT id FROM store.{relation} WHERE NOT deleted"))
        found[name] = Counter(row[0] for row in rows)
        assert all(count == 1 for count in found[name].values())
    found["refused"] = database.read(
        fetch("SELECT count(*) FROM bus.part WHERE outcome = 'refused'")
    )[0][0]
    found["parts"] = database.read(fetch("SELECT count(*) FROM bus.part"))[0][0]
    found["messages"] = database.read(fetch("SELECT count(*) FROM bus.message"))[0][0]
    found["linked"] = tuple(
        database.read(
            fetch("SELECT count(*), count(DISTINCT person_id) FROM matching.person_link")
        )[0]
    )
    return found


def _in_order(outgoing: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
    """What goes by HTTP first, by phases; then what goes by MLLP."""
    return sorted(outgoing, key=lambda message: (message.format == "hl7v2", message.phase))


def _undisturbed(database: SyncDatabase, outgoing: Sequence[OutgoingMessage], keys: Path,
                 people: int) -> dict[str, Any]:  # fmt: skip
    access = {
        client.id: client_access(client, SCOPES)
        for client in clients(generate(people, 5, UNTIL), KeyFile(keys))
    }
    store = open_records().store
    codes.load_all(database)
    codes.publish(database, store)  # as every installation does at its first start
    intake = open_intake(store)
    for message in _in_order(outgoing):
        form = intake.format_of(message.content_type, message.body)
        assert form is not None
        sender = bus.sender_of(access[message.client])
        submission = bus.Submission(sender, message.body, message.content_type, form)
        assert bus.submit(intake, database, submission)["state"] == "accepted"
    return _left(database)


def _by_mllp(port: int, content: bytes) -> bytes:
    """One frame and its acknowledgement."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(_START + content + _END)
        answer = b""
        while not answer.endswith(_END):
            piece = connection.recv(65536)
            if not piece:
                raise ConnectionError("cut before the acknowledgement")
            answer += piece
    return answer


def _until_taken(act: Callable[[], bool], stop: threading.Event) -> None:
    """What a facility does: send again until it is answered."""
    while not stop.is_set():
        try:
            if act():
                return
        except (httpx.HTTPError, TokenRefused, OSError, ExceptionGroup):
            pass
        stop.wait(0.2)


def _send_all(installation: Installation, outgoing: Sequence[OutgoingMessage], keys: Path,
              stop: threading.Event) -> None:  # fmt: skip
    held = KeyFile(keys)
    by_http = [message for message in _in_order(outgoing) if message.format != "hl7v2"]

    def authentication(client: str) -> BackendAuth:
        return BackendAuth(f"{installation.url}/auth/token", client, held[client], SCOPES)

    _until_taken(
        lambda: send(installation.url, by_http, authentication, concurrency=4).complete, stop
    )
    for message in _in_order(outgoing)[len(by_http) :]:
        frame = message.body
        _until_taken(lambda: b"MSA|A" in _by_mllp(installation.mllp_port, frame), stop)  # noqa: B023


def _kill_on_the_way(installation: Installation, count: int, victims: Sequence[str],
                     sending: threading.Thread) -> list[str]:  # fmt: skip
    """Kill each victim when so many messages are there, spread over the whole run."""
    killed = []
    for number, victim in enumerate(victims, 1):
        wanted = count * number // (len(victims) + 1)
        while sending.is_alive():
            try:
                if installation.query("SELECT count(*) FROM bus.message")[0][0] >= wanted:
                    break
            except Exception:
                time.sleep(0.1)
            time.sleep(0.02)
        if not sending.is_alive():
            break
        installation.kill(victim)
        killed.append(victim)
        if victim == "supervisor":
            installation.up()
    return killed


def _campaign(installation: Installation, database: SyncDatabase, people: int,
              victims: Sequence[str]) -> None:  # fmt: skip
    installation.up()
    population = generate(people, 5, UNTIL)
    keys = installation.folder / "keys.json"
    with connected(installation.database_url) as own:
        register_clients(own, population, KeyFile(keys))
    outgoing = list(messages(population))
    stop = threading.Event()
    sending = threading.Thread(target=_send_all, args=(installation, outgoing, keys, stop))
    sending.start()
    try:
        killed = _kill_on_the_way(installation, len(outgoing), victims, sending)
        sending.join(1800)
    finally:
        stop.set()
        sending.join()
    assert len(killed) >= len(victims) - 1, "the messages were sent before the campaign was over"
    eventually(
        lambda: (
            installation.query("SELECT count(*) FROM bus.message WHERE state = 'received'")
            == [(0,)]
        ),
        seconds=120,
    )
    verified = installation.lanh("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    with connected(installation.database_url) as own:
        left = _left(own)
    assert left["messages"] == len(outgoing)
    whole = _undisturbed(database, outgoing, keys, people)
    different = {name: (left[name], whole[name]) for name in whole if left[name] != whole[name]}
    assert not different, different


@pytest.mark.timeout(900)
def test_killed_on_the_way(installation: Installation, database: SyncDatabase) -> None:
    victims = ["server-1", "postgresql", "worker", "supervisor", "server-1", "mllp"]
    _campaign(installation, database, 330, victims)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_killed_in_two_thousand(installation: Installation, database: SyncDatabase) -> None:
    every = ["server-1", "postgresql", "worker", "supervisor", "mllp"]
    _campaign(installation, database, 2400, every * 6)
