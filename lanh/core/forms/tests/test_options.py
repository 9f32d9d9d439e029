"""Options that are found by expressions, and conditions of every operator."""

from __future__ import annotations

from typing import Any

import pytest

from lanh.core.forms import Known, codes_asked, judge, page_of, read_fields
from lanh.core.forms.tests.forms import CODING, example

SYSTEM = "urn:ietf:bcp:47"
PATIENT = {
    "resourceType": "Patient",
    "communication": [
        {"language": {"coding": [{"system": SYSTEM, "code": "vi", "display": "Việt"}]}}
    ],
}


def test_options_are_those_that_the_expression_finds() -> None:
    form, contexts = example("options"), {"patient": PATIENT}
    for code, faults in (("vi", []), ("xx", ["code-invalid"])):
        received = read_fields(form, {"q/language": [f"{SYSTEM}|{code}"]})
        found = judge(received.tree, read=received.problems, contexts=contexts)
        assert [problem.code for problem in found.problems] == faults
        page = page_of(received.tree, "vi", contexts=contexts, summary=found)
        (choice,) = page.blocks[1].fields[0].choices
        assert (choice.label, choice.chosen) == ("Việt", code == "vi")


def test_a_query_for_an_expansion_is_a_value_set() -> None:
    form = example("options")
    item = form.item("coded")
    assert item and (item.value_set, item.value_set_filter) == ("urn:set", "a")
    fields = {"q/coded": ["urn:icd|A00.0"]}
    assert codes_asked(form, fields) == {("urn:set", "urn:icd|A00.0")}
    known = Known(codes={("urn:set", "urn:icd|A00.0"): CODING})
    received = read_fields(form, fields, known=known)
    assert judge(received.tree, read=received.problems, known=known).problems == ()
    assert [p.code for p in read_fields(form, fields).problems] == ["value"]


@pytest.mark.parametrize(
    ("given", "asked"),
    [({}, {"absent", "ne"}), ({"n": "1,50"}, {"le", "either"}), ({"n": "2"}, {"gt", "ne"}),
     ({"n": "0,5", "m": "3"}, {"le", "ne", "either"}),
     ({"n": "1", "m": "2"}, {"le", "ne", "both"})],
)  # fmt: skip
def test_each_operator_decides_what_is_asked(given: dict[str, Any], asked: set[str]) -> None:
    received = read_fields(example("options"), {f"q/{k}": [v] for k, v in given.items()})
    received.tree.settle()
    conditional = {node.item.link_id for node in received.tree.every() if node.enabled}
    assert conditional - {"coded", "language", "n", "m"} == asked
