"""A sender that can be killed: `python -m ... URL COUNT FILE` sends and notes what was answered."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

from lanh.connectors.fhir.tests.support import make_intake, make_sender
from lanh.connectors.hl7v2.tests.sample import admission, header, person, result, visit
from lanh.connectors.hl7v2.writer import write
from lanh.core import bus
from lanh.core.bus import Submission
from lanh.core.database import SyncDatabase

KIND = {"hl7v2": "application/hl7-v2", "fhir": "application/fhir+json"}


def messages(count: int) -> list[tuple[str, bytes]]:
    """Messages of a hospital's day: some make records, some change them, some are in part wrong."""
    return [_message(number) for number in range(count)]


def faulty(count: int) -> list[tuple[str, bytes]]:
    """The same from a sender that repeats, takes neighbours in the wrong order, and truncates."""
    chance = random.Random(11)
    sent: list[tuple[str, bytes]] = []
    for number, (form, content) in enumerate(messages(count)):
        sent.append((form, content))
        if number % 7 == 3:
            sent[-2:] = reversed(sent[-2:])
        if number % 9 == 4:
            sent.append((form, content))
        if number % 11 == 7:
            sent.append(chance.choice(sent))
        if number % 13 == 6:
            sent.append((form, content[: len(content) * 2 // 3]))
    return sent[:count]


def _message(number: int) -> tuple[str, bytes]:
    match number % 5:
        case 0:
            return "hl7v2", admission(f"A{number}")
        case 1:
            return "hl7v2", result(f"R{number}", f"{number}.5", "C")
        case 2:
            someone = person(f"BN{number}", f"HỌ{number}")
            segments = [header("ADT^A04", f"B{number}"), someone, visit(f"V{number}", "O")]
            return "hl7v2", write(segments)
        case 3:
            return "fhir", json.dumps(_transaction(number)).encode()
        case _:
            bad = {"resourceType": "Patient", "id": f"x{number}", "gender": "nonsense"}
            good = {"resourceType": "Patient", "id": f"p{number % 7}", "birthDate": "1990-01-01"}
            entries = [{"resource": good}, {"resource": bad}]
            content = {"resourceType": "Bundle", "type": "collection", "id": f"c{number}",
                       "entry": entries}  # fmt: skip
            return "fhir", json.dumps(content).encode()


def _transaction(number: int) -> dict[str, Any]:
    urn = "urn:uuid:11111111-2222-3333-4444-555555555555"
    condition = {
        "resourceType": "Condition",
        "subject": {"reference": urn},
        "code": {"text": f"bệnh {number}"},
    }
    patient = {"resourceType": "Patient", "name": [{"text": f"Người {number}"}]}
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"fullUrl": urn, "resource": patient, "request": {"method": "POST", "url": "Patient"}},
            {"resource": condition, "request": {"method": "POST", "url": "Condition"}},
        ],
    }


def main(url: str, count: int, answered: Path) -> None:
    """Take up what an earlier life left, then send what was not answered."""
    database = SyncDatabase.connect(url, max_size=1)
    intake, sender = make_intake(), make_sender()
    bus.recover(intake, database, lease=0.0)
    done = answered.read_text().count("\n") if answered.exists() else 0
    with answered.open("a") as file:
        for form, content in faulty(count)[done:]:
            receipt = bus.submit(intake, database, Submission(sender, content, KIND[form], form))
            file.write(f"{receipt['id']} {receipt['state']}\n")
            file.flush()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
