"""Erasure of a person, shown by a search for their numbers in every table and every file."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import zstandard

from lanh.core import audit, bus, fhir
from lanh.core.access import Access, CustodianIn, Grant, Purpose, Subject, system_access
from lanh.core.access.decision import EVERY_INTERACTION
from lanh.core.bus import Submission
from lanh.core.bus import ledger as bus_ledger
from lanh.core.database import SyncDatabase, execute, fetch
from lanh.core.store import Context, Write, compression
from lanh.core.warehouse import Ports, refresh
from lanh.nation import erasure
from lanh.nation.erasure import OrderFault
from lanh.nation.person import Stewardship
from lanh.nation.place import load_places
from lanh.site.demonstration import Population, generate, messages
from lanh.site.wiring import Records, definitions, open_intake, open_records, places_of

PLATFORM = Context(system_access("test"))
OFFICER = system_access("records-officer")
BASIS = "Quyết định thử nghiệm số 0"


def _client(code: str) -> Access:
    grant = Grant("facility", EVERY_INTERACTION, None, CustodianIn(frozenset({code})), None)
    subject = Subject("system", f"facility-{code}", code)
    return Access(subject, Purpose.TREATMENT, (grant,), facility=code)


def _send(database: SyncDatabase, records: Records, population: Population) -> None:
    intake = open_intake(records.store)
    for each in messages(population):
        access = _client(each.client.removeprefix("facility-"))
        form = {"claims": "claims-xml"}.get(each.format, each.format)
        submission = Submission(bus.sender_of(access), each.body, each.content_type, form)
        assert bus.submit(intake, database, submission)["state"].startswith("accepted")


def _unpacked(name: str, row: Sequence[Any], names: list[str], value: bytes) -> bytes:
    if name == "body" and "dictionary" in names:
        return compression.expand(value, row[names.index("dictionary")])
    if value.startswith(b"\x28\xb5\x2f\xfd"):
        value = zstandard.ZstdDecompressor().decompressobj().decompress(value)
    packed = re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", value)
    return value + b"\n".join(base64.b64decode(each + b"==") for each in packed)


def _everything(url: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of every table of every engine, unpacked, and every file of the lake."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT relnamespace::regnamespace::text, relname FROM pg_class"
            " WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(f'SELECT * FROM "{schema}"."{table}"'.encode())
            names = [column.name for column in rows.description or ()]
            for row in rows:
                for name, value in zip(names, row, strict=True):
                    if isinstance(value, bytes):
                        value = _unpacked(name, row, names, value)
                    text = value if isinstance(value, bytes) else str(value).encode()
                    yield f"{schema}.{table}.{name}", text
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            found = duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()
            yield str(path), repr(found).encode()
        elif path.is_file():
            yield str(path), path.read_bytes()


def _where(url: str, folder: Path, marks: Sequence[str]) -> set[str]:
    return {
        place.rsplit("/", 1)[-1].rsplit(".", 1)[0] if place.endswith(".parquet") else place
        for place, text in _everything(url, folder)
        if any(mark.encode() in text for mark in marks)
    }


@pytest.fixture
def filled(database: SyncDatabase) -> Records:
    """Sixty people of the demonstration, as their facilities told of them."""
    database.transact(load_places())
    records = open_records()
    _send(database, records, generate(60, 3, date(2026, 11, 20)))
    return records


def _refresh(database: SyncDatabase, records: Records, folder: Path) -> None:
    ports = Ports(feed=records.store, definitions=definitions(places_of(database)))
    refresh(database, folder, ports)


def _somebody(database: SyncDatabase) -> tuple[str, list[str]]:
    """A person whom several facilities know, one of them by a claim."""
    rows = database.read(
        fetch(
            "SELECT person_id, array_agg(record_id ORDER BY record_id) FROM matching.person_link l"
            " WHERE EXISTS (SELECT 1 FROM matching.person_link o JOIN store.claim c"
            "               ON c.patient = o.record_id WHERE o.person_id = l.person_id)"
            " GROUP BY person_id ORDER BY count(*) DESC, person_id LIMIT 1"
        )
    )
    assert len(rows[0][1]) >= 2
    return rows[0][0], list(rows[0][1])


def _marks(database: SyncDatabase, records: Records, patients: list[str]) -> list[str]:
    """The numbers and telephones of these Patients that nobody else has."""
    said: set[str] = set()
    for patient in patients:
        row = database.read(records.store.read("Patient", patient, PLATFORM))
        assert row is not None
        resource = row.resource()
        said |= {each["value"] for each in resource.get("identifier", [])}
        said |= {each["value"] for each in resource.get("telecom", [])}
    rows = database.read(fetch("SELECT record_id, identifiers::text, phone FROM matching.features"))
    others = " ".join(f"{row[1]} {row[2]}" for row in rows if row[0] not in patients)
    return sorted(mark for mark in said if len(mark) >= 9 and mark not in others)


def _keep_rows(database: SyncDatabase, patient: str, marks: Sequence[str]) -> None:
    """A row of a spreadsheet that was taken, one that was not, and a view that names a number."""
    faults = f'[["Số", "value", "{marks[0]} sai", "{marks[0]} is wrong"]]'
    for sql, values in (
        ("INSERT INTO lists.imported (sheet, scope, digest, person, record)"
         " VALUES ('s', 'p', 'x'::bytea, 'p', $1::text)", [f"Patient/{patient}"]),
        ("INSERT INTO lists.upload (id, place, person, principal, language, heads, passed, state,"
         " lines, expires_at) VALUES ('u', 'd/l', 'p', '{}', 'vi', '{}', '{}', 'done', 1,"
         " now() + interval '7 days')", []),
        ("INSERT INTO lists.refused VALUES ('u', 2, $1::text[], $2::jsonb)",
         [["An", marks[-1]], faults]),
        ("INSERT INTO lists.view (person, list, name, title, query)"
         " VALUES ('p', 'l', 'v', 'x', $1::text)", [f"number={marks[0]}"]),
    ):  # fmt: skip
        database.transact(execute(sql, *values))


def _carry_out(database: SyncDatabase, records: Records, lake: Path) -> tuple[int, int]:
    def follow(_patients: Sequence[str]) -> None:
        _refresh(database, records, lake)

    return erasure.carry_out(database, records.store, records.linking, [follow])


def test_no_number_of_an_erased_person_is_left_anywhere(
    database: SyncDatabase, database_url: str, filled: Records, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    _refresh(database, filled, lake)
    person, patients = _somebody(database)
    marks = _marks(database, filled, patients)
    assert marks
    _keep_rows(database, patients[0], marks)
    before = _where(database_url, lake, marks)
    assert {"store.patient.body", "bus.message.body", "matching.features.identifiers"} <= before
    assert {"lists.refused.cells", "lists.refused.faults", "lists.view.query"} <= before
    assert any(
        ("parquet" not in place and "lake" in place) or place[0].isdigit() for place in before
    )
    people = database.read(fetch("SELECT count(*) FROM matching.person_link"))[0][0]
    said = f"Đã hỏi theo số {marks[0]}"
    database.transact(Stewardship(filled.linking).confirm(patients[0], said, OFFICER))

    plan = erasure.order(filled.store, OFFICER, patients, BASIS, "theo yêu cầu")
    identifier = database.transact(plan)
    assert _carry_out(database, filled, lake) == (1, 0)

    assert _where(database_url, lake, marks) == set()
    (order,) = database.read(erasure.orders())
    assert (order.id, order.state) == (identifier, "done")
    assert order.report["records"] > len(patients)
    assert order.report["messages"] >= 2
    assert order.report["rows"] == 3 and not database.read(fetch("SELECT FROM lists.imported"))
    row = database.read(filled.store.read("Person", person, PLATFORM))
    assert row is not None
    assert row.deleted
    left = database.read(fetch("SELECT count(*) FROM matching.person_link"))[0][0]
    assert left == people - len(patients)
    while database.transact(audit.seal()):
        pass
    assert database.read(audit.verify()).sound
    assert _carry_out(database, filled, lake) == (0, 0)


def test_files_that_their_facility_attached_go_with_the_person(
    database: SyncDatabase, database_url: str, filled: Records, tmp_path: Path
) -> None:
    _, patients = _somebody(database)
    patient = database.read(filled.store.read("Patient", patients[0], PLATFORM))
    assert patient is not None
    own = Context(PLATFORM.access, custodian=patient.custodian)
    strange = Context(PLATFORM.access, custodian="98765")
    data = base64.b64encode("giấy tờ kín của một người".encode()).decode()
    for name, context in (("own", own), ("draft", own), ("strange", strange)):
        body = {"resourceType": "Binary", "contentType": "application/pdf", "data": data}
        database.transact(filled.store.write([Write("update", "Binary", name, body)], context))
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": f"Patient/{patients[0]}"},
        "content": [{"attachment": {"url": f"Binary/{each}"}} for each in ("own", "strange")],
    }
    database.transact(
        filled.store.write([Write("create", "DocumentReference", body=document)], own)
    )
    database.transact(
        execute(
            "INSERT INTO forms.draft (id, person, form, form_version, record, patient, response,"
            " expires_at) VALUES ('d', 'p', 'f', '', '', $1::text, $2, now() + interval '1 day')",
            patients[0], '{"url": "Binary/draft"}',
        )
    )  # fmt: skip

    everything = list(_everything(database_url, tmp_path))
    assert sum(data.encode() in text for _, text in everything) == 3
    database.transact(erasure.order(filled.store, OFFICER, patients, BASIS, "theo yêu cầu"))
    assert _carry_out(database, filled, tmp_path / "lake") == (1, 0)

    left = [text for _, text in _everything(database_url, tmp_path) if data.encode() in text]
    assert len(left) == 1
    kept = database.read(filled.store.read("Binary", "strange", PLATFORM))
    assert kept is not None
    assert not kept.deleted


def test_of_one_source_the_person_keeps_what_the_others_told(
    database: SyncDatabase, filled: Records, tmp_path: Path
) -> None:
    person, patients = _somebody(database)
    plan = erasure.order(filled.store, OFFICER, patients[:1], BASIS, "trùng")
    database.transact(plan)
    assert _carry_out(database, filled, tmp_path / "lake") == (1, 0)
    row = database.read(filled.store.read("Person", person, PLATFORM))
    assert row is not None
    targets = [link["target"]["reference"] for link in row.resource()["link"]]
    assert sorted(targets) == [f"Patient/{each}" for each in patients[1:]]
    versions = database.read(filled.store.history("Person", person, PLATFORM))
    assert [each.body for each in versions[1:]] == [b""] * (len(versions) - 1)


def test_what_comes_after_is_refused_and_stops_nobody_else(
    database: SyncDatabase, filled: Records, tmp_path: Path
) -> None:
    _, patients = _somebody(database)
    kept = database.read(filled.store.read("Patient", patients[0], PLATFORM))
    assert kept is not None
    database.transact(erasure.order(filled.store, OFFICER, patients, BASIS, "theo yêu cầu"))
    assert _carry_out(database, filled, tmp_path / "lake") == (1, 0)
    late = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": kept.resource()},
            {"resource": {"resourceType": "Patient", "id": "ai-do", "name": [{"text": "Lê Thử"}]}},
        ],
    }
    access = _client(kept.custodian or "")
    submission = Submission(
        bus.sender_of(access), fhir.dumps(late), "application/fhir+json", "fhir"
    )
    receipt = bus.submit(open_intake(filled.store), database, submission)
    told = database.read(bus.receipt(receipt["id"]))
    assert told is not None
    assert told["state"] == "accepted-in-part"
    assert [part["outcome"] for part in told["parts"]] == ["refused", "created"]
    assert "xóa theo quyết định" in told["parts"][0]["issues"][0]["vi"]


def test_an_order_waits_for_messages_that_are_under_way(
    database: SyncDatabase, filled: Records, tmp_path: Path
) -> None:
    _, patients = _somebody(database)
    row = database.read(filled.store.read("Patient", patients[0], PLATFORM))
    assert row is not None
    access = _client(row.custodian or "")
    submission = Submission(
        bus.sender_of(access), b'{"resourceType": "Basic"}', "application/fhir+json", "fhir"
    )
    intake = open_intake(filled.store)
    database.transact(bus_ledger.receive(submission))
    database.transact(erasure.order(filled.store, OFFICER, patients, BASIS, "theo yêu cầu"))
    assert _carry_out(database, filled, tmp_path / "lake") == (0, 1)
    assert bus.recover(intake, database, lease=0) == 1
    assert _carry_out(database, filled, tmp_path / "lake") == (1, 0)


def test_an_order_waits_for_a_spreadsheet_that_is_under_way(
    database: SyncDatabase, filled: Records, tmp_path: Path
) -> None:
    _, patients = _somebody(database)
    _keep_rows(database, patients[0], ["097000000000"])
    database.transact(execute("UPDATE lists.upload SET content = 'x', state = 'running'"))
    database.transact(erasure.order(filled.store, OFFICER, patients, BASIS, "theo yêu cầu"))
    assert _carry_out(database, filled, tmp_path / "lake") == (0, 1)
    database.transact(execute("UPDATE lists.upload SET content = NULL, state = 'done'"))
    assert _carry_out(database, filled, tmp_path / "lake") == (1, 0)


def test_an_order_needs_a_ground_and_a_patient(database: SyncDatabase) -> None:
    records = open_records()
    for patients, basis in (([], BASIS), (["p1"], " ")):
        with pytest.raises(OrderFault):
            database.transact(erasure.order(records.store, OFFICER, patients, basis, "vì"))
    assert database.read(erasure.orders()) == []


def test_orders_are_given_again_on_a_backup(database: SyncDatabase, filled: Records) -> None:
    _, patients = _somebody(database)
    for _ in range(2):
        plan = erasure.order(filled.store, OFFICER, patients, BASIS, "lại", id="order-1")
        assert database.transact(plan) == "order-1"
    assert [each.id for each in database.read(erasure.orders())] == ["order-1"]
