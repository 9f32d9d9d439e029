"""What an insured episode becomes: a claim package of Decision 3176, with its money worked out.

Formulas: Decision 130/QD-BYT, annex, XML2 and XML3; rates: Law 25/2008 Art. 22 by the third sign of
the card, and the whole where an episode costs less than 15 per cent of the base salary.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from lanh.connectors.claims_xml import build_package
from lanh.nation import codes
from lanh.site.demonstration.model import Episode, Recorded
from lanh.site.demonstration.results import tests_of

Row: TypeAlias = dict[str, Any]

BASE_SALARY = Decimal(2_340_000)  # VND a month since 1 July 2024, Decree 73/2024
# What treatment makes better and does not cure: cancer, diabetes, heart, lungs, liver.
_LASTING = ("A15", "B2", "C", "E", "F", "G", "I", "J44", "J45", "K74", "M", "N18")
_CENT = Decimal("0.01")
_RATES = {"1": 100, "2": 100, "3": 95, "4": 80, "5": 100}
_WITH_EXECUTOR = {"1", "2", "3", "8", "18"}
_MACHINES = {"1": "HH", "2": "CDHA", "3": "TDCN"}


def package(episode: Episode, record: Recorded, registered: str) -> bytes:
    """The package of one insured episode. `registered` is the facility on the card.

    Raises ValueError where the person has no card.
    """
    return build_package(episode.facility.code, episode.end.date(), tables(episode, record,
                                                                           registered))  # fmt: skip


def tables(episode: Episode, record: Recorded, registered: str) -> dict[str, list[Row]]:
    """The rows of XML1 to XML5. Raises ValueError where the person has no card."""
    card = record.person.card
    if card is None:
        raise ValueError("a claim needs a card")
    drugs, services = list(_drugs(episode)), list(_services(episode))
    whole = sum((row["THANH_TIEN_BH"] for row in drugs + services), Decimal(0))
    rate = 100 if whole < BASE_SALARY * 15 / 100 else _RATES[card[2]]
    for row in drugs + services:
        _share(row, rate)
    found = {"XML1": [_summary(episode, record, card, registered, drugs, services)]}
    found |= {"XML2": drugs, "XML3": services, "XML4": list(_results(episode))}
    if episode.care_type in ("03", "05"):
        found["XML5"] = [_course(episode)]
    return found


def _moment(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M")


def money(amount: Decimal) -> Decimal:
    """An amount rounded to two places, half up."""
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _share(row: Row, rate: int) -> None:
    insured = row["THANH_TIEN_BH"]
    fund = money(insured * rate / 100)
    row |= {"MUC_HUONG": rate, "T_NGUONKHAC": 0, "T_BHTT": fund, "T_BNCCT": insured - fund}
    row["T_BNTT"] = row["THANH_TIEN_BV"] - insured


def _drugs(episode: Episode) -> Iterator[Row]:
    for number, given in enumerate(episode.dispensed, 1):
        drug = codes.concept("drugs", given.drug)
        price = Decimal(str(drug.properties["price"]))
        amount = money(price * given.quantity)
        at = _moment(_prescribed(episode))
        yield {
            "MA_LK": episode.key, "STT": number, "MA_THUOC": drug.code, "MA_NHOM": 4,
            "TEN_THUOC": drug.display.vi, "DON_VI_TINH": drug.properties["unit"],
            "HAM_LUONG": drug.properties["strength"], "DUONG_DUNG": drug.properties["route"],
            "DANG_BAO_CHE": drug.properties["form"],
            "LIEU_DUNG": f"{given.per_day} lần/ngày * {given.days} ngày",
            "CACH_DUNG": "Theo chỉ định", "SO_DANG_KY": drug.properties["registration"],
            "TT_THAU": f"01/QĐ-TEST;G1;N1;{episode.start.year}", "PHAM_VI": 1, "TYLE_TT_BH": 100,
            "SO_LUONG": given.quantity, "DON_GIA": price, "THANH_TIEN_BV": amount,
            "THANH_TIEN_BH": amount, "MA_KHOA": episode.department,
            "MA_BAC_SI": episode.doctor.licence, "NGAY_YL": at, "NGAY_TH_YL": at, "MA_PTTT": 1,
            "NGUON_CTRA": 1,
        }  # fmt: skip


def _prescribed(episode: Episode) -> datetime:
    """At admission; at a visit when the results are there."""
    soon = episode.start + timedelta(minutes=15)
    return soon if episode.inpatient else max(soon, episode.end - timedelta(minutes=5))


def _services(episode: Episode) -> Iterator[Row]:
    ready = {test: f.at for f in episode.findings for test in (f.test,)}
    for number, done in enumerate(episode.services, 1):
        service = codes.concept("services", done.code)
        group = str(service.properties["group"])
        price = Decimal(str(service.properties["price"]))
        amount = money(price * done.quantity)
        results = [ready[test.code] for test in tests_of(done.code) if test.code in ready]
        row: Row = {
            "MA_LK": episode.key, "STT": number, "MA_DICH_VU": service.code, "MA_NHOM": group,
            "TEN_DICH_VU": service.display.vi, "DON_VI_TINH": service.properties["unit"],
            "PHAM_VI": 1, "SO_LUONG": done.quantity, "DON_GIA_BV": price, "DON_GIA_BH": price,
            "TYLE_TT_DV": 100, "TYLE_TT_BH": 100, "THANH_TIEN_BV": amount,
            "THANH_TIEN_BH": amount, "MA_KHOA": episode.department,
            "MA_BAC_SI": episode.doctor.licence, "MA_BENH": episode.diagnoses[0],
            "NGAY_YL": _moment(done.at), "NGAY_TH_YL": _moment(done.at),
            "NGAY_KQ": _moment(max(results, default=done.at)), "MA_PTTT": 1,
        }  # fmt: skip
        if group in _WITH_EXECUTOR:
            row["NGUOI_THUC_HIEN"] = episode.doctor.licence
        if group in _MACHINES:
            row["MA_MAY"] = f"{_MACHINES[group]}.1.{episode.facility.code}.MAU01"
        if group == "15":
            row["MA_GIUONG"] = "H001"
        if group == "8":
            row["PP_VO_CAM"] = 1
        yield row


def _results(episode: Episode) -> Iterator[Row]:
    number = 0
    by_test = {finding.test: finding for finding in episode.findings}
    for done in episode.services:
        for test in tests_of(done.code):
            finding = by_test.get(test.code)
            if finding is None:
                continue
            number += 1
            yield {
                "MA_LK": episode.key, "STT": number, "MA_DICH_VU": done.code,
                "MA_CHI_SO": test.properties["index"], "TEN_CHI_SO": test.display.vi,
                "GIA_TRI": finding.value, "DON_VI_DO": test.properties.get("ucum"),
                "NGAY_KQ": _moment(finding.at), "MA_BS_DOC_KQ": episode.doctor.licence,
            }  # fmt: skip
        if codes.concept("services", done.code).properties["group"] == "2":
            number += 1
            yield {
                "MA_LK": episode.key, "STT": number, "MA_DICH_VU": done.code,
                "KET_LUAN": "Phù hợp chẩn đoán lâm sàng", "NGAY_KQ": _moment(done.at),
                "MA_BS_DOC_KQ": episode.doctor.licence,
            }  # fmt: skip


def _course(episode: Episode) -> Row:
    text = f"{episode.reason}. {codes.concept('icd10', episode.diagnoses[0]).display.vi}."
    return {
        "MA_LK": episode.key, "STT": 1, "DIEN_BIEN_LS": text,
        "THOI_DIEM_DBLS": _moment(episode.start + timedelta(minutes=10)),
        "NGUOI_THUC_HIEN": episode.doctor.licence,
    }  # fmt: skip


def _summary(
    episode: Episode,
    record: Recorded,
    card: str,
    registered: str,
    drugs: list[Row],
    services: list[Row],
) -> Row:
    person, end = record.person, episode.end
    titles = [codes.concept("icd10", code).display.vi for code in episode.diagnoses]
    nights = (end.date() - episode.start.date()).days
    years = [
        day.strftime("%Y%m%d")
        for day in (
            episode.start.date().replace(month=1, day=1),
            end.date().replace(month=12, day=31),
        )
    ]
    row: Row = {
        "MA_LK": episode.key, "STT": 1, "MA_BN": record.patient_number, "HO_TEN": record.name,
        "SO_CCCD": record.number, "NGAY_SINH": record.birth.strftime("%Y%m%d0000"),
        "GIOI_TINH": 1 if record.sex == "male" else 2, "NHOM_MAU": None, "MA_QUOCTICH": "000",
        "MA_DANTOC": person.ethnic, "MA_NGHE_NGHIEP": person.occupation, "DIA_CHI": record.line,
        "MATINH_CU_TRU": record.place.province, "MAXA_CU_TRU": record.place.commune,
        "DIEN_THOAI": record.phone, "MA_THE_BHYT": card, "MA_DKBD": registered,
        "GT_THE_TU": years[0], "GT_THE_DEN": years[1], "LY_DO_VV": episode.reason,
        "CHAN_DOAN_VAO": titles[0], "CHAN_DOAN_RV": "; ".join(titles),
        "MA_BENH_CHINH": episode.diagnoses[0], "MA_BENH_KT": ";".join(episode.diagnoses[1:]),
        "MA_DOITUONG_KCB": _patient_type(episode), "NGAY_VAO": _moment(episode.start),
        "NGAY_VAO_NOI_TRU": _moment(episode.start) if episode.inpatient else None,
        "NGAY_RA": _moment(end), "SO_NGAY_DTRI": max(1, nights),
        "PP_DIEU_TRI": "Điều trị theo phác đồ",
        "KET_QUA_DTRI": _outcome(episode),
        "MA_LOAI_RV": 1,
        "NGAY_TTOAN": _moment(end), "NAM_QT": end.year, "THANG_QT": f"{end.month:02d}",
        "MA_LOAI_KCB": episode.care_type, "MA_KHOA": episode.department,
        "MA_CSKCB": episode.facility.code, "CAN_NANG": _weight(episode),
        "MA_HSBA": f"HS{episode.key}", "MA_TTDV": episode.facility.staff[0].insurance_number,
    }  # fmt: skip
    return row | _totals(drugs, services)


def _outcome(episode: Episode) -> int:
    """KET_QUA_DTRI: 1 cured, 2 better, 5 died."""
    lasting = episode.care_type == "05" or episode.diagnoses[0].startswith(_LASTING)
    return 5 if episode.died else 2 if lasting else 1


def _totals(drugs: list[Row], services: list[Row]) -> Row:
    def total(name: str, rows: list[Row]) -> Decimal:
        return sum((Decimal(row[name]) for row in rows), Decimal(0))

    rows = drugs + services
    return {
        "T_THUOC": total("THANH_TIEN_BV", drugs), "T_VTYT": 0,
        "T_TONGCHI_BV": total("THANH_TIEN_BV", rows),
        "T_TONGCHI_BH": total("THANH_TIEN_BH", rows), "T_BNTT": total("T_BNTT", rows),
        "T_BNCCT": total("T_BNCCT", rows), "T_BHTT": total("T_BHTT", rows), "T_NGUONKHAC": 0,
        "T_BHTT_GDV": 0,
    }  # fmt: skip


def _patient_type(episode: Episode) -> str:
    if episode.emergency:
        return "2"
    return "1.5" if episode.care_type == "05" else "1.1"


def _weight(episode: Episode) -> str | None:
    """The weight, which an episode of a child under one year must carry."""
    if (episode.start.date() - episode.person.birth).days >= 366:
        return None
    found = [f.value for f in episode.findings if f.test == "29463-7"]
    return str(found[0]) if found else None
