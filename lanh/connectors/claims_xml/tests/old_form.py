"""A made-up episode in the form of Decision 4210/QĐ-BYT (2017), written as tags."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

from lanh.connectors.claims_xml.tests.sample import FACILITY

_SHELL = {
    "XML2": ("DSACH_CHI_TIET_THUOC", "CHI_TIET_THUOC"),
    "XML3": ("DSACH_CHI_TIET_DVKT", "CHI_TIET_DVKT"),
    "XML4": ("DSACH_CHI_TIET_CLS", "CHI_TIET_CLS"),
    "XML5": ("DSACH_CHI_TIET_DIEN_BIEN_BENH", "CHI_TIET_DIEN_BIEN_BENH"),
}


def old_tables() -> dict[str, list[dict[str, Any]]]:
    """The five tables of 2017."""
    money = {"T_NGUON_KHAC": 0, "T_BNTT": 0, "T_NGOAIDS": 0, "MUC_HUONG": 80}
    return {
        "XML1": [{
            "MA_LK": "LK0", "STT": 1, "MA_BN": "BN001", "HO_TEN": "Nguyễn Thị Thử",
            "NGAY_SINH": "19900517", "GIOI_TINH": 2, "DIA_CHI": "Số 1", "MA_THE": "ZZ4970000000001",
            "MA_DKBD": FACILITY, "GT_THE_TU": "20180101", "GT_THE_DEN": "20181231",
            "TEN_BENH": "Viêm phổi", "MA_BENH": "J18.9", "MA_BENHKHAC": "I10",
            "MA_LYDO_VVIEN": 1, "NGAY_VAO": "201803010800", "NGAY_RA": "201803011600",
            "SO_NGAY_DTRI": 1, "KET_QUA_DTRI": 2, "TINH_TRANG_RV": 1,
            "T_THUOC": Decimal("25010.00"), "T_VTYT": 0, "T_TONGCHI": Decimal("46510.00"),
            "T_BNTT": 0, "T_BNCCT": Decimal("9302.00"), "T_BHTT": Decimal("37208.00"),
            "T_NGUONKHAC": 0, "T_NGOAIDS": 0, "NAM_QT": 2018, "THANG_QT": 3, "MA_LOAI_KCB": 1,
            "MA_KHOA": "K01", "MA_CSKCB": FACILITY,
        }],
        "XML2": [{
            "MA_LK": "LK0", "STT": 1, "MA_THUOC": "40.67", "MA_NHOM": 4, "TEN_THUOC": "Paracetamol",
            "DON_VI_TINH": "Viên", "TYLE_TT": 100, "SO_LUONG": 20, "DON_GIA": "1250.5",
            "THANH_TIEN": "25010.00", "T_BHTT": "20008.00", "T_BNCCT": "5002.00",
            "MA_BENH": "J18.9", "NGAY_YL": "201803010830", "MA_PTTT": 1, **money,
        }],
        "XML3": [{
            "MA_LK": "LK0", "STT": 1, "MA_DICH_VU": "23.0075.1494", "MA_NHOM": 1,
            "TEN_DICH_VU": "Định lượng glucose", "SO_LUONG": 1, "DON_GIA": "21500", "TYLE_TT": 100,
            "THANH_TIEN": "21500.00", "T_BHTT": "17200.00", "T_BNCCT": "4300.00",
            "NGAY_YL": "201803010830", "NGAY_KQ": "201803011000", "MA_PTTT": 1, **money,
        }],
        "XML4": [{
            "MA_LK": "LK0", "STT": 1, "MA_DICH_VU": "23.0075.1494", "TEN_CHI_SO": "Glucose",
            "GIA_TRI": "5.6", "MA_MAY": "HH.1.97001.01", "NGAY_KQ": "201803011000",
        }],
        "XML5": [{
            "MA_LK": "LK0", "STT": 1, "DIEN_BIEN": "Tỉnh, đỡ sốt", "NGAY_YL": "201803011200",
        }],
    }  # fmt: skip


def old_package() -> bytes:
    """The episode as a package."""
    files = ""
    for name, rows in old_tables().items():
        outer, inner = _SHELL.get(name, ("", "TONG_HOP"))
        body = "".join(
            f"<{inner}>" + "".join(f"<{tag}>{value}</{tag}>" for tag, value in row.items())
            + f"</{inner}>"
            for row in rows
        )  # fmt: skip
        whole = f"<{outer}>{body}</{outer}>" if outer else body
        content = base64.b64encode(whole.encode()).decode()
        files += (
            f"<FILEHOSO><LOAIHOSO>{name}</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>"
        )
    return (
        f"<GIAMDINHHS><THONGTINDONVI><MACSKCB>{FACILITY}</MACSKCB></THONGTINDONVI><THONGTINHOSO>"
        "<NGAYLAP>20180301</NGAYLAP><SOLUONGHOSO>1</SOLUONGHOSO><DANHSACHHOSO><HOSO>"
        f"{files}</HOSO></DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI/></GIAMDINHHS>"
    ).encode()
