"""From a source Patient to what the matching engine compares."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from lanh.core.matching import Features, IdentifierKind, Policy
from lanh.core.text import fold, nfc
from lanh.nation import naming
from lanh.nation.person.identifiers import (
    PersonalNumber,
    insurance_card,
    insurance_number,
    is_newborn_card,
    is_temporary_card,
)

PERSONAL = "personal-number"
INSURANCE = "insurance-number"
FACILITY = "facility-number"

POLICY = Policy(
    identifiers=(
        IdentifierKind(PERSONAL, PERSONAL),
        IdentifierKind(INSURANCE, INSURANCE),
        # One facility may have registered one human twice, so two numbers prove nothing; and a
        # newborn is often kept under its mother's number, so one number proves little.
        IdentifierKind(FACILITY, FACILITY, unique=False, corroborated=True),
    )
)

# Names that stand for a newborn or an unknown person say nothing about who it is.
_PLACEHOLDERS = (
    "be gai",
    "be so sinh",
    "be trai",
    "chua dat ten",
    "chua ro",
    "con ba ",
    "con chi ",
    "con cua ",
    "con san phu ",
    "khong ro",
    "khong ten",
    "nguoi la",
    "so sinh",
    "tre so sinh",
    "vo danh",
)
# How long a record may still carry a parent's name (Circular 30/2020 Art. 10).
_INFANCY = timedelta(days=365)


def features_of(patient: dict[str, Any], today: date | None = None) -> Features:
    """The features of a Patient. A name that is only a placeholder is left out.

    An infant is a Patient under a year old on `today`; where that cannot be told, one with a
    mother's reference, a place in a multiple birth, a placeholder name or a newborn's card.
    """
    written = display_name(patient)
    name = fold(written)
    placeholder = name.startswith(_PLACEHOLDERS)
    order = patient.get("multipleBirthInteger")
    parent = _parent(patient)
    return Features(
        record_id=patient["id"],
        name="" if placeholder else name,
        written="" if placeholder else written,
        birth=patient.get("birthDate"),
        sex=patient.get("gender") if patient.get("gender") in ("male", "female") else None,
        place=residence(patient),
        phone=_phone(patient),
        parent=parent,
        birth_order=order if isinstance(order, int) else None,
        infant=_infant(patient, today, hint=placeholder or parent is not None),
        identifiers=tuple(sorted(set(_identifiers(patient)))),
    )


def _infant(patient: dict[str, Any], today: date | None, *, hint: bool) -> bool:
    birth = patient.get("birthDate") or ""
    if today is not None and len(birth) == 10:
        return bool(birth >= (today - _INFANCY).isoformat())
    if hint or "multipleBirthInteger" in patient:
        return True
    cards = (
        insurance_card(identifier.get("value") or "")
        for identifier in patient.get("identifier") or []
        if identifier.get("system") == naming.INSURANCE_CARD
    )
    return any(card and is_newborn_card(card) for card in cards)


def display_name(patient: dict[str, Any]) -> str:
    """The name by which a Patient is called: the official one in force, else the first."""
    names = [name for name in patient.get("name") or [] if name.get("use") not in ("old", "maiden")]
    names.sort(key=lambda name: name.get("use") != "official")
    for name in names:
        text = name.get("text")
        if not text:
            parts = (name.get("family"), *(name.get("given") or []))
            text = " ".join(part for part in parts if part)
        if text:
            return nfc(" ".join(text.split()))
    return ""


def residence(resource: dict[str, Any]) -> str | None:
    """The commune code (5 digits) of a resource's home address, or None.

    The store asks this for each Patient, since residence decides who may see what.
    """
    addresses = resource.get("address") or []
    if isinstance(addresses, dict):
        addresses = [addresses]
    ordered = sorted(addresses, key=lambda address: address.get("use") == "old")
    for address in ordered:
        for extension in address.get("extension") or []:
            if extension.get("url") == naming.COMMUNE_EXTENSION:
                code = (extension.get("valueCoding") or {}).get("code")
                if code:
                    return str(code)
    return None


def _identifiers(patient: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Numbers in force and numbers that they replaced: one is cancelled and issued anew when sex
    or birth year is corrected, and another source may still know the person by the old one."""
    for identifier in patient.get("identifier") or []:
        system, value = identifier.get("system"), identifier.get("value")
        if not system or not value:
            continue
        if system == naming.PERSONAL_NUMBER:
            number = PersonalNumber.parse(value)
            if number is not None:
                yield PERSONAL, number.value
        elif system in (naming.INSURANCE_NUMBER, naming.INSURANCE_CARD):
            card = insurance_card(value)
            found = insurance_number(value)
            if found is not None and not (card and is_temporary_card(card)):
                yield INSURANCE, found
        elif system.startswith(naming.patient_number("")):
            yield FACILITY, f"{system}|{value}"


def _phone(patient: dict[str, Any]) -> str | None:
    for telecom in patient.get("telecom") or []:
        if telecom.get("system") == "phone":
            digits = "".join(sign for sign in telecom.get("value", "") if sign.isdigit())
            if digits.startswith("84") and len(digits) >= 11:
                digits = "0" + digits[2:]
            if len(digits) >= 9:
                return digits
    return None


def _parent(patient: dict[str, Any]) -> str | None:
    for extension in patient.get("extension") or []:
        if extension.get("url") == naming.MOTHER_EXTENSION:
            mother = extension.get("valueIdentifier") or {}
            if mother.get("system") and mother.get("value"):
                return f"{mother['system']}|{mother['value']}"
    return None
