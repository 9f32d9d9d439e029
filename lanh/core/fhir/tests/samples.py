"""Made-up resources that the tests start from; none is about a person."""

from __future__ import annotations

import copy
from typing import Any

from lanh.core import fhir

_TEXT = """
[{"resourceType": "Patient", "id": "p1",
  "meta": {"lastUpdated": "2026-01-31T08:30:00.123+07:00", "profile": ["http://example.vn/p|1.0"],
           "tag": [{"system": "urn:x", "code": "demo"}]},
  "text": {"status": "generated", "div": "<div xmlns=\\"http://www.w3.org/1999/xhtml\\">x</div>"},
  "identifier": [{"system": "urn:id", "value": "097000000001", "period": {"start": "2020"}}],
  "name": [{"use": "official", "text": "Nguyễn Thị Thử", "family": "Nguyễn",
            "given": ["Thị", "Thử"]}],
  "telecom": [{"system": "phone", "value": "0900000000"}],
  "gender": "female", "birthDate": "1980-02-28", "deceasedBoolean": false,
  "address": [{"line": ["Số 1"], "city": "Xã Thử", "state": "Tỉnh Thử"}],
  "contact": [{"name": {"text": "Trần Thử"}}],
  "extension": [{"url": "http://example.vn/e", "valueCoding":
                 {"system": "urn:c", "code": "00001"}}],
  "managingOrganization": {"reference": "Organization/o1"}},
 {"resourceType": "Observation", "id": "o1", "status": "final",
  "category": [{"coding": [{"system": "urn:cat", "code": "laboratory"}]}],
  "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "Hemoglobin"},
  "subject": {"reference": "Patient/p1"}, "encounter": {"reference": "Encounter/e1"},
  "effectiveDateTime": "2026-01-31T08:30:00+07:00", "issued": "2026-01-31T09:00:00+07:00",
  "performer": [{"reference": "Practitioner/d1"}],
  "valueQuantity": {"value": 13.50, "unit": "g/dL", "system": "http://unitsofmeasure.org",
                    "code": "g/dL"},
  "referenceRange": [{"low": {"value": 12}, "high": {"value": 16.0}}],
  "component": [{"code": {"text": "part"}, "valueInteger": 3}]},
 {"resourceType": "Encounter", "id": "e1", "status": "finished",
  "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
  "subject": {"reference": "Patient/p1"},
  "participant": [{"individual": {"reference": "Practitioner/d1"}}],
  "period": {"start": "2026-01-31T08:00:00+07:00", "end": "2026-01-31T10:00:00+07:00"},
  "serviceProvider": {"reference": "Organization/o1"}},
 {"resourceType": "Condition", "id": "c1",
  "clinicalStatus": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical",
                                 "code": "resolved"}]},
  "verificationStatus": {"coding": [
    {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]},
  "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "A90"}]},
  "subject": {"reference": "Patient/p1"}, "onsetDateTime": "2026-01",
  "abatementDateTime": "2026-02"},
 {"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
  "contained": [{"resourceType": "Medication", "id": "med", "code": {"text": "thuốc thử"}}],
  "medicationReference": {"reference": "#med"}, "subject": {"reference": "Patient/p1"},
  "authoredOn": "2026-01-31",
  "dosageInstruction": [{"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                         "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "viên"}}]}]},
 {"resourceType": "Immunization", "id": "i1", "status": "completed",
  "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03"}]},
  "patient": {"reference": "Patient/p1"}, "occurrenceDateTime": "2026-01-31",
  "protocolApplied": [{"doseNumberPositiveInt": 1}]},
 {"resourceType": "Claim", "id": "cl1", "status": "active", "use": "claim",
  "type": {"text": "t"}, "patient": {"reference": "Patient/p1"}, "created": "2026-01-31",
  "provider": {"reference": "Organization/o1"}, "priority": {"text": "n"},
  "insurance": [{"sequence": 1, "focal": true, "coverage": {"reference": "Coverage/v1"}}],
  "item": [{"sequence": 1, "productOrService": {"text": "s"},
            "net": {"value": 100000.00, "currency": "VND"}}],
  "total": {"value": 100000.00, "currency": "VND"}},
 {"resourceType": "Organization", "id": "o1", "name": "Trạm Y tế Thử", "active": true,
  "telecom": [{"system": "phone", "value": "0200000000", "use": "work"}],
  "address": [{"use": "work", "city": "Xã Thử"}]},
 {"resourceType": "Bundle", "type": "transaction", "entry": [
   {"fullUrl": "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
    "resource": {"resourceType": "Patient", "name": [{"family": "Thử"}]},
    "request": {"method": "POST", "url": "Patient"}}]}]
"""

_SAMPLES: list[dict[str, Any]] = fhir.loads(_TEXT)
TYPES = [resource["resourceType"] for resource in _SAMPLES]


def sample(name: str) -> dict[str, Any]:
    """A fresh valid resource of a type."""
    return copy.deepcopy(next(r for r in _SAMPLES if r["resourceType"] == name))


def samples() -> list[dict[str, Any]]:
    """All samples, fresh."""
    return copy.deepcopy(_SAMPLES)
