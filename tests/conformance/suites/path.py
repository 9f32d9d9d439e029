"""The official FHIRPath cases of R4; their known failures are listed beside their test."""

from __future__ import annotations

from lanh.core.fhir.tests.official_path import cases, passes
from tests.conformance.suite import Results, shared


def run() -> Results:
    """Every case: the values as written, their types and order, and the expected errors."""
    return {
        name: None if passes(resource, case) else "another answer is expected"
        for name, resource, case in cases(shared("conformance"))
    }
