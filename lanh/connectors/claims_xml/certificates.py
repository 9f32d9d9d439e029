"""XML6 to XML15 to records: a Composition a certificate, and what is told in a structured way.

The Composition keeps every field that was filled, one extension each, so that the certificate can
be written again from the record; texts people read are its sections. Facts that FHIR has a home for
stand there, too: see `programmes` (HIV, tuberculosis), `births` and `referrals`.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from lanh.connectors.claims_xml import births, programmes, referrals
from lanh.connectors.claims_xml.case import Case, moment, practitioners
from lanh.connectors.claims_xml.envelope import Row
from lanh.connectors.claims_xml.fields import TABLES
from lanh.connectors.claims_xml.outward import field_extensions
from lanh.connectors.claims_xml.provenance import Made
from lanh.connectors.claims_xml.rules import parse_day
from lanh.core.bus import Draft
from lanh.nation import naming

LOINC_TYPES = {
    "XML7": "18842-5",  # discharge summary
    "XML8": "34133-9",  # summary of episode
    "XML9": "71230-7",  # birth certificate
    "XML13": "57133-1",  # referral note
}
_SECTIONS = (
    "CHAN_DOAN_VAO", "CHAN_DOAN_RV", "DAU_HIEU_LS", "QT_BENHLY", "TOMTAT_KQ", "PP_DIEUTRI",
    "NGUYENNHAN_DINHCHI", "TINH_TRANG_CON", "HUONG_DIEU_TRI", "KET_QUA_KHAM", "DE_NGHI", "GHI_CHU",
)  # fmt: skip
_SIGNERS = ("MA_BS", "MA_BAC_SI")
_PERIODS = {"XML10": ("TU_NGAY", "DEN_NGAY"), "XML11": ("TU_NGAY", "DEN_NGAY")}
_CONTENTS = {
    "XML6": programmes.hiv,
    "XML9": births.child,
    "XML13": referrals.transfer,
    "XML14": referrals.follow_up,
    "XML15": programmes.tuberculosis,
}
_HIV = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}
_HIV_FIELDS = ("NGAYKD_HIV", "BDDT_ARV", "NGAY_BAT_DAU_DT_CTX")


def certificate(case: Case, table: str, row: Row, number: int) -> list[Draft]:
    """The records of one row of XML6 to XML15, with their Provenance last."""
    made = Made(table, number)
    contents = _CONTENTS.get(table)
    drafts = contents(case, row, number, made) if contents else []
    document = _composition(case, table, row, number, made, drafts)
    drafts = [document, *drafts]
    drafts.append(made.provenance(case, drafts, row))
    if is_about_hiv(table, row.values):
        for draft in drafts:
            if draft.body is not None:
                draft.body["meta"] = {"security": [_HIV]}
    return drafts


def is_about_hiv(table: str, values: Mapping[str, str]) -> bool:
    """Whether the records of a row are kept under the grants of HIV (Law 64/2006)."""
    told = any(values.get(name) for name in _HIV_FIELDS)
    return table == "XML6" or (table == "XML15" and (values.get("PHANLOAI_LAO_HIV") == "1" or told))


def _day(case: Case, values: Mapping[str, str]) -> str | None:
    day = parse_day(values.get("NGAY_CT") or values.get("NGAY_HOP", ""))
    return day.isoformat() if day else moment(case.row.values["NGAY_RA"])


def _composition(
    case: Case, table: str, row: Row, number: int, made: Made, drafts: list[Draft]
) -> Draft:
    values = row.values
    title = TABLES[table].title
    codings = [{"system": naming.CLAIM_TABLE, "code": table, "display": title.vi}]
    if table in LOINC_TYPES:
        codings.append({"system": naming.LOINC, "code": LOINC_TYPES[table]})
    signers = [each for name in _SIGNERS for each in practitioners(values.get(name, ""))]
    child = next((draft for draft in drafts if draft.type == "Patient"), None)
    resource: dict[str, Any] = {
        "resourceType": "Composition",
        "extension": field_extensions(values, (each.name for each in TABLES[table].fields)),
        "status": "final",
        "type": {"coding": codings, "text": title.vi},
        "subject": {"reference": f"Patient/{child.id}"} if child else case.patient,
        "encounter": case.encounter,
        "date": _day(case, values),
        "author": signers or [case.organization],
        "title": title.vi,
        "custodian": case.organization,
    }
    sections = [_section(table, name, values[name]) for name in _SECTIONS if values.get(name)]
    for place, name in enumerate(name for name in _SECTIONS if values.get(name)):
        made.note(name, resource, f"section[{place}]")
    if sections:
        resource["section"] = sections
    span = _PERIODS.get(table)
    days = [parse_day(values.get(name, "")) for name in span] if span else []
    if len(days) == 2 and days[0] and days[1]:
        period = {"start": days[0].isoformat(), "end": days[1].isoformat()}
        resource["event"] = [{"period": period}]
    return case.draft(resource, case.key, table, str(number))


def _section(table: str, name: str, text: str) -> dict[str, Any]:
    body = "<br/>".join(escape(line, quote=False) for line in text.splitlines())
    return {
        "code": {"coding": [{"system": naming.CLAIM_FIELD, "code": name}]},
        "text": {
            "status": "additional",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{body}</div>',
        },
    }
