"""The ledger: order, pauses, what is held, mended and replayed; each message has one effect."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.connectors import hl7v2
from lanh.connectors.fhir.tests.support import make_intake, make_sender, send, stored
from lanh.connectors.hl7v2 import mending
from lanh.connectors.hl7v2.tests.sample import admission, header, person, visit
from lanh.core import bus, jobs
from lanh.core.access import system_access
from lanh.core.bus import Sender, Submission, attempts, ledger
from lanh.core.database import Plan, SyncDatabase, execute, fetch

KIND = "x-application/hl7-v2+er7"
BY = system_access("test")


def senders(client: str) -> Plan[Sender | None]:
    yield from ()
    return make_sender(client)


def kept(database: SyncDatabase, content: bytes) -> str:
    """A message whose process died after it was kept and before it was settled."""
    submission = Submission(make_sender(), content, KIND, "hl7v2")
    line = make_intake().line(submission)
    return database.transact(ledger.receive(submission, False, line))[0]


def receipt(database: SyncDatabase, name: str) -> dict[str, Any]:
    found = database.read(bus.receipt(name))
    assert found is not None
    return found


def faulty(number: int, processing: str = "X", version: str = "2.5.1") -> bytes:
    """An admission that the connector refuses: MSH-11 or MSH-12 is none of the standard's."""
    text = admission(f"F{number}").decode().replace("|P|2.5.1|", f"|{processing}|{version}|")
    return text.replace("BN1^", f"BN{number}^").replace("|V1\r", f"|V{number}\r").encode()


def mend(database: SyncDatabase, name: str, *values: tuple[int, str, str]) -> str | None:
    intake = make_intake()
    [message] = database.transact(bus.open_messages(intake, [name]))
    content = bus.mended(intake, message, values)
    done = database.transact(bus.mend(intake, message, content, make_sender(), BY))
    if done is not None:
        bus.run(database, intake.attempt(done))
    return done


def test_messages_about_one_patient_keep_their_order(database: SyncDatabase) -> None:
    first = kept(database, admission("M1", "A01"))
    left = hl7v2.write([header("ADT^A03", "M2"), person(), visit(PV1_45="20260305100000")])
    second = send(database, left, KIND)
    assert second["state"] == "received"
    other = [header("ADT^A01", "M3"), person("BN777"), visit("V777")]
    assert send(database, hl7v2.write(other), KIND)["state"] == "accepted"
    assert bus.recover(make_intake(), database, lease=0) == 2
    assert receipt(database, first)["state"] == "accepted"
    told = receipt(database, second["id"])
    assert told["state"] == "accepted"
    assert told["settledAt"] > receipt(database, first)["settledAt"]
    assert receipt(database, first)["attempts"][0]["outcome"] == "cut-off"


def test_a_fault_of_ours_is_tried_again_later_and_held_in_the_end(
    database: SyncDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake = make_intake()

    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    with monkeypatch.context() as patched:
        patched.setattr(intake.ports.store, "write_each", broken)
        name = send(database, admission("M1"), KIND, intake=intake)["id"]
        assert receipt(database, name)["state"] == "received"
        assert bus.recover(intake, database, lease=0) == 0, "the pause is not over"
        for _ in range(attempts.MAX_ATTEMPTS + 1):
            database.transact(execute("UPDATE bus.message SET due = now() WHERE due IS NOT NULL"))
            bus.recover(intake, database, lease=0)
    held = receipt(database, name)
    assert held["state"] == "held" and held["issues"][0]["code"] == "exception"
    assert [each["outcome"] for each in held["attempts"]] == ["failed"] * 9
    assert {each["fault"] for each in held["attempts"]} == {"RuntimeError"}
    [cause] = database.read(bus.causes(["his-97001"]))
    assert cause.name == "judging-failed RuntimeError" and cause.held == cause.messages == 1
    assert mend(database, name) == name
    assert receipt(database, name)["state"] == "accepted"
    assert [each["outcome"] for each in receipt(database, name)["attempts"]][-1] == "held"


def test_a_mended_message_takes_the_place_of_the_first(database: SyncDatabase) -> None:
    first = send(database, faulty(1), KIND)
    assert first["state"] == "refused"
    [cause] = database.read(bus.causes(["his-97001"]))
    assert cause.name == "processing-unknown MSH-11" and "bảng 0103" in cause.vi
    done = mend(database, first["id"], (0, "MSH-11", "P"))
    assert done is not None and done != first["id"]
    old, new = receipt(database, first["id"]), receipt(database, done)
    assert (old["state"], old["replayedBy"]) == ("replayed", done)
    assert (new["state"], new["mends"]) == ("accepted", first["id"])
    assert database.read(bus.causes(None)) == []
    # The sender sends the first content again: it gets the first receipt, and nothing happens.
    again = send(database, faulty(1), KIND)
    assert again["id"] == first["id"] and again["state"] == "replayed"
    assert [version for _, version, _ in stored(database, "Patient")] == [1]
    assert database.read(fetch("SELECT count(*) FROM bus.message"))[0][0] == 2


def test_mending_a_batch_does_nothing_twice(database: SyncDatabase) -> None:
    batch = b"BHS|^~\\&|HIS|97001\r" + faulty(1, "P") + faulty(2) + b"BTS|2\r"
    first = send(database, batch, KIND)
    assert first["state"] == "accepted-in-part"
    done = mend(database, first["id"], (1, "MSH-11", "P"))
    assert done is not None
    new = receipt(database, done)
    assert new["state"] == "accepted"
    assert [part["outcome"] for part in new["parts"]] == ["created", "created"]
    assert [version for _, version, _ in stored(database, "Patient")] == [1, 1]


def test_what_was_said_meanwhile_is_not_undone_by_mending(database: SyncDatabase) -> None:
    late = send(database, faulty(1), KIND)
    move = hl7v2.write([header("ADT^A03", "M2"), person("BN1"), visit(PV1_45="20260305100000")])
    assert send(database, move, KIND)["state"] == "accepted"
    done = mend(database, late["id"], (0, "MSH-11", "P"))
    assert done is not None and receipt(database, done)["state"] == "accepted"
    [(name, _, _)] = stored(database, "Encounter")
    row = database.read(
        make_intake().ports.store.read_many([("Encounter", name)], bus.placing._PLATFORM)
    )
    assert row[0].resource()["status"] == "finished"


def test_replay_by_cause_mends_what_stands_there(database: SyncDatabase) -> None:
    for number in range(5):
        send(database, faulty(number, "X" if number < 3 else "Z"), KIND)
    send(database, faulty(9, "P", "9.9"), KIND)
    found = {each.name: each.messages for each in database.read(bus.causes(["his-97001"]))}
    assert found == {"processing-unknown MSH-11": 5, "version-not-supported MSH-12": 1}
    order = bus.order_replay(["his-97001"], "processing-unknown MSH-11", {"X": "P", "Z": "P"}, BY)
    name = database.transact(order)
    assert name is not None
    [job] = database.transact(jobs.claim(["default"]))
    bus.replay_turn(make_intake(), database, senders, job)
    told = database.read(bus.replay(name, ["his-97001"]))
    assert told is not None and (told.total, told.done, told.taken, told.left) == (5, 5, 5, 0)
    assert told.done_at is not None
    assert database.read(bus.replay(name, ["another"])) is None
    assert database.read(fetch("SELECT given::text FROM bus.replay"))[0][0] == "{}"
    assert [each.name for each in database.read(bus.causes(None))] == [
        "version-not-supported MSH-12"
    ]
    assert len(stored(database, "Patient")) == 5


@pytest.mark.parametrize(
    ("place", "value", "there"),
    [("MSH-11", "T", "P"), ("PID-3.1", "A|B^C", "BN1"), ("PV1-2", "O", "I"),
     ("ZZZ-1", "x", None), ("PID", "x", None), ("MSH-2", "x", None), ("PID[2]-3", "x", None)],
)  # fmt: skip
def test_one_field_is_written_and_nothing_else(place: str, value: str, there: str | None) -> None:
    content = admission("M1")
    assert mending.field(content, 0, place) == there
    done = mending.mended(content, [(0, place, value)])
    if there is None:
        assert done == content
        return
    assert mending.field(done, 0, place) == value
    assert mending.mended(done, [(0, place, there)]) == content
