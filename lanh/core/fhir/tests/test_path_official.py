"""FHIRPath: every official R4 case."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanh.core.fhir.tests.official_path import KNOWN, PUBLISHED, cases, passes


def test_the_official_cases(test_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = {name: passes(r, case) for name, r, case in cases(test_data / "conformance")}
    failed = {name for name, good in results.items() if not good}
    with capsys.disabled():
        print(f"\nFHIRPath: {len(results) - len(failed)} of {len(results)} official cases")
    assert len(results) == PUBLISHED
    assert failed - KNOWN.keys() == set(), "cases that fail without a reason"
    assert KNOWN.keys() - failed == set(), "cases that pass: take them from the list"
