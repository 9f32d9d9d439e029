"""Made-up episodes that keep to every rule, with every table of the decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from lanh.connectors.claims_xml.tests.sample import FACILITY, Rows, drug, service, tables

LICENCE = "000000/TEST-CCHN"
HEAD = "9700000009"


def totals(rows: Rows) -> Rows:
    """The rows with XML1's totals made the sums of the lines."""
    lines = rows.get("XML2", []) + rows.get("XML3", [])

    def total(name: str, chosen: Sequence[dict[str, Any]]) -> Decimal:
        return sum((Decimal(row.get(name) or 0) for row in chosen), Decimal(0))

    supplies = [row for row in rows.get("XML3", []) if row.get("MA_VAT_TU")]
    rows["XML1"][0] |= {
        "T_THUOC": total("THANH_TIEN_BV", rows.get("XML2", [])),
        "T_VTYT": total("THANH_TIEN_BV", supplies),
        "T_TONGCHI_BV": total("THANH_TIEN_BV", lines),
        "T_TONGCHI_BH": total("THANH_TIEN_BH", lines),
        "T_BNTT": total("T_BNTT", lines),
        "T_BNCCT": total("T_BNCCT", lines),
        "T_BHTT": total("T_BHTT", lines),
        "T_NGUONKHAC": total("T_NGUONKHAC", lines),
        "T_BHTT_GDV": total("T_BHTT", lines),
    }
    return rows


def inpatient() -> Rows:
    """Three nights on a ward, an operation, and a transfer: XML1 to XML8, XML13, XML14."""
    test = {"MA_MAY": "HH.1.97001.01", "NGUOI_THUC_HIEN": LICENCE, "NGAY_KQ": "202603011000"}
    bed = {
        "NGAY_YL": "202603011000", "NGAY_TH_YL": "202603011000", "MA_GIUONG": "H001",
        "MA_KHOA": "K19",
    }  # fmt: skip
    image = test | {"MA_MAY": "CDHA.1.97001.02", "NGAY_KQ": "202603010930"}
    drugs = [drug(1, "20", "1250.5"), drug(2, "3.5", "999.999")]
    for row in drugs:
        row |= {"TT_THAU": "01/QĐ-TEST;G1;N1;2026", "PHAM_VI": 1, "NGUON_CTRA": 1}
    services = [
        service(1, "23.0075.1494", 1, "21500", **test),
        service(2, "18.0001.0001", 2, "65400", **image),
        service(3, "03.3083.0576", 8, "1149000", PP_VO_CAM=2, NGUOI_THUC_HIEN=LICENCE,
                NGAY_YL="202603011000", NGAY_TH_YL="202603011400", NGAY_KQ="202603011500"),
        service(4, "03.3083.0576", 10, "55000", MA_VAT_TU="N01.01.010.0001", TEN_VAT_TU="Bông",
                GOI_VTYT="G1", TT_THAU="02/QĐ-TEST;G1;N2;2026", NGAY_YL="202603011000",
                NGAY_TH_YL="202603011400"),
        service(5, "02.0004.1922", 15, "211000", **bed),
    ]  # fmt: skip
    rows = tables()
    episode = rows["XML1"][0] | {
        "MA_LOAI_KCB": "03", "NGAY_VAO_NOI_TRU": "202603010900", "NGAY_RA": "202603041000",
        "NGAY_TTOAN": "202603041100", "SO_NGAY_DTRI": 4, "MA_LOAI_RV": 2, "MA_NOI_DEN": "97002",
        "LY_DO_VNT": "Sốt cao", "NGAY_TAI_KHAM": "20260318", "MA_TTDV": HEAD, "MA_KHOA": "K01;K19",
        "MA_HSBA": "HS0001", "CHAN_DOAN_VAO": "Sốt", "PP_DIEU_TRI": "Nội khoa", "NHOM_MAU": "O+",
        "MA_NGHE_NGHIEP": "00000",
    }  # fmt: skip
    results = rows["XML4"] + [
        {"MA_LK": "LK1", "STT": 3, "MA_DICH_VU": "18.0001.0001", "MO_TA": "Phổi sáng đều",
         "KET_LUAN": "Không thấy bất thường", "NGAY_KQ": "202603010930", "MA_BS_DOC_KQ": LICENCE},
    ]  # fmt: skip
    return totals(
        {
            "XML1": [episode], "XML2": drugs, "XML3": services, "XML4": results,
            "XML5": rows["XML5"], "XML6": [hiv()], "XML7": [discharge()], "XML8": [summary()],
            "XML13": [transfer()], "XML14": [follow_up()],
        }
    )  # fmt: skip


def everything() -> Rows:
    """`inpatient` with the other certificates, too: XML9 to XML12 and XML15."""
    return inpatient() | {
        "XML9": [birth()], "XML10": [rest()], "XML11": [leave()], "XML12": [assessment()],
        "XML15": [tuberculosis()],
    }  # fmt: skip


def hiv() -> dict[str, Any]:
    """XML6."""
    return {
        "MA_LK": "LK1", "MA_THE_BHYT": "ZZ4970000000001", "SO_CCCD": "097190000001",
        "NGAY_SINH": "199005170000", "GIOI_TINH": 2, "DIA_CHI": "Số 1, đường Thử",
        "MATINH_CU_TRU": "01", "MAXA_CU_TRU": "00004", "NGAYKD_HIV": "20250105",
        "NOI_LAY_MAU_XN": FACILITY, "NOI_XN_KD": FACILITY, "NOI_BDDT_ARV": FACILITY,
        "BDDT_ARV": "20250201", "MA_PHAC_DO_DIEU_TRI_BD": "TEST1", "MA_BAC_PHAC_DO_BD": 1,
        "MA_LYDO_DTRI": 1, "LOAI_DTRI_LAO": 0, "SANG_LOC_LAO": 2, "MA_LYDO_XNTL_VR": 1,
        "NGAY_XN_TLVR": "20260301", "KQ_XNTL_VR": 1, "NGAY_KQ_XN_TLVR": "20260303",
        "MA_LOAI_BN": 1, "GIAI_DOAN_LAM_SANG": 1, "NHOM_DOI_TUONG": 11, "MA_TINH_TRANG_DK": "4;9",
        "NGAY_NHAN_TT_MANG_THAI": "20260101", "NGAY_BAT_DAU_DT_CTX": "20250301",
        "MA_XU_TRI": "1;4", "NGAY_BAT_DAU_XU_TRI": "20260301", "NGAY_KET_THUC_XU_TRI": "20260331",
        "MA_PHAC_DO_DIEU_TRI": "TEST1", "MA_BAC_PHAC_DO": 1, "SO_NGAY_CAP_THUOC_ARV": 30,
        "MA_CSKCB": FACILITY,
    }  # fmt: skip


def discharge() -> dict[str, Any]:
    """XML7."""
    return {
        "MA_LK": "LK1", "SO_LUU_TRU": "LT01", "MA_YTE": "BN001", "MA_KHOA_RV": "K19",
        "NGAY_VAO": "202603010800", "NGAY_RA": "202603041000", "MA_DINH_CHI_THAI": 0,
        "CHAN_DOAN_RV": "Viêm phổi", "PP_DIEUTRI": "Nội khoa", "GHI_CHU": "Nghỉ ngơi",
        "MA_TTDV": HEAD, "MA_BS": LICENCE, "TEN_BS": "Lê Văn Mẫu", "NGAY_CT": "20260304",
        "SO_NGAY_NGHI": 5, "NGOAITRU_TUNGAY": "20260304", "NGOAITRU_DENNGAY": "20260308",
    }  # fmt: skip


def summary() -> dict[str, Any]:
    """XML8."""
    return {
        "MA_LK": "LK1", "MA_LOAI_KCB": "03", "NGAY_VAO": "202603010800",
        "NGAY_RA": "202603041000", "CHAN_DOAN_VAO": "Sốt", "CHAN_DOAN_RV": "Viêm phổi",
        "QT_BENHLY": "Sốt ba ngày, ho đờm", "TOMTAT_KQ": "Bạch cầu tăng",
        "PP_DIEUTRI": "Kháng sinh", "KET_QUA_DTRI": 2, "MA_TTDV": HEAD, "NGAY_CT": "20260304",
    }  # fmt: skip


def birth() -> dict[str, Any]:
    """XML9."""
    return {
        "MA_LK": "LK1", "MA_BHXH_NND": "9700000001", "MA_THE_NND": "ZZ4970000000001",
        "HO_TEN_NND": "Nguyễn Thị Thử", "NGAYSINH_NND": "19900517", "MA_DANTOC_NND": "01",
        "SO_CCCD_NND": "097190000001", "NGAYCAP_CCCD_NND": "20200101",
        "NOICAP_CCCD_NND": "Nơi Thử", "NOI_CU_TRU_NND": "Số 1, đường Thử", "MA_QUOCTICH": "000",
        "MATINH_CU_TRU": "01", "MAXA_CU_TRU": "00004", "HO_TEN_CHA": "Trần Văn Thử",
        "MA_THE_TAM": "TE1979700000002", "HO_TEN_CON": "Trần Thị Bé", "GIOI_TINH_CON": 2,
        "SO_CON": 1, "LAN_SINH": 2, "SO_CON_SONG": 2, "CAN_NANG_CON": 3200,
        "NGAY_SINH_CON": "202603021430", "NOI_SINH_CON": "Bệnh viện Thử",
        "TINH_TRANG_CON": "Khỏe mạnh", "SINHCON_PHAUTHUAT": 1, "SINHCON_DUOI32TUAN": 0,
        "GHI_CHU": "Sinh con phải phẫu thuật", "NGUOI_DO_DE": "Lê Văn Mẫu",
        "NGUOI_GHI_PHIEU": "Phạm Thị Mẫu", "NGAY_CT": "20260303", "SO": "1", "QUYEN_SO": "1",
        "MA_TTDV": HEAD,
    }  # fmt: skip


def rest() -> dict[str, Any]:
    """XML10."""
    return {
        "MA_LK": "LK1", "SO_SERI": "S1", "SO_CT": "CT1", "SO_NGAY": 7, "DON_VI": "Công ty Thử",
        "CHAN_DOAN_RV": "Dọa sẩy thai", "TU_NGAY": "20260304", "DEN_NGAY": "20260310",
        "MA_TTDV": HEAD, "TEN_BS": "Lê Văn Mẫu", "MA_BS": LICENCE, "NGAY_CT": "20260304",
    }  # fmt: skip


def leave() -> dict[str, Any]:
    """XML11."""
    return {
        "MA_LK": "LK1", "SO_CT": "CT2", "SO_SERI": "S2", "SO_KCB": "K2", "DON_VI": "Công ty Thử",
        "MA_BHXH": "9700000001", "MA_THE_BHYT": "ZZ4970000000001", "CHAN_DOAN_RV": "Viêm phổi",
        "PP_DIEUTRI": "Kháng sinh", "MA_DINH_CHI_THAI": 0, "SO_NGAY_NGHI": 3,
        "TU_NGAY": "20260304", "DEN_NGAY": "20260306", "MA_TTDV": HEAD, "MA_BS": LICENCE,
        "NGAY_CT": "20260304", "MAU_SO": "CT07",
    }  # fmt: skip


def assessment() -> dict[str, Any]:
    """XML12."""
    return {
        "NGUOI_CHU_TRI": "Lê Văn Mẫu", "CHUC_VU": 1, "NGAY_HOP": "20260310",
        "HO_TEN": "Nguyễn Thị Thử", "NGAY_SINH": "19900517", "SO_CCCD": "097190000001",
        "NGAY_CAP_CCCD": "20200101", "NOI_CAP_CCCD": "Nơi Thử", "DIA_CHI": "Số 1, đường Thử",
        "MATINH_CU_TRU": "01", "MAXA_CU_TRU": "00004", "MA_BHXH": "9700000001",
        "DIEN_THOAI": "0000000001", "MA_DOI_TUONG": "BNN", "KHAM_GIAM_DINH": 1,
        "SO_BIEN_BAN": "BB1", "TYLE_TTCT_CU": 0, "DANG_HUONG_CHE_DO": 3,
        "NGAY_CHUNG_TU": "20260310", "SO_GIAY_GIOI_THIEU": "GT1", "NGAY_DE_NGHI": "20260305",
        "MA_DONVI": "DV1", "GIOI_THIEU_CUA": "Công ty Thử", "KET_QUA_KHAM": "Giảm chức năng phổi",
        "SO_VAN_BAN_CAN_CU": "VB1", "TYLE_TTCT_MOI": 21, "TONG_TYLE_TTCT": 21,
        "DE_NGHI": "Hưởng chế độ", "DUOC_XACDINH": "Không",
    }  # fmt: skip


def transfer() -> dict[str, Any]:
    """XML13."""
    return {
        "MA_LK": "LK1", "SO_HOSO": "HS1", "SO_CHUYENTUYEN": "SC1", "GIAY_CHUYEN_TUYEN": "GC1",
        "MA_CSKCB": FACILITY, "MA_CSKCB_DI": FACILITY, "MA_CSKCB_DEN": "97002",
        "HO_TEN": "Nguyễn Thị Thử", "NGAY_SINH": "199005170000", "GIOI_TINH": 2,
        "MA_THE_BHYT": "ZZ4970000000001", "GT_THE_DEN": "20261231", "NGAY_VAO": "202603010800",
        "NGAY_RA": "202603041000", "DAU_HIEU_LS": "Khó thở", "CHAN_DOAN_RV": "Viêm phổi",
        "QT_BENHLY": "Sốt ba ngày", "TOMTAT_KQ": "Bạch cầu tăng", "PP_DIEUTRI": "Kháng sinh",
        "MA_BENH_CHINH": "J18.9", "MA_BENH_KT": "I10;E11.9", "TINH_TRANG_CT": "Tỉnh",
        "MA_LOAI_RV": 2, "MA_LYDO_CT": 1, "HUONG_DIEU_TRI": "Điều trị tiếp",
        "PHUONGTIEN_VC": "Xe cứu thương", "HOTEN_NGUOI_HT": "Phạm Thị Mẫu",
        "CHUCDANH_NGUOI_HT": "Điều dưỡng", "MA_BAC_SI": LICENCE, "MA_TTDV": HEAD,
    }  # fmt: skip


def follow_up() -> dict[str, Any]:
    """XML14."""
    return {
        "MA_LK": "LK1", "SO_GIAYHEN_KL": "GH1", "MA_CSKCB": FACILITY, "HO_TEN": "Nguyễn Thị Thử",
        "NGAY_SINH": "199005170000", "GIOI_TINH": 2, "NGAY_VAO": "202603010800",
        "NGAY_RA": "202603041000", "NGAY_HEN_KL": "20260318", "CHAN_DOAN_RV": "Viêm phổi",
        "MA_BENH_CHINH": "J18.9", "MA_DOITUONG_KCB": "1.1", "MA_BAC_SI": LICENCE, "MA_TTDV": HEAD,
        "NGAY_CT": "20260304",
    }  # fmt: skip


def tuberculosis() -> dict[str, Any]:
    """XML15."""
    return {
        "MA_LK": "LK1", "STT": 1, "MA_BN": "BN001", "HO_TEN": "Nguyễn Thị Thử",
        "SO_CCCD": "097190000001", "PHANLOAI_LAO_VITRI": 1, "PHANLOAI_LAO_TS": 1,
        "PHANLOAI_LAO_HIV": 1, "PHANLOAI_LAO_VK": 1, "PHANLOAI_LAO_KT": 1, "LOAI_DTRI_LAO": 2,
        "NGAYBD_DTRI_LAO": "20260302", "PHACDO_DTRI_LAO": 1, "KET_QUA_DTRI_LAO": 1,
        "MA_CSKCB": FACILITY, "NGAYKD_HIV": "20250105", "BDDT_ARV": "20250201",
        "NGAY_BAT_DAU_DT_CTX": "20250301",
    }  # fmt: skip


def check_in() -> dict[str, Any]:
    """XML0."""
    return {
        "MA_LK": "LK1", "STT": 1, "MA_BN": "BN001", "HO_TEN": "Nguyễn Thị Thử",
        "SO_CCCD": "097190000001", "NGAY_SINH": "199005170000", "GIOI_TINH": 2,
        "MA_THE_BHYT": "ZZ4970000000001", "MA_DKBD": FACILITY, "GT_THE_TU": "20260101",
        "GT_THE_DEN": "20261231", "MA_DOITUONG_KCB": "1.1", "NGAY_VAO": "202603010800",
        "MA_LOAI_KCB": "01", "MA_CSKCB": FACILITY, "MA_DICH_VU": "01.1899",
        "TEN_DICH_VU": "Khám bệnh", "NGAY_YL": "202603010805",
    }  # fmt: skip
