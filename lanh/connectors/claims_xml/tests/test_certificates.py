"""XML0 and XML6 to XML15 as records, their labels and where each field went."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.connectors.claims_xml import ClaimsConnector, build_check_in
from lanh.connectors.claims_xml.fields import CERTIFICATES, TABLES
from lanh.connectors.claims_xml.tests import episodes
from lanh.connectors.claims_xml.tests.sample import FACILITY, Rows
from lanh.connectors.claims_xml.tests.sample import package as small
from lanh.connectors.claims_xml.tests.test_claims import judge
from lanh.connectors.claims_xml.tests.test_tables import package
from lanh.connectors.fhir.tests.support import make_intake, make_sender, send, stored
from lanh.core import fhir, store
from lanh.core.bus import Draft
from lanh.core.database import SyncDatabase
from lanh.nation import naming
from lanh.nation.sensitivity import sensitivity


def drafts(rows: Rows, table: str) -> list[Draft]:
    return [d for part in judge(package(rows)).parts if part.type == table for d in part.drafts]


def bodies(rows: Rows, table: str, kind: str) -> list[dict[str, Any]]:
    return [d.body or {} for d in drafts(rows, table) if d.type == kind]


def test_everything_becomes_valid_records() -> None:
    judged = judge(package(episodes.everything()))
    assert not any(part.refused for part in judged.parts) and not judged.issues
    made = [draft for part in judged.parts for draft in part.drafts]
    assert len({(draft.type, draft.id) for draft in made}) == len(made)
    for draft in made:
        assert fhir.validate({**(draft.body or {}), "id": draft.id}) == []
    kinds = {part.type: {d.type for d in part.drafts} for part in judged.parts}
    assert kinds["XML9"] == {"Composition", "Patient", "Observation", "Provenance"}
    assert kinds["XML13"] == {"Composition", "ServiceRequest", "Provenance"}
    assert kinds["XML14"] == {"Composition", "Appointment", "Provenance"}
    assert kinds["XML6"] >= {"EpisodeOfCare", "Observation", "MedicationStatement"}


@pytest.mark.parametrize("table", CERTIFICATES)
def test_each_field_is_followed_to_what_it_made(table: str) -> None:
    rows = episodes.everything()
    made = {f"{d.type}/{d.id}": d.body or {} for d in drafts(rows, table)}
    [provenance] = [body for name, body in made.items() if name.startswith("Provenance")]
    sources = {
        entity["what"]["identifier"]["value"]: [e["valueString"] for e in entity["extension"]]
        for entity in provenance["entity"]
    }
    given = {name for name, value in rows[table][0].items() if value not in (None, "")}
    assert set(sources) == {f"{table}[1].{name}" for name in given - {"MA_LK"}}
    for places in sources.values():
        assert places and all(place.partition("#")[0] in made for place in places)
    targets = {target["reference"] for target in provenance["target"]}
    assert targets == set(made) - {f"Provenance/{d.id}" for d in drafts(rows, table)}


def test_hiv_is_kept_under_its_own_label() -> None:
    rows = episodes.everything()
    for table in ("XML6", "XML15"):
        assert {sensitivity(d.body or {}) for d in drafts(rows, table)} == {"HIV"}
    rows["XML15"][0] |= {"PHANLOAI_LAO_HIV": 2, "NGAYKD_HIV": None, "BDDT_ARV": None,
                         "NGAY_BAT_DAU_DT_CTX": None}  # fmt: skip
    assert {sensitivity(d.body or {}) for d in drafts(rows, "XML15")} == {""}
    assert {sensitivity(d.body or {}) for d in drafts(rows, "XML7")} == {""}


def test_a_child_is_born() -> None:
    rows = episodes.everything()
    [child] = bodies(rows, "XML9", "Patient")
    assert child["birthDate"] == "2026-03-02" and child["gender"] == "female"
    assert child["extension"][0]["valueIdentifier"]["value"] == "BN001"
    [weight] = bodies(rows, "XML9", "Observation")
    assert (weight["valueQuantity"]["value"], weight["valueQuantity"]["code"]) == (3200, "g")
    twins = [episodes.birth() | {"SO_CON": 2}, episodes.birth() | {"SO_CON": 2, "HO_TEN_CON": ""}]
    rows["XML9"] = twins
    children = [d for d in drafts(rows, "XML9") if d.type == "Patient"]
    assert len({d.id for d in children}) == 2 and "name" not in (children[1].body or {})


def test_what_is_told_stands_where_fhir_has_its_home() -> None:
    rows = episodes.everything()
    [referral] = bodies(rows, "XML13", "ServiceRequest")
    assert referral["performer"][0]["identifier"]["value"] == "97002"
    [slip] = bodies(rows, "XML14", "Appointment")
    assert slip["requestedPeriod"][0]["start"] == "2026-03-18T00:00:00+07:00"
    [leave] = bodies(rows, "XML11", "Composition")
    assert leave["event"][0]["period"] == {"start": "2026-03-04", "end": "2026-03-06"}
    load = bodies(rows, "XML6", "Observation")[0]
    assert load["valueCodeableConcept"]["coding"][0]["display"] == "Không phát hiện"


def test_a_certificate_at_fault_is_refused_alone() -> None:
    rows = episodes.everything()
    rows["XML9"][0]["NGAY_SINH_CON"] = "hôm qua"
    judged = judge(package(rows))
    assert [part.type for part in judged.parts if part.refused] == ["XML9"]


def test_markup_in_a_text_stays_text() -> None:
    rows = episodes.inpatient()
    rows["XML8"][0]["QT_BENHLY"] = "SpO2 <90% & <script>alert(1)</script>\nngày 2"
    [document] = bodies(rows, "XML8", "Composition")
    div = "".join(section["text"]["div"] for section in document["section"])
    assert "<script>" not in div and "&lt;script&gt;" in div and "<br/>" in div
    assert fhir.validate({**document, "id": "a"}) == []


def _encounter(database: SyncDatabase) -> dict[str, Any]:
    [(name, _, _)] = stored(database, "Encounter")
    row = database.read(
        make_intake().ports.store.read("Encounter", name, store.Context(make_sender().access))
    )
    assert row is not None
    return row.resource()


def test_a_check_in_begins_the_visit_that_the_claim_ends(database: SyncDatabase) -> None:
    first = build_check_in([episodes.check_in()])
    assert ClaimsConnector().recognises(first)
    receipt = send(database, first, "application/xml")
    assert receipt["state"] == "accepted", receipt
    assert _encounter(database)["status"] == "in-progress"
    again = build_check_in([episodes.check_in() | {"NGAY_VAO_NOI_TRU": "202603010900",
                                                   "LY_DO_VNT": "Sốt cao"}])  # fmt: skip
    assert send(database, again, "application/xml")["state"] == "accepted"
    assert send(database, small(), "application/xml")["state"] == "accepted"
    assert _encounter(database)["status"] == "finished"
    late = build_check_in([episodes.check_in() | {"NGAY_YL": "202603010806"}])
    assert send(database, late, "application/xml")["state"] == "accepted"
    found = _encounter(database)
    assert found["status"] == "finished" and found["period"]["end"]
    assert len(stored(database, "Patient")) == 1 and len(stored(database, "Coverage")) == 1


def test_a_whole_package_is_kept_and_corrected(database: SyncDatabase) -> None:
    receipt = send(database, package(episodes.everything()), "application/xml")
    assert receipt["state"] == "accepted", receipt["issues"]
    assert receipt["unresolved"] == []
    assert len(stored(database, "Composition")) == len(CERTIFICATES)
    rows = episodes.everything()
    del rows["XML10"]
    assert send(database, package(rows), "application/xml")["state"] == "accepted"
    gone = [name for name, _, deleted in stored(database, "Composition") if deleted]
    assert len(gone) == 1 and FACILITY and TABLES and naming
