"""JSON Patch (RFC 6902): the published cases, and those that FHIR's test cases hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lanh.core import fhir
from tests.conformance.suite import Results, checkout


def run() -> Results:
    """The cases of json-patch/json-patch-tests, with those of the RFC's appendix."""
    folder = checkout("json-patch-tests")
    return {
        f"{file}: {name}": why
        for file in ("tests.json", "spec_tests.json")
        for name, why in _run(folder / file).items()
    }


def of_fhir() -> Results:
    """The cases of FHIR/fhir-test-cases."""
    return _run(checkout("fhir-test-cases") / "r4" / "patch" / "json-patch-tests.json")


def _run(file: Path) -> Results:
    results: dict[str, str | None] = {}
    for number, case in enumerate(fhir.loads(b'{"cases":' + file.read_bytes() + b"}")["cases"]):
        if case.get("disabled") or "patch" not in case:
            continue
        results[f"{number} {case.get('comment', '')}".strip()] = _fault(case)
    return results


def _fault(case: dict[str, Any]) -> str | None:
    try:
        found = fhir.apply_json_patch(case["doc"], case["patch"])
    except fhir.PatchError as error:
        return None if "error" in case else str(error)
    if "error" in case:
        return f"an error was expected: {case['error']}"
    if "expected" in case and fhir.dumps(found) != fhir.dumps(case["expected"]):
        return None if _same(found, case["expected"]) else f"found {found}"
    return None


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: the order of members does not count, kinds do."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
