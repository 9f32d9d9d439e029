"""A claim out of the record: what came in by the form, or was mended since, goes out again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.connectors import claims_xml
from lanh.connectors.claims_xml.outward import NotClaimable, check_in_from, rows_from
from lanh.connectors.claims_xml.tests import episodes
from lanh.connectors.claims_xml.tests.sample import Rows
from lanh.connectors.claims_xml.tests.test_claims import judge
from lanh.connectors.claims_xml.tests.test_rules import right
from lanh.connectors.claims_xml.tests.test_tables import package, said
from lanh.core import fhir


def record(content: bytes) -> list[dict[str, Any]]:
    found = judge(content)
    assert not any(part.refused for part in found.parts)
    made = [({**(d.body or {}), "id": d.id}) for part in found.parts for d in part.drafts]
    for body in made:
        assert fhir.validate(body) == []
    return [fhir.loads(fhir.dumps(body)) for body in made]


def out(rows: Rows) -> dict[str, list[dict[str, str]]]:
    return rows_from(record(package(rows)))


@given(right())
@settings(max_examples=15, deadline=None)
def test_the_rows_come_back_as_they_went_in(rows: Rows) -> None:
    found = out(rows)
    assert set(found) == set(rows)
    for name, written in rows.items():
        assert found[name] == [dict(row) for row in ordered(name, said(written))]
    again = claims_xml.figures(package(found))
    assert again == claims_xml.figures(package(rows))


def ordered(name: str, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    names = claims_xml.TABLES[name].names
    return [{n: row[n] for n in names if n in row} for row in rows]


_SPELT = st.sampled_from(["J189", "J18.9", "I10†", "E119"])


@given(_SPELT, st.sampled_from(["1990", "19900517", "199005170830", "199000000000"]))
@settings(max_examples=12, deadline=None)
def test_the_form_s_own_spelling_is_kept(code: str, born: str) -> None:
    rows = episodes.inpatient()
    rows["XML1"][0] |= {"MA_BENH_CHINH": code, "NGAY_SINH": born}
    found = out(rows)["XML1"][0]
    assert (found["MA_BENH_CHINH"], found["NGAY_SINH"]) == (code, born)


def test_what_was_mended_in_the_record_is_claimed() -> None:
    resources = record(package(episodes.inpatient()))
    for body in resources:
        if body["resourceType"] == "Patient":
            body["name"][0]["text"] = "Nguyễn Thị Đúng"
            body["birthDate"] = "1991-05-17"
    found = rows_from(resources)["XML1"][0]
    assert (found["HO_TEN"], found["NGAY_SINH"]) == ("Nguyễn Thị Đúng", "199105170000")


def test_a_check_in_goes_out_as_it_came() -> None:
    row = episodes.check_in()
    found = check_in_from(record(claims_xml.build_check_in([row])))
    assert found == ordered("XML0", said([row]))


def test_without_a_claim_nothing_is_claimed() -> None:
    resources = record(package(episodes.inpatient()))
    for missing in ("Claim", "Encounter", "Patient"):
        rest = [body for body in resources if body["resourceType"] != missing]
        with pytest.raises(NotClaimable, match=missing):
            rows_from(rest)
