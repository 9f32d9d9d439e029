"""Answers are judged on the server; a summary names the question, the fault and the remedy."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.fhir.issues import catalogue
from lanh.core.forms import Summary, Tree, judge, read_fields
from lanh.core.forms.errors import MESSAGES
from lanh.core.forms.tests.forms import KNOWN, example

WARD = {"q/ward:0/ward-kind": ["urn:lanh:ward|K01"], "q/ward:0/planned/planned-beds": ["20"]}
PRIOR = {
    "item": [
        {"linkId": "hospital", "answer": [{"valueReference": {"reference": "Organization/1"}}]}
    ]
}


def bed_report(**more: list[str]) -> Summary:
    """What is told of a bed report."""
    fields = {"q/period/day": ["22/11/2026"], **WARD, **more}
    received = read_fields(example("ward_beds"), fields, prior=PRIOR)
    return judge(received.tree, read=received.problems)


def test_a_summary_says_where_what_and_how_to_mend() -> None:
    found = bed_report(**{"q/period/day": ["31/11/2026"], "q/ward:0/used/used-beds": ["50"]})
    assert found.blocking and found.heading("vi") == "Có 3 chỗ cần sửa"
    assert found.lines("vi") == [
        ("q/period/day", "Ngày báo cáo: Không có ngày “31/11/2026” trong lịch. Hãy kiểm tra lại."),
        ("q/ward:0", "Khoa: Số giường đang dùng không được quá hai lần giường kế hoạch."),
        ("q/ward:0/over", "Lý do quá tải: cần trả lời."),
    ]
    assert found.lines("en")[2] == ("q/ward:0/over", "Reason for overcrowding: needs an answer.")
    assert found.problems[2].path == ("ward", "over")
    assert [issue.code for issue in found.issues()] == ["value", "invariant", "required"]


def test_a_sound_report_is_taken() -> None:
    assert bed_report(**{"q/ward:0/used/used-beds": ["19"]}).problems == ()


def test_too_few_and_too_many_rows_are_told() -> None:
    received = read_fields(example("ward_beds"), {"q/period/day": ["1/1/2026"]}, prior=PRIOR)
    found = judge(received.tree)
    assert [(p.name, p.code) for p in found.problems] == [("q/ward", "required")]
    fields = {f"q/line:{n}/cause": ["urn:icd|A00.0"] for n in range(5)}
    received = read_fields(example("death_notice"), fields, known=KNOWN)
    told = judge(received.tree, known=KNOWN, complete=False)
    assert told.problems == ()
    told = judge(received.tree, known=KNOWN)
    assert "q/line:0" in [p.name for p in told.problems if p.code == "structure"]


def test_what_is_not_asked_is_neither_required_nor_kept() -> None:
    form = example("death_notice")
    for sex, asked in (("male", False), ("female", True)):
        fields = {
            "q/who/sex": [f"http://hl7.org/fhir/administrative-gender|{sex}"],
            "q/mother/pregnant": ["đang mang thai"],
            "q/mother/weeks": ["12,5"],
            "q/mother/weeks#unit": ["http://unitsofmeasure.org|wk"],
        }
        received = read_fields(form, fields)
        received.tree.settle()
        links = [item["linkId"] for item in received.tree.response()["item"]]
        assert ("mother" in links) is asked


def test_each_fault_of_an_answer_has_words_for_people() -> None:
    told = {key for key in catalogue() if key.startswith(("answer-", "answers-"))}
    own = {"answers-required", "answers-group", "answers-no-form"}
    # How a response is built, which no page can get wrong, is told in one sentence.
    built = {"answers-unknown", "answers-misplaced", "answers-order", "answers-not-enabled",
             "answers-none", "answers-place", "answer-type"}  # fmt: skip
    assert {key for key in told - own - built if f"told-{key}" not in MESSAGES} == set()


@pytest.mark.parametrize(
    ("name", "texts", "codes"),
    [("q/n", ["0,5"], ["value"]), ("q/n", ["9,6"], ["value"]), ("q/n", ["2,55"], ["value"]),
     ("q/s", ["a"], ["value"]), ("q/s", ["abcdef"], ["too-long"]), ("q/s", ["AB"], ["value"]),
     ("q/c", ["1", "2"], ["structure"]), ("q/c", ["3"], ["value"])],
)  # fmt: skip
def test_bounds_are_kept(name: str, texts: list[str], codes: list[str]) -> None:
    form = example("bounds")
    received = read_fields(form, {name: texts, "q/r:0": ["a"], "q/r:1": ["b"]})
    found = judge(received.tree, read=received.problems)
    assert [p.code for p in found.problems if p.name == name] == codes
    assert [p.code for p in found.problems if p.name == "q/x"] == ["processing"]


def test_repeated_answers_are_counted() -> None:
    form = example("bounds")
    for count, faults in ((1, 1), (2, 0), (3, 0), (4, 1)):
        fields = {f"q/r:{n}": ["a"] for n in range(count)}
        found = judge(read_fields(form, fields).tree)
        assert len([p for p in found.problems if p.name.startswith("q/r")]) == faults


def test_calculations_that_never_rest_are_told() -> None:
    response: dict[str, Any] = {}
    found = judge(Tree(example("unsettled"), response))
    assert [p.message.words for p in found.problems] == [MESSAGES["unsettled"]]
