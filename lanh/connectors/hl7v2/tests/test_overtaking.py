"""A message that was cut off and is taken up late leaves what a later one said."""

from __future__ import annotations

from typing import Any

from lanh.connectors import hl7v2
from lanh.connectors.fhir.tests.support import make_intake, make_sender, send, stored
from lanh.connectors.hl7v2.tests.sample import admission, header, person, visit
from lanh.core import bus
from lanh.core.access import system_access
from lanh.core.bus import Submission, ledger
from lanh.core.database import SyncDatabase
from lanh.core.store import Context

KIND = "x-application/hl7-v2+er7"
PLATFORM = Context(system_access("test"))


def _kept_only(database: SyncDatabase, content: bytes, form: str, kind: str) -> str:
    """A message whose process died after it was kept and before it was settled."""
    submission = Submission(make_sender(), content, kind, form)
    return database.transact(ledger.receive(submission))[0]


def _body(database: SyncDatabase, kind: str) -> dict[str, Any]:
    name = stored(database, kind)[0][0]
    row = database.read(make_intake().ports.store.read(kind, name, PLATFORM))
    assert row is not None
    return row.resource()


def test_a_late_record_does_not_replace_a_newer_one(database: SyncDatabase) -> None:
    def patient(name: str) -> bytes:
        return b'{"resourceType":"Patient","id":"p","name":[{"text":"%s"}]}' % name.encode()

    late = _kept_only(database, patient("cu"), "fhir", "application/fhir+json")
    newer = send(database, patient("moi"))
    assert newer["state"] == "accepted"
    assert bus.recover(make_intake(), database, lease=0) == 1
    assert _body(database, "Patient")["name"] == [{"text": "moi"}]
    assert [version for _, version, _ in stored(database, "Patient")] == [1]
    receipt = database.read(bus.receipt(late))
    assert receipt is not None
    assert receipt["state"] == "accepted"
    (part,) = receipt["parts"]
    assert part["outcome"] == "unchanged"
    assert part["issues"][0]["severity"] == "information"


def test_a_late_admission_goes_under_the_discharge(database: SyncDatabase) -> None:
    """What only the late one told is kept; what both told is as the later one told it."""
    _kept_only(database, admission("M1", "A01"), "hl7v2", KIND)
    left = hl7v2.write([header("ADT^A03", "M2"), person(), visit(PV1_45="20260305100000")])
    discharge = send(database, left, KIND)
    assert bus.recover(make_intake(), database, lease=0) == 1
    encounter = _body(database, "Encounter")
    assert encounter["status"] == "finished"
    assert encounter["period"]["end"] == "2026-03-05T10:00:00+07:00"
    assert encounter["period"]["start"] == "2026-03-01T08:30:00+07:00"
    assert encounter["meta"]["source"].endswith(discharge["id"])


def test_in_order_a_message_that_is_taken_up_late_counts(database: SyncDatabase) -> None:
    send(database, admission("M1", "A01"), KIND)
    left = hl7v2.write([header("ADT^A03", "M2"), person(), visit(PV1_45="20260305100000")])
    _kept_only(database, left, "hl7v2", KIND)
    assert bus.recover(make_intake(), database, lease=0) == 1
    assert _body(database, "Encounter")["status"] == "finished"
