"""Training of a compression dictionary on made-up resources.

`python -m lanh.site.bench._dictionary FILE`, only to add a dictionary: rows hold the number of
theirs, so a file once released is kept unchanged for ever. Beside the mix of `_synthetic` it sees
the other types that facilities send most, with the meta that the store adds.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import zstandard

from lanh.core import fhir
from lanh.core.store import new_id
from lanh.nation import naming
from lanh.site.bench._synthetic import Resource, records

_PATIENTS = 500
_BYTES = 112 * 1024
_COVERAGE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def _others(group: list[Resource], chance: random.Random) -> Iterator[Resource]:
    """Types derived from what a patient has: dispenses, services, reports, claims."""
    patient, visit = group[0], group[1]
    subject = {"reference": f"Patient/{patient['id']}", "display": patient["name"][0]["text"]}
    seen = {"reference": f"Encounter/{visit['id']}"}
    provider, moment = visit["serviceProvider"], visit["period"]["start"]
    money = {"value": chance.randrange(1000, 900_000), "currency": "VND"}
    for request in group[21:23]:
        yield {
            "resourceType": "MedicationDispense",
            "id": new_id(5),
            "status": "completed",
            "medicationCodeableConcept": request["medicationCodeableConcept"],
            "subject": subject,
            "context": seen,
            "performer": [{"actor": provider}],
            "authorizingPrescription": [{"reference": f"MedicationRequest/{request['id']}"}],
            "quantity": {"value": chance.randrange(1, 60), "unit": "viên"},
            "whenHandedOver": moment,
        }
    service = {
        "coding": [{"system": naming.SERVICE, "code": f"02.{chance.randrange(2000):04d}.1778"}],
        "text": "Siêu âm ổ bụng tổng quát",
    }
    yield {
        "resourceType": "Procedure",
        "id": new_id(6),
        "status": "completed",
        "code": service,
        "subject": subject,
        "encounter": seen,
        "performedDateTime": moment,
        "performer": [{"actor": provider}],
    }
    yield {
        "resourceType": "DiagnosticReport",
        "id": new_id(7),
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074",
                                  "code": "LAB"}]}],
        "code": {"coding": [{"system": naming.LOINC, "code": "58410-2"}], "text": "Công thức máu"},
        "subject": subject,
        "encounter": seen,
        "effectiveDateTime": moment,
        "issued": moment,
        "performer": [provider],
        "result": [{"reference": f"Observation/{each['id']}"} for each in group[4:8]],
    }  # fmt: skip
    yield {
        "resourceType": "Coverage",
        "id": new_id(8),
        "identifier": [group[0]["identifier"][1]],
        "status": "active",
        "type": {"coding": [{"system": _COVERAGE, "code": "PUBLICPOL"}], "text": "BHYT"},
        "beneficiary": subject,
        "period": {"start": "2026-01-01", "end": "2026-12-31"},
        "payor": [{"display": "Bảo hiểm xã hội Việt Nam"}],
    }  # fmt: skip
    yield {
        "resourceType": "Claim",
        "id": new_id(9),
        "identifier": [visit["identifier"][0]],
        "status": "active",
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/claim-type",
                             "code": "institutional"}]},
        "use": "claim",
        "patient": subject,
        "created": moment,
        "provider": provider,
        "priority": {"coding": [{"code": "normal"}]},
        "diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": visit["reasonCode"][0]}],
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "BHYT"}}],
        "item": [
            {
                "sequence": place,
                "productOrService": service,
                "servicedDate": moment[:10],
                "quantity": {"value": chance.randrange(1, 30)},
                "unitPrice": money,
                "net": money,
            }
            for place in range(1, 4)
        ],
        "total": money,
    }  # fmt: skip


def samples() -> list[bytes]:
    """The bodies that the dictionary is trained on."""
    chance = random.Random(20261122)  # noqa: S311 - made-up data
    bodies = []
    for group in records(_PATIENTS, seed=1):
        for resource in (*group, *_others(group, chance)):
            rest = {k: v for k, v in resource.items() if k not in ("resourceType", "id")}
            meta: Resource = {
                "versionId": "1",
                "lastUpdated": f"2026-{chance.randrange(1, 13):02d}-01T02:03:04.005Z",
            }
            if chance.random() < 0.7:
                meta["source"] = naming.RECEIPT_SOURCE + new_id(chance.randrange(64))
            if chance.random() < 0.3:
                system, code = naming.DEMONSTRATION_TAG
                meta["tag"] = [{"system": system, "code": code}]
            head = {"resourceType": resource["resourceType"], "id": resource["id"], "meta": meta}
            bodies.append(fhir.dumps({**head, **rest}))
    return bodies


def main(path: str) -> None:
    """Train a dictionary and write it to `path`."""
    dictionary = zstandard.train_dictionary(_BYTES, [*samples()], level=3)
    Path(path).write_bytes(dictionary.as_bytes())


if __name__ == "__main__":
    main(sys.argv[1])
