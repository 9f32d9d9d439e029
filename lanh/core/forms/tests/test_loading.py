"""Forms are read strictly: what is wrong is told with its place, what is right is plain FHIR."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml

from lanh.core import fhir
from lanh.core.forms import FormInvalid, read_form, read_notation
from lanh.core.forms.errors import MESSAGES
from lanh.core.forms.tests.forms import EXAMPLES, example

HEAD = """
resourceType: Questionnaire
url: urn:form
version: '1'
language: vi
status: active
title: {vi: Mẫu, en: Form}
item:
"""


@pytest.mark.parametrize("name", ["ward_beds", "death_notice", "every_type"])
def test_an_example_is_published_as_valid_fhir(name: str) -> None:
    published = example(name).publish()
    again = fhir.loads(fhir.dumps(published))
    assert fhir.validate(again) == []
    assert read_form(again).url == example(name).url
    published["item"].clear()
    assert example(name).publish()["item"]


def test_the_model_has_what_a_page_needs() -> None:
    form = example("death_notice")
    sex, line, cause = form.item("sex"), form.item("line"), form.item("cause")
    assert sex and line and cause
    assert [o.words.en for o in sex.options] == ["Male", "Female", "Unknown"]
    assert (line.least, line.most, line.repeats) == (1, 4, True)
    assert (cause.control, cause.value_set) == ("autocomplete", "urn:lanh:values:icd10")
    born, length, paper = form.item("born"), form.item("length"), form.item("paper")
    assert born and length and paper
    assert born.entry_format and born.entry_format.en == "day/month/year"
    assert [unit.words.vi for unit in length.units] == ["phút", "giờ", "ngày", "năm"]
    assert paper.bounds.media_types == ("image/jpeg", "application/pdf")
    assert paper.bounds.most_bytes == 5_000_000
    hidden = form.item("id")
    assert hidden and hidden.hidden and hidden.kept


def keys(text: str) -> set[str]:
    """The keys of the messages with which a form is refused."""
    with pytest.raises(FormInvalid) as refused:
        read_form(read_notation(HEAD + text))
    told = [fault.message.words for fault in refused.value.faults]
    for fault in refused.value.faults:
        assert fault.where and fault.message.vi and fault.message.en
    return {key for key in MESSAGES if MESSAGES[key] in told} or {
        f.code for f in refused.value.faults
    }


REFUSED = yaml.safe_load((EXAMPLES / "refused.yaml").read_text())


@pytest.mark.parametrize("case", REFUSED, ids=[case["told"] for case in REFUSED])
def test_what_is_wrong_is_told(case: dict[str, str]) -> None:
    lines = ("  " + line for line in case["items"].splitlines())
    assert case["told"] in keys("\n".join(lines))


@pytest.mark.parametrize(
    ("text", "key"),
    [("a: [", "yaml"), ("a: 1\na: 2", "yaml"), ("a: &x 1\nb: *x", "yaml"), ("- 1", "yaml-mapping"),
     ("extension: {nope: 1}", "extension-name"), ("a: !!python/object:os.system {}", "yaml"),
     ("x" * 1_000_001, "yaml-large"), ("[" * 3000, "yaml")],
)  # fmt: skip
def test_yaml_is_read_strictly(text: str, key: str) -> None:
    with pytest.raises(FormInvalid) as refused:
        read_notation(text)
    assert refused.value.faults[0].message.words == MESSAGES[key]


def test_yaml_keeps_what_is_written() -> None:
    found: Any = read_notation("a: 1.50\nb: 2026-01-02\nc: no\nd: 012\ne: 1e3\nf: true\ng: -3")
    assert str(found["a"]) == "1.50" and isinstance(found["a"], Decimal)
    assert [found[key] for key in "bcdefg"] == ["2026-01-02", "no", "012", "1e3", True, -3]


def test_both_languages_may_be_the_first() -> None:
    text = (EXAMPLES / "every_type.yaml").read_text().replace("language: vi", "language: en")
    form = read_form(read_notation(text))
    assert form.title.vi == "Mọi kiểu câu hỏi" and form.source["title"] == "Every type of question"
