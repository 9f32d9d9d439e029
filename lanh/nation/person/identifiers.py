"""The numbers of a person: what is well-formed, what is plausible, how they are shown.

Formats: `vietnam-facts` of the project's reference material, sections 2.1 and 2.2; Law 26/2023,
Decree 70/2024 (personal number), Decree 102/2025 Art. 6 (it is the person's medical ID).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lanh.core.text import Catalogue, Message

MESSAGES = Catalogue.load(Path(__file__).with_name("messages.yaml"))

_SEPARATORS = re.compile(r"[\s.\-]+")
_CARD = re.compile(r"^[A-Z]{2}[1-5]\d{12}$")


def compact(text: str) -> str:
    """A number as it is kept: without the spaces, dots and dashes that people write."""
    return _SEPARATORS.sub("", text).upper()


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """The 12-digit personal identification number. It has no check digit.

    `birth_year` and `sex` are what the number says; legal sex or birth year may have been corrected
    since, so they are grounds for a warning only.
    """

    value: str
    province: str
    sex: Literal["male", "female"]
    birth_year: int

    @classmethod
    def parse(cls, text: str) -> PersonalNumber | None:
        """Read a number; None where it is not 12 digits."""
        value = compact(text)
        if len(value) != 12 or not (value.isascii() and value.isdigit()):
            return None
        code = int(value[3])
        sex: Literal["male", "female"] = "male" if code % 2 == 0 else "female"
        return cls(value, value[:3], sex, 1900 + 100 * (code // 2) + int(value[4:6]))

    def warnings(self, sex: str | None, birth: str | None) -> list[Message]:
        """Where the number disagrees with a FHIR gender or birth date."""
        found: list[Message] = []
        if sex in ("male", "female") and sex != self.sex:
            found.append(MESSAGES.message("person.number.sex"))
        if birth and birth[:4] != f"{self.birth_year:04d}":
            found.append(MESSAGES.message("person.number.year", year=self.birth_year))
        return found


def insurance_number(text: str) -> str | None:
    """The 10-digit social-insurance number; of a 15-character card, its last 10 digits."""
    value = compact(text)
    if len(value) == 15 and _CARD.match(value):
        value = value[5:]
    return value if len(value) == 10 and value.isascii() and value.isdigit() else None


def insurance_card(text: str) -> str | None:
    """A 15-character card number, or None: two letters, a benefit digit 1-5, 12 digits."""
    value = compact(text)
    return value if _CARD.match(value) else None


def is_temporary_card(card: str) -> bool:
    """Cards of newborns (TE1) and organ donors (HG4) before theirs are issued.

    Circular 30/2020 Art. 10. Their digits are temporary: they do not identify a person for ever.
    """
    return card.startswith(("TE1", "HG4"))


def is_newborn_card(card: str) -> bool:
    """TE1: children under six, and newborns before their own card (Circular 30/2020 Art. 10)."""
    return card.startswith("TE1")


def masked(number: str, *, shown: int = 4) -> str:
    """A number for a screen that others may see: its last digits only."""
    if len(number) <= shown:
        return number
    return "•" * (len(number) - shown) + number[-shown:]
