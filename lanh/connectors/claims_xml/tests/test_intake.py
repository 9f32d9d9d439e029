"""Claim packages through the intake: parts, resends, replacement, figures read back."""

from __future__ import annotations

from decimal import Decimal

from lanh.connectors import claims_xml
from lanh.connectors.claims_xml.tests.sample import FACILITY, package, tables
from lanh.connectors.fhir.tests.support import census, make_intake, make_sender, send, stored
from lanh.core import store
from lanh.core.database import SyncDatabase


def _claim(database: SyncDatabase, location: str) -> dict[str, object]:
    kind, name = location.split("/")[:2]
    context = store.Context(make_sender().access)
    row = database.read(make_intake().ports.store.read(kind, name, context))
    assert row is not None
    return row.resource()


def test_a_package_is_kept_as_records_and_its_figures_read_back(database: SyncDatabase) -> None:
    content = package()
    receipt = send(database, content, "application/xml")
    assert receipt["state"] == "accepted" and receipt["unresolved"] == []
    parts = {(part["type"], part["sourceId"]): part for part in receipt["parts"]}
    assert parts["XML3", "LK1/1"]["outcome"] == "kept"
    claim = next(d for d in receipt["parts"] if d["type"] == "Claim")
    name = stored(database, "Claim")[0][0]
    assert claim["outcome"] == "created"
    figures = claims_xml.figures_of_claim(_claim(database, f"Claim/{name}"))
    assert figures == claims_xml.figures(content)
    before = census(database)
    assert send(database, content, "application/xml") == receipt
    assert census(database) == before


def test_a_corrected_package_replaces_the_earlier_one(database: SyncDatabase) -> None:
    send(database, package(), "application/xml")
    rows = tables()
    gone = rows["XML2"].pop()
    for name in ("T_THUOC", "T_TONGCHI_BV", "T_TONGCHI_BH"):
        rows["XML1"][0][name] -= gone["THANH_TIEN_BV"]
    rows["XML1"][0]["T_BNCCT"] -= gone["T_BNCCT"]
    rows["XML1"][0]["T_BHTT"] -= gone["T_BHTT"]
    rows["XML1"][0]["MA_BENH_KT"] = "I10"
    receipt = send(database, package(rows), "application/xml")
    assert receipt["state"] == "accepted", receipt["issues"]
    assert sorted(d for _, _, d in stored(database, "MedicationDispense")) == [False, True]
    assert sorted(d for _, _, d in stored(database, "Condition")) == [False, False, True]
    assert [(v, d) for _, v, d in stored(database, "Claim")] == [(2, False)]
    assert [(v, d) for _, v, d in stored(database, "Patient")] == [(1, False)]
    again = send(database, package(rows), "application/xml")
    assert again == receipt


def test_wrong_totals_refuse_the_claim_and_keep_the_care(database: SyncDatabase) -> None:
    rows = tables()
    rows["XML1"][0]["T_THUOC"] = Decimal(1)
    receipt = send(database, package(rows), "application/xml")
    assert receipt["state"] == "accepted-in-part"
    assert [p["type"] for p in receipt["parts"] if p["outcome"] == "refused"] == ["Claim"]
    assert stored(database, "Claim") == [] and len(stored(database, "MedicationDispense")) == 2


def test_a_refused_visit_refuses_everything(database: SyncDatabase) -> None:
    rows = tables()
    rows["XML1"][0]["NGAY_VAO"] = "hôm qua"
    receipt = send(database, package(rows), "application/xml")
    assert receipt["state"] == "refused"
    assert {part["outcome"] for part in receipt["parts"]} == {"refused"}
    assert stored(database, "Patient") == []


def test_another_facility_s_package_is_refused(database: SyncDatabase) -> None:
    rows = tables()
    rows["XML1"][0]["MA_CSKCB"] = "97002"
    content = package(rows, "97002")
    receipt = send(database, content, "application/xml")
    assert receipt["state"] == "refused" and receipt["issues"][0]["code"] == "forbidden"
    assert "97002" in receipt["issues"][0]["vi"] and FACILITY in receipt["issues"][0]["vi"]
    both = make_sender("province", "97001", more=("97002",))
    assert send(database, content, "application/xml", sender=both)["state"] == "accepted"
