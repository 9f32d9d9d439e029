"""FHIRPath: the language on made-up resources."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import PathError, PathSyntaxError, compile_path
from lanh.core.fhir.tests.samples import sample


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("name.given", ["Thị", "Thử"]), ("Patient.name.family", ["Nguyễn"]),
     ("name.where(use = 'official').given.first()", ["Thị"]),
     ("deceased is boolean", [True]), ("deceased.ofType(dateTime)", []),
     ("extension('http://example.vn/e').value.code", ["00001"]),
     ("name.given.count() = 2 and gender = 'female'", [True]),
     ("birthDate < @1990", [True]), ("birthDate + 1 month = @1980-03-28", [True]),
     ("name[0].given[1]", ["Thử"]), ("name.given.join(' ')", ["Thị Thử"]),
     ("telecom.system | identifier.system", ["phone", "urn:id"]),
     ("contact.name.text contains 'Trần Thử'", [True]), ("descendants().where($this is HumanName)"
     ".count()", [2]), ("iif(gender = 'male', 'nam', 'nữ')", ["nữ"]),
     ("name.select(given.first() & ' ' & family)", ["Thị Nguyễn"]), ("1.50 + 1", [Decimal("2.50")]),
     ("%resource.id", ["p1"]), ("name.nothing", []), ("nothing.exists()", [False]),
     ("(1 | 2 | 3).aggregate($this + $total, 0)", [6]), ("'a' in ('a' | 'b')", [True]),
     ("name.all(given.exists())", [True]), ("address.city.substring(3)", ["Thử"])],
)  # fmt: skip
def test_expressions(expression: str, expected: list[Any]) -> None:
    assert compile_path(expression)(sample("Patient")) == expected


@pytest.mark.parametrize(
    "text", ["", "name.", "name..given", "(", "name[", "'x", "1 +", "a b", "@x"]
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(PathSyntaxError):
        compile_path(text)


@pytest.mark.parametrize("text", ["name.nofunction()", "name.first(1)", "name.where()"])
def test_unknown_functions_and_wrong_arguments_are_refused(text: str) -> None:
    with pytest.raises(PathError):
        compile_path(text)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(PathSyntaxError):
        compile_path("(" * 1000 + "1" + ")" * 1000)


def test_every_invariant_of_the_definitions_compiles() -> None:
    for invariant in definitions().invariants.values():
        compile_path(invariant.expression)


def test_resolve_finds_contained_resources_and_entries() -> None:
    resource = sample("MedicationRequest")
    assert compile_path("medication.resolve().code.text")(resource) == ["thuốc thử"]
    assert compile_path("medication.resolve() is Medication")(resource) == [True]
