"""FHIR through the intake: parts, ids, references, repeats, conflicts."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from lanh.connectors.fhir.tests.support import census, make_intake, make_sender, send, stored
from lanh.core import bus, store
from lanh.core.bus import Receipt, Submission
from lanh.core.database import SyncDatabase, fetch

NPI = "http://hl7.org/fhir/sid/us-npi"


def patient(name: str = "Nguyễn Thử", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "name": [{"text": name}], **more}


def weight(reference: str, value: int = 60, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": reference},
        "valueQuantity": {"value": value, "unit": "kg"},
        **more,
    }


def bundle(kind: str, *entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries), **more}


def post(resource: dict[str, Any], url: str | None = None, **request: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"], **request},
    }
    return entry | {"fullUrl": url} if url else entry


def put(resource: dict[str, Any], **request: str) -> dict[str, Any]:
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": url, **request}}


def outcomes(receipt: Receipt) -> list[str]:
    return [part["outcome"] for part in receipt["parts"]]


def reasons(receipt: Receipt) -> list[str]:
    every = [*receipt["issues"], *(i for part in receipt["parts"] for i in part["issues"])]
    for issue in every:
        assert issue["vi"] and issue["en"] and issue["severity"] and issue["code"]
    return [issue["code"] for issue in every if issue["severity"] in ("error", "fatal")]


def resource(database: SyncDatabase, location: str) -> dict[str, Any]:
    kind, name = location.split("/")[:2]
    context = store.Context(make_sender().access)
    row = database.read(make_intake().ports.store.read(kind, name, context))
    assert row is not None
    return row.resource()


def test_a_transaction_resolves_its_own_references(database: SyncDatabase) -> None:
    urn = "urn:uuid:11111111-2222-3333-4444-555555555555"
    receipt = send(database, bundle("transaction", post(weight(urn)), post(patient(), urn)))
    assert receipt["state"] == "accepted" and outcomes(receipt) == ["created", "created"]
    observation = resource(database, receipt["parts"][0]["location"])
    assert observation["subject"]["reference"] == "/".join(
        receipt["parts"][1]["location"].split("/")[:2]
    )
    assert observation["meta"]["source"] == f"urn:lanh:receipt:{receipt['id']}"
    assert receipt["unresolved"] == []


def test_a_transaction_with_one_bad_entry_writes_nothing(database: SyncDatabase) -> None:
    bad = {**weight("Patient/p1"), "status": "nonsense"}
    receipt = send(database, bundle("transaction", put(patient(id="p1")), post(bad)))
    assert receipt["state"] == "refused" and outcomes(receipt) == ["refused", "refused"]
    assert "Observation.status" in [i["expression"] for i in receipt["parts"][1]["issues"]]
    assert stored(database, "Patient") == []


@pytest.mark.parametrize("kind", ["batch", "collection"])
def test_other_bundles_are_judged_part_by_part(database: SyncDatabase, kind: str) -> None:
    good, bad = patient(id="p1"), {**patient(id="p2"), "gender": "x"}
    receipt = send(database, bundle(kind, put(good), put(bad)))
    assert receipt["state"] == "accepted-in-part"
    assert outcomes(receipt) == ["created", "refused"]
    assert receipt["counts"] == {"created": 1, "refused": 1}


def test_lines_are_judged_one_by_one(database: SyncDatabase) -> None:
    lines = [json.dumps(patient(id="a")), "{broken", "", json.dumps(weight("Patient/a"))]
    receipt = send(database, "\n".join(lines).encode(), "application/fhir+ndjson")
    assert outcomes(receipt) == ["created", "refused", "created"]
    assert receipt["parts"][1]["issues"][0]["expression"] == "line 2"


def test_the_same_content_is_the_first_receipt(database: SyncDatabase) -> None:
    content = bundle("transaction", post(patient()))
    first = send(database, content)
    before = census(database)
    assert send(database, content) == first
    assert census(database) == before
    other = send(database, content, sender=make_sender("lis-97002", "97002"))
    assert other["id"] != first["id"]


def test_the_same_content_at_once_is_one_message(database: SyncDatabase) -> None:
    content = bundle("transaction", post(patient()))
    found: list[Receipt] = []
    threads = [
        threading.Thread(target=lambda: found.append(send(database, content))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({receipt["id"] for receipt in found}) == 1
    assert len(stored(database, "Patient")) == 1


def test_unchanged_records_get_no_version(database: SyncDatabase) -> None:
    send(database, patient(id="p1"))
    receipt = send(database, bundle("collection", {"resource": patient(id="p1")}))
    assert outcomes(receipt) == ["unchanged"]
    assert [version for _, version, _ in stored(database, "Patient")] == [1]


def test_a_message_id_with_other_content_is_a_conflict(database: SyncDatabase) -> None:
    key = {"identifier": {"system": "urn:x", "value": "m1"}}
    first = send(database, bundle("batch", put(patient(id="p1")), **key))
    receipt = send(database, bundle("batch", put(patient("Khác", id="p1")), **key))
    assert receipt["state"] == "conflict" and reasons(receipt) == ["conflict"]
    assert first["id"] in receipt["issues"][0]["en"]
    assert [version for _, version, _ in stored(database, "Patient")] == [1]


def test_a_refused_message_does_not_use_up_its_id(database: SyncDatabase) -> None:
    bad = {**patient(id="p1"), "gender": "x"}
    assert send(database, bundle("batch", put(bad), id="m1"))["state"] == "refused"
    assert send(database, bundle("batch", put(patient(id="p1")), id="m1"))["state"] == "accepted"


def test_two_facilities_may_use_the_same_short_id(database: SyncDatabase) -> None:
    other = make_sender("his-97002", "97002")
    first = send(
        database, bundle("batch", put(patient("A", id="1")), put(weight("Patient/1", id="o1")))
    )
    second = send(
        database, bundle("batch", put(patient("B", id="1")), put(weight("Patient/1", id="o1"))),
        sender=other,
    )  # fmt: skip
    assert first["parts"][0]["location"] == "Patient/1/_history/1"
    theirs = second["parts"][0]["location"].split("/")[1]
    assert theirs != "1"
    again = send(database, bundle("batch", put(patient("B2", id="1"))), sender=other)
    assert again["parts"][0]["location"] == f"Patient/{theirs}/_history/2"
    late = send(database, weight("Patient/1", 70, id="o2"), sender=other)
    name = late["parts"][0]["location"].split("/")[1]
    rows = database.read(fetch("SELECT patient FROM store.observation WHERE id = $1::text", name))
    assert rows[0][0] == theirs


def test_a_short_id_named_first_by_another_is_not_taken(database: SyncDatabase) -> None:
    """Observations of facility A come before its Patient/7; meanwhile B sends its own Patient/7."""
    receipt = send(database, weight("Patient/7", id="early"))
    assert receipt["unresolved"][0]["target"] == "Patient/7"
    theirs = send(database, patient("B", id="7"), sender=make_sender("his-97002", "97002"))
    assert theirs["parts"][0]["location"] != "Patient/7/_history/1"
    still = send(database, weight("Patient/7", id="early2"))
    assert still["unresolved"][0]["resolvedAt"] is None
    mine = send(database, patient("A", id="7"))
    assert mine["parts"][0]["location"] == "Patient/7/_history/1"
    rows = database.read(fetch("SELECT target, resolved_by FROM bus.unresolved"))
    assert [(row[0], row[1]) for row in rows] == [("Patient/7", mine["id"])] * 2


def test_conditional_references_find_records_here_or_in_the_message(
    database: SyncDatabase,
) -> None:
    doctor = {"resourceType": "Practitioner", "identifier": [{"system": NPI, "value": "1"}]}
    known = send(database, doctor)["parts"][0]["location"]
    nurse = {"resourceType": "Practitioner", "identifier": [{"system": NPI, "value": "2"}]}

    def performed(number: str) -> dict[str, Any]:
        return weight("Patient/p1", id=f"o{number}", performer=[
            {"reference": f"Practitioner?identifier={NPI}|{number}"}
        ])  # fmt: skip

    receipt = send(
        database,
        bundle("transaction", put(patient(id="p1")), post(nurse), *map(put, map(performed, "123"))),
    )
    assert receipt["state"] == "accepted"
    first, second, third = (
        resource(database, part["location"])["performer"][0] for part in receipt["parts"][2:]
    )
    assert first["reference"] == "/".join(known.split("/")[:2])
    assert second["reference"] == "/".join(receipt["parts"][1]["location"].split("/")[:2])
    assert "reference" not in third and third["identifier"] == {"system": NPI, "value": "3"}
    (waiting,) = receipt["unresolved"]
    assert waiting["target"] == f"Practitioner?{NPI}|3"
    assert waiting["path"] == "Observation.performer[0]"
    late = {"resourceType": "Practitioner", "identifier": [{"system": NPI, "value": "3"}]}
    send(database, late)
    rows = database.read(fetch("SELECT resolved_at FROM bus.unresolved"))
    assert rows[0][0] is not None


def test_conditional_create_and_update_and_delete(database: SyncDatabase) -> None:
    known = patient(identifier=[{"system": "urn:x", "value": "9"}])
    condition = "identifier=urn:x|9"
    urn = "urn:uuid:11111111-2222-3333-4444-555555555555"
    first = send(database, bundle("transaction", post(known, ifNoneExist=condition)))
    again = send(
        database, bundle("transaction", post(known, urn, ifNoneExist=condition), post(weight(urn)))
    )
    assert outcomes(first) == ["created"] and outcomes(again) == ["unchanged", "created"]
    name = first["parts"][0]["location"].split("/")[1]
    assert resource(database, again["parts"][1]["location"])["subject"]["reference"] == (
        f"Patient/{name}"
    )
    request = {"method": "PUT", "url": f"Patient?{condition}"}
    update = bundle("transaction", {"resource": {**known, "gender": "male"}, "request": request})
    assert send(database, update)["parts"][0]["location"] == f"Patient/{name}/_history/2"
    delete = {"request": {"method": "DELETE", "url": f"Patient/{name}"}}
    assert outcomes(send(database, bundle("batch", delete))) == ["deleted"]
    missing = {"request": {"method": "DELETE", "url": "Patient/nobody"}}
    assert outcomes(send(database, bundle("batch", missing))) == ["refused"]


def test_a_version_that_differs_refuses_only_its_part(database: SyncDatabase) -> None:
    send(database, patient(id="p1"))
    receipt = send(
        database,
        bundle("batch", put(patient("Mới", id="p1"), ifMatch='W/"7"'), put(patient(id="p2"))),
    )
    assert outcomes(receipt) == ["refused", "created"]
    assert reasons(receipt) == ["conflict"]


def test_many_refusals_by_the_store_are_settled_part_by_part(database: SyncDatabase) -> None:
    entries = [put(patient(id=f"p{n}"), ifMatch='W/"7"') for n in range(12)]
    receipt = send(database, bundle("batch", *entries, put(patient(id="good"))))
    assert outcomes(receipt) == ["refused"] * 12 + ["created"]
    assert receipt["state"] == "accepted-in-part"


def test_rights_decide_part_by_part(database: SyncDatabase) -> None:
    sender = make_sender(scopes="system/Patient.cruds")
    receipt = send(
        database, bundle("batch", put(patient(id="p1")), put(weight("Patient/p1", id="o1"))),
        sender=sender,
    )  # fmt: skip
    assert outcomes(receipt) == ["created", "refused"] and reasons(receipt) == ["forbidden"]


@pytest.mark.parametrize(
    "content",
    [
        b"{", b"[]", b"{}", b'{"resourceType":"Bundle"}', b'{"resourceType":"Nothing"}',
        b'{"resourceType":"Bundle","type":"history","entry":[]}',
        b'{"resourceType":"Bundle","type":"batch","entry":{}}',
        b'{"resourceType":"Bundle","type":"batch","entry":[]}',
        b'{"resourceType":"Bundle","type":"batch","entry":[7]}',
        b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient"}}]}',
        b'{"resourceType":"Parameters"}',
        b'{"a":' * 5000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_kept_and_refused(database: SyncDatabase, content: bytes) -> None:
    intake = make_intake()
    submission = Submission(make_sender(), content, "application/fhir+json", "fhir")
    receipt = bus.submit(intake, database, submission)
    assert receipt["state"] == "refused" and reasons(receipt)
    rows = database.read(fetch("SELECT size FROM bus.message"))
    assert rows[0][0] == len(content)


def test_another_process_may_take_up_what_was_left(database: SyncDatabase) -> None:
    receipt = send(database, bundle("batch", put(patient(id="p1"))), later=True)
    assert receipt["state"] == "received" and receipt["parts"] == []
    assert stored(database, "Patient") == []
    assert bus.recover(make_intake(), database) == 1
    settled = database.read(bus.receipt(receipt["id"], "his-97001"))
    assert settled is not None and settled["state"] == "accepted"
    assert database.read(bus.receipt(receipt["id"], "somebody-else")) is None
    assert bus.recover(make_intake(), database) == 0


def test_receipts_are_listed_by_sender_and_state(database: SyncDatabase) -> None:
    for number in range(5):
        send(database, patient(id=f"p{number}"))
    send(database, patient(id="x"), sender=make_sender("other", "97002"))
    rows, more = database.read(bus.listed("his-97001", "accepted", None, 3))
    assert len(rows) == 3 and more is not None
    rows, more = database.read(bus.listed("his-97001", None, more, 3))
    assert len(rows) == 2 and more is None
    assert len(database.read(bus.listed(None, None, None, 10))[0]) == 6
