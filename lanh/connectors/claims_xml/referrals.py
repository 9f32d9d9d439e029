"""XML13 and XML14: the transfer as a referral, the follow-up as an appointment to be made."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from lanh.connectors.claims_xml.case import Case, concept, icd10, moment, practitioners
from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.provenance import Made
from lanh.connectors.claims_xml.rules import parse_day
from lanh.core.bus import Draft
from lanh.nation import naming
from lanh.nation.local_time import VIETNAM

_REFERRAL = ("http://snomed.info/sct", "3457005")
_TO = "MA_CSKCB_DEN"


def transfer(case: Case, row: Row, number: int, made: Made) -> list[Draft]:
    """The ServiceRequest by which another facility is asked to go on."""
    values = row.values
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "identifier": [
            {"system": naming.transfer_paper(case.facility), "value": values["GIAY_CHUYEN_TUYEN"]}
        ],
        "status": "active",
        "intent": "order",
        "category": [concept(*_REFERRAL)],
        "code": {"text": values["HUONG_DIEU_TRI"]},
        "subject": case.patient,
        "encounter": case.encounter,
        "authoredOn": moment(case.row.values["NGAY_RA"]),
    }
    made.note("GIAY_CHUYEN_TUYEN", resource, "identifier[0]")
    made.note("HUONG_DIEU_TRI", resource, "code")
    requesters = practitioners(values.get("MA_BAC_SI", ""))
    if requesters:
        resource["requester"] = requesters[0]
        made.note("MA_BAC_SI", resource, "requester")
    if values.get(_TO):
        identifier = {"system": naming.FACILITY_CODE, "value": values[_TO]}
        resource["performer"] = [{"type": "Organization", "identifier": identifier}]
        made.note(_TO, resource, "performer[0]")
    if values.get("MA_BENH_CHINH"):
        resource["reasonCode"] = [concept(naming.ICD10, icd10(values["MA_BENH_CHINH"]))]
        made.note("MA_BENH_CHINH", resource, "reasonCode[0]")
    return [case.draft(resource, case.key, "XML13", str(number))]


def follow_up(case: Case, row: Row, number: int, made: Made) -> list[Draft]:
    """The Appointment that the slip proposes: its day, for no hour is agreed."""
    day = parse_day(row.values["NGAY_HEN_KL"][:8])
    if day is None:
        return []
    start = datetime.combine(day, time(), VIETNAM)
    resource: dict[str, Any] = {
        "resourceType": "Appointment",
        "status": "proposed",
        "participant": [
            {"actor": case.patient, "status": "needs-action"},
        ],
        "requestedPeriod": [
            {"start": start.isoformat(), "end": start.replace(hour=23, minute=59).isoformat()}
        ],
    }
    if row.values.get("MA_BENH_CHINH"):
        resource["reasonCode"] = [concept(naming.ICD10, icd10(row.values["MA_BENH_CHINH"]))]
        made.note("MA_BENH_CHINH", resource, "reasonCode[0]")
    made.note("NGAY_HEN_KL", resource, "requestedPeriod[0]")
    return [case.draft(resource, case.key, "XML14", str(number))]
