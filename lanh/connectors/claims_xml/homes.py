"""Where FHIR has a home for a field of the claim: read back as the form writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from lanh.connectors.claims_xml.case import REGISTERED_FACILITY, icd10
from lanh.connectors.claims_xml.claim import FIGURE, figures_of_item
from lanh.connectors.claims_xml.episode import SEX
from lanh.connectors.claims_xml.figures import TOTALS
from lanh.connectors.claims_xml.rules import parse_birth
from lanh.nation import naming
from lanh.nation.local_time import VIETNAM

Resource: TypeAlias = Mapping[str, Any]
_SEX = {word: code for code, word in SEX.items()}
_DOCUMENTS = (naming.PERSONAL_NUMBER, naming.OLD_IDENTITY_CARD, naming.PASSPORT)
_PRODUCTS = {"MA_DICH_VU": naming.SERVICE, "MA_VAT_TU": naming.SUPPLY, "MA_THUOC": naming.DRUG}
_NAMES = {"MA_DICH_VU": "TEN_DICH_VU", "MA_VAT_TU": "TEN_VAT_TU", "MA_THUOC": "TEN_THUOC"}


def _filled(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _plain(value: Any) -> str:
    return format(Decimal(str(value)), "f")


def _moment(text: str | None) -> str | None:
    if not text:
        return None
    return datetime.fromisoformat(text).astimezone(VIETNAM).strftime("%Y%m%d%H%M")


def _first(values: Any) -> dict[str, Any]:
    found: dict[str, Any] = values[0] if values else {}
    return found


def _identifier(resource: Resource, *systems: str) -> str | None:
    for system in systems:
        for each in resource.get("identifier", ()):
            if str(each.get("system", "")).startswith(system):
                return str(each["value"])
    return None


def of_patient(patient: Resource, facility: str) -> dict[str, str]:
    """The person's fields of XML1."""
    name = _first(patient.get("name"))
    address = _first(patient.get("address"))
    phone = (t.get("value") for t in patient.get("telecom", ()) if t.get("system") == "phone")
    birth = str(patient.get("birthDate", "")).replace("-", "")
    coded = {
        each["url"]: each["valueCoding"].get("code")
        for each in (*patient.get("extension", ()), *address.get("extension", ()))
        if "valueCoding" in each
    }
    return _filled(
        {
            "MA_BN": _identifier(patient, naming.patient_number(facility)),
            "HO_TEN": name.get("text"),
            "SO_CCCD": _identifier(patient, *_DOCUMENTS),
            "NGAY_SINH": birth.ljust(12, "0") if birth else None,
            "GIOI_TINH": _SEX.get(str(patient.get("gender"))),
            "MA_DANTOC": coded.get(naming.ETHNIC_EXTENSION),
            "DIA_CHI": address.get("text"),
            "MAXA_CU_TRU": coded.get(naming.COMMUNE_EXTENSION),
            "DIEN_THOAI": next(phone, None),
        }
    )


def of_visit(encounter: Resource) -> dict[str, str]:
    """The visit's fields of XML1."""
    period = encounter.get("period", {})
    kinds = {
        coding.get("system"): coding.get("code")
        for each in encounter.get("type", ())
        for coding in each.get("coding", ())
    }
    provider = encounter.get("serviceProvider", {}).get("identifier", {})
    return _filled(
        {
            "MA_LK": _identifier(encounter, naming.visit_number("")),
            "NGAY_VAO": _moment(period.get("start")),
            "NGAY_RA": _moment(period.get("end")),
            "MA_LOAI_KCB": kinds.get(naming.CARE_TYPE),
            "MA_DOITUONG_KCB": kinds.get(naming.PATIENT_TYPE),
            "MA_CSKCB": provider.get("value"),
        }
    )


def of_diagnoses(conditions: Sequence[Resource]) -> dict[str, str]:
    """MA_BENH_CHINH and MA_BENH_KT of the Conditions of a claim, main first."""
    codes = [
        coding["code"]
        for each in conditions
        for coding in each.get("code", {}).get("coding", ())
        if coding.get("system") == naming.ICD10
    ]
    return _filled({"MA_BENH_CHINH": "".join(codes[:1]), "MA_BENH_KT": ";".join(codes[1:])})


def of_cards(coverages: Sequence[Resource]) -> dict[str, str]:
    """The card's lists of XML1; a list without any element is empty."""
    insured = [each for each in coverages if each.get("subscriberId")]
    days = [each.get("period", {}) for each in insured]
    registered = [
        next(
            (e["valueIdentifier"]["value"] for e in each.get("extension", ())
             if e["url"] == REGISTERED_FACILITY), "",
        )
        for each in insured
    ]  # fmt: skip
    lists = {
        "MA_THE_BHYT": [str(each["subscriberId"]) for each in insured],
        "MA_DKBD": registered,
        "GT_THE_TU": [str(each.get("start", "")).replace("-", "") for each in days],
        "GT_THE_DEN": [str(each.get("end", "")).replace("-", "") for each in days],
    }
    return {name: ";".join(each) for name, each in lists.items() if any(each)}


def of_totals(claim: Resource) -> dict[str, str]:
    """The totals of XML1."""
    return {
        name: _plain(each["valueMoney"]["value"])
        for each in claim.get("extension", ())
        if (name := each["url"].removeprefix(FIGURE)) in TOTALS
    }


def of_item(table: str, item: Resource) -> dict[str, str]:
    """The fields of an item of the Claim."""
    values = {name: _plain(value) for name, value in figures_of_item(item).items()}
    group = _first(item.get("category", {}).get("coding")).get("code")
    unit = item.get("quantity", {}).get("unit")
    values |= _filled({"MA_NHOM": group, "DON_VI_TINH": unit})
    for coding in item.get("productOrService", {}).get("coding", ()):
        for name, system in _PRODUCTS.items():
            if coding.get("system") == system:
                told = {name: coding.get("code"), _NAMES[name]: coding.get("display")}
                values |= _filled(told)
    return values


def merged(kept: Mapping[str, str], homes: Mapping[str, str]) -> dict[str, str]:
    """What the form said where it says the same as the record; otherwise the record."""
    values = {**homes, **kept}
    for name, home in homes.items():
        if name in kept and not _agree(name, kept[name], home):
            values[name] = home
    return values


def _agree(name: str, kept: str, home: str) -> bool:
    if name == "NGAY_SINH":
        return parse_birth(kept) == parse_birth(home)
    if name in ("MA_BENH_CHINH", "MA_BENH_KT"):
        main = {icd10(code) for code in kept.split(";") if code.strip()}
        return main == {icd10(code) for code in home.split(";")} or name == "MA_BENH_KT"
    return kept != "" and (name not in _PERSONAL or kept == home)


_PERSONAL = frozenset({"HO_TEN", "SO_CCCD", "GIOI_TINH"})


def left_over(values: Mapping[str, str], homes: Mapping[str, str]) -> dict[str, str]:
    """The fields of a row that their homes would not give back as they came."""
    return {name: value for name, value in values.items() if value and homes.get(name) != value}
