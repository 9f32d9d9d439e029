"""A process that dies at any moment loses nothing and doubles nothing, whatever the sender does."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from lanh.connectors.fhir.tests import sending
from lanh.connectors.fhir.tests.support import make_intake, make_sender
from lanh.core import bus
from lanh.core.bus import Submission
from lanh.core.database import SyncDatabase, fetch
from lanh.core.store import Position, Store

TYPES = ("Patient", "Encounter", "Observation", "DiagnosticReport", "Specimen", "Condition")


def outcome(database: SyncDatabase) -> dict[str, object]:
    """What a run left behind, apart from the ids of receipts."""
    versions = {
        kind: sorted(
            row[0] for row in database.read(fetch(f"SELECT version FROM store.{kind.lower()}"))
        )
        for kind in TYPES
    }
    states = database.read(fetch("SELECT state, count(*) FROM bus.message GROUP BY 1 ORDER BY 1"))
    parts = database.read(fetch("SELECT outcome, count(*) FROM bus.part GROUP BY 1 ORDER BY 1"))
    changes, _ = database.read(Store().changes(Position(), 100_000))
    told = Counter(change.type for change in changes)
    return {"versions": versions, "states": states, "parts": parts, "told": told}


def _undisturbed(url: str, count: int) -> dict[str, object]:
    database = SyncDatabase.connect(url, max_size=1)
    intake, sender = make_intake(), make_sender()
    for form, content in sending.faulty(count):
        bus.submit(intake, database, Submission(sender, content, sending.KIND[form], form))
    found = outcome(database)
    database.close()
    return found


def _disturbed(url: str, count: int, notes: Path, kills: int) -> int:
    """Run the sender, killing it `kills` times on its way; how often it was killed at work."""
    chance = random.Random(7)
    command = [sys.executable, "-m", sending.__name__, url, str(count), str(notes)]
    killed = 0
    for _ in range(kills):
        target = min(count - 1, _answered(notes) + chance.randint(1, max(2, count // kills)))
        child = subprocess.Popen(command)
        deadline = time.monotonic() + 120
        while _answered(notes) < target and child.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(chance.random() * 0.03)  # somewhere within the next message
        killed += child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
    subprocess.run(command, check=True)
    return killed


def _answered(notes: Path) -> int:
    return notes.read_text().count("\n") if notes.exists() else 0


def _compare(database: SyncDatabase, url: str, notes: Path, count: int, kills: int) -> None:
    killed = _disturbed(url, count, notes, kills)
    assert killed >= kills // 2
    rows = database.read(fetch("SELECT id, state FROM bus.message"))
    kept = {row[0]: row[1] for row in rows}
    answered = [line.split() for line in notes.read_text().splitlines()]
    assert len(answered) == count
    assert all(kept[name] == state for name, state in answered)
    assert "received" not in kept.values() and "held" not in kept.values()
    receipts: dict[bytes, set[str]] = {}
    for (_, content), (name, _) in zip(sending.faulty(count), answered, strict=True):
        receipts.setdefault(content, set()).add(name)
    assert all(len(names) == 1 for names in receipts.values()), "one content, one receipt"
    assert len(kept) == len(receipts) < count
    assert {"accepted", "refused"} <= set(kept.values())
    disturbed = outcome(database)
    with database.pool.connection() as connection:
        connection.execute(
            "TRUNCATE bus.message, bus.part, bus.attempt, bus.unresolved, bus.short_id, store.feed,"
            " store.locator, store.identifier, store.history, "
            + ", ".join(f"store.{kind.lower()}" for kind in TYPES)
        )
    assert _undisturbed(url, count) == disturbed


@pytest.mark.timeout(600)
def test_killed_in_five_hundred(database: SyncDatabase, database_url: str, tmp_path: Path) -> None:
    """Each of 500 messages of a bad sender has one effect and one state, whatever is killed."""
    _compare(database, database_url, tmp_path / "answered", 500, 6)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_in_two_thousand(database: SyncDatabase, database_url: str, tmp_path: Path) -> None:
    _compare(database, database_url, tmp_path / "answered", 2000, 25)
