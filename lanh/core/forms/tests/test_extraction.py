"""Answers become resources by definitions, and come back from them as they were."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lanh.core import fhir
from lanh.core.forms import Form, Refused, Tree, extract, open_form, read_back
from lanh.core.forms.tests.forms import CODING, example, responses

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
Json = dict[str, Any]


def extractable(form: Form, items: list[Json]) -> list[Json]:
    """The items of a response that definitions lead into resources."""
    made = []
    for row in items:
        item = form.item(row["linkId"])
        assert item is not None
        if item.is_group:
            inner = extractable(form, row["item"])
            if inner:
                made.append({**row, "item": inner})
        elif item.extraction.definition is not None:
            made.append(row)
    return made


def bundle_of(form: Form, response: Json) -> Json:
    """The Bundle of a response, through JSON and back, with ids in order."""
    numbers = itertools.count(1)
    made = extract(form, response, new_uuid=lambda: f"00000000-0000-4000-8000-{next(numbers):012}")
    again: Json = fhir.loads(fhir.dumps(made))
    return again


@pytest.mark.parametrize("name", ["ward_beds", "death_notice"])
@SLOW
@given(data=st.data())
def test_answers_come_back_from_their_resources(name: str, data: st.DataObject) -> None:
    form = example(name)
    tree = Tree(form, data.draw(responses(form)))
    tree.settle()
    response = tree.response()
    bundle = bundle_of(form, response)
    resources = [entry["resource"] for entry in bundle.get("entry", ())]
    back = read_back(form, resources).response()
    expected = extractable(form, response.get("item", []))
    found = extractable(form, back.get("item", []))
    assert found == expected
    assert fhir.dumps(found) == fhir.dumps(fhir.loads(fhir.dumps(expected)))


NOTICE: Json = {
    "resourceType": "QuestionnaireResponse",
    "status": "completed",
    "item": [
        {"linkId": "who", "item": [
            {"linkId": "id", "answer": [{"valueString": "p1"}]},
            {"linkId": "name", "answer": [{"valueString": "Nguyễn Văn Thử"}]},
            {"linkId": "number", "answer": [{"valueString": "097000000001"}]},
            {"linkId": "phone", "answer": [{"valueString": "1"}, {"valueString": "2"}]},
            {"linkId": "died", "answer": [{"valueDateTime": "2026-11-22T08:00:00+07:00"}]}]},
        {"linkId": "line", "item": [
            {"linkId": "cause", "answer": [{"valueCoding": CODING, "item": [
                {"linkId": "words", "answer": [{"valueString": "Tả nặng"}]}]}]},
            {"linkId": "interval", "item": [
                {"linkId": "length", "answer": [{"valueQuantity": {
                    "value": Decimal("1.50"), "unit": "giờ", "code": "h",
                    "system": "http://unitsofmeasure.org"}}]}]}]},
        {"linkId": "line", "item": [{"linkId": "cause", "answer": [{"valueCoding": CODING}]}]},
    ],
}  # fmt: skip


def test_a_notice_becomes_a_transaction() -> None:
    bundle = bundle_of(example("death_notice"), NOTICE)
    patient, first, second = bundle["entry"]
    assert bundle["type"] == "transaction"
    assert patient["request"] == {"method": "PUT", "url": "Patient/p1"}
    assert patient["resource"]["identifier"] == [
        {"system": "urn:lanh:number", "value": "097000000001"}
    ]
    assert [t["value"] for t in patient["resource"]["telecom"]] == ["1", "2"]
    assert [t["system"] for t in patient["resource"]["telecom"]] == ["phone", "phone"]
    assert first["request"] == {"method": "POST", "url": "Observation"}
    assert first["resource"]["subject"] == {"reference": patient["fullUrl"]}
    assert first["resource"]["valueCodeableConcept"] == {"coding": [CODING], "text": "Tả nặng"}
    assert str(first["resource"]["component"][0]["valueQuantity"]["value"]) == "1.50"
    assert first["resource"]["component"][0]["code"]["coding"][0]["code"] == "69440-6"
    assert first["fullUrl"] != second["fullUrl"] and "component" not in second["resource"]
    for entry in bundle["entry"]:
        assert fhir.validate(entry["resource"]) == []


def test_a_report_has_a_group_for_each_ward() -> None:
    form = example("ward_beds")
    beds = [
        {"linkId": kind, "item": [{"linkId": f"{kind}-beds", "answer": [{"valueInteger": count}]}]}
        for kind, count in (("planned", 20), ("used", 23))
    ]
    ward = {"linkId": "ward", "item": beds}
    day = [{"linkId": "day", "answer": [{"valueDate": "2026-11-22"}]}]
    tree = Tree(form, {"item": [{"linkId": "period", "item": day}, ward, ward]})
    tree.settle()
    (entry,) = bundle_of(form, tree.response())["entry"]
    report = entry["resource"]
    assert fhir.validate(report) == []
    assert report["period"] == {"start": "2026-11-22", "end": "2026-11-22"}
    assert [p["count"] for g in report["group"] for p in g["population"]] == [20, 23, 20, 23]
    assert report["group"][0]["measureScore"] == {"value": 115}


PATIENT = {
    "resourceType": "Patient",
    "id": "p9",
    "name": [{"text": "Trần Thị Thử"}],
    "gender": "female",
    "birthDate": "1961",
}


def test_a_form_is_opened_with_what_is_known() -> None:
    tree = open_form(example("death_notice"), {"patient": PATIENT})
    items = {node.item.link_id: node for node in tree.every()}
    shown = {link: [(a.key, a.value) for a in node.answers] for link, node in items.items()}
    assert shown["id"] == [("valueString", "p9")] and shown["born"] == [("valueDate", "1961")]
    assert shown["sex"][0][1]["display"] == "Nữ"
    assert items["pregnant"].enabled and shown["pregnant"] == [("valueString", "không")]
    assert len([n for n in tree.every() if n.item.link_id == "line"]) == 1


def test_rows_are_made_of_what_a_context_holds() -> None:
    form = example("contexts")
    tree = open_form(
        form, {"patient": {"resourceType": "Patient", "name": [{"text": "1"}, {"text": "2"}]}}
    )
    rows = tree.response()["item"]
    assert [row["item"][0]["answer"][0]["valueString"] for row in rows] == ["1", "2"]
    assert [row["item"][1]["answer"][0]["valueString"] for row in rows] == ["x", "x"]


def test_two_answers_for_one_element_are_refused() -> None:
    form = example("twice")
    rows = [{"linkId": x, "answer": [{"valueDate": d}]} for x, d in (("a", "2020"), ("b", "2021"))]
    with pytest.raises(Refused) as refused:
        extract(form, {"item": [{"linkId": "g", "item": rows}]})
    assert refused.value.code == "duplicate" and "birthDate" in refused.value.message.vi
