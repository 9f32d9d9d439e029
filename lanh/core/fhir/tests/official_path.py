"""The official FHIRPath cases of R4, judged strictly: values as written, types, order, errors.

A case that is invalid for reasons of meaning must be refused by `check_path` or in evaluation, and
every other case must pass `check_path` as well, so that the check refuses nothing that is sound.
"""

from __future__ import annotations

import functools
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from lanh.core import fhir
from lanh.core.fhir.path import Node, PathError, PathSyntaxError, compile_path, root_node
from lanh.core.fhir.path.checking import check_path
from lanh.core.fhir.path.functions.conversion import text_of
from lanh.core.fhir.path.nodes import system, truth, type_name
from lanh.core.fhir.xml import from_xml

_HERE = Path(__file__).parent
KNOWN: dict[str, str] = yaml.safe_load((_HERE / "known_failures.yaml").read_text())["fhirpath"]
# What the published file holds; a case that is lost would go unnoticed otherwise.
PUBLISHED = 935


@functools.cache
def _input(folder: Path, name: str | None) -> Any:
    if name is None:
        return {"resourceType": "Patient"}
    places = [folder / "fhir-r4-examples", _HERE / "fhirpath_inputs"]
    # The cases name XML; where it is not at hand, its JSON twin stands for it.
    for file in [p / n for n in (name, name.replace(".xml", ".json")) for p in places]:
        if file.exists():
            read = from_xml if file.suffix == ".xml" else fhir.loads
            return read(file.read_bytes())
    raise FileNotFoundError(name)


def cases(folder: Path) -> list[tuple[str, Any, ET.Element]]:
    """Every published case with its name and input; `folder` holds the suite and the examples."""
    tree = ET.parse(folder / "fhirpath-r4" / "tests-fhir-r4.xml")
    found, names = [], set()
    for group in tree.getroot().iter("group"):
        for case in group.iter("test"):
            name = f"{group.get('name')}/{case.get('name')}"
            while name in names:
                name += "+"
            names.add(name)
            found.append((name, _input(folder, case.get("inputfile")), case))
    return found


def _kind(item: Any) -> str:
    space, name = type_name(item)
    plain = {"DateTime": "dateTime"}.get(name, name if name == "Quantity" else name.lower())
    return plain if space == "System" else name


def _same(item: Any, kind: str | None, wanted: str) -> bool:
    if kind is not None and _kind(item) != kind:
        return False
    value = system(item)
    if isinstance(value, Node):
        return wanted == ""
    if kind == "decimal":
        return bool(value == Decimal(wanted))
    return text_of(value) == wanted.removeprefix("@").removeprefix("T")


def passes(resource: Any, case: ET.Element) -> bool:
    """Whether a case gives what is expected of it."""
    element = case.find("expression")
    assert element is not None
    expression, invalid = element.text or "", element.get("invalid")
    try:
        check_path(expression, resource["resourceType"])
        found = compile_path(expression).nodes(root_node(resource))
        if case.get("predicate") == "true":
            found = [truth(found) is True]
    except (PathError, PathSyntaxError):
        return invalid is not None
    wanted = [(output.get("type"), output.text or "") for output in case.findall("output")]
    return (
        invalid is None
        and len(found) == len(wanted)
        and all(_same(item, *each) for item, each in zip(found, wanted, strict=True))
    )
