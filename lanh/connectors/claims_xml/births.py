"""XML9: the child, with its weight at birth and the mother it is of (Circular 22/2025)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lanh.connectors.claims_xml.case import Case, moment
from lanh.connectors.claims_xml.conditions import plain
from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.episode import SEX
from lanh.connectors.claims_xml.provenance import Made
from lanh.core.bus import Draft
from lanh.nation import naming

_BIRTH_WEIGHT = "8339-4"
_BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"


def child(case: Case, row: Row, number: int, made: Made) -> list[Draft]:
    """The child's Patient and the Observation of its weight."""
    values = row.values
    born = moment(values["NGAY_SINH_CON"])
    name = case.id("Patient", case.key, "XML9", str(number))
    mother = {"system": naming.patient_number(case.facility), "value": case.patient_number}
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "extension": [{"url": naming.MOTHER_EXTENSION, "valueIdentifier": mother}],
        "gender": SEX[plain(values["GIOI_TINH_CON"])],
        "birthDate": (born or "")[:10],
        "_birthDate": {"extension": [{"url": _BIRTH_TIME, "valueDateTime": born}]},
    }
    if values.get("HO_TEN_CON"):
        words = values["HO_TEN_CON"].split()
        patient["name"] = [{"use": "official", "text": values["HO_TEN_CON"], "family": words[0]}]
        if words[1:]:
            patient["name"][0]["given"] = words[1:]
        made.note("HO_TEN_CON", patient, "name[0]")
    made.note("GIOI_TINH_CON", patient, "gender")
    made.note("NGAY_SINH_CON", patient, "birthDate")
    weight: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": naming.LOINC, "code": _BIRTH_WEIGHT}]},
        "subject": {"reference": f"Patient/{name}"},
        "effectiveDateTime": born,
        "valueQuantity": {
            "value": Decimal(values["CAN_NANG_CON"]), "unit": "g", "system": naming.UCUM,
            "code": "g",
        },
    }  # fmt: skip
    made.note("CAN_NANG_CON", weight, "value")
    return [
        Draft("Patient", patient, id=name, settled=True, mode="merge", kept=True),
        case.draft(weight, case.key, "XML9", str(number)),
    ]
