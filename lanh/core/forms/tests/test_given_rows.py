"""Rows that are given: none is added, none removed, whoever sends; told by what nobody enters."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from lanh.core.forms import (
    Form,
    FormInvalid,
    Tree,
    aligned,
    differences,
    field_texts,
    open_form,
    page_of,
    read_fields,
    read_form,
    read_notation,
)

BEDS = """
resourceType: Questionnaire
url: urn:test:beds
version: "1"
status: active
language: vi
title: {vi: Giường, en: Beds}
extension: {launchContext: [report/MeasureReport]}
item:
  - linkId: row
    type: group
    repeats: true
    text: {vi: Dòng, en: Line}
    extension:
      givenRows: true
      itemPopulationContext: {name: group, expression: "%report.group"}
    item:
      - linkId: ward
        type: string
        readOnly: true
        text: {vi: Khoa, en: Ward}
        extension: {initialExpression: "%group.code.text"}
      - linkId: counts
        type: group
        item:
          - {linkId: beds, type: integer, text: {vi: Giường, en: Beds}, required: true}
"""
REPORT = {"resourceType": "MeasureReport", "group": [{"code": {"text": w}} for w in "ABC"]}


@pytest.fixture
def form() -> Form:
    return read_form(read_notation(BEDS))


@pytest.fixture
def opened(form: Form) -> dict[str, Any]:
    return open_form(form, {"report": REPORT}).response()


def row(ward: str | None, beds: int) -> dict[str, Any]:
    told = [] if ward is None else [{"linkId": "ward", "answer": [{"valueString": ward}]}]
    counts = [{"linkId": "beds", "answer": [{"valueInteger": beds}]}]
    return {"linkId": "row", "item": [*told, {"linkId": "counts", "item": counts}]}


def test_the_page_offers_no_row_more_or_less_and_names_each(
    form: Form, opened: dict[str, Any]
) -> None:
    block = page_of(Tree(form, opened), "vi").blocks[0]
    assert [each.title for each in block.rows] == ["A", "B", "C"]
    assert not any(each.removable or each.row_name for each in block.rows)
    assert block.next_name is None


def test_a_browser_adds_and_removes_none(form: Form, opened: dict[str, Any]) -> None:
    fields = {"q/row:2/counts/beds": ["7"], "q/row:2/ward": ["X"], "q/row:0#row": ["1"]}
    received = read_fields(form, fields, prior=opened)
    assert received.problems == ()
    assert received.response["item"][2] == row("C", 7)
    assert [r["item"][0]["answer"][0]["valueString"] for r in received.response["item"]] == [*"ABC"]
    received = read_fields(form, {"q/row:3/counts/beds": ["7"]}, prior=opened)
    assert [each.message.en for each in received.problems] == [
        "The rows of this part are given: none is added or changed. Reload the page."
    ]
    assert len(received.response["item"]) == 3


def test_a_program_sends_rows_in_any_order(form: Form, opened: dict[str, Any]) -> None:
    sent = {"item": [row("C", 3), row("A", 1)]}
    placed, faults = aligned(form, sent, opened)
    assert faults == []
    fields = field_texts(Tree(form, placed), "vi")
    received = read_fields(form, fields, prior=opened)
    assert received.response["item"][0] == row("A", 1)
    assert received.response["item"][2] == row("C", 3)
    by_order, faults = aligned(form, {"item": [row(None, 1), row(None, 2)]}, opened)
    assert faults == [] and by_order["item"][1] == row(None, 2)


@pytest.mark.parametrize("wards", ["X", "AA", "ABCA"])
def test_a_row_that_is_none_of_them_is_told(form: Form, opened: dict[str, Any], wards: str) -> None:
    _, faults = aligned(form, {"item": [row(ward, 1) for ward in wards]}, opened)
    assert [each.name for each in faults] == ["q/row"]
    assert f"Row {len(wards)} is none" in faults[0].message.en


def test_a_change_names_the_row(form: Form) -> None:
    before: dict[str, Any] = {"item": [row("A", 1), row("B", 2)]}
    after = copy.deepcopy(before)
    after["item"][1] = row("B", 5)
    assert [c.say("en") for c in differences(form, before, after)] == ["B › Beds: 2 → 5"]


def test_rows_are_given_in_repeating_groups_only() -> None:
    with pytest.raises(FormInvalid, match="givenRows belongs to repeating groups"):
        read_form(read_notation(BEDS.replace("    repeats: true\n", "")))
