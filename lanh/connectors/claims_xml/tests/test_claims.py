"""Claim packages: what is taken, what is refused and why, and figures that survive."""

from __future__ import annotations

import base64
import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.connectors import claims_xml
from lanh.connectors.claims_xml import ClaimsConnector, Package, build_package, figures_of_claim
from lanh.connectors.claims_xml.fields import CARE
from lanh.connectors.claims_xml.tests.sample import FACILITY, Rows, drug, package, tables
from lanh.core import fhir
from lanh.core.access import Access, Purpose, Subject
from lanh.core.bus import Judged, Sender, Submission
from lanh.nation import naming

_ACCESS = Access(Subject("system", "his", "his"), Purpose.OPERATIONS, facility=FACILITY)
_SENDER = Sender("his", _ACCESS, FACILITY, {FACILITY: None})


def judge(content: bytes) -> Judged:
    return ClaimsConnector().judge(Submission(_SENDER, content, "application/xml", "claims-xml"))


def expressions(judged: Judged, severity: str = "error") -> list[str]:
    every = list(judged.issues)
    for part in judged.parts:
        every += part.issues
    return [issue.expression for issue in every if issue.severity == severity]


def changed(table: str, row: int, **values: Any) -> bytes:
    rows = tables()
    rows[table][row] |= values
    return package(rows)


def test_a_good_package_becomes_valid_records() -> None:
    judged = judge(package())
    assert not judged.issues and judged.key == f"{FACILITY}\nLK1" and judged.replaces
    assert not expressions(judged) and not expressions(judged, "warning")
    drafts = [draft for part in judged.parts for draft in part.drafts]
    kinds = sorted(draft.type for draft in drafts)
    assert kinds == sorted(
        ["Patient", "Encounter", *["Condition"] * 3, *["MedicationDispense"] * 2, "Procedure",
         "ServiceRequest", *["Observation"] * 2, "DiagnosticReport", "ClinicalImpression",
         "Coverage", "Claim"]
    )  # fmt: skip
    for draft in drafts:
        assert fhir.validate({**(draft.body or {}), "id": draft.id}) == []
    glucose = next(d.body for d in drafts if d.type == "Observation")
    assert glucose and str(glucose["valueQuantity"]["value"]) == "5.60"
    assert glucose["effectiveDateTime"] == "2026-03-01T10:00:00+07:00"


def test_diagnoses_have_titles_and_only_the_main_one_is_cured() -> None:
    judged = judge(
        changed("XML1", 0, KET_QUA_DTRI=1, CHAN_DOAN_RV="Viêm phổi; THA", MA_BENH_KT="I10;Q99.9")
    )
    found = [d.body or {} for p in judged.parts for d in p.drafts if d.type == "Condition"]
    main, second, unlisted = found
    assert [c["clinicalStatus"]["coding"][0]["code"] for c in found] == [
        "resolved", "active", "active",
    ]  # fmt: skip
    assert main["code"]["text"] and main["note"] == [{"text": "Viêm phổi; THA"}]
    assert second["code"]["text"] == "Bệnh lý tăng huyết áp" and "note" not in second
    assert unlisted["code"] == {"coding": [{"system": naming.ICD10, "code": "Q99.9"}]}
    other = judge(changed("XML1", 0, MA_BENH_CHINH="Q99.9", CHAN_DOAN_RV="Bất thường"))
    first = next(d.body or {} for p in other.parts for d in p.drafts if d.type == "Condition")
    assert first["code"]["text"] == "Bất thường" and "note" not in first
    assert first["clinicalStatus"]["coding"][0]["code"] == "active"


def test_ids_depend_on_facility_and_business_key_only() -> None:
    first = [(d.type, d.id) for p in judge(package()).parts for d in p.drafts]
    rows = tables()
    rows["XML1"][0]["GHI_CHU"] = "Tái khám"
    second = [(d.type, d.id) for p in judge(package(rows)).parts for d in p.drafts]
    assert first == second and len(set(first)) == len(first)


def test_figures_survive_the_claim_digit_for_digit() -> None:
    content = package()
    judged = judge(content)
    claim = next(d.body for p in judged.parts for d in p.drafts if d.type == "Claim")
    kept = fhir.loads(fhir.dumps(claim))
    read_back, sent = figures_of_claim(kept), claims_xml.figures(content)
    assert read_back == sent and len(sent.lines) == 6
    assert str(read_back.lines[1].figures["DON_GIA"]) == "999.999"
    assert all(sent.totals[name] == value for name, value in sent.sums().items())


@given(st.lists(st.tuples(st.decimals(0, 9999, places=3), st.decimals(0, 10**9, places=3)),
                min_size=1, max_size=4))  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_any_figures_survive(lines: list[tuple[Decimal, Decimal]]) -> None:
    rows: Rows = {"XML1": tables()["XML1"]}
    rows["XML2"] = [drug(n, str(q), str(p)) for n, (q, p) in enumerate(lines, start=1)]
    whole = sum((row["THANH_TIEN_BV"] for row in rows["XML2"]), Decimal(0))
    shared = sum((row["T_BNCCT"] for row in rows["XML2"]), Decimal(0))
    rows["XML1"][0] |= {"T_THUOC": whole, "T_VTYT": 0, "T_TONGCHI_BV": whole, "T_BNCCT": shared,
                        "T_TONGCHI_BH": whole, "T_BHTT": whole - shared}  # fmt: skip
    content = package(rows)
    judged = judge(content)
    assert not expressions(judged)
    claim = next(d.body for p in judged.parts for d in p.drafts if d.type == "Claim")
    assert figures_of_claim(fhir.loads(fhir.dumps(claim))) == claims_xml.figures(content)


@pytest.mark.parametrize(
    ("table", "values", "expression"),
    [
        ("XML1", {"HO_TEN": ""}, "XML1[1].HO_TEN"),
        ("XML1", {"NGAY_VAO": "202602300800"}, "XML1[1].NGAY_VAO"),
        ("XML1", {"NGAY_RA": "202602280800"}, "XML1[1].NGAY_RA"),
        ("XML1", {"GIOI_TINH": "4"}, "XML1[1].GIOI_TINH"),
        ("XML1", {"MA_BENH_CHINH": "viêm"}, "XML1[1].MA_BENH_CHINH"),
        ("XML1", {"NGAY_SINH": "19901340"}, "XML1[1].NGAY_SINH"),
        ("XML1", {"MA_CSKCB": "97002"}, "XML1[1].MA_CSKCB"),
        ("XML1", {"GT_THE_TU": "20260101;20260201"}, "XML1[1].GT_THE_TU"),
        ("XML2", {"SO_LUONG": "1,5"}, "XML2[1].SO_LUONG"),
        ("XML2", {"SO_LUONG": "-1"}, "XML2[1].SO_LUONG"),
        ("XML2", {"DON_GIA": "1.2345"}, "XML2[1].DON_GIA"),
        ("XML2", {"MA_LK": "LK2"}, "XML2[1].MA_LK"),
        ("XML2", {"STT": 2}, "XML2[2].STT"),
        ("XML2", {"T_BHTT": 1}, "XML2[1].T_BHTT"),
        ("XML3", {"MA_DICH_VU": "", "MA_VAT_TU": ""}, "XML3[1].MA_DICH_VU"),
        ("XML3", {"TEN_DICH_VU": "x" * 1025}, "XML3[1].TEN_DICH_VU"),
        ("XML4", {"GIA_TRI": "", "MO_TA": "", "KET_LUAN": ""}, "XML4[1].GIA_TRI"),
        ("XML5", {"THOI_DIEM_DBLS": "2026-03-01"}, "XML5[1].THOI_DIEM_DBLS"),
    ],
)
def test_each_fault_names_table_row_and_field(
    table: str, values: dict[str, Any], expression: str
) -> None:
    judged = judge(changed(table, 0, **values))
    assert expression in expressions(judged)
    for issue in [*judged.issues, *(i for p in judged.parts for i in p.issues)]:
        assert issue.message.vi and issue.message.en


def test_totals_that_differ_refuse_the_claim_but_not_the_visit() -> None:
    judged = judge(changed("XML1", 0, T_TONGCHI_BV="1.00"))
    refused = [part.type for part in judged.parts if part.refused]
    assert refused == ["Claim"]
    assert "XML1[1].T_TONGCHI_BV" in expressions(judged)


def test_a_refused_line_refuses_the_claim_too() -> None:
    judged = judge(changed("XML2", 0, TEN_THUOC=""))
    assert [part.type for part in judged.parts if part.refused] == ["XML2", "Claim"]


def test_an_identity_that_looks_wrong_is_told_and_taken() -> None:
    judged = judge(changed("XML1", 0, SO_CCCD="097290000001"))
    assert not expressions(judged)
    assert "XML1[1].SO_CCCD" in expressions(judged, "warning")


_BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [
<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>
<GIAMDINHHS><THONGTINDONVI><MACSKCB>&b;</MACSKCB></THONGTINDONVI></GIAMDINHHS>"""


@pytest.mark.parametrize(
    "content",
    [
        _BOMB,
        b"<?xml version='1.0'?><!DOCTYPE x SYSTEM 'file:///etc/passwd'><GIAMDINHHS/>",
        b"<GIAMDINHHS>",
        b"<other/>",
        b"",
        b"<?xml version='1.0' encoding='nonsense'?><GIAMDINHHS/>",
        b"<GIAMDINHHS>" + b"<a>" * 1000,
        package().replace(b"<NOIDUNGFILE>", b"<NOIDUNGFILE>*"),
        build_package(FACILITY, date(2026, 3, 1), tables()).replace(b"XML1<", b"XML99<"),
    ],
)
def test_hostile_or_broken_input_is_refused_with_a_reason(content: bytes) -> None:
    judged = judge(content)
    assert judged.refused and not judged.parts
    assert all(issue.message.vi and issue.message.en for issue in judged.issues)


def test_a_doctype_inside_a_child_is_refused() -> None:
    inner = base64.b64encode(b"<!DOCTYPE x><TONG_HOP/>")
    content = package()
    start = content.index(b"<NOIDUNGFILE>") + len(b"<NOIDUNGFILE>")
    content = content[:start] + inner + content[content.index(b"</NOIDUNGFILE>") :]
    assert judge(content).refused


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_packages_never_raise(data: st.DataObject) -> None:
    content = bytearray(package())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    judged = judge(bytes(content))
    assert judged.parts or judged.issues


_VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)


@given(st.sampled_from(list(CARE)), st.data())
@settings(max_examples=100, deadline=None)
def test_any_values_are_judged_and_never_raise(name: str, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(claims_xml.TABLES[name].names))
    strange = _VALUES | st.sampled_from(["٣", "²", "1e5", "NaN", ";", ";;", "0", "9" * 16])
    judged = judge(changed(name, 0, **{field: data.draw(strange)}))
    for part in judged.parts:
        for draft in part.drafts:
            assert fhir.validate({**(draft.body or {}), "id": draft.id}) == []


def test_the_writer_refuses_what_is_not_of_the_form() -> None:
    with pytest.raises(ValueError, match="no field"):
        claims_xml.write("XML2", [{"KHONG_CO": 1}])
    with pytest.raises(ValueError, match="float"):
        claims_xml.write("XML2", [{"DON_GIA": 1.5}])
    with pytest.raises(ValueError, match="one row"):
        build_package(FACILITY, date(2026, 3, 1), {"XML2": []})


def test_reading_an_unreadable_package_for_figures_says_why() -> None:
    with pytest.raises(ValueError, match="GIAMDINHHS"):
        claims_xml.figures(b"<other/>")
    assert isinstance(claims_xml.read(package()), Package)


def test_fields_are_those_of_the_published_list(test_data: Path) -> None:
    listed: dict[str, list[str]] = {}
    with (test_data / "bhyt" / "bhyt_xml_fields.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["standard"] == "QD3176":
                listed.setdefault(row["table"], []).append(row["field"])
    for name, table in claims_xml.TABLES.items():
        if name not in listed:  # XML0 and XML12 are not in the published list
            continue
        assert set(table.names) == set(listed[name])
        # The list has the three shares in another order than the form and the dictionary do.
        shares = {"T_BNTT", "T_BNCCT", "T_BHTT"} if name in ("XML2", "XML3") else set()
        assert [n for n in table.names if n not in shares] == [
            n for n in listed[name] if n not in shares
        ]
