"""FHIRPath against those who mean harm, and the ports that answer what a resource cannot."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.fhir.path import (
    Environment,
    PathError,
    PathSyntaxError,
    compile_path,
)
from lanh.core.fhir.path.checking import PathSemanticError, check_path
from lanh.core.fhir.tests.samples import sample

_MANY = "(" + " | ".join(f"'{n}'" for n in range(60)) + ")"
_SECONDS = 20


@pytest.mark.parametrize(
    "expression",
    ["+" * 5000 + "1", "-" * 5000 + "1", "1" + "+1" * 5000, "a" + ".a" * 5000, "a" + "[0]" * 5000,
     "(" * 500 + "1" + ")" * 500, "a.where(" * 300 + "true" + ")" * 300, "1 is " + "(" * 3000,
     "'" + "x" * 30_000 + "'", "iif(true," * 200 + "1" + ")" * 200],
)  # fmt: skip
def test_long_and_deep_expressions_are_refused(expression: str) -> None:
    with pytest.raises(PathSyntaxError):
        compile_path(expression)


@pytest.mark.parametrize(
    "expression",
    [f"{_MANY}.aggregate($total & $total & 'xx', 'x')",
     f"{_MANY}.aggregate($total.combine($total), 1 | 2)",
     f"{_MANY}.aggregate($total.replace('x', 'xxxxxxxx'), 'x')",
     f"{_MANY}.aggregate($total.replaceMatches('x', 'xxxxxxxx'), 'x')",
     f"{_MANY}.aggregate(($total | 'a').join('bbbbbbbbbb') & $total, 'x')",
     "".join(f"{_MANY}.select(" for _ in range(5)) + "1" + ")" * 5,
     "".join(f"{_MANY}.all(" for _ in range(5)) + "true" + ")" * 5,
     "1.repeat($this + 1)", "name.repeat(%resource.name | %resource.name.select($this & 'x'))",
     "'x'.repeat($this & 'x')"],
)  # fmt: skip
def test_what_grows_without_end_is_stopped(expression: str) -> None:
    started = time.monotonic()
    with pytest.raises(PathError):
        compile_path(expression)(sample("Patient"))
    assert time.monotonic() - started < _SECONDS


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|aa)+$", "(a*)*b", "(.*)*(.*)*(.*)*x", "^(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_regular_expressions_take_time_linear_in_the_text(pattern: str) -> None:
    text = "a" * 20_000 + "!"
    started = time.monotonic()
    path = compile_path(f"%text.matches('{pattern}')")
    assert path({"resourceType": "Patient"}, {"text": text}) == [False]
    assert time.monotonic() - started < _SECONDS


@pytest.mark.parametrize("pattern", ["(", "a{1,100000}", "(?=a)", "(a)\\\\1", "x" * 3000])
def test_patterns_that_are_none_are_refused(pattern: str) -> None:
    with pytest.raises(PathError):
        compile_path(f"'a'.matches('{pattern}')")({"resourceType": "Patient"})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("'11/30/1972'.replaceMatches('(?<m>\\\\d+)/(?<d>\\\\d+)/(\\\\d+)', '${d}-${m}-$3')",
      ["30-11-1972"]), ("'abc'.replaceMatches('', 'x')", ["abc"]), ("'á1b2'.replaceMatches('[0-9]',"
      " '$$')", ["á$b$"]), ("'Nguyễn'.matches('^Ng.{3}n$')", [True]), ("'a\\nb'.matches('a.b')",
      [True]), ("99999.power(99999)", []), ("(2147483647 * 2147483647)", []), ("1.div(2)", None),
     ("10.0.power(999999)", []), ("2.exp().exp().exp().exp().exp()", []), ("'a'.toInteger()", [])],
)  # fmt: skip
def test_edges(expression: str, expected: list[Any] | None) -> None:
    if expected is None:
        with pytest.raises(PathError):
            compile_path(expression)
    else:
        assert compile_path(expression)({"resourceType": "Patient"}) == expected


_WORDS = [
    "name", "given", "where", "(", ")", ".", ",", "[", "]", "0", "1", "2.5", "'a'", "=", "~",
    "+", "-", "*", "/", "and", "or", "$this", "$index", "$total", "select", "exists", "repeat",
    "children", "first", "is", "as", "Patient", "string", "@2020-01-01", "@T10:00", "5", "days",
    "'mg'", "%", "resource", "{", "}", "|", "&", "sort", "desc", "lowBoundary", "aggregate",
    "iif", "toQuantity", "matches", "not", "count",
]  # fmt: skip


@given(st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join))
def test_any_text_is_answered_or_refused(text: str) -> None:
    try:
        compile_path(text)(sample("Patient"))
        check_path(text, "Patient")
    except (PathError, PathSyntaxError):
        return


class _Codes:
    def member_of(self, value_set: str, system: str | None, code: str) -> bool | None:
        return code == "718-7" if value_set == "urn:set" else None

    def subsumes(self, system: str, ancestor: str, descendant: str) -> bool | None:
        return (ancestor, descendant) == ("LP1", "718-7")


_ENVIRONMENT = Environment(
    resolve=lambda text: {"resourceType": "Patient", "id": text.partition("/")[2]},
    terminology=_Codes(),
    conforms=lambda resource, url: url.endswith(resource["id"]) if "known" in url else None,
    clock=lambda: datetime(2026, 1, 31, 23, 30, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("subject.resolve().id", ["p1"]), ("subject.resolve() is Patient", [True]),
     ("code.memberOf('urn:set')", [True]), ("code.coding.code.memberOf('urn:set')", [True]),
     ("status.memberOf('http://hl7.org/fhir/ValueSet/observation-status')", [True]),
     ("code.coding.subsumedBy(%LP1)", [True]), ("code.coding.subsumes(%LP1)", [False]),
     ("conformsTo('urn:known:o1')", [True]), ("conformsTo('urn:known:o2')", [False]),
     ("conformsTo('http://hl7.org/fhir/StructureDefinition/DomainResource')", [True]),
     ("now()", "2026-02-01T06:30:00.000+07:00"), ("today()", "2026-02-01"),
     ("timeOfDay()", "06:30:00.000"), ("checkModifiers('urn:m').id", ["o1"])],
)  # fmt: skip
def test_ports(expression: str, expected: Any) -> None:
    coding = {"system": "http://loinc.org", "code": "LP1"}
    given = {"LP1": [_coding(coding)]}
    found = compile_path(expression)(sample("Observation"), given, _ENVIRONMENT)
    assert (
        [str(each) for each in found] == [expected] if type(expected) is str else found == expected
    )


def _coding(value: dict[str, Any]) -> Any:
    return compile_path("code.coding").nodes(_root({"code": {"coding": [value]}}))[0]


def _root(fields: dict[str, Any]) -> Any:
    from lanh.core.fhir.path import root_node

    return root_node({"resourceType": "Observation", **fields})


@pytest.mark.parametrize(
    "expression",
    [
        "code.memberOf('urn:other')",
        "conformsTo('urn:other')",
        "code.coding.subsumes(%resource.category.coding.first() | %LP1)",
    ],
)
def test_what_nobody_knows_is_an_error_and_no_answer(expression: str) -> None:
    with pytest.raises(PathError):
        compile_path(expression)(sample("Observation"), {"LP1": [_coding({"code": "x"})]})


def test_a_trace_goes_to_the_port_only() -> None:
    seen: list[Any] = []
    environment = Environment(trace=lambda name, items: seen.append((name, items)))
    path = compile_path("name.trace('names', family).given.first()")
    assert path(sample("Patient"), None, environment) == ["Thị"]
    assert [(name, [item.value for item in items]) for name, items in seen] == [
        ("names", ["Nguyễn"])
    ]


@pytest.mark.parametrize(
    ("type_name", "expression"),
    [("Patient", "nam.given"), ("Patient", "name.given1"), ("Patient", "Observation.status"),
     ("Observation", "valueQuantity"), ("Patient", "children().first()"),
     ("Patient", "name.upper()"),
     ("HumanName", "family.text"), ("Patient", "contact.where(nme.exists())"),
     ("Patient", "name.select(givn)"), ("Patient", "birthDate + 7"),
     ("Patient", "gender.is(Gendr)"),
     ("Bundle", "entry.where(fullUrl.exists()).resorce")],
)  # fmt: skip
def test_paths_without_meaning_are_refused(type_name: str, expression: str) -> None:
    with pytest.raises(PathError):
        check_path(expression, type_name)


@pytest.mark.parametrize(
    ("type_name", "expression"),
    [("Patient", "extension('urn:x').value.code"), ("Bundle", "entry.resource.name.family"),
     ("Patient", "contained.where($this is Organization).name"), ("Patient", "%x.anything.goes"),
     ("Observation", "value.ofType(Quantity).unit"), ("Observation", "subject.resolve().name"),
     ("Observation", "component.value.code"), ("Patient", "name.given | name.family"),
     ("Patient", "Resource.id"), ("Questionnaire", "repeat(item).linkId"),
     ("Patient", "descendants().where($this is Coding).code"), ("Patient", "birthDate + 7 days")],
)  # fmt: skip
def test_paths_with_meaning_pass(type_name: str, expression: str) -> None:
    check_path(expression, type_name)


def test_a_semantic_error_says_what_is_missing() -> None:
    with pytest.raises(PathSemanticError, match="HumanName has no element givn"):
        check_path("name.givn", "Patient")
