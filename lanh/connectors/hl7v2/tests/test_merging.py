"""Joins, moves and new numbers: links between records that stay where they are."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.connectors import hl7v2
from lanh.connectors.fhir.tests.support import make_intake, send, stored
from lanh.connectors.hl7v2.tests.sample import admission, header, person, result, visit
from lanh.connectors.hl7v2.tests.test_hl7v2 import judge
from lanh.core.access import system_access
from lanh.core.database import SyncDatabase
from lanh.core.store import Context

KIND = "application/hl7-v2"
PLATFORM = Context(system_access("test"))


def all_of(database: SyncDatabase, kind: str) -> list[dict[str, Any]]:
    engine = make_intake().ports.store
    names = [name for name, _, deleted in stored(database, kind) if not deleted]
    rows = [database.read(engine.read(kind, name, PLATFORM)) for name in names]
    return [row.resource() for row in rows if row is not None]


def patients(database: SyncDatabase) -> dict[str, dict[str, Any]]:
    return {each["identifier"][0]["value"]: each for each in all_of(database, "Patient")}


def joined(event: str, *more: Any) -> bytes:
    return hl7v2.write([header(f"ADT^{event}", event), ["EVN", event], person("BN1"), *more])


@pytest.mark.parametrize("event", ["A18", "A30", "A34", "A36", "A39", "A40", "A43", "A46", "A47"])
def test_a_number_given_up_leaves_its_record_behind_a_link(
    database: SyncDatabase, event: str
) -> None:
    send(database, result("R1", number="BN0"), KIND)
    assert send(database, joined(event, ["MRG", ["BN0"]]), KIND)["state"] == "accepted"
    found = patients(database)
    assert found["BN0"]["active"] is False
    assert found["BN0"]["link"] == [
        {"other": {"reference": f"Patient/{found['BN1']['id']}"}, "type": "replaced-by"}
    ]
    assert found["BN1"]["link"][0]["type"] == "replaces"
    assert found["BN0"]["name"], "what was known of the old number stays"
    (observation,) = all_of(database, "Observation")
    assert observation["subject"]["reference"] == f"Patient/{found['BN0']['id']}"


def test_two_joins_keep_both_links(database: SyncDatabase) -> None:
    send(database, joined("A40", ["MRG", ["BN0"]]), KIND)
    send(database, joined("A47", ["MRG", ["BN9"]]), KIND)
    assert len(patients(database)["BN1"]["link"]) == 2


def test_a_link_is_made_and_undone(database: SyncDatabase) -> None:
    for event, links in (("A24", 1), ("A37", 0)):
        assert send(database, joined(event, person("BN2")), KIND)["state"] == "accepted"
        found = patients(database)
        assert [len(found[number].get("link", [])) for number in ("BN1", "BN2")] == [links] * 2
    assert judge(joined("A24", person("BN1"))).parts[0].refused


def test_accounts_are_joined_and_moved(database: SyncDatabase) -> None:
    content = hl7v2.write(
        [header("ADT^A41", "1"), person("BN1", PID_18="TK1"), ["MRG", None, None, ["TK0"]]]
    )
    assert send(database, content, KIND)["state"] == "accepted"
    found = {each["identifier"][0]["value"]: each for each in all_of(database, "Account")}
    assert found["TK0"]["status"] == "inactive"
    assert found["TK0"]["partOf"]["reference"] == f"Account/{found['TK1']['id']}"


@pytest.mark.parametrize("event", ["A42", "A50"])
def test_a_visit_number_given_up(database: SyncDatabase, event: str) -> None:
    send(database, admission("M1"), KIND)
    content = joined(event, ["MRG", ["BN1"], None, None, None, ["V1"]], visit("V2"))
    assert send(database, content, KIND)["state"] == "accepted"
    found = {each["identifier"][0]["value"]: each for each in all_of(database, "Encounter")}
    assert found["V1"]["status"] == "entered-in-error"
    assert found["V1"]["partOf"]["reference"] == f"Encounter/{found['V2']['id']}"


def test_a_visit_that_keeps_its_number_has_its_new_patient(database: SyncDatabase) -> None:
    wrong = hl7v2.write([header("ADT^A01", "1"), person("BN0"), visit("V1")])
    send(database, wrong, KIND)
    content = joined("A45", ["MRG", ["BN0"], None, None, None, ["V1"]], visit("V1"))
    assert send(database, content, KIND)["state"] == "accepted"
    (encounter,) = all_of(database, "Encounter")
    one = patients(database)["BN1"]["id"]
    assert encounter["subject"]["reference"] == f"Patient/{one}"
    assert encounter["status"] == "in-progress"


@pytest.mark.parametrize(
    ("event", "status"),
    [("A21", "onleave"), ("A22", "in-progress"), ("A23", "entered-in-error"),
     ("A38", "cancelled"), ("A53", "onleave"), ("A52", "in-progress")],
)  # fmt: skip
def test_what_else_happens_to_a_visit(event: str, status: str) -> None:
    drafts = judge(admission("M1", event)).parts[0].drafts
    (encounter,) = [d.body for d in drafts if d.type == "Encounter"]
    assert encounter is not None and encounter["status"] == status


def test_a_person_taken_off_the_list_becomes_inactive(database: SyncDatabase) -> None:
    send(database, admission("M1", "A28"), KIND)
    assert send(database, admission("M2", "A29"), KIND)["state"] == "accepted"
    assert patients(database)["BN1"]["active"] is False


def test_an_allergy_is_taken_back() -> None:
    iam = ["IAM", 1, "DA", ["P", "Penicillin", "L"], "SV", None, "D"]
    drafts = judge(hl7v2.write([header("ADT^A60", "1"), person(), iam])).parts[0].drafts
    allergy = next(d.body for d in drafts if d.type == "AllergyIntolerance")
    assert allergy is not None
    assert allergy["verificationStatus"]["coding"][0]["code"] == "entered-in-error"


def test_two_patients_change_beds() -> None:
    content = joined("A17", visit("V1"), person("BN2"), visit("V2"))
    part = judge(content).parts[0]
    assert not part.refused
    kinds = sorted(draft.type for draft in part.drafts)
    assert kinds == ["Encounter", "Encounter", "Patient", "Patient"]
