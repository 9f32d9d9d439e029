"""One change a rule: what must be done to a right package so that just this rule is broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from lanh.connectors.claims_xml import Entry
from lanh.connectors.claims_xml.tests.episodes import totals
from lanh.connectors.claims_xml.tests.sample import Rows, service

Change = Callable[[Rows], None]


def put(table: str, row: int = 0, **values: Any) -> Change:
    """Set fields of a row."""

    def change(rows: Rows) -> None:
        rows[table][row] |= values

    return change


def drop(table: str) -> Change:
    """Leave a table out."""

    def change(rows: Rows) -> None:
        del rows[table]

    return change


def add(table: str, row: dict[str, Any]) -> Change:
    """Add a row."""

    def change(rows: Rows) -> None:
        last = max((int(each["STT"]) for each in rows.get(table, [])), default=0)
        rows.setdefault(table, []).append({**row, "STT": last + 1})
        totals(rows)

    return change


def cost(table: str, name: str, by: str) -> Change:
    """Move a figure of the first line."""

    def change(rows: Rows) -> None:
        row = rows[table][0]
        row[name] = Decimal(row[name]) + Decimal(by)

    return change


def _bed(**more: Any) -> dict[str, Any]:
    start = {"NGAY_YL": "202603021000", "NGAY_TH_YL": "202603021000", "MA_GIUONG": "H002"}
    return service(0, "02.0004.1922", 15, "211000", **{**start, **more})


def _ceiling(rows: Rows) -> None:
    rows["XML3"][0]["T_TRANTT"] = 1


def _short_stay(rows: Rows) -> None:
    rows["XML1"][0]["NGAY_VAO_NOI_TRU"] = "202603040900"


def _long_rate(rows: Rows) -> None:
    rows["XML1"][0] |= {"NGAY_RA": "202607041000", "NGAY_TTOAN": "202607041100"}
    rows["XML2"][0]["MUC_HUONG"] = "80.00"


CHANGES: Mapping[str, Change] = {
    "fields.required": put("XML2", TEN_THUOC=None),
    "fields.required-when": put("XML7", MA_DINH_CHI_THAI=1),
    "fields.too-long": put("XML4", GIA_TRI="x" * 51),
    "fields.day": put("XML14", NGAY_CT="20260231"),
    "fields.moment": put("XML3", NGAY_YL="202603012500"),
    "fields.birth": put("XML13", NGAY_SINH="1990"[:3]),
    "fields.number": put("XML3", SO_LUONG="một"),
    "fields.decimals": put("XML3", SO_LUONG="1.0001"),
    "fields.digits": put("XML1", SO_NGAY_DTRI=1000),
    "fields.shape": put("XML1", MA_CSKCB="970-1"),
    "fields.code": put("XML6", KQ_XNTL_VR=9),
    "fields.code-unlisted": put("XML6", NHOM_DOI_TUONG=20),
    "fields.case": put("XML7", MA_LK="LK2"),
    "fields.serial": put("XML2", 1, STT=1),
    "fields.code-or-supply": put("XML3", MA_DICH_VU=None),
    "fields.result": put("XML4", GIA_TRI=None, MO_TA=None, KET_LUAN=None),
    "package.facility": put("XML1", MA_CSKCB="97002"),
    "episode.leaves-before": put("XML1", NGAY_RA="202602281000"),
    "episode.born-after": put("XML1", NGAY_SINH="202603020000"),
    "episode.diagnoses": put("XML1", MA_BENH_KT=";".join(f"A{n:02}" for n in range(13))),
    "episode.cards": put("XML1", GT_THE_DEN="20261231;20271231"),
    "episode.number-year": put("XML1", SO_CCCD="097191000001"),
    "episode.number-sex": put("XML1", SO_CCCD="097090000001"),
    "codes.traditional-as-icd10": put("XML3", MA_BENH="U50.001"),
    "money.formula": cost("XML2", "T_BHTT", "1"),
    "money.total": cost("XML1", "T_TONGCHI_BH", "0.01"),
    "money.line": put("XML2", MA_THUOC=None),
    "money.ceiling": _ceiling,
    "money.rate-length": _long_rate,
    "money.scope": put("XML2", PHAM_VI=2),
    "tables.results": put("XML3", MA_DICH_VU="23.0001.0001"),
    "tables.conclusion": put("XML4", 2, KET_LUAN=None),
    "tables.result-of-nothing": put("XML4", MA_DICH_VU="23.0001.0001"),
    "tables.course": drop("XML5"),
    "tables.discharge-paper": drop("XML7"),
    "tables.summary": drop("XML8"),
    "tables.transfer-paper": drop("XML13"),
    "tables.follow-up": drop("XML14"),
    "episode.transfer-to": put("XML1", MA_NOI_DEN=None),
    "episode.ward-reason": put("XML1", NGAY_VAO_NOI_TRU=None),
    "episode.weight": put("XML1", NGAY_SINH="202512010000", CAN_NANG=None),
    "episode.weight-plausible": put("XML1", CAN_NANG="3200"),
    "episode.days": put("XML1", SO_NGAY_DTRI=5),
    "times.ordered": put("XML2", NGAY_YL="202602280900"),
    "times.executed": put("XML2", NGAY_TH_YL="202603051000"),
    "times.result": put("XML4", NGAY_KQ="202603051000"),
    "times.course": put("XML5", THOI_DIEM_DBLS="202603051000"),
    "times.order": put("XML3", NGAY_KQ="202603010810"),
    "tender.shape": put("XML2", TT_THAU="G1;N1"),
    "beds.too-many": add("XML3", _bed(SO_LUONG=9, TYLE_TT_DV=50)),
    "beds.two-a-day": add("XML3", _bed(NGAY_YL="202603011100", NGAY_TH_YL="202603011100")),
    "beds.care-type": put("XML1", MA_LOAI_KCB="01"),
    "beds.short": _short_stay,
    "beds.number": put("XML3", 4, MA_GIUONG="12"),
    "services.executor": put("XML3", NGUOI_THUC_HIEN=None),
    "services.machine": put("XML3", MA_MAY=None),
    "services.machine-code": put("XML3", MA_MAY="máy 1"),
    "services.anaesthesia": put("XML3", 2, PP_VO_CAM=None),
    "services.same-time": add(
        "XML3",
        service(
            0,
            "03.3083.0577",
            8,
            "900000",
            PP_VO_CAM=2,
            NGUOI_THUC_HIEN="000000/TEST-CCHN",
            NGAY_YL="202603011000",
            NGAY_TH_YL="202603011400",
        ),
    ),
    "services.consultation": add(
        "XML3",
        service(0, "01.1899", 13, "38700", NGAY_YL="202603020800", NGAY_TH_YL="202603020900"),
    ),
    "codes.traditional": put("XML1", MA_BENH_YHCT="J18.9"),
    "certificates.same": put("XML13", HO_TEN="Nguyễn Văn Khác"),
    "certificates.leave-days": put("XML7", SO_NGAY_NGHI=9),
    "certificates.leave-start": put("XML11", TU_NGAY="20260228", SO_NGAY_NGHI=7),
    "certificates.transfer-from": put("XML13", MA_CSKCB_DEN="97003"),
    "certificates.birth-time": put("XML9", NGAY_SINH_CON="202603051000"),
    "certificates.birth-weight": put("XML9", CAN_NANG_CON=3),
    "certificates.birth-children": put("XML9", SO_CON=0),
    "certificates.hiv-supply": put("XML6", SO_NGAY_CAP_THUOC_ARV=31),
    "certificates.follow-up-day": put("XML14", NGAY_HEN_KL="20260320"),
    "codes.icd10": put("XML1", MA_BENH_KT="I99"),
    "codes.facility": put("XML1", MA_DKBD="97099"),
    "codes.commune": put("XML1", MAXA_CU_TRU="99999"),
    "codes.occupation": put("XML1", MA_NGHE_NGHIEP="99999"),
    "codes.ethnic-group": put("XML1", MA_DANTOC="88"),
    "codes.care-type": put("XML1", MA_LOAI_KCB="99"),
    "codes.patient-type": put("XML1", MA_DOITUONG_KCB="6.6"),
    "codes.department": put("XML2", MA_KHOA="K98"),
    "codes.cost-group": put("XML2", MA_NHOM=99),
    "codes.drug": put("XML2", MA_THUOC="40.999"),
    "codes.service": put("XML3", 2, MA_DICH_VU="99.9999.9999"),
    "codes.supply": put("XML3", 3, MA_VAT_TU="N99.99.999.9999"),
    "codes.machine": put("XML3", MA_MAY="HH.1.97001.99"),
    "codes.practitioner": put("XML2", MA_BAC_SI="999999/TEST-CCHN"),
    "codes.traditional-listed": put("XML1", MA_BENH_YHCT="U99.999"),
    "codes.icd10-not-main": put("XML1", MA_BENH_CHINH="Z99.9"),
    "codes.icd10-sex": put("XML1", MA_BENH_KT="N40"),
    "approved.name": put("XML2", TEN_THUOC="Tên khác"),
    "approved.strength": put("XML2", HAM_LUONG="250mg"),
    "approved.registration": put("XML2", SO_DANG_KY="VD-0"),
    "approved.tender": put("XML2", TT_THAU="09/QĐ-TEST;G1;N1;2026"),
    "approved.drug-price": cost("XML2", "DON_GIA", "100000"),
    "approved.service-price": cost("XML3", "DON_GIA_BH", "100000"),
    "approved.supply-price": put("XML3", 3, DON_GIA_BH=99999),
}
"""By rule. Rules about bytes rather than values (twice, unknown, rows) have tests of their own."""

_LISTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "icd10": {
        "J18.9": {}, "I10": {}, "E11.9": {}, "N40": {"sex": "male"}, "Z99.9": {"notMain": "true"},
    },
    "facility": {"97001": {}, "97002": {}, "97003": {}},
    "commune": {"00004": {}},
    "occupation": {"00000": {}},
    "ethnic-group": {"01": {}},
    "care-type": {code: {} for code in ("01", "03")},
    "patient-type": {"1.1": {}},
    "department": {"K01": {}, "K19": {}, "K01;K19": {}},
    "cost-group": {str(n): {} for n in range(1, 19)},
    "drug": {
        "40.67": {
            "TEN_THUOC": "Paracetamol", "HAM_LUONG": "500 mg", "SO_DANG_KY": "VD-1",
            "TT_THAU": "01/QĐ-TEST;G1;N1;2026", "DON_GIA": "1250.5",
        },
    },
    "service": {
        "23.0075.1494": {"DON_GIA": "21500"}, "18.0001.0001": {}, "03.3083.0576": {},
        "03.3083.0577": {}, "02.0004.1922": {}, "01.1899": {},
    },
    "supply": {"N01.01.010.0001": {"DON_GIA": "55000"}},
    "machine": {"HH.1.97001.01": {}, "CDHA.1.97001.02": {}},
    "practitioner": {"000000/TEST-CCHN": {}},
    "traditional": {"U50.001": {}},
}  # fmt: skip


class Lists:
    """Catalogues of a made-up installation."""

    def entries(self, name: str, code: str, day: date, facility: str) -> tuple[Entry, ...] | None:
        found = _LISTS[name].get(code)
        return () if found is None else (Entry(code, found),)
