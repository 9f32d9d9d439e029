"""Simulated data judged beside a second, independent validator (fhir.resources).

A case is a resource. It passes where both accept it or both refuse it. Where this project refuses
what the other accepts, each issue must be of a category listed here, with the clause that it rests
on; nothing that the other refuses may be accepted here.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

from lanh.core import fhir
from tests.conformance.suite import Results, shared

# What the other validator does not look at: (code of the issue, part of its text, why).
CATEGORIES = (
    ("structure", "an empty list", "R4 2.6.2: an array is never empty"),
    ("value", "refers to a type", "the element's definition names the types it may lead to"),
    ("invariant", "(mad-1)", "mad-1: a dosage has a dose or a rate"),
)


def clinosim() -> Results:
    """The simulated hospital, which makes some mistakes."""
    return _beside(shared("fhir-clinosim"))


def synthea() -> Results:
    """Synthea's patients."""
    return _beside(shared("fhir-synthea-r4"))


def carebundle() -> Results:
    """Bundles of care."""
    return _beside(shared("fhir-carebundle"))


def _lines(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.glob("*.ndjson.gz")):
        with gzip.open(file) as lines:
            for number, line in enumerate(lines, 1):
                yield f"{file.name.removesuffix('.ndjson.gz')}:{number}", line


def _beside(folder: Path) -> Results:
    results: dict[str, str | None] = {}
    for name, line in _lines(folder):
        resource = fhir.loads(line)
        results[name] = _verdict(resource, line)
    return results


def _verdict(resource: dict[str, Any], line: bytes) -> str | None:
    issues = fhir.validate(resource)
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate_json(line)
    except ValueError as error:
        return None if issues else f"accepted here, refused there: {str(error)[:200]}"
    left = [issue for issue in issues if category(issue) is None]
    return None if not left else f"{left[0].code} {left[0].message.en[:200]}"


def category(issue: fhir.Issue) -> str | None:
    """Why the other validator does not tell an issue, where that is known."""
    text = issue.message.en.lower()
    for code, part, why in CATEGORIES:
        if issue.code == code and part in text:
            return why
    return None
