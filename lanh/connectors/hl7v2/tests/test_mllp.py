"""The MLLP listener on a real socket, and HL7 v2 messages through the intake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from lanh.connectors import hl7v2
from lanh.connectors.fhir.tests.support import census, make_intake, make_sender, send, stored
from lanh.connectors.hl7v2.mllp import MllpServer, into, registered_senders, serve
from lanh.connectors.hl7v2.tests.sample import admission, header, person, result, visit
from lanh.core import store
from lanh.core.accounts import Client, create_client
from lanh.core.bus import Sender
from lanh.core.database import AsyncDatabase, SyncDatabase, fetch

T = TypeVar("T")
KIND = "application/hl7-v2"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[T]]


async def _known(application: str, facility: str) -> Sender | None:
    return make_sender() if (application, facility) == ("HIS", "97001") else None


def talk(database: SyncDatabase, conversation: Talk[T], **limits: float) -> T:
    """Run a conversation with a listener on a free port."""

    async def run() -> T:
        server = MllpServer(_known, into(make_intake(), database), **limits)  # type: ignore[arg-type]
        port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(server, port=0, ready=port.set_result))
        reader, writer = await asyncio.open_connection("127.0.0.1", await port)
        try:
            return await asyncio.wait_for(conversation(reader, writer), 30)
        finally:
            writer.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return asyncio.run(run())


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, content: bytes
) -> hl7v2.Message:
    writer.write(b"\x0b" + content + b"\x1c\r")
    answer = await reader.readuntil(b"\x1c\r")
    assert answer.startswith(b"\x0b")
    return hl7v2.read(answer)[0]


def code(ack: hl7v2.Message) -> tuple[str, str]:
    msa = ack.first("MSA")
    assert msa is not None
    return msa[1][1], msa[2][1]


def test_messages_are_acknowledged_in_order(database: SyncDatabase) -> None:
    async def conversation(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> list[hl7v2.Message]:
        sent = [admission("M1"), result("R1"), admission("M1")]
        return [await _ask(reader, writer, content) for content in sent]

    acks = talk(database, conversation)
    assert [code(ack) for ack in acks] == [("AA", "M1"), ("AA", "R1"), ("AA", "M1")]
    assert acks[0].header[3][1] == "LANH" and acks[0].header[5][1] == "HIS"
    assert acks[0].first("MSA")[3][1] == acks[2].first("MSA")[3][1]  # type: ignore[index]
    assert len(stored(database, "Patient")) == 1 and len(stored(database, "Observation")) == 1


def test_what_is_not_taken_is_answered_with_the_reason(database: SyncDatabase) -> None:
    other = hl7v2.write([header("ADT^A01", "1", "97002"), person(), visit()])
    unsupported = hl7v2.write([header("ZZZ^Z01", "2"), person()])
    nobody = hl7v2.write([header("ADT^A01", "3"), ["PID", 1]])

    async def conversation(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> list[hl7v2.Message]:
        sent = [other, unsupported, nobody, b"hello", admission("M1"), admission("M1", "A08")]
        return [await _ask(reader, writer, content) for content in sent]

    acks = talk(database, conversation)
    codes = [code(ack)[0] for ack in acks]
    assert codes == ["AR", "AR", "AE", "AR", "AA", "AR"]
    errors = [ack.first("ERR") for ack in acks if code(ack)[0] != "AA"]
    assert all(error is not None and " / " in error[8][1] for error in errors)
    assert errors[2] is not None and errors[2][2][1] == "PID" and errors[2][2][3] == "3"


def test_a_frame_in_pieces_and_noise_between_frames(database: SyncDatabase) -> None:
    async def conversation(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> hl7v2.Message:
        content = b"\r\n\x0b" + admission("M1") + b"\x1c\r"
        for place in range(0, len(content), 37):
            writer.write(content[place : place + 37])
            await writer.drain()
        return hl7v2.read(await reader.readuntil(b"\x1c\r"))[0]

    assert code(talk(database, conversation)) == ("AA", "M1")


@pytest.mark.parametrize(
    ("sent", "limits"),
    [
        (b"\x0b" + b"x" * 100_000, {"max_bytes": 10_000}),
        (b"GET / HTTP/1.1\r\n" + b"x" * 10_000, {}),
        (b"\x0bMSH|", {"idle_seconds": 0.2}),
    ],
)
def test_nonsense_ends_the_connection(
    database: SyncDatabase, sent: bytes, limits: dict[str, float]
) -> None:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(sent)
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""

    assert talk(database, conversation, **limits) == b""


def test_senders_are_those_registered(database: SyncDatabase, database_url: str) -> None:
    client = Client(
        "his-97001", "HIS", ("97001",), scopes=("system/*.cruds",),
        keys_uri="https://his.invalid/keys", mllp_names=(("HIS", "97001"),),
    )  # fmt: skip
    database.transact(create_client(client))

    async def ask() -> list[Sender | None]:
        pool = await AsyncDatabase.connect(database_url, max_size=1)
        try:
            identify = registered_senders(pool)
            return [await identify("HIS", "97001"), await identify("HIS", "97002")]
        finally:
            await pool.close()

    known, unknown = asyncio.run(ask())
    assert known is not None and known.facility == "97001" and unknown is None


def _body(database: SyncDatabase, kind: str) -> dict[str, object]:
    context = store.Context(make_sender().access)
    name = stored(database, kind)[0][0]
    row = database.read(make_intake().ports.store.read(kind, name, context))
    assert row is not None
    return row.resource()


def test_the_course_of_a_visit(database: SyncDatabase) -> None:
    send(database, admission("M1", "A01"), KIND)
    send(database, result("R1"), KIND)
    left = hl7v2.write([header("ADT^A03", "M2"), person(), visit(PV1_45="20260305100000")])
    send(database, left, KIND)
    send(database, admission("M3", "A08"), KIND)
    encounter = _body(database, "Encounter")
    assert encounter["status"] == "finished"
    assert encounter["period"] == {
        "start": "2026-03-01T08:30:00+07:00", "end": "2026-03-05T10:00:00+07:00",
    }  # fmt: skip
    back = hl7v2.write([header("ADT^A13", "M4"), person(), visit()])
    send(database, back, KIND)
    encounter = _body(database, "Encounter")
    assert encounter["status"] == "in-progress"
    assert encounter["period"] == {"start": "2026-03-01T08:30:00+07:00"}


def test_a_result_does_not_take_away_what_an_admission_told(database: SyncDatabase) -> None:
    phone = [["0000000001", "PRN", "PH"]]
    full = hl7v2.write([header("ADT^A04", "M1"), person(PID_13=phone[0]), visit()])
    send(database, full, KIND)
    send(database, result("R1"), KIND)
    patient = _body(database, "Patient")
    assert patient["telecom"] and stored(database, "Patient")[0][1] == 1
    gone = hl7v2.write([header("ADT^A08", "M2"), person(PID_13='""'), visit()])
    send(database, gone, KIND)
    assert "telecom" not in _body(database, "Patient")


def test_a_correction_is_a_version_of_the_same_result(database: SyncDatabase) -> None:
    send(database, result("R1", "5.60"), KIND)
    send(database, result("R2", "5.90", "C"), KIND)
    assert [version for _, version, _ in stored(database, "Observation")] == [2]
    value = _body(database, "Observation")["valueQuantity"]
    assert isinstance(value, dict) and str(value["value"]) == "5.90"


def test_twice_changes_nothing_and_an_id_used_again_is_a_conflict(database: SyncDatabase) -> None:
    first = send(database, admission("M1"), KIND)
    before = census(database)
    assert send(database, admission("M1"), KIND) == first and census(database) == before
    assert send(database, admission("M1", "A08"), KIND)["state"] == "conflict"
    rows = database.read(fetch("SELECT count(*) FROM bus.message"))
    assert rows[0][0] == 2


def test_another_facility_in_the_header_is_refused(database: SyncDatabase) -> None:
    content = hl7v2.write([header("ADT^A01", "1", "97002"), person(), visit()])
    receipt = send(database, content, KIND)
    assert receipt["state"] == "refused" and receipt["issues"][0]["code"] == "forbidden"


def test_claims_and_messages_of_a_facility_meet_in_one_patient(database: SyncDatabase) -> None:
    from lanh.connectors.claims_xml.tests.sample import package

    send(database, package(), "application/xml")
    content = hl7v2.write([header("ADT^A04", "1"), person("BN001", "NGUYỄN"), visit("LK1", "O")])
    assert send(database, content, KIND)["state"] == "accepted"
    assert len(stored(database, "Patient")) == 1 and len(stored(database, "Encounter")) == 1
    numbers = _body(database, "Patient")["identifier"]
    assert isinstance(numbers, list)
    assert "urn:lanh:id:personal-number" in [entry["system"] for entry in numbers]


def test_extensions_that_a_claim_told_stay(database: SyncDatabase) -> None:
    from lanh.connectors.claims_xml.tests.sample import package

    send(database, package(), "application/xml")
    before = _body(database, "Patient").get("extension")
    assert isinstance(before, list) and before
    told = person("BN001", "NGUYỄN", PID_6=["PHẠM"])
    content = hl7v2.write([header("ADT^A08", "1"), told, visit("LK1", "O")])
    assert send(database, content, KIND)["state"] == "accepted"
    after = _body(database, "Patient")["extension"]
    assert isinstance(after, list) and len(after) == len(before) + 1
    assert all(each in after for each in before)
