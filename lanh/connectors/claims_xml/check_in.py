"""XML0 to the visit as it begins: Patient, Coverage, and an Encounter in progress."""

from __future__ import annotations

from typing import Any

from lanh.connectors.claims_xml.case import ACT, Case, concept, moment
from lanh.connectors.claims_xml.episode import CLASS, EMERGENCY, coverages, patient
from lanh.connectors.claims_xml.fields import CHECK_IN, TABLES
from lanh.connectors.claims_xml.outward import field_extensions
from lanh.core.bus import Draft
from lanh.nation import naming, visit

Body = dict[str, Any]


def arrival(case: Case) -> list[Draft]:
    """The records of a row of XML0. They stay when a later check-in of the visit comes."""
    cards = coverages(case) if case.row.values.get("MA_THE_BHYT") else []
    return [patient(case), _encounter(case), *cards]


def _encounter(case: Case) -> Draft:
    values = case.row.values
    kind, payer = values["MA_LOAI_KCB"].zfill(2), values["MA_DOITUONG_KCB"]
    code = CLASS.get(kind) or ("EMER" if payer == EMERGENCY else "AMB")
    resource: Body = {
        "resourceType": "Encounter",
        "extension": field_extensions(values, TABLES[CHECK_IN].names),
        "identifier": [visit.number(case.facility, case.key)],
        "status": "in-progress",
        "class": {"system": ACT, "code": code},
        "type": [concept(naming.CARE_TYPE, kind), concept(naming.PATIENT_TYPE, payer)],
        "subject": case.patient,
        "period": {"start": moment(values["NGAY_VAO"])},
        "serviceProvider": case.organization,
    }
    if values.get("LY_DO_VNT"):
        resource["reasonCode"] = [{"text": values["LY_DO_VNT"]}]
    return case.draft(resource, case.key, mode="merge", kept=True, adapt=_begun)


def _begun(under: Body, over: Body) -> Body:
    """A visit that has ended is not begun again by a check-in that comes late."""
    laid = visit.told_again(under, over)
    if under.get("status") == "finished":
        for name in ("status", "class", "period", "type"):
            laid.pop(name, None)
    return laid
