"""Answers by their form: what is asked, how often, of which type, under which conditions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lanh.core import fhir

Row = dict[str, Any]
CORE = "http://hl7.org/fhir/StructureDefinition/"
URL = "http://example.vn/Questionnaire/thu"


def asked(link: str, kind: str = "string", **more: Any) -> Row:
    return {"linkId": link, "type": kind, **more}


def said(link: str, *values: Any, kind: str = "String", **more: Any) -> Row:
    return {"linkId": link, "answer": [{f"value{kind}": value} for value in values], **more}


def limit(name: str, value: Any, kind: str = "Integer") -> Row:
    return {"extension": [{"url": CORE + name, f"value{kind}": value}]}


def faults(questions: list[Row], answers: list[Row], status: str = "completed") -> list[str]:
    profiles = fhir.Profiles()
    profiles.keep({"resourceType": "Questionnaire", "status": "active", "url": URL,
                   "item": questions})  # fmt: skip
    response = {"resourceType": "QuestionnaireResponse", "questionnaire": URL, "status": status,
                "item": answers}  # fmt: skip
    if not answers:
        del response["item"]
    found = fhir.validate(response, profiles=profiles)
    for issue in found:
        assert issue.message.vi.startswith(issue.expression)
    return [issue.expression.removeprefix("QuestionnaireResponse.") for issue in found]


YES = asked("yes", "boolean")
MORE = asked("more", enableWhen=[{"question": "yes", "operator": "=", "answerBoolean": True}])
CHOICE = asked("c", "choice", answerOption=[{"valueCoding": {"system": "urn:a", "code": "1"}}])
GROUP = asked("g", "group", item=[asked("in", required=True)])
CASES: list[tuple[str, list[Row], list[Row], list[str]]] = [
    ("well", [asked("q")], [said("q", "x")], []),
    ("unknown question", [asked("q")], [said("r", "x")], ["item[0].linkId"]),
    ("in the wrong place", [GROUP], [said("in", "x")], ["item[0].linkId"]),
    ("out of order", [asked("a"), asked("b")], [said("b", "x"), said("a", "x")],
     ["item[1].linkId"]),
    ("required", [asked("q", required=True)], [], ["item"]),
    ("required in a group that is there", [GROUP], [{"linkId": "g"}], ["item[0].item"]),
    ("required in a group that is not", [GROUP], [], []),
    ("twice", [asked("q")], [said("q", "x", "y")], ["item[0].answer"]),
    ("twice where it repeats", [asked("q", repeats=True)], [said("q", "x", "y")], []),
    ("another type", [asked("q", "integer")], [said("q", "x")], ["item[0].answer[0].value"]),
    ("an answer to a group", [asked("g", "group")], [said("g", "x")], ["item[0].answer"]),
    ("items beside the answer", [asked("q", item=[asked("r")])],
     [said("q", "x", item=[said("r", "y")])], ["item[0]"]),
    ("asked", [YES, MORE], [said("yes", True, kind="Boolean"), said("more", "x")], []),
    ("not asked", [YES, MORE], [said("yes", False, kind="Boolean"), said("more", "x")],
     ["item[1]"]),
    ("an option", [CHOICE], [said("c", {"system": "urn:a", "code": "1"}, kind="Coding")], []),
    ("no option", [CHOICE], [said("c", {"system": "urn:a", "code": "2"}, kind="Coding")],
     ["item[0].answer[0].value"]),
    ("too long", [asked("q", maxLength=2)], [said("q", "xyz")], ["item[0].answer[0].value"]),
    ("too small", [asked("q", "integer", **limit("minValue", 5))],
     [said("q", 4, kind="Integer")], ["item[0].answer[0].value"]),
    ("large enough", [asked("q", "integer", **limit("minValue", 5))],
     [said("q", 5, kind="Integer")], []),
    ("too many places", [asked("q", "decimal", **limit("maxDecimalPlaces", 1))],
     [said("q", Decimal("1.50"), kind="Decimal")], ["item[0].answer[0].value"]),
    ("too few", [asked("q", repeats=True, **limit("questionnaire-minOccurs", 2))],
     [said("q", "x")], ["item[0].answer"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("questions", "answers", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_answers_by_their_form(
    questions: list[Row], answers: list[Row], expected: list[str]
) -> None:
    assert faults(questions, answers) == expected


def test_what_is_in_progress_may_still_lack_answers() -> None:
    assert faults([asked("q", required=True)], [], "in-progress") == []


def test_amounts_are_compared_across_units() -> None:
    def metres(value: int, code: str) -> Row:
        return {"value": value, "system": "http://unitsofmeasure.org", "code": code}

    url = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-minQuantity"
    least = {"extension": [{"url": url, "valueQuantity": metres(2, "km")}]}
    question = [asked("q", "quantity", **least)]
    assert faults(question, [said("q", metres(1999, "m"), kind="Quantity")]) != []
    assert faults(question, [said("q", metres(2000, "m"), kind="Quantity")]) == []


def test_a_form_says_how_its_conditions_join_and_asks_nothing_below_itself() -> None:
    condition = {"question": "b", "operator": "exists", "answerBoolean": True}
    item = asked("a", "group", enableWhen=[condition, condition], item=[asked("b")])
    form = {"resourceType": "Questionnaire", "status": "active", "item": [item]}
    told = [issue.expression for issue in fhir.validate(form)]
    assert sorted(told) == ["Questionnaire.item[0]"] + [
        f"Questionnaire.item[0].enableWhen[{n}]" for n in (0, 1)
    ]
