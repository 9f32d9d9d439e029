"""From a source Patient to what the matching engine compares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lanh.core.matching import Features, IdentifierKind, Policy
from lanh.core.text import fold, nfc
from lanh.nation import naming
from lanh.nation.person.identifiers import (
    PersonalNumber,
    insurance_card,
    insurance_number,
    is_temporary_card,
)

PERSONAL = "personal-number"
INSURANCE = "insurance-number"
FACILITY = "facility-number"

POLICY = Policy(
    identifiers=(
        IdentifierKind(PERSONAL, PERSONAL),
        IdentifierKind(INSURANCE, INSURANCE),
        # One facility may have registered one human twice, so two numbers prove nothing.
        IdentifierKind(FACILITY, FACILITY, unique=False),
    )
)

# Names that stand for a newborn or an unknown person say nothing about who it is.
_PLACEHOLDERS = ("con ba ", "be trai con", "be gai con", "tre so sinh", "khong ro", "vo danh")


def features_of(patient: dict[str, Any]) -> Features:
    """The features of a Patient. A name that is only a placeholder is left out."""
    written = display_name(patient)
    name = fold(written)
    if name.startswith(_PLACEHOLDERS):
        name = ""
    order = patient.get("multipleBirthInteger")
    return Features(
        record_id=patient["id"],
        name=name,
        written=written if name else "",
        birth=patient.get("birthDate"),
        sex=patient.get("gender") if patient.get("gender") in ("male", "female") else None,
        place=residence(patient),
        phone=_phone(patient),
        parent=_parent(patient),
        birth_order=order if isinstance(order, int) else None,
        identifiers=tuple(sorted(set(_identifiers(patient)))),
    )


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
    for identifier in patient.get("identifier") or []:
        system, value = identifier.get("system"), identifier.get("value")
        if not system or not value or identifier.get("use") == "old":
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
