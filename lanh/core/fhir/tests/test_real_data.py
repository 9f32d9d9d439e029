"""Real and simulated data of others: what is valid is accepted, what is not is refused with a
reason, judged beside an independent validator."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from lanh.core import fhir

# Two of HL7's own examples refer to types that the definitions do not allow there.
_WRONG_EXAMPLES = {
    "devicemetric-example.json": "DeviceMetric.parent.reference",
    "medicationrequest0301.json": "MedicationRequest.dispenseRequest.performer.reference",
}


def _lines(folder: Path, limit: int | None = None) -> Iterator[bytes]:
    files = sorted(folder.glob("*.ndjson.gz"))
    assert files
    for file in files:
        with gzip.open(file) as lines:
            for number, line in enumerate(lines):
                if limit is not None and number >= limit:
                    break
                yield line


def _all_valid(folder: Path, limit: int | None = None) -> int:
    count = 0
    for line in _lines(folder, limit):
        resource = fhir.loads(line)
        assert [(i.expression, i.message.en) for i in fhir.validate(resource)] == []
        for inner in [e["resource"] for e in resource.get("entry", ())] or [resource]:
            count += 1
            values = fhir.extract(inner)
            assert values.tokens["_id"] == [(None, inner["id"])]
    return count


@pytest.mark.parametrize(("name", "limit"), [("fhir-synthea-r4", 10), ("fhir-bulk-10", 100),
                                             ("fhir-carebundle", 100)])  # fmt: skip
def test_a_part_is_valid(test_data: Path, name: str, limit: int) -> None:
    assert _all_valid(test_data / name, limit) > 100


@pytest.mark.long
@pytest.mark.parametrize(("name", "count"), [("fhir-synthea-r4", 48319), ("fhir-bulk-10", 7160),
                                             ("fhir-carebundle", 9006)])  # fmt: skip
def test_all_is_valid(test_data: Path, name: str, count: int) -> None:
    assert _all_valid(test_data / name) == count


def test_decimals_of_real_data_come_back_as_written(test_data: Path) -> None:
    for line in _lines(test_data / "fhir-synthea-r4", 3):
        assert fhir.dumps(fhir.loads(line)) == line.strip()


def _beside_oracle(folder: Path, limit: int | None) -> Counter[str]:
    told: Counter[str] = Counter()
    for line in _lines(folder, limit):
        resource = fhir.loads(line)
        issues = fhir.validate(resource)
        try:
            get_fhir_model_class(resource["resourceType"]).model_validate_json(line)
        except ValueError:
            assert issues, line[:300]
            told["refused by both"] += 1
            continue
        if issues:
            # What the oracle does not look at: empty lists, targets, texts and invariants.
            for issue in issues:
                told[f"{issue.code} {issue.message.words.en[:40]}"] += 1
    return told


def test_a_simulated_hospital_beside_an_oracle(test_data: Path) -> None:
    assert _beside_oracle(test_data / "fhir-clinosim", 60)["refused by both"] > 0


@pytest.mark.long
def test_the_whole_simulated_hospital_beside_an_oracle(test_data: Path) -> None:
    told = _beside_oracle(test_data / "fhir-clinosim", None)
    assert told.pop("refused by both") == 227
    # Nothing but empty lists, wrong targets and dosages without dose.
    assert sorted(told.values()) == [6, 44, 156], told


def test_each_refusal_names_the_fault(test_data: Path) -> None:
    refused = Counter[str]()
    for line in _lines(test_data / "fhir-clinosim", 400):
        for issue in fhir.validate(fhir.loads(line)):
            refused[issue.expression.replace("[0]", "")] += 1
            assert issue.message.vi.startswith(issue.expression)
    assert refused["MedicationAdministration.dosage.timing"] > 0


def test_examples_of_the_standard(test_data: Path) -> None:
    files = sorted((test_data / "conformance" / "fhir-r4-examples").glob("*.json"))
    assert len(files) > 30
    for file in files:
        resource: Any = fhir.loads(file.read_bytes())
        found = [issue.expression for issue in fhir.validate(resource)]
        wanted = _WRONG_EXAMPLES.get(file.name)
        assert found == ([wanted] if wanted else []), file.name
        fhir.extract(resource)
