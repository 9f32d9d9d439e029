"""XML6 (HIV) and XML15 (tuberculosis): enrolment, tests, classification and medicines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lanh.connectors.claims_xml.case import Case, concept
from lanh.connectors.claims_xml.conditions import plain
from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.fields import CODES, TABLES
from lanh.connectors.claims_xml.provenance import Made
from lanh.connectors.claims_xml.rules import parse_day
from lanh.core.bus import Draft
from lanh.nation import naming

_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_CLASSES = ("PHANLOAI_LAO_VITRI", "PHANLOAI_LAO_TS", "PHANLOAI_LAO_HIV", "PHANLOAI_LAO_VK",
            "PHANLOAI_LAO_KT")  # fmt: skip
_STAGES = ("GIAI_DOAN_LAM_SANG",)
# A test of XML6: the field of its result, the days of sample and result, the LOINC code
_TESTS = (
    ("KQ_XNTL_VR", "NGAY_XN_TLVR", "NGAY_KQ_XN_TLVR", "20447-9"),
    ("MA_KQ_XN_PCR", "NGAY_XN_PCR", "NGAY_KQ_XN_PCR", "9836-8"),
)


def coded(table: str, name: str, values: Mapping[str, str]) -> dict[str, Any]:
    """The value of a field of a small list as a CodeableConcept with its words."""
    listed = TABLES[table].field(name).codes
    code = values[name]
    words = {plain(key): value for key, value in CODES[listed].codes.items()}.get(plain(code))
    return concept(naming.claim_codes(listed), plain(code), words.vi if words else "")


def _day(values: Mapping[str, str], name: str) -> str | None:
    day = parse_day(values.get(name, ""))
    return day.isoformat() if day else None


def _period(values: Mapping[str, str], first: str, last: str) -> dict[str, str]:
    ends = {"start": _day(values, first), "end": _day(values, last)}
    return {name: day for name, day in ends.items() if day}


def _enrolment(
    case: Case, table: str, values: Mapping[str, str], kind: str, first: str, last: str, made: Made
) -> Draft:
    period = _period(values, first, last)
    resource: dict[str, Any] = {
        "resourceType": "EpisodeOfCare",
        "status": "finished" if "end" in period else "active",
        "patient": case.patient,
        "managingOrganization": case.organization,
    }
    if values.get(kind):
        resource["type"] = [coded(table, kind, values)]
        made.note(kind, resource, "type[0]")
    if period:
        resource["period"] = period
        made.note(first, resource, "period.start")
        made.note(last, resource, "period.end")
    return case.draft(resource, case.key, table)


def _observation(
    case: Case, table: str, name: str, day: str | None, made: Made, **more: Any
) -> Draft:
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": naming.CLAIM_FIELD, "code": name}]},
        "subject": case.patient,
        "encounter": case.encounter,
        **more,
    }
    if day:
        resource["effectiveDateTime"] = day
    made.note(name, resource, "value")
    return case.draft(resource, case.key, table, name)


def _medicine(
    case: Case, table: str, name: str, what: dict[str, Any], period: dict[str, str], made: Made
) -> Draft:
    resource: dict[str, Any] = {
        "resourceType": "MedicationStatement",
        "status": "completed" if "end" in period else "active",
        "medicationCodeableConcept": what,
        "subject": case.patient,
        "context": case.encounter,
    }
    if period:
        resource["effectivePeriod"] = period
    made.note(name, resource, "medication")
    return case.draft(resource, case.key, table, name)


def hiv(case: Case, row: Row, number: int, made: Made) -> list[Draft]:
    """XML6: care, viral load, PCR, clinical stage, antiretrovirals, other prevention."""
    values, table = row.values, "XML6"
    drafts = [_enrolment(case, table, values, "MA_LOAI_BN", "BDDT_ARV", "", made)]
    for name, taken, issued, loinc in _TESTS:
        if not values.get(name):
            continue
        test = _observation(
            case, table, name, _day(values, taken), made,
            category=[concept(_CATEGORY, "laboratory")],
            valueCodeableConcept=coded(table, name, values),
        )  # fmt: skip
        body = test.body or {}
        body["code"]["coding"].append({"system": naming.LOINC, "code": loinc})
        made.note(taken, body, "effectiveDateTime")
        if (day := _day(values, issued)) is not None:
            body["issued"] = f"{day}T00:00:00+07:00"
            made.note(issued, body, "issued")
        drafts.append(test)
    for name in _STAGES:
        if values.get(name):
            stage = coded(table, name, values)
            drafts.append(_observation(case, table, name, None, made, valueCodeableConcept=stage))
    if values.get("MA_PHAC_DO_DIEU_TRI"):
        name = "MA_PHAC_DO_DIEU_TRI"
        period = _period(values, "NGAY_BAT_DAU_XU_TRI", "NGAY_KET_THUC_XU_TRI")
        what = concept(naming.claim_codes("arv-regimen"), values[name])
        drafts.append(_medicine(case, table, name, what, period, made))
    if values.get("PHACDO_DTRI_LAO"):
        drafts.append(_against_tuberculosis(case, table, values, made))
    if values.get("NGAY_BAT_DAU_DT_CTX"):
        name = "NGAY_BAT_DAU_DT_CTX"
        what = {"text": CODES["hiv-action"].codes["4"].vi}
        drafts.append(_medicine(case, table, name, what, _period(values, name, ""), made))
    return drafts


def _against_tuberculosis(
    case: Case, table: str, values: Mapping[str, str], made: Made, serial: str = ""
) -> Draft:
    period = _period(values, "NGAYBD_DTRI_LAO", "NGAYKT_DTRI_LAO")
    what = coded(table, "PHACDO_DTRI_LAO", values)
    return _medicine(case, table + serial, "PHACDO_DTRI_LAO", what, period, made)


def tuberculosis(case: Case, row: Row, number: int, made: Made) -> list[Draft]:
    """XML15: the treatment, its classification, its regimen and its outcome."""
    values = row.values
    enrolment = _enrolment(
        case, "XML15", values, "LOAI_DTRI_LAO", "NGAYBD_DTRI_LAO", "NGAYKT_DTRI_LAO", made
    )
    enrolment.id = case.id("EpisodeOfCare", case.key, "XML15", str(number))
    components = [
        {
            "code": {"coding": [{"system": naming.CLAIM_FIELD, "code": name}]},
            "valueCodeableConcept": coded("XML15", name, values),
        }
        for name in (*_CLASSES, "KET_QUA_DTRI_LAO")
        if values.get(name)
    ]
    drafts = [enrolment]
    if components:
        name = f"LAO/{number}"
        day = _day(values, "NGAYBD_DTRI_LAO")
        classes = _observation(case, "XML15", name, day, made, component=components)
        (classes.body or {})["code"]["coding"][0]["code"] = "PHANLOAI_LAO"
        for place, part in enumerate(components):
            field = part["code"]["coding"][0]["code"]
            made.note(field, classes.body or {}, f"component[{place}].value")
        drafts.append(classes)
    if values.get("PHACDO_DTRI_LAO"):
        drafts.append(_against_tuberculosis(case, "XML15", values, made))
        drafts[-1].id = case.id("MedicationStatement", case.key, "XML15", str(number))
    return drafts
