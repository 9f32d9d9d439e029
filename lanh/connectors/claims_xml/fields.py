"""The fields of the claim tables XML1 to XML5 of Decision 3176/QĐ-BYT, in the order of the form.

Names, order, types and lengths follow Decision 130/QĐ-BYT (2023) as changed by 4750 and 3176. A
length is in characters; a number's length counts its digits before and after the point. Which
fields must be filled is what every reading of the decision agrees on and what a record cannot be
made without: the annex of 3176 itself could not be read, so the list is kept short.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["text", "number", "day", "moment", "birth"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its tag, kind of value, greatest length, and what a value must look like.

    `many` marks a list separated by ";", whose elements each keep to `pattern`. `pattern` is a
    full-match regular expression; `shape` is the same said for people, as an example.
    """

    name: str
    kind: Kind
    length: int | None = None
    decimals: int = 0
    required: bool = False
    many: bool = False
    pattern: str | None = None
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: the tag path from the root to a row, and the fields of a row."""

    name: str
    path: tuple[str, ...]
    fields: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The field names in the order of the form."""
        return tuple(field.name for field in self.fields)


def _text(
    names: str,
    length: int | None = None,
    *,
    required: bool = False,
    many: bool = False,
    pattern: str | None = None,
    shape: str = "",
) -> list[Field]:
    return [
        Field(name, "text", length, required=required, many=many, pattern=pattern, shape=shape)
        for name in names.split()
    ]


def _number(
    names: str,
    length: int,
    decimals: int = 0,
    *,
    required: bool = False,
    pattern: str | None = None,
    shape: str = "",
) -> list[Field]:
    return [
        Field(name, "number", length, decimals, required, pattern=pattern, shape=shape)
        for name in names.split()
    ]


def _time(names: str, kind: Kind, *, required: bool = False, many: bool = False) -> list[Field]:
    length = None if many else {"day": 8, "moment": 12, "birth": 12}[kind]
    return [Field(name, kind, length, required=required, many=many) for name in names.split()]


def _money(names: str, *, required: bool = False) -> list[Field]:
    return _number(names, 15, 2, required=required)


def _table(name: str, path: str, *groups: Iterable[Field]) -> Table:
    return Table(name, tuple(path.split("/")), tuple(field for group in groups for field in group))


FACILITY = r"[0-9A-Za-z]{5}"
CARD = r"[A-Z]{2}[0-9]\d{12}|\d{10}"
ICD10 = r"[A-Z]\d{2}(\.?\d{1,2})?[†*+]?"
OTHER_SOURCES = "T_NGUONKHAC_NSNN T_NGUONKHAC_VTNN T_NGUONKHAC_VTTN T_NGUONKHAC_CL T_NGUONKHAC"

XML1 = _table(
    "XML1",
    "TONG_HOP",
    _text("MA_LK", 100, required=True),
    _number("STT", 10),
    _text("MA_BN", 100, required=True),
    _text("HO_TEN", 255, required=True),
    _text("SO_CCCD", 15, pattern=r"[0-9A-Za-z]+", shape="097199000001"),
    _time("NGAY_SINH", "birth", required=True),
    _number("GIOI_TINH", 1, required=True, pattern="[123]", shape="1, 2, 3"),
    _text("NHOM_MAU", 5),
    _text("MA_QUOCTICH", 3),
    _text("MA_DANTOC", 2),
    _text("MA_NGHE_NGHIEP", 5),
    _text("DIA_CHI", 1024),
    _text("MATINH_CU_TRU MAHUYEN_CU_TRU", 3, pattern=r"\d+", shape="01"),
    _text("MAXA_CU_TRU", 5, pattern=r"\d{1,5}", shape="00004"),
    _text("DIEN_THOAI", 15),
    _text("MA_THE_BHYT", many=True, pattern=CARD, shape="ZZ4970123456789"),
    _text("MA_DKBD", many=True, pattern=FACILITY, shape="00001"),
    _time("GT_THE_TU GT_THE_DEN", "day", many=True),
    _text("NGAY_MIEN_CCT", 12, pattern=r"\d{8}(\d{4})?", shape="20260131"),
    _text("LY_DO_VV LY_DO_VNT"),
    _text("MA_LY_DO_VNT", 5),
    _text("CHAN_DOAN_VAO CHAN_DOAN_RV"),
    _text("MA_BENH_CHINH", 7, required=True, pattern=ICD10, shape="J18.9"),
    _text("MA_BENH_KT", 100, many=True, pattern=ICD10, shape="I10;E11.9"),
    _text("MA_BENH_YHCT", 255),
    _text("MA_PTTT_QT", 125),
    _text("MA_DOITUONG_KCB", 4, required=True, pattern=r"\d{1,2}(\.\d{1,2})?", shape="1.1"),
    _text("MA_NOI_DI MA_NOI_DEN", 5, pattern=FACILITY, shape="00001"),
    _number("MA_TAI_NAN", 1),
    _time("NGAY_VAO", "moment", required=True),
    _time("NGAY_VAO_NOI_TRU", "moment"),
    _time("NGAY_RA", "moment", required=True),
    _text("GIAY_CHUYEN_TUYEN", 50),
    _number("SO_NGAY_DTRI", 3),
    _text("PP_DIEU_TRI"),
    _number("KET_QUA_DTRI", 1, required=True, pattern="[1-7]", shape="1 – 7"),
    _number("MA_LOAI_RV", 1, required=True, pattern="[1-5]", shape="1 – 5"),
    _text("GHI_CHU"),
    _time("NGAY_TTOAN", "moment"),
    _money("T_THUOC T_VTYT T_TONGCHI_BV T_TONGCHI_BH", required=True),
    _money("T_BNTT T_BNCCT T_BHTT T_NGUONKHAC", required=True),
    _money("T_BHTT_GDV"),
    _number("NAM_QT", 4),
    _number("THANG_QT", 2, pattern="0?[1-9]|1[0-2]", shape="1 – 12"),
    _text("MA_LOAI_KCB", 2, required=True, pattern=r"\d{1,2}", shape="01"),
    _text("MA_KHOA", 50),
    _text("MA_CSKCB", 5, required=True, pattern=FACILITY, shape="00001"),
    _text("MA_KHUVUC", 2, pattern="K[123]", shape="K1"),
    _text("CAN_NANG", 6, pattern=r"\d+([.]\d+)?", shape="3.25"),
    _text("CAN_NANG_CON", 100, many=True, pattern=r"\d+([.]\d+)?", shape="3100;2900"),
    _time("NAM_NAM_LIEN_TUC", "day"),
    _time("NGAY_TAI_KHAM", "day", many=True),
    _text("MA_HSBA", 100),
    _text("MA_TTDV", 10),
    _text("DU_PHONG"),
)

XML2 = _table(
    "XML2",
    "CHITIEU_CHITIET_THUOC/DSACH_CHI_TIET_THUOC/CHI_TIET_THUOC",
    _text("MA_LK", 100, required=True),
    _number("STT", 10, required=True),
    _text("MA_THUOC", 255, required=True),
    _text("MA_PP_CHEBIEN", 255),
    _text("MA_CSKCB_THUOC", 10),
    _number("MA_NHOM", 2, required=True),
    _text("TEN_THUOC", 1024, required=True),
    _text("DON_VI_TINH", 50),
    _text("HAM_LUONG", 1024),
    _text("DUONG_DUNG", 4),
    _text("DANG_BAO_CHE LIEU_DUNG CACH_DUNG", 1024),
    _text("SO_DANG_KY", 255),
    _text("TT_THAU", 50),
    _number("PHAM_VI", 1, pattern="[123]", shape="1, 2, 3"),
    _number("TYLE_TT_BH", 3, required=True),
    _number("SO_LUONG", 10, 3, required=True),
    _number("DON_GIA", 15, 3, required=True),
    _money("THANH_TIEN_BV THANH_TIEN_BH", required=True),
    _money(OTHER_SOURCES),
    _number("MUC_HUONG", 4, 2),
    _money("T_BNTT T_BNCCT T_BHTT", required=True),
    _text("MA_KHOA", 50),
    _text("MA_BAC_SI MA_DICH_VU", 255),
    _time("NGAY_YL", "moment", required=True),
    _time("NGAY_TH_YL", "moment"),
    _number("MA_PTTT", 1, pattern="[123]", shape="1, 2, 3"),
    _number("NGUON_CTRA", 1, pattern="[1234]", shape="1 – 4"),
    _number("VET_THUONG_TP", 1),
    _text("DU_PHONG"),
)

XML3 = _table(
    "XML3",
    "CHITIEU_CHITIET_DVKT_VTYT/DSACH_CHI_TIET_DVKT/CHI_TIET_DVKT",
    _text("MA_LK", 100, required=True),
    _number("STT", 10, required=True),
    _text("MA_DICH_VU", 50),
    _text("MA_PTTT_QT MA_VAT_TU", 255),
    _number("MA_NHOM", 2, required=True),
    _text("GOI_VTYT", 3),
    _text("TEN_VAT_TU TEN_DICH_VU", 1024),
    _text("MA_XANG_DAU", 20),
    _text("DON_VI_TINH", 50),
    _number("PHAM_VI", 1, pattern="[123]", shape="1, 2, 3"),
    _number("SO_LUONG", 10, 3, required=True),
    _number("DON_GIA_BV DON_GIA_BH", 15, 3, required=True),
    _text("TT_THAU", 255),
    _number("TYLE_TT_DV TYLE_TT_BH", 3, required=True),
    _money("THANH_TIEN_BV THANH_TIEN_BH", required=True),
    _money("T_TRANTT"),
    _number("MUC_HUONG", 4, 2),
    _money(OTHER_SOURCES),
    _money("T_BNTT T_BNCCT T_BHTT", required=True),
    _text("MA_KHOA MA_GIUONG", 50),
    _text("MA_BAC_SI NGUOI_THUC_HIEN", 255),
    _text("MA_BENH", 100, many=True, pattern=ICD10, shape="J18.9"),
    _text("MA_BENH_YHCT", 255),
    _time("NGAY_YL", "moment", required=True),
    _time("NGAY_TH_YL NGAY_KQ", "moment"),
    _number("MA_PTTT", 1, pattern="[123]", shape="1, 2, 3"),
    _number("VET_THUONG_TP", 1),
    _number("PP_VO_CAM", 1, pattern="[1234]", shape="1 – 4"),
    _number("VI_TRI_TH_DVKT", 3),
    _text("MA_MAY", 1024),
    _text("MA_HIEU_SP", 255),
    _number("TAI_SU_DUNG", 1),
    _text("DU_PHONG"),
)

XML4 = _table(
    "XML4",
    "CHITIEU_CHITIET_DICHVUCANLAMSANG/DSACH_CHI_TIET_CLS/CHI_TIET_CLS",
    _text("MA_LK", 100, required=True),
    _number("STT", 10, required=True),
    _text("MA_DICH_VU", 15, required=True),
    _text("MA_CHI_SO", 50),
    _text("TEN_CHI_SO", 255),
    _text("GIA_TRI DON_VI_DO", 50),
    _text("MO_TA KET_LUAN"),
    _time("NGAY_KQ", "moment", required=True),
    _text("MA_BS_DOC_KQ", 255),
    _text("DU_PHONG"),
)

XML5 = _table(
    "XML5",
    "CHITIEU_CHITIET_DIENBIENLAMSANG/DSACH_CHI_TIET_DIEN_BIEN_BENH/CHI_TIET_DIEN_BIEN_BENH",
    _text("MA_LK", 100, required=True),
    _number("STT", 10, required=True),
    _text("DIEN_BIEN_LS", required=True),
    _text("GIAI_DOAN_BENH HOI_CHAN PHAU_THUAT"),
    _time("THOI_DIEM_DBLS", "moment", required=True),
    _text("NGUOI_THUC_HIEN", 255),
    _text("DU_PHONG"),
)

TABLES: dict[str, Table] = {table.name: table for table in (XML1, XML2, XML3, XML4, XML5)}

UNMAPPED = tuple(f"XML{number}" for number in range(6, 16))
"""Tables that are accepted and kept with the message, and not yet read into records."""
