"""Rules read answers by linkId, and name places as the form's page does."""

from __future__ import annotations

from datetime import date

from lanh.core.forms import Answers, Tree
from lanh.core.forms.tests.forms import example

RESPONSE = {
    "resourceType": "QuestionnaireResponse",
    "status": "in-progress",
    "item": [
        {"linkId": "period", "item": [{"linkId": "day", "answer": [{"valueDate": "2026-11-22"}]}]},
        {"linkId": "ward", "item": [
            {"linkId": "ward-kind", "answer": [{"valueCoding": {"code": "K01"}}]}]},
        {"linkId": "ward", "item": [
            {"linkId": "used", "item": [{"linkId": "used-beds", "answer": [{"valueInteger": 4}]}]}
        ]},
    ],
}  # fmt: skip


def test_answers_are_found_where_they_stand() -> None:
    answers = Answers(RESPONSE)
    assert answers.group("period").day("day") == date(2026, 11, 22)
    first, second = answers.rows("ward")
    assert (first.code("ward-kind"), second.code("ward-kind")) == ("K01", None)
    used = second.group("used")
    assert used.value("used-beds") == 4
    assert answers.group("nothing").value("at all") is None
    names = {node.name for node in Tree(example("ward_beds"), RESPONSE).every()}
    assert {used.at("used-beds"), answers.group("period").at("day")} <= names
