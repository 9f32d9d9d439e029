"""XML1 to Patient, Coverage, Encounter and Condition."""

from __future__ import annotations

import re
from typing import Any

from lanh.connectors.claims_xml.case import (
    ACT,
    REGISTERED_FACILITY,
    Case,
    concept,
    elements,
    icd10,
    moment,
)
from lanh.connectors.claims_xml.rules import parse_birth, parse_day
from lanh.core.bus import Draft
from lanh.nation import codes, naming, visit

# GIOI_TINH of Decision 3176: 1 male, 2 female, 3 undetermined
SEX = {"1": "male", "2": "female", "3": "unknown"}
# MA_LOAI_KCB to the class of the visit; the code itself stays in Encounter.type
CLASS = {"03": "IMP", "04": "IMP", "06": "IMP", "09": "SS", "11": "FLD", "12": "HH", "14": "VR"}
EMERGENCY = "2"  # MA_DOITUONG_KCB
CURED, DIED = "1", "5"  # KET_QUA_DTRI
# MA_LOAI_RV to discharge disposition
DISPOSITION = {"1": "home", "2": "other-hcf", "3": "aadvice", "4": "aadvice", "5": "other-hcf"}

_DISPOSITIONS = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_ROLE = "http://terminology.hl7.org/CodeSystem/diagnosis-role"
_PAYOR = {"type": "Organization", "display": "Bảo hiểm xã hội Việt Nam"}


def patient(case: Case) -> Draft:
    """The Patient; laid over what other messages of the facility told."""
    values = case.row.values
    name = values["HO_TEN"]
    words = name.split()
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": _identifiers(case),
        "name": [{"use": "official", "text": name, "family": words[0], "given": words[1:]}],
        "gender": SEX[str(int(values["GIOI_TINH"]))],
        "birthDate": parse_birth(values["NGAY_SINH"]),
    }
    if len(words) == 1:
        del resource["name"][0]["given"]
    if values.get("DIEN_THOAI"):
        resource["telecom"] = [{"system": "phone", "value": values["DIEN_THOAI"]}]
    address = _address(values)
    if address:
        resource["address"] = [address]
    ethnic = values.get("MA_DANTOC")
    if ethnic:
        code = {"system": naming.ETHNIC_GROUP, "code": ethnic.zfill(2)}
        resource["extension"] = [{"url": naming.ETHNIC_EXTENSION, "valueCoding": code}]
    return case.draft(resource, case.patient_number, mode="merge", kept=True)


def _identifiers(case: Case) -> list[dict[str, Any]]:
    system = "http://terminology.hl7.org/CodeSystem/v2-0203"
    found: list[dict[str, Any]] = [
        {
            "use": "usual",
            "type": {"coding": [{"system": system, "code": "MR"}]},
            "system": naming.patient_number(case.facility),
            "value": case.patient_number,
        }
    ]
    document = case.row.values.get("SO_CCCD", "")
    if re.fullmatch("[0-9]{12}", document):
        found.append({"system": naming.PERSONAL_NUMBER, "value": document})
    elif re.fullmatch("[0-9]{9}", document):
        found.append({"system": naming.OLD_IDENTITY_CARD, "value": document})
    elif document:
        found.append({"system": naming.PASSPORT, "value": document})
    numbers: list[str] = []
    for card in elements(case.row.values.get("MA_THE_BHYT", "")):
        if re.fullmatch("[A-Z]{2}[0-9]{13}", card):
            found.append({"system": naming.INSURANCE_CARD, "value": card})
        if re.fullmatch("(?:[A-Z]{2}[0-9]{3})?[0-9]{10}", card) and card[-10:] not in numbers:
            numbers.append(card[-10:])
    return found + [{"system": naming.INSURANCE_NUMBER, "value": number} for number in numbers]


def _address(values: dict[str, str]) -> dict[str, Any]:
    address: dict[str, Any] = {}
    commune = values.get("MAXA_CU_TRU", "")
    if re.fullmatch("[0-9]{1,5}", commune):
        code = {"system": naming.COMMUNE, "code": commune.zfill(5)}
        address["extension"] = [{"url": naming.COMMUNE_EXTENSION, "valueCoding": code}]
    if values.get("DIA_CHI"):
        address |= {"use": "home", "text": values["DIA_CHI"], "line": [values["DIA_CHI"]]}
    return address


def encounter(case: Case) -> Draft:
    """The Encounter with its diagnoses, main first."""
    values = case.row.values
    kind, payer = values["MA_LOAI_KCB"].zfill(2), values["MA_DOITUONG_KCB"]
    # Whoever was admitted is an inpatient, also by way of the emergency department.
    code = CLASS.get(kind) or ("EMER" if payer == EMERGENCY else "AMB")
    period = {"start": moment(values["NGAY_VAO"]), "end": moment(values["NGAY_RA"])}
    resource: dict[str, Any] = {
        "resourceType": "Encounter",
        "identifier": [visit.number(case.facility, case.key)],
        "status": "finished",
        "class": {"system": ACT, "code": code},
        "type": [concept(naming.CARE_TYPE, kind), concept(naming.PATIENT_TYPE, payer)],
        "subject": case.patient,
        "period": period,
        "serviceProvider": case.organization,
        "diagnosis": [
            {
                "condition": {"reference": f"Condition/{condition_id(case, diagnosis)}"},
                "use": concept(_ROLE, "DD"),
                "rank": rank,
            }
            for rank, diagnosis in enumerate(diagnoses(case), start=1)
        ],
    }
    department = elements(values.get("MA_KHOA", ""))
    if department:
        last = concept(naming.DEPARTMENT, department[-1])
        resource["serviceType"] = visit.of_claim("department", last)
    if values.get("LY_DO_VV"):
        resource["reasonCode"] = [visit.of_claim("reason", {"text": values["LY_DO_VV"]})]
    outcome = "exp" if values["KET_QUA_DTRI"] == DIED else DISPOSITION[values["MA_LOAI_RV"]]
    resource["hospitalization"] = {"dischargeDisposition": concept(_DISPOSITIONS, outcome)}
    resource["account"] = [visit.settled_by(case.facility, case.key)]
    return case.draft(resource, case.key, mode="merge", kept=True, adapt=visit.told_again)


def diagnoses(case: Case) -> list[str]:
    """The ICD-10 codes of the episode, main first, each once."""
    values = case.row.values
    listed = [values["MA_BENH_CHINH"], *elements(values.get("MA_BENH_KT", ""))]
    return list(dict.fromkeys(icd10(code) for code in listed))


def condition_id(case: Case, code: str) -> str:
    """The id of the Condition of a diagnosis of this episode."""
    return case.id("Condition", case.key, code)


def conditions(case: Case) -> list[Draft]:
    """A Condition a diagnosis. CHAN_DOAN_RV, the whole in words, is the main one's text or note."""
    values = case.row.values
    found = []
    cured = values["KET_QUA_DTRI"] == CURED
    for rank, code in enumerate(diagnoses(case)):
        main = values.get("CHAN_DOAN_RV", "") if rank == 0 else ""
        title = _title(code)
        resource: dict[str, Any] = {
            "resourceType": "Condition",
            # Cured is said of what the visit was for, not of what goes with it.
            "clinicalStatus": concept(_CLINICAL, "resolved" if cured and not rank else "active"),
            "verificationStatus": concept(_VERIFIED, "confirmed"),
            "category": [concept(_CATEGORY, "encounter-diagnosis")],
            "code": concept(naming.ICD10, code, title)
            if title or not main
            else {**concept(naming.ICD10, code), "text": main},
            "subject": case.patient,
            "encounter": case.encounter,
            "recordedDate": moment(values["NGAY_RA"]),
        }
        if title and main and main != title:
            resource["note"] = [{"text": main}]
        found.append(case.draft(resource, case.key, code))
    return found


def _title(code: str) -> str:
    """The title of an ICD-10 code: XML1 has none but the words of the whole diagnosis."""
    try:
        return codes.concept("icd10", code).display.vi
    except KeyError:
        return ""


def coverages(case: Case) -> list[Draft]:
    """A Coverage a card, or one that says the patient pays where there is no card."""
    values = case.row.values
    cards = list(dict.fromkeys(elements(values.get("MA_THE_BHYT", ""))))
    lists = {name: values.get(name, "").split(";") for name in ("MA_DKBD", "GT_THE_TU",
                                                                 "GT_THE_DEN")}  # fmt: skip
    found = [_coverage(case, card, {name: items[place].strip() if place < len(items) else ""
                                    for name, items in lists.items()})
             for place, card in enumerate(cards)]  # fmt: skip
    if found:
        return found
    system = "http://terminology.hl7.org/CodeSystem/coverage-selfpay"
    resource = {
        "resourceType": "Coverage",
        "status": "active",
        "type": concept(system, "pay"),
        "beneficiary": case.patient,
        "payor": [case.patient],
    }
    return [case.draft(resource, case.patient_number, "self", kept=True)]


def _coverage(case: Case, card: str, detail: dict[str, str]) -> Draft:
    system = naming.INSURANCE_CARD if len(card) == 15 else naming.INSURANCE_NUMBER
    resource: dict[str, Any] = {
        "resourceType": "Coverage",
        "identifier": [{"system": system, "value": card}],
        "status": "active",
        "subscriberId": card,
        "beneficiary": case.patient,
        "payor": [_PAYOR],
    }
    period = {
        name: day.isoformat()
        for name, field in (("start", "GT_THE_TU"), ("end", "GT_THE_DEN"))
        if (day := parse_day(detail[field]))
    }
    if period:
        resource["period"] = period
    if detail["MA_DKBD"]:
        identifier = {"system": naming.FACILITY_CODE, "value": detail["MA_DKBD"]}
        extension = {"url": REGISTERED_FACILITY, "valueIdentifier": identifier}
        resource["extension"] = [extension]
    return case.draft(resource, case.patient_number, card, kept=True)
