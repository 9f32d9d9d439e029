"""Messages of others: how many are taken, and why the others are not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from lanh.connectors.fhir.tests.support import send
from lanh.connectors.hl7v2.tests.test_hl7v2 import judge
from lanh.core.database import SyncDatabase

# By message code: how many of the outside messages must be taken. What is refused names nobody
# (no PID, or one with neither number nor name), or has no order or result in it.
_TAKEN = {"ADT": 31, "BAR": 3, "DFT": 2, "MDM": 7, "OMG": 1, "OML": 4, "ORM": 6, "ORU": 41,
          "OUL": 3, "PPR": 3, "RDE": 2, "RDS": 1, "REF": 2, "SIU": 8, "VXU": 3}  # fmt: skip
_REASONS = {"PID", "PID-3", "OBR", "ORC"}


def test_outside_messages(test_data: Path) -> None:
    """Each is taken, or refused with a reason that has a place; nothing crashes."""
    taken: Counter[str] = Counter()
    refused: Counter[tuple[str, str, str]] = Counter()
    for path in sorted((test_data / "hl7v2").glob("*/*.hl7")):
        judged = judge(path.read_bytes())
        assert judged.parts, path
        for part in judged.parts:
            reasons = [i for i in part.issues if i.severity in ("error", "fatal")]
            assert part.refused == bool(reasons) and bool(part.drafts) != part.refused, path
            if not reasons:
                taken[part.type[:3]] += 1
                continue
            first = reasons[0]
            assert first.expression in _REASONS, (path, first.expression)
            refused[part.type[:3], first.expression, first.message.en] += 1
    print(f"taken {sum(taken.values())}: {dict(sorted(taken.items()))}")
    for (kind, place, why), count in sorted(refused.items()):
        print(f"refused {count:4} {kind} {place}: {why}")
    assert {kind: taken[kind] for kind in _TAKEN} == _TAKEN


def test_outside_messages_are_stored(test_data: Path, database: SyncDatabase) -> None:
    """What the connector takes, the store takes, too: no receipt says otherwise."""
    for path in sorted((test_data / "hl7v2" / "fhir-converter").glob("*.hl7")):
        content = path.read_bytes()
        receipt = send(database, content, "application/hl7-v2")
        wanted = ["refused" if part.refused else "accepted" for part in judge(content).parts]
        states = {"refused": "refused"}
        told = [states.get(part["outcome"], "accepted") for part in receipt["parts"]]
        if receipt["state"] == "conflict":
            continue  # several of these share a control id
        assert told == wanted, (path, receipt["issues"], receipt["parts"])
