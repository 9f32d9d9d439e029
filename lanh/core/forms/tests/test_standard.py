"""Forms of anybody's, in FHIR's own JSON: R4's rules of answers and SDC 4.0, one by one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lanh.core import fhir
from lanh.core.forms import (
    Form,
    FormInvalid,
    Tree,
    begin_asked,
    field_texts,
    judge,
    open_form,
    page_of,
    read_fields,
    read_form,
)

Json = dict[str, Any]
CORE = "http://hl7.org/fhir/StructureDefinition/"
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-"
UCUM = "http://unitsofmeasure.org"


def form(*items: Json, **more: Any) -> Form:
    source = {"resourceType": "Questionnaire", "status": "active", "item": list(items), **more}
    return read_form(fhir.loads(fhir.dumps(source)), house=False)


def item(link: str, kind: str, **more: Any) -> Json:
    return {"linkId": link, "type": kind, "text": link, **more}


def group(link: str, *items: Json, **more: Any) -> Json:
    return item(link, "group", item=list(items), **more)


def when(question: str, operator: str, **answer: Any) -> Json:
    return {"enableWhen": [{"question": question, "operator": operator, **answer}]}


def path(text: str) -> Json:
    return {"language": "text/fhirpath", "expression": text}


def said(link: str, *values: Json, **more: Any) -> Json:
    return {"linkId": link, "answer": list(values), **more}


def asked(made: Form, *items: Json) -> set[str]:
    """The linkIds that are asked of a response."""
    tree = Tree(made, fhir.loads(fhir.dumps({"item": list(items)})))
    assert tree.settle()
    return {node.item.link_id for node in tree.every() if node.enabled}


def told(made: Form, *items: Json) -> set[str]:
    """The faults of a response that is to be complete: its linkIds with the codes."""
    tree = Tree(made, fhir.loads(fhir.dumps({"item": list(items)})))
    return {f"{p.path[-1] if p.path else ''} {p.code}" for p in judge(tree).problems}


def coded(code: str, system: str = "urn:a") -> Json:
    return {"system": system, "code": code}


CONDITIONS: list[tuple[str, Json, list[Json], bool]] = [
    ("boolean", when("q", "=", answerBoolean=True), [{"valueBoolean": True}], True),
    ("boolean", when("q", "=", answerBoolean=True), [{"valueBoolean": False}], False),
    ("boolean", when("q", "!=", answerBoolean=True), [], True),
    ("boolean", when("q", "exists", answerBoolean=True), [{"valueBoolean": False}], True),
    ("string", when("q", "exists", answerBoolean=False), [], True),
    ("string", when("q", "exists", answerBoolean=False), [{"valueString": "x"}], False),
    ("integer", when("q", ">", answerInteger=3), [{"valueInteger": 4}], True),
    ("integer", when("q", ">=", answerInteger=3), [{"valueInteger": 3}], True),
    ("integer", when("q", "<", answerInteger=3), [{"valueInteger": 3}], False),
    ("integer", when("q", "<", answerInteger=3), [], False),
    ("decimal", when("q", "<=", answerDecimal=1.5), [{"valueDecimal": Decimal("1.50")}], True),
    ("decimal", when("q", "=", answerDecimal=1.5), [{"valueDecimal": Decimal("1.50")}], True),
    ("date", when("q", ">", answerDate="2026-01-01"), [{"valueDate": "2026-02"}], True),
    ("date", when("q", ">", answerDate="2026-01-01"), [{"valueDate": "2026"}], False),
    ("dateTime", when("q", "<", answerDateTime="2026-01-01T00:00:00Z"),
     [{"valueDateTime": "2026-01-01T06:00:00+07:00"}], True),
    ("time", when("q", ">=", answerTime="08:00:00"), [{"valueTime": "08:00:00"}], True),
    ("url", when("q", "=", answerString="urn:x"), [{"valueUri": "urn:x"}], True),
    ("choice", when("q", "=", answerCoding=coded("x")), [{"valueCoding": coded("x")}], True),
    ("choice", when("q", "=", answerCoding=coded("x")), [{"valueCoding": coded("x", "urn:b")}],
     False),
    ("choice", when("q", "=", answerCoding={"code": "x"}), [{"valueCoding": coded("x")}], True),
    ("choice", when("q", "!=", answerCoding=coded("x")),
     [{"valueCoding": coded("y")}, {"valueCoding": coded("x")}], False),
    ("quantity", when("q", ">", answerQuantity={"value": 1, "system": UCUM, "code": "kg"}),
     [{"valueQuantity": {"value": 1500, "system": UCUM, "code": "g"}}], True),
    ("reference", when("q", "=", answerReference={"reference": "Patient/1"}),
     [{"valueReference": {"reference": "Patient/1"}}], True),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "condition", "answers", "met"), CONDITIONS)
def test_conditions(kind: str, condition: Json, answers: list[Json], met: bool) -> None:
    more: Json = {"answerValueSet": "urn:set"} if kind == "choice" else {}
    first = item("q", kind, repeats=True, **more)
    made = form(first, item("then", "string", **condition))
    given = [said("q", *answers)] if answers else []
    assert ("then" in asked(made, *given)) is met


@pytest.mark.parametrize(("behaviour", "met"), [("all", False), ("any", True)])
def test_several_conditions_join_as_is_said(behaviour: str, met: bool) -> None:
    two = [{"question": q, "operator": "=", "answerBoolean": True} for q in "ab"]
    last = item("then", "string", enableWhen=two, enableBehavior=behaviour)
    made = form(item("a", "boolean"), item("b", "boolean"), last)
    assert ("then" in asked(made, said("a", {"valueBoolean": True}))) is met


def test_in_repeated_groups_the_nearest_question_is_meant_answered_or_not() -> None:
    inner = group("inner", item("kind", "string"), repeats=True)
    then = item("then", "string", **when("kind", "!=", answerString="x"))
    made = form(group("row", inner, then, repeats=True))
    first = {"linkId": "row", "item": [
        {"linkId": "inner", "item": [said("kind", {"valueString": "x"})]}]}  # fmt: skip
    second = {"linkId": "row", "item": [said("then", {"valueString": "asked here"})]}
    assert told(made, first, second) == set(), "the other row's answer is none of this row's"
    wrong = {**first, "item": [*first["item"], said("then", {"valueString": "not asked"})]}
    tree = Tree(made, {"item": [wrong]})
    tree.settle()
    assert "not asked" not in str(tree.response()), "what is not asked is not sent"


def test_what_stands_in_a_group_that_is_not_asked_is_not_required() -> None:
    needed = group("deep", item("name", "string", required=True), required=True)
    made = form(item("q", "boolean"), group("g", needed, **when("q", "=", answerBoolean=True)))
    assert told(made) == set()
    assert told(made, said("q", {"valueBoolean": True})) == {"name required"}


def test_texts_have_conditions_and_conditions_may_be_expressions() -> None:
    rule = path("%resource.item.where(linkId = 'q').answer.value > 3")
    shown = {"extension": [{"url": SDC + "enableWhenExpression", "valueExpression": rule}]}
    made = form(
        item("q", "integer"),
        item("note", "display", **when("q", ">", answerInteger=3)),
        item("then", "string", required=True, **shown),
    )
    for number, links in ((3, ["q"]), (4, ["q", "note", "then"])):
        tree = Tree(made, {"item": [said("q", {"valueInteger": number})]})
        tree.settle()
        assert [block.item.link_id for block in page_of(tree, "vi").blocks] == links
    assert told(made, said("q", {"valueInteger": 3})) == set()
    assert told(made, said("q", {"valueInteger": 4})) == {"then required"}


def test_initial_values_come_when_a_question_is_first_asked_and_in_each_row() -> None:
    options = [{"valueCoding": coded(c), "initialSelected": c != "x"} for c in "xyz"]
    word = path("%resource.item.where(linkId = 'q').answer.value.toString()")
    computed = {"extension": [{"url": SDC + "initialExpression", "valueExpression": word}]}
    made = form(
        item("q", "boolean"),
        item("then", "integer", initial=[{"valueInteger": 7}],
             **when("q", "=", answerBoolean=True)),
        item("many", "choice", repeats=True, answerOption=options),
        group("row", item("n", "integer", initial=[{"valueInteger": 1}]),
              item("w", "string", **computed), repeats=True),
    )  # fmt: skip
    opened = open_form(made).response()
    assert opened["item"][0] == said("many", *({"valueCoding": coded(c)} for c in "yz"))
    fields = {"q/q": ["true"], "q/row:0#row": ["1"], "q/row:1#row": ["1"]}
    tree = read_fields(made, fields, prior=opened).tree
    tree.settle()
    begin_asked(tree, opened, added="q/row:1")
    answers = {node.name: [a.value for a in node.answers] for node in tree.every()}
    assert answers["q/then"] == [7]
    assert (answers["q/row:1/n"], answers["q/row:1/w"]) == ([1], ["true"])
    assert answers["q/row:0/n"] == [], "what was there and emptied stays empty"


def test_choices_exclusive_open_and_of_other_types() -> None:
    alone = {"extension": [{"url": CORE + "questionnaire-optionExclusive", "valueBoolean": True}]}
    options = [{"valueCoding": coded("none"), **alone}, {"valueCoding": coded("a")}]
    made = form(
        item("q", "choice", repeats=True, answerOption=options),
        item("o", "open-choice", answerOption=options),
        item("n", "integer", answerOption=[{"valueInteger": 1}, {"valueInteger": 2}]),
    )
    both = [{"valueCoding": coded("none")}, {"valueCoding": coded("a")}]
    assert told(made, said("q", *both)) == {"q structure"}
    assert told(made, said("q", both[1]), said("o", {"valueString": "another"})) == set()
    assert told(made, said("q", {"valueCoding": coded("z")})) == {"q code-invalid"}
    assert told(made, said("n", {"valueInteger": 3})) == {"n code-invalid"}
    assert read_fields(made, {"q/n": ["2"]}).response["item"] == [said("n", {"valueInteger": 2})]
    assert read_fields(made, {"q/n": ["3"]}).problems[0].message.en.startswith("“3” is not among")
    choices = page_of(Tree(made, {}), "vi").blocks[2].fields[0].choices
    assert [each.value for each in choices] == ["1", "2"]


def test_amounts_have_the_units_that_are_allowed_and_keep_their_digits() -> None:
    kilo, gram = ({"system": UCUM, "code": code} for code in ("kg", "g"))
    units = [{"url": CORE + "questionnaire-unitOption", "valueCoding": u} for u in (kilo, gram)]
    most = {"url": SDC + "maxQuantity", "valueQuantity": {"value": 2, **kilo}}
    made = form(item("w", "quantity", extension=[*units, most]), item("free", "quantity"))

    def amount(value: str, code: str) -> Json:
        unit = {"system": UCUM, "code": code}
        return said("w", {"valueQuantity": {"value": Decimal(value), **unit}})

    assert told(made, amount("1999.50", "g")) == set()
    assert told(made, amount("2001", "g")) == {"w value"}
    assert told(made, amount("2", "lb")) != set()
    fields = {"q/w": ["1,50"], "q/w#unit": [f"{UCUM}|kg"], "q/free": ["2"], "q/free#unit": ["mg"]}
    weight, free = read_fields(made, fields).response["item"]
    assert str(weight["answer"][0]["valueQuantity"]["value"]) == "1.50"
    assert free["answer"][0]["valueQuantity"] == {
        "value": 2, "unit": "mg", "system": UCUM, "code": "mg"}  # fmt: skip
    strips = read_fields(made, {"q/free": ["3"], "q/free#unit": ["vỉ"]}).tree
    assert field_texts(strips, "vi")["q/free#unit"] == ["vỉ"]


def test_dates_may_be_partial_and_files_are_bounded() -> None:
    least = {"url": CORE + "minValue", "valueDate": "2026-02-10"}
    size = {"url": CORE + "maxSize", "valueDecimal": 10}
    kind = {"url": CORE + "mimeType", "valueCode": "image/png"}
    made = form(
        item("d", "date", extension=[least]),
        item("m", "dateTime"),
        item("f", "attachment", extension=[size, kind]),
    )
    read = read_fields(made, {"q/d": ["3/2026"], "q/m": ["2026"]}).response["item"]
    assert read == [said("d", {"valueDate": "2026-03"}), said("m", {"valueDateTime": "2026"})]
    assert told(made, said("d", {"valueDate": "2026"})) == set(), "it may be after the least"
    assert told(made, said("d", {"valueDate": "2026-01"})) == {"d value"}
    file = {"contentType": "image/png", "data": "AAAA"}
    assert told(made, said("f", {"valueAttachment": file})) == set()
    long = {**file, "data": "A" * 20}
    assert told(made, said("f", {"valueAttachment": long})) == {"f too-long"}
    text = {**file, "contentType": "text/html"}
    assert told(made, said("f", {"valueAttachment": text})) == {"f value"}


def test_how_often_and_what_must_hold_together() -> None:
    least, most = (
        {"url": CORE + f"questionnaire-{name}Occurs", "valueInteger": n}
        for name, n in (("min", 2), ("max", 3))
    )
    rule = [{"url": "key", "valueId": "k"}, {"url": "severity", "valueCode": "error"},
            {"url": "human", "valueString": "too many"}]  # fmt: skip
    short = {"url": "expression", "valueString": "item.where(linkId = 'n').answer.count() < 3"}
    long = {
        "url": "expression",
        "valueExpression": path("%resource.descendants().where(linkId = 'x').answer.exists()"),
    }
    made = form(
        item("n", "integer", repeats=True, extension=[least, most]),
        group("row", item("x", "string"), repeats=True, extension=[least, most]),
        extension=[
            {"url": CORE + "questionnaire-constraint", "extension": [*rule, short]},
            {"url": CORE + "targetConstraint", "extension": [*rule, long]},
        ],
    )
    rows = [{"linkId": "row", "item": [said("x", {"valueString": "v"})]} for _ in range(4)]
    numbers = [{"valueInteger": n} for n in range(4)]
    assert told(made, said("n", *numbers[:2]), *rows[:2]) == set()
    assert told(made, said("n", *numbers[:1]), *rows[:1]) == {"n structure", "row required"}
    assert told(made, said("n", *numbers[:4]), *rows) == {
        "n structure", "row structure", " invariant"}  # fmt: skip
    assert " invariant" in told(made, said("n", *numbers[:2]))
    tree = Tree(made, {"item": [said("n", numbers[0])]})
    found = judge(tree, complete=False).problems
    assert {p.code for p in found} == {"invariant"}, "a draft may hold too few"


@pytest.mark.parametrize(
    "row",
    [
        {"url": SDC + "candidateExpression", "valueExpression": path("1")},
        {"url": SDC + "lookupQuestionnaire", "valueCanonical": "urn:x"},
        {"url": SDC + "subQuestionnaire", "valueCanonical": "urn:x"},
        {"url": CORE + "questionnaire-signatureRequired", "valueCodeableConcept": {"text": "x"}},
        {"url": CORE + "minValue", "_valueInteger": {"extension": [
            {"url": CORE + "cqf-expression", "valueExpression": path("1")}]}},
        {"url": SDC + "calculatedExpression", "valueExpression": {
            "language": "text/cql", "expression": "1"}},
    ],
)  # fmt: skip
def test_what_would_change_answers_and_is_not_known_is_refused(row: Json) -> None:
    with pytest.raises(FormInvalid, match="not supported"):
        form(item("q", "integer", extension=[row]))


def test_what_only_says_how_a_form_looks_is_passed() -> None:
    names = ("collapsible", "width", "entryMode", "preferredTerminologyServer", "keyboard")
    made = form(item("q", "integer", extension=[{"url": SDC + n, "valueCode": "x"} for n in names]))
    assert asked(made) == {"q"}
