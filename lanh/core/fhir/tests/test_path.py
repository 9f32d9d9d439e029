"""FHIRPath: the language, and the official cases as far as they are reached."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lanh.core import fhir
from lanh.core.fhir.definitions import definitions
from lanh.core.fhir.path import Node, PathError, PathSyntaxError, compile_path, root_node
from lanh.core.fhir.path.functions.conversion import text_of
from lanh.core.fhir.path.nodes import system, truth
from lanh.core.fhir.tests.samples import sample

# Of 905 official cases whose input is at hand; the count may only grow.
REACHED = 816


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


def _cases(data: Path) -> Iterator[tuple[str, Any, ET.Element]]:
    folder = data / "conformance"
    tree = ET.parse(folder / "fhirpath-r4" / "tests-fhir-r4.xml")
    for case in tree.getroot().iter("test"):
        name = case.get("inputfile")
        resource: Any = {"resourceType": "Patient"}
        if name:
            file = folder / "fhir-r4-examples" / name.replace(".xml", ".json")
            if not file.exists():
                continue
            resource = fhir.loads(file.read_bytes())
        yield case.get("name", ""), resource, case


def _same(kind: str | None, got: str | None, wanted: str) -> bool:
    if got is None:
        return kind not in ("string", "boolean", "integer", "decimal")
    if kind == "decimal":
        return Decimal(got) == Decimal(wanted)
    return kind == "Quantity" or got == wanted.removeprefix("@").removeprefix("T")


def _passes(resource: Any, case: ET.Element) -> bool:
    element = case.find("expression")
    assert element is not None
    must_fail = element.get("invalid") is not None
    try:
        found = compile_path(element.text or "").nodes(root_node(resource))
        if case.get("predicate") == "true":
            texts: list[str | None] = ["true" if truth(found) else "false"]
        else:
            plain = [system(item) for item in found]
            texts = [None if isinstance(p, Node) else text_of(p) for p in plain]
    except (PathError, PathSyntaxError):
        return must_fail
    wanted = [(output.get("type"), output.text or "") for output in case.findall("output")]
    return (
        not must_fail
        and len(texts) == len(wanted)
        and all(_same(kind, g, w) for g, (kind, w) in zip(texts, wanted, strict=True))
    )


def test_the_official_cases(test_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = {f"{n} {name}": _passes(r, c) for n, (name, r, c) in enumerate(_cases(test_data))}
    passed = sum(results.values())
    with capsys.disabled():
        print(f"\nFHIRPath: {passed} of {len(results)} official cases")
    assert passed >= REACHED, [name for name, good in results.items() if not good]
