"""Folding for search: Vietnamese with and without diacritics meet in one form."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_STROKES = str.maketrans({"đ": "d", "Đ": "d", "Ð": "d", "ð": "d", "ø": "o", "Ø": "o", "ł": "l"})
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"})
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[0-9a-z]+")


def nfc(text: str) -> str:
    """The composed form (Unicode NFC), the one form in which text is kept and compared."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


@lru_cache(maxsize=8_192)
def fold(text: str) -> str:
    """Lower case without marks, with đ as d, one kind of apostrophe and single spaces.

    "Đặng  Minh" and "dang minh" fold to the same text, whether composed or not.
    """
    plain = text.translate(_STROKES).translate(_APOSTROPHES)
    decomposed = unicodedata.normalize("NFD", plain)
    kept = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return _SPACE.sub(" ", kept.casefold()).strip()


def fold_words(text: str) -> list[str]:
    """The folded words of a text: runs of Latin letters and digits."""
    return _WORD.findall(fold(text))
