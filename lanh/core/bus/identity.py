"""Ids that follow from what a record is, so that a resend finds the same record."""

from __future__ import annotations

import hashlib
import re

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26  # of five bits each: 130 bits, so that two keys never meet
_UNIQUE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-zA-Z.-]{24,64}",
    re.IGNORECASE,
)


def derived_id(*key: str | None) -> str:
    """A record id of 26 signs that depends on nothing but the parts of the key.

    The parts are joined with their lengths, so ("a", "bc") and ("ab", "c") differ.
    """
    text = "".join(f"{len(part or '')}:{part or ''};" for part in key)
    number = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(0, _LENGTH * 5, 5))


def is_unique_by_itself(identifier: str) -> bool:
    """Whether an id is unique in the country and not only within its sender.

    UUIDs and long ids are; "1" or "patient-0001" is not: two hospitals may both use it.
    """
    return bool(_UNIQUE.fullmatch(identifier))
