"""A made-up episode for tests: identifiers that cannot be real, figures that add up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from lanh.connectors.claims_xml import build_package, money

FACILITY = "97001"
Rows = dict[str, list[dict[str, Any]]]


def drug(serial: int, quantity: str, price: str, rate: int = 80, **more: Any) -> dict[str, Any]:
    """An XML2 row whose money follows the formulas."""
    full = money(Decimal(quantity) * Decimal(price))
    fund = money(full * rate / 100)
    return {
        "MA_LK": "LK1", "STT": serial, "MA_THUOC": "40.67", "MA_NHOM": 4,
        "TEN_THUOC": "Paracetamol", "HAM_LUONG": "500mg", "DON_VI_TINH": "Viên",
        "DUONG_DUNG": "1.01", "LIEU_DUNG": "2 viên/lần", "CACH_DUNG": "Uống sau ăn",
        "TYLE_TT_BH": 100, "SO_LUONG": Decimal(quantity), "DON_GIA": Decimal(price),
        "THANH_TIEN_BV": full, "THANH_TIEN_BH": full, "T_NGUONKHAC": Decimal("0.00"),
        "MUC_HUONG": rate, "T_BNTT": Decimal("0.00"), "T_BNCCT": full - fund, "T_BHTT": fund,
        "MA_KHOA": "K01", "MA_BAC_SI": "000000/TEST-CCHN(NV01)", "NGAY_YL": "202603010830",
        "NGAY_TH_YL": "202603010900", "MA_PTTT": 1, **more,
    }  # fmt: skip


def service(serial: int, code: str, group: int, price: str, **more: Any) -> dict[str, Any]:
    """An XML3 row of one unit whose money follows the formulas, 80 % paid."""
    full = money(Decimal(price))
    fund = money(full * 80 / 100)
    return {
        "MA_LK": "LK1", "STT": serial, "MA_DICH_VU": code, "MA_NHOM": group,
        "TEN_DICH_VU": "Dịch vụ", "DON_VI_TINH": "Lần", "SO_LUONG": 1,
        "DON_GIA_BV": Decimal(price), "DON_GIA_BH": Decimal(price), "TYLE_TT_DV": 100,
        "TYLE_TT_BH": 100, "THANH_TIEN_BV": full, "THANH_TIEN_BH": full, "MUC_HUONG": 80,
        "T_BNTT": 0, "T_BNCCT": full - fund, "T_BHTT": fund, "MA_BAC_SI": "000000/TEST-CCHN",
        "NGAY_YL": "202603010830", "NGAY_TH_YL": "202603010845", "MA_PTTT": 1, **more,
    }  # fmt: skip


def tables() -> Rows:
    """An out-patient visit with two drugs, an examination, a test, an operation and a supply."""
    drugs = [drug(1, "20", "1250.5"), drug(2, "3.5", "999.999")]
    services = [
        service(1, "01.1899", 13, "38700"),
        service(
            2,
            "23.0075.1494",
            1,
            "21500",
            MA_MAY="HH.1.97001.01",
            NGUOI_THUC_HIEN="000000/TEST-CCHN",
        ),
        service(3, "03.3083.0576", 8, "1149000", PP_VO_CAM=2, NGUOI_THUC_HIEN="000000/TEST-CCHN"),
        service(4, "03.3083.0576", 10, "55000", MA_VAT_TU="N01.01.010.0001", TEN_VAT_TU="Bông"),
    ]
    whole = sum((row["THANH_TIEN_BV"] for row in drugs + services), Decimal(0))
    medicine = sum((row["THANH_TIEN_BV"] for row in drugs), Decimal(0))
    shared = sum((row["T_BNCCT"] for row in drugs + services), Decimal(0))
    episode = {
        "MA_LK": "LK1", "STT": 1, "MA_BN": "BN001", "HO_TEN": "Nguyễn Thị Thử",
        "SO_CCCD": "097190000001", "NGAY_SINH": "199005170000", "GIOI_TINH": 2,
        "MA_QUOCTICH": "000", "MA_DANTOC": "01", "DIA_CHI": "Số 1, đường Thử",
        "MATINH_CU_TRU": "01", "MAXA_CU_TRU": "00004", "DIEN_THOAI": "0000000001",
        "MA_THE_BHYT": "ZZ4970000000001", "MA_DKBD": FACILITY, "GT_THE_TU": "20260101",
        "GT_THE_DEN": "20261231", "LY_DO_VV": "Sốt, ho", "CHAN_DOAN_RV": "Viêm phổi",
        "MA_BENH_CHINH": "J18.9", "MA_BENH_KT": "I10;E11.9", "MA_DOITUONG_KCB": "1.1",
        "NGAY_VAO": "202603010800", "NGAY_RA": "202603011600", "SO_NGAY_DTRI": 1,
        "KET_QUA_DTRI": 2, "MA_LOAI_RV": 1, "NGAY_TTOAN": "202603011605",
        "T_THUOC": medicine, "T_VTYT": Decimal("55000.00"), "T_TONGCHI_BV": whole,
        "T_TONGCHI_BH": whole, "T_BNTT": 0, "T_BNCCT": shared, "T_BHTT": whole - shared,
        "T_NGUONKHAC": 0, "T_BHTT_GDV": whole - shared, "NAM_QT": 2026, "THANG_QT": 3,
        "MA_LOAI_KCB": "01", "MA_KHOA": "K01", "MA_CSKCB": FACILITY,
    }  # fmt: skip
    results = [
        {"MA_LK": "LK1", "STT": 1, "MA_DICH_VU": "23.0075.1494", "MA_CHI_SO": "0000001",
         "TEN_CHI_SO": "Glucose", "GIA_TRI": "5.60", "DON_VI_DO": "mmol/L",
         "KET_LUAN": "Bình thường", "NGAY_KQ": "202603011000",
         "MA_BS_DOC_KQ": "000000/TEST-CCHN"},
        {"MA_LK": "LK1", "STT": 2, "MA_DICH_VU": "23.0075.1494", "TEN_CHI_SO": "Protein",
         "GIA_TRI": "Âm tính", "NGAY_KQ": "202603011000"},
    ]  # fmt: skip
    course = [
        {"MA_LK": "LK1", "STT": 1, "DIEN_BIEN_LS": "Bệnh nhân tỉnh, đỡ sốt & ho <nhẹ>",
         "HOI_CHAN": "Không", "THOI_DIEM_DBLS": "202603011200",
         "NGUOI_THUC_HIEN": "000000/TEST-CCHN"},
    ]  # fmt: skip
    return {"XML1": [episode], "XML2": drugs, "XML3": services, "XML4": results, "XML5": course}


def package(changed: Rows | None = None, facility: str = FACILITY) -> bytes:
    """The sample as a package."""
    return build_package(facility, date(2026, 3, 1), changed or tables())
