"""The text of a scanned card. It proves nothing: it is a claim until it is matched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lanh.core.text import nfc
from lanh.nation.person.identifiers import PersonalNumber, insurance_card, insurance_number

_LIMIT = 4096  # characters; a QR code of the largest version holds 4,296


@dataclass(frozen=True, slots=True)
class Scan:
    """What a card says. Dates are ISO; fields that the card lacks are None."""

    kind: str
    personal_number: str | None = None
    old_identity_card: str | None = None
    insurance: str | None = None
    card: str | None = None
    name: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    address: str | None = None


def read_scan(text: str) -> Scan | None:
    """Read the QR text of a chip ID card or an old paper insurance card; None for anything else.

    Chip card: `number|old number|name|birth ddMMyyyy|Nam or Nữ|residence|issued ddMMyyyy`, more
    fields may follow (Decree 70/2024 Art. 12). Paper insurance card: `card|name as hex|birth|sex
    (1 male)|address as hex|…`.
    """
    line = text.strip()
    if "|" not in line or len(line) > _LIMIT:
        return None
    fields = [field.strip() for field in line.split("|")]
    number = PersonalNumber.parse(fields[0])
    if number is not None and len(fields) >= 6:
        return Scan(
            "identity-card",
            personal_number=number.value,
            old_identity_card=fields[1] or None,
            name=nfc(fields[2]) or None,
            birth_date=_compact_date(fields[3]),
            sex={"nam": "male", "nữ": "female"}.get(nfc(fields[4]).lower()),
            address=nfc(fields[5]) or None,
        )
    insurance = insurance_number(fields[0])
    if insurance is not None and len(fields) >= 4:
        return Scan(
            "insurance-card",
            insurance=insurance,
            card=insurance_card(fields[0]),
            name=_hex_text(fields[1]),
            birth_date=_slashed_date(fields[2]),
            sex={"1": "male", "2": "female"}.get(fields[3]),
            address=_hex_text(fields[4]) if len(fields) > 4 else None,
        )
    return None


def _compact_date(text: str) -> str | None:
    return _date(text, "%d%m%Y")


def _slashed_date(text: str) -> str | None:
    return _date(text, "%d/%m/%Y") or (text if len(text) == 4 and text.isdigit() else None)


def _date(text: str, pattern: str) -> str | None:
    try:
        return datetime.strptime(text, pattern).date().isoformat()  # noqa: DTZ007
    except ValueError:
        return None


def _hex_text(text: str) -> str | None:
    try:
        return nfc(bytes.fromhex(text).decode("utf-8").strip()) or None
    except (ValueError, UnicodeDecodeError):
        return None
