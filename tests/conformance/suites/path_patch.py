"""The official FHIRPath Patch cases of R4."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lxml import etree

from lanh.core import fhir
from tests.conformance.suite import Results, checkout

_CLOSED = etree.XMLParser(resolve_entities=False, no_network=True)


def run() -> Results:
    """Every case: the operations applied to the input give the output."""
    file = checkout("fhir-test-cases") / "r4" / "patch" / "fhir-patch-tests.xml"
    results: dict[str, str | None] = {}
    names: Counter[str] = Counter()
    for case in etree.parse(str(file), _CLOSED).getroot().iter("case"):
        name = case.get("name", "")
        names[name] += 1
        results[name if names[name] == 1 else f"{name} ({names[name]})"] = _fault(case)
    return results


def _fault(case: etree._Element) -> str | None:
    given, patch = _resource(case, "input"), _resource(case, "diff")
    refused = case.find("error")
    try:
        found = fhir.apply_path_patch(given, patch)
    except fhir.PatchError as error:
        return str(error) if refused is None else None
    if refused is not None:
        return f"an error was expected: {refused.get('msg')}"
    return None if found == _resource(case, "output") else f"{fhir.dumps(found)!r}"[:300]


def _resource(case: etree._Element, part: str) -> dict[str, Any]:
    found = case.find(f"{part}/*")
    assert found is not None
    return fhir.from_xml(etree.tostring(found, encoding="UTF-8", with_tail=False))
