"""XML0 to XML15: the fields of the decision, written and read back, and the forms of the past."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.connectors import claims_xml
from lanh.connectors.claims_xml import TABLES, build_check_in, build_package
from lanh.connectors.claims_xml.conditions import holds
from lanh.connectors.claims_xml.fields import CERTIFICATES, CODES, EARLIER
from lanh.connectors.claims_xml.package import Package
from lanh.connectors.claims_xml.tests import episodes
from lanh.connectors.claims_xml.tests.old_form import old_package
from lanh.connectors.claims_xml.tests.sample import FACILITY, Rows
from lanh.core.fhir import Issue

COUNTS = [26, 66, 39, 47, 12, 9, 47, 26, 22, 35, 13, 23, 35, 37, 22, 20]


def package(rows: Rows) -> bytes:
    return build_package(FACILITY, date(2026, 3, 4), rows)


def issues(found: Package) -> list[Issue]:
    every = list(found.issues) + [issue for _, issue in found.unread]
    for rows in found.rows.values():
        every += [issue for item in rows for issue in item.issues + item.money]
    if found.episode:
        every += found.episode.issues + found.episode.money
    return every


def errors(found: Package) -> list[str]:
    return [each.expression for each in issues(found) if each.severity in ("error", "fatal")]


def said(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Rows as they stand in XML: texts, without what is empty."""
    return [
        {
            name: format(value, "f") if isinstance(value, Decimal) else str(value)
            for name, value in row.items()
            if value not in (None, "")
        }
        for row in rows
    ]


def test_the_tables_have_the_fields_of_the_decision() -> None:
    assert [len(TABLES[f"XML{n}"].names) for n in range(16)] == COUNTS
    for table in TABLES.values():
        assert len(set(table.names)) == len(table.names)
        assert table.title.vi and table.title.en
        for field in table.fields:
            assert field.codes == "" or field.codes.startswith("@") or field.codes in CODES
    for told in EARLIER.values():
        for name, earlier in told.items():
            known = {field.name for field in TABLES[name].fields}
            assert {new for each in earlier.rename.values() for new in each} <= known


def test_every_table_is_written_and_read_back() -> None:
    rows = episodes.everything()
    found = claims_xml.read(package(rows))
    assert errors(found) == []
    for name, written in rows.items():
        plain = [row.values for row in found.plain()[name]]
        assert [{k: v for k, v in row.items() if v} for row in plain] == said(written)


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_certificate_without_a_required_field_is_told_and_the_care_taken(name: str) -> None:
    for field in TABLES[name].fields:
        if field.required and not field.edition and field.name != "MA_LK":
            rows = episodes.everything()
            rows[name][0] |= {field.name: None}
            found = claims_xml.read(package(rows))
            assert not found.refused and found.episode and not found.episode.refused
            told = [(i.severity, i.rule) for i in issues(found)
                    if i.expression == f"{name}[1].{field.name}"]  # fmt: skip
            severity = "warning" if field.fault == "tell" else "error"
            assert (severity, "fields.required") in told, field.name


@pytest.mark.parametrize(
    ("table", "values", "field"),
    [
        ("XML7", {"MA_DINH_CHI_THAI": 1}, "TUOI_THAI"),
        ("XML11", {"MA_DINH_CHI_THAI": 1}, "NGUYENNHAN_DINHCHI"),
        ("XML6", {"NGAY_CHUYEN_PHAC_DO": "20260301"}, "LY_DO_CHUYEN_PHAC_DO"),
        ("XML6", {"NGAY_BAT_DAU_XU_TRI": None, "MA_XU_TRI": "1"}, "NGAY_BAT_DAU_XU_TRI"),
        ("XML8", {"NGAY_CONCHET": "20260301"}, "SO_CONCHET"),
    ],
)
def test_conditional_fields(table: str, values: dict[str, Any], field: str) -> None:
    rows = episodes.everything()
    rows[table][0] |= values
    told = [i for i in issues(claims_xml.read(package(rows)))
            if i.expression == f"{table}[1].{field}"]  # fmt: skip
    assert [each.rule for each in told] == ["fields.required-when"]
    assert TABLES[table].field(field).when in told[0].message.vi


@pytest.mark.parametrize(
    ("table", "field", "value", "severity"),
    [
        ("XML6", "KQ_XNTL_VR", 9, "error"),
        ("XML6", "MA_TINH_TRANG_DK", "1;0", "error"),
        ("XML15", "PHANLOAI_LAO_KT", 9, "information"),
        ("XML9", "GIOI_TINH_CON", 4, "error"),
        ("XML13", "MA_LYDO_CT", 3, "information"),
    ],
)
def test_codes_outside_a_list(table: str, field: str, value: Any, severity: str) -> None:
    rows = episodes.everything()
    rows[table][0] |= {field: value}
    told = [i for i in issues(claims_xml.read(package(rows)))
            if i.expression == f"{table}[1].{field}"]  # fmt: skip
    assert severity in [each.severity for each in told]
    assert all(each.message.vi and each.message.en and each.rule for each in told)


def test_a_certificate_in_a_broken_file_leaves_the_care() -> None:
    content = package(episodes.inpatient()).replace(b"XML7<", b"XML10<")
    found = claims_xml.read(content)
    assert not found.refused and [name for name, _ in found.unread] == ["XML10"]


def test_a_traditional_code_in_an_icd_field_says_where_it_belongs() -> None:
    rows = episodes.inpatient()
    rows["XML1"][0] |= {"MA_BENH_KT": "U50.001"}
    told = [i for i in issues(claims_xml.read(package(rows))) if i.severity == "error"]
    assert told[0].rule == "codes.traditional-as-icd10" and "MA_BENH_YHCT" in told[0].message.en


def test_a_check_in_is_read_without_an_envelope() -> None:
    row = episodes.check_in()
    found = claims_xml.read(build_check_in([row]))
    assert found.check_in and not issues(found)
    assert (found.facility, found.case) == (FACILITY, "LK1")
    assert [{k: v for k, v in item.row.values.items() if v} for item in found.rows["XML0"]] == said(
        [row]
    )
    nothing = claims_xml.read(build_check_in([row | {"MA_DICH_VU": None}]))
    assert errors(nothing) == ["XML0[1].MA_DICH_VU"]
    two = claims_xml.read(build_check_in([row, row | {"STT": 2, "MA_CSKCB": "97002"}]))
    assert two.refused
    assert claims_xml.read(build_check_in([])).refused


def test_a_package_of_4210_is_read_in_the_names_of_today() -> None:
    found = claims_xml.read(old_package())
    assert found.edition == "4210" and not errors(found)
    rows = found.plain()
    episode, line = rows["XML1"][0].values, rows["XML3"][0].values
    assert episode["MA_THE_BHYT"] == "ZZ4970000000001" and episode["MA_BENH_KT"] == "I10"
    assert episode["T_TONGCHI_BV"] == episode["T_TONGCHI_BH"] == "46510.00"
    assert line["MA_MAY"] == "HH.1.97001.01" and line["TYLE_TT_DV"] == "100"
    assert rows["XML5"][0].values["THOI_DIEM_DBLS"] == "201803011200"
    assert not any("NGOAIDS" in name for row in rows["XML2"] for name in row.values)


def test_both_layouts_of_the_transfer_paper_are_read() -> None:
    rows = episodes.inpatient()
    paper = rows["XML13"][0]
    paper["MA_NOI_DI"], paper["MA_NOI_DEN"] = paper.pop("MA_CSKCB_DI"), paper.pop("MA_CSKCB_DEN")
    paper["TEN_THUOC"] = "Paracetamol"
    found = claims_xml.read(package(rows))
    assert not errors(found)
    values = found.plain()["XML13"][0].values
    assert values["MA_CSKCB_DEN"] == "97002" and values["TEN_THUOC"] == "Paracetamol"


def test_tags_of_the_past_are_unknown_in_a_package_of_today() -> None:
    content = package(episodes.inpatient())
    inner = claims_xml.write("XML2", episodes.inpatient()["XML2"])
    told = claims_xml.envelope.Child("XML2", inner.replace(b"<DU_PHONG/>", b"<TYLE_TT>1</TYLE_TT>"))
    rows = {"XML2": claims_xml.envelope.read_rows(told)}
    claims_xml.editions.bring_up(rows, "3176")
    assert rows["XML2"][0].unknown == ["TYLE_TT"] and content


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


@given(st.sampled_from([f"XML{n}" for n in range(16)]), st.data())
@settings(max_examples=60, deadline=None)
def test_any_values_survive_writing_and_reading(name: str, data: st.DataObject) -> None:
    from lanh.core.text import nfc

    fields = data.draw(st.lists(st.sampled_from(TABLES[name].names), max_size=5, unique=True))
    row = {field: data.draw(_TEXT) for field in fields}
    [read] = claims_xml.envelope.read_rows(
        claims_xml.envelope.Child(name, claims_xml.write(name, [row]))
    )
    wanted = {field: nfc(value).strip() for field, value in row.items()}
    assert {k: v for k, v in read.values.items() if v} == {k: v for k, v in wanted.items() if v}


def test_conditions() -> None:
    assert holds("A=1|02", {"A": "2"}) and holds("!A & !B", {}) and holds("A", {"A": "x"})
    assert not holds("", {"A": "1"}) and not holds("A=1", {}) and not holds("!A & !B", {"B": "1"})
