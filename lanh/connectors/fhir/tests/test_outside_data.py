"""Data that others made: every valid resource is taken, every invalid one refused with a reason."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from lanh.connectors.fhir.tests.support import census, make_intake, make_sender, send
from lanh.core import fhir
from lanh.core.database import SyncDatabase

EVERYDAY = 8  # Synthea bundles


def bundles(folder: Path) -> Iterator[bytes]:
    """The Synthea bundles, practitioners and hospitals first, as the rest refers to them."""
    every = [
        line
        for path in sorted(folder.glob("*.ndjson.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    yield from sorted(every, key=lambda line: b'"resourceType":"Patient"' in line)


def _send_all(database: SyncDatabase, folder: Path, count: int | None) -> None:
    intake, sender = make_intake(), make_sender()
    sent = list(bundles(folder))[:count]
    receipts = [send(database, line, intake=intake, sender=sender) for line in sent]
    assert Counter(receipt["state"] for receipt in receipts) == {"accepted": len(sent)}
    parts = sum(receipt["counts"].get("created", 0) for receipt in receipts)
    before = census(database)
    again = [send(database, line, intake=intake, sender=sender) for line in sent]
    assert again == receipts and census(database) == before
    assert parts > len(sent)


def test_synthea_bundles_are_taken_and_twice_changes_nothing(
    database: SyncDatabase, test_data: Path
) -> None:
    _send_all(database, test_data / "fhir-synthea-r4", EVERYDAY)


@pytest.mark.long
def test_every_synthea_bundle(database: SyncDatabase, test_data: Path) -> None:
    _send_all(database, test_data / "fhir-synthea-r4", None)


def _lines(folder: Path, limit: int | None) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.glob("*.ndjson.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)[:limit]
        yield path.name, b"".join(lines)


def _send_lines(database: SyncDatabase, folder: Path, limit: int | None) -> Counter[str]:
    counts: Counter[str] = Counter()
    intake, sender = make_intake(), make_sender()
    for name, content in _lines(folder, limit):
        receipt = send(database, content, "application/fhir+ndjson", intake=intake, sender=sender)
        lines = content.splitlines()
        assert len(receipt["parts"]) == min(len(lines), 5000)
        for part in receipt["parts"]:
            faults = [i for i in part["issues"] if i["severity"] in ("error", "fatal")]
            valid = not any(
                issue.severity in ("error", "fatal")
                for issue in fhir.validate(fhir.loads(lines[part["index"]]))
            )
            assert (part["outcome"] != "refused") == valid, (name, part)
            assert valid or (faults[0]["expression"] and faults[0]["vi"] and faults[0]["en"])
        counts.update(receipt["counts"])
    return counts


@pytest.mark.parametrize("name", ["fhir-clinosim", "fhir-carebundle"])
def test_resources_by_the_line(database: SyncDatabase, test_data: Path, name: str) -> None:
    counts = _send_lines(database, test_data / name, 40)
    assert counts["created"] > 200


@pytest.mark.long
@pytest.mark.parametrize("name", ["fhir-clinosim", "fhir-carebundle", "fhir-bulk-10"])
def test_every_resource_by_the_line(database: SyncDatabase, test_data: Path, name: str) -> None:
    counts = _send_lines(database, test_data / name, None)
    assert counts["created"] > 5_000
