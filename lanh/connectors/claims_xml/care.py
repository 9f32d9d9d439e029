"""XML2 to dispensed medicines, XML3 to procedures and requests, XML4 to results, XML5 to notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from lanh.connectors.claims_xml.case import (
    PARTICIPATION,
    Case,
    coding,
    concept,
    moment,
    practitioners,
)
from lanh.connectors.claims_xml.envelope import Row
from lanh.core.bus import Draft
from lanh.core.text import fold
from lanh.nation import naming

# MA_NHOM (cost group): tests that lead to a result; and lines that are no act on the patient
LABORATORY, IMAGING, FUNCTION = "1", "2", "3"
_TESTS = {LABORATORY, IMAGING, FUNCTION}
_ACTS = {"8", "9", "18"}
_OBSERVATIONS = "http://terminology.hl7.org/CodeSystem/observation-category"
_SECTIONS = "http://terminology.hl7.org/CodeSystem/v2-0074"
_MEASURED = re.compile(r"([<>]=?|≤|≥)?\s*(-?[0-9]+(?:\.[0-9]+)?)")


def dispense(case: Case, row: Row) -> Draft:
    """An XML2 row."""
    values = row.values
    resource: dict[str, Any] = {
        "resourceType": "MedicationDispense",
        "status": "completed",
        "medicationCodeableConcept": {
            "coding": [coding(naming.DRUG, values["MA_THUOC"], values["TEN_THUOC"])],
            "text": named(values["TEN_THUOC"], values.get("HAM_LUONG", "")),
        },
        "subject": case.patient,
        "context": case.encounter,
        "quantity": {"value": Decimal(values["SO_LUONG"])},
        "whenHandedOver": moment(values.get("NGAY_TH_YL") or values["NGAY_YL"]),
    }
    if values.get("DON_VI_TINH"):
        resource["quantity"]["unit"] = values["DON_VI_TINH"]
    # Who ordered, not who handed over: the table names only that person.
    performers = [
        {"function": concept(PARTICIPATION, "AUT"), "actor": reference}
        for reference in practitioners(values.get("MA_BAC_SI", ""))
    ]
    if performers:
        resource["performer"] = performers
    if values.get("MA_KHOA"):
        identifier = {"system": naming.DEPARTMENT, "value": values["MA_KHOA"]}
        resource["location"] = {"type": "Location", "identifier": identifier}
    dosage: dict[str, Any] = {}
    dose = "; ".join(values[name] for name in ("LIEU_DUNG", "CACH_DUNG") if values.get(name))
    if dose:
        dosage["text"] = dose
    if values.get("DUONG_DUNG"):
        dosage["route"] = {"coding": [{"system": f"{naming.DRUG}:route",
                                       "code": values["DUONG_DUNG"]}]}  # fmt: skip
    if dosage:
        resource["dosageInstruction"] = [dosage]
    return case.draft(resource, case.key, values["STT"])


def named(name: str, strength: str) -> str:
    """A medicine with its strength, which many catalogues carry in the name already."""
    if not strength or fold(strength).replace(" ", "") in fold(name).replace(" ", ""):
        return name
    words = name.split()
    said = strength.split()
    # "... 100mcg/liều" and "100mcg/liều x 200 liều": what ends the one begins the other.
    for count in range(len(said) - 1, 0, -1):
        if fold(" ".join(words[-count:])) == fold(" ".join(said[:count])):
            return " ".join([name, *said[count:]])
    return f"{name} {strength}"


def _group(row: Row) -> str:
    return row.values.get("MA_NHOM", "").lstrip("0")


def service(case: Case, row: Row) -> Draft | None:
    """An XML3 row: a test is a ServiceRequest, an operation or procedure a Procedure.

    Examinations, bed days, transport, blood and supplies are cost lines of the visit: they stand
    in the Claim and make no record of their own.
    """
    values = row.values
    code = values.get("MA_DICH_VU", "")
    if not code or values.get("MA_VAT_TU"):
        return None
    if _group(row) in _TESTS:
        return _request(case, row)
    if _group(row) not in _ACTS:
        return None
    resource: dict[str, Any] = {
        "resourceType": "Procedure",
        "status": "completed",
        "code": _service_code(values),
        "subject": case.patient,
        "encounter": case.encounter,
        "performedDateTime": moment(values.get("NGAY_TH_YL") or values["NGAY_YL"]),
    }
    performers = [
        {"actor": reference}
        for reference in practitioners(values.get("NGUOI_THUC_HIEN") or values.get("MA_BAC_SI", ""))
    ]
    if performers:
        resource["performer"] = performers
    return case.draft(resource, case.key, values["STT"])


def _service_code(values: dict[str, str]) -> dict[str, Any]:
    name = values.get("TEN_DICH_VU", "")
    codings = [coding(naming.SERVICE, values["MA_DICH_VU"], name)]
    for code in values.get("MA_PTTT_QT", "").split(";"):
        if code.strip():
            codings.append(coding("http://hl7.org/fhir/sid/icd-9-cm", code))
    return {"coding": codings, "text": name} if name else {"coding": codings}


def _request(case: Case, row: Row) -> Draft:
    values = row.values
    system = "http://snomed.info/sct"
    category = {LABORATORY: "108252007", IMAGING: "363679005"}.get(_group(row), "103693007")
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "completed",
        "intent": "order",
        "category": [concept(system, category)],
        "code": _service_code(values),
        "quantityQuantity": {"value": Decimal(values["SO_LUONG"])},
        "subject": case.patient,
        "encounter": case.encounter,
        "authoredOn": moment(values["NGAY_YL"]),
    }
    requesters = practitioners(values.get("MA_BAC_SI", ""))
    if requesters:
        resource["requester"] = requesters[0]
    when = moment(values.get("NGAY_TH_YL", ""))
    if when:
        resource["occurrenceDateTime"] = when
    performers = practitioners(values.get("NGUOI_THUC_HIEN", ""))
    if performers:
        resource["performer"] = performers
    return case.draft(resource, case.key, values["STT"])


def result(case: Case, row: Row, groups: dict[str, str]) -> Draft | None:
    """The Observation of an XML4 row: a figure, a word, or a description; None for a conclusion.

    `groups` maps MA_DICH_VU to MA_NHOM as XML3 has it.
    """
    values = row.values
    said = values.get("GIA_TRI") or values.get("MO_TA")
    if not said:
        return None
    code, name = values.get("MA_CHI_SO", ""), values.get("TEN_CHI_SO", "")
    codings = [coding(naming.TEST_INDEX, code, name)] if code else []
    codings.append(coding(naming.SERVICE, values["MA_DICH_VU"]))
    category = "imaging" if groups.get(values["MA_DICH_VU"]) == IMAGING else "laboratory"
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept(_OBSERVATIONS, category)],
        "code": {"coding": codings, **({"text": name} if name else {})},
        "subject": case.patient,
        "encounter": case.encounter,
        "effectiveDateTime": moment(values["NGAY_KQ"]),
        **_value(values),
    }
    readers = practitioners(values.get("MA_BS_DOC_KQ", ""))
    if readers:
        resource["performer"] = readers
    return case.draft(resource, case.key, "XML4", values["STT"])


def _value(values: dict[str, str]) -> dict[str, Any]:
    text, unit = values.get("GIA_TRI", ""), values.get("DON_VI_DO", "")
    measured = _MEASURED.fullmatch(text)
    if measured:
        quantity: dict[str, Any] = {"value": Decimal(measured.group(2))}
        sign = measured.group(1)
        if sign:
            quantity["comparator"] = {"≤": "<=", "≥": ">="}.get(sign, sign)
        if unit:
            quantity["unit"] = unit
        return {"valueQuantity": quantity}
    said = f"{text} {unit}".strip() if text else values.get("MO_TA", "")
    return {"valueString": said}


def report(case: Case, rows: Sequence[Row], results: Sequence[Draft], group: str) -> Draft:
    """The DiagnosticReport of the XML4 rows of one service and time."""
    values = rows[0].values
    section = {IMAGING: "RAD", FUNCTION: "OTH"}.get(group, "LAB")
    resource: dict[str, Any] = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "category": [concept(_SECTIONS, section)],
        "code": {"coding": [coding(naming.SERVICE, values["MA_DICH_VU"])]},
        "subject": case.patient,
        "encounter": case.encounter,
        "effectiveDateTime": moment(values["NGAY_KQ"]),
    }
    if results:
        resource["result"] = [{"reference": f"{item.type}/{item.id}"} for item in results]
    said = [row.values["KET_LUAN"] for row in rows if row.values.get("KET_LUAN")]
    if said:
        resource["conclusion"] = "\n".join(dict.fromkeys(said))
    readers = practitioners(values.get("MA_BS_DOC_KQ", ""))
    if readers:
        resource["resultsInterpreter"] = readers
    return case.draft(resource, case.key, values["MA_DICH_VU"], values["NGAY_KQ"])


def course(case: Case, row: Row) -> Draft:
    """An XML5 row: a note on the clinical course."""
    values = row.values
    when = moment(values["THOI_DIEM_DBLS"])
    resource: dict[str, Any] = {
        "resourceType": "ClinicalImpression",
        "status": "completed",
        "subject": case.patient,
        "encounter": case.encounter,
        "effectiveDateTime": when,
        "date": when,
        "summary": values["DIEN_BIEN_LS"],
    }
    if values.get("GIAI_DOAN_BENH"):
        resource["description"] = values["GIAI_DOAN_BENH"]
    notes = [{"text": values[name]} for name in ("HOI_CHAN", "PHAU_THUAT") if values.get(name)]
    if notes:
        resource["note"] = notes
    assessors = practitioners(values.get("NGUOI_THUC_HIEN", ""))
    if assessors:
        resource["assessor"] = assessors[0]
    return case.draft(resource, case.key, "XML5", values["STT"])
