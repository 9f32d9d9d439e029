"""Fields and responses: one comes back from the other; what browsers send is never trusted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanh.core import fhir
from lanh.core.forms import Tree, codes_asked, field_texts, judge, read_fields, submission
from lanh.core.forms.tests.forms import KNOWN, example, responses
from lanh.core.text import Language

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(responses(example("every_type")), st.sampled_from(["vi", "en"]))
def test_a_response_comes_back_from_its_fields(
    response: dict[str, Any], language: Language
) -> None:
    form = example("every_type")
    tree = Tree(form, response)
    assert tree.settle()
    asked = tree.response()
    received = read_fields(form, field_texts(tree, language), language=language, known=KNOWN)
    assert received.problems == ()
    assert received.response.get("item") == asked.get("item")
    assert fhir.dumps(received.response.get("item")) == fhir.dumps(asked.get("item"))


@SLOW
@given(responses(example("every_type")))
def test_what_is_asked_and_answered_is_valid(response: dict[str, Any]) -> None:
    tree = Tree(example("every_type"), response)
    found = judge(tree, known=KNOWN)
    assert [problem.message.en for problem in found.problems] == []
    assert fhir.validate(fhir.loads(fhir.dumps(tree.response()))) == []


names = st.one_of(
    st.text(max_size=20).map(lambda t: "q/" + t),
    st.sampled_from(["q/file", "q/group:0/name:0", "q/group:0/name:0/of:1", "q/many",
                     "q/weight", "q/weight#unit", "q/group:9999999/name:0", "q/who", "q/group/name",
                     "q/group:0#row", "q/one:1", "q/decimal:00", "q/" + "a/" * 50]),
)  # fmt: skip


@SLOW
@given(st.dictionaries(names, st.lists(st.text(max_size=30), max_size=3), max_size=8))
def test_whatever_is_sent_is_read_or_told(fields: dict[str, list[str]]) -> None:
    form = example("every_type")
    received = read_fields(form, fields, known=KNOWN)
    found = judge(received.tree, read=received.problems, known=KNOWN)
    told = {problem.message.vi for problem in found.problems}
    assert {problem.message.vi for problem in received.problems} <= told
    if not found.problems:
        assert fhir.validate(fhir.loads(fhir.dumps(received.tree.response()))) == []


def test_amounts_of_input_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "MOST_FIELDS", 10)
    received = read_fields(example("every_type"), {f"q/decimal:{n}": ["1"] for n in range(11)})
    assert [p.code for p in received.problems] == ["too-long"]
    monkeypatch.setattr(submission, "MOST_FIELDS", 20_000)
    received = read_fields(example("every_type"), {f"q/decimal:{n}": ["1"] for n in range(600)})
    assert len(received.response["item"][0]["answer"]) == 500 and received.problems


def test_browsers_have_no_say_in_what_is_kept() -> None:
    form = example("ward_beds")
    hospital = {"valueReference": {"reference": "Organization/97001"}}
    prior = {"status": "in-progress", "item": [{"linkId": "hospital", "answer": [hospital]}]}
    fields = {
        "q/hospital": ["Organization/other"],
        "q/total-used": ["9"],
        "q/period/day": ["1/2/2026"],
    }
    received = read_fields(form, fields, prior=prior)
    received.tree.settle()
    items = {item["linkId"]: item for item in received.tree.response()["item"]}
    assert items["hospital"]["answer"] == [hospital]
    assert items["total-used"]["answer"] == [{"valueInteger": 0}]
    assert items["period"]["item"][1]["answer"] == [{"valueDate": "2026-02-01"}]


def test_kept_answers_follow_their_row() -> None:
    form = example("ward_beds")
    codings = [{"system": "urn:lanh:ward", "code": c} for c in ("K01", "K02", "K18")]
    rows = [
        {"linkId": "ward", "item": [
            {"linkId": "ward-kind", "answer": [{"valueCoding": coding}]},
            {"linkId": "occupancy", "answer": [{"valueDecimal": n}]}]}
        for n, coding in enumerate(codings)
    ]  # fmt: skip
    fields = {f"q/ward:{n}/ward-kind": [f"urn:lanh:ward|{c}"] for n, c in ((0, "K01"), (2, "K18"))}
    received = read_fields(form, fields, prior={"item": rows})
    held = [row["item"][1]["answer"][0]["valueDecimal"] for row in received.response["item"]]
    assert held == [0, 2]


def test_codes_are_asked_for_and_unknown_ones_told() -> None:
    form = example("death_notice")
    fields = {"q/line:0/cause": ["urn:icd|A00.0"], "q/line:1/cause": ["urn:icd|ZZZ"]}
    assert codes_asked(form, fields) == {
        ("urn:lanh:values:icd10", "urn:icd|A00.0"), ("urn:lanh:values:icd10", "urn:icd|ZZZ"),
    }  # fmt: skip
    received = read_fields(form, fields, known=KNOWN)
    assert [(p.name, p.code) for p in received.problems] == [("q/line:1/cause", "value")]
    assert received.raw == {"q/line:1/cause": ("urn:icd|ZZZ",)}
