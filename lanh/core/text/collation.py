"""Sort keys for Vietnamese, stored beside the text so that no database collation is needed."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# The alphabet in its order; the tone is a later, lesser difference (TCVN 6909 letters).
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_ORDER = {letter: chr(0x61 + place) for place, letter in enumerate(_LETTERS)}
# Tone marks in the order of Vietnamese dictionaries: none, grave, hook, tilde, acute, dot below.
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}


@lru_cache(maxsize=8_192)
def collation_key(text: str) -> str:
    """A text whose code-point order is the Vietnamese dictionary order.

    Letters first (a ă â … d đ …), then tones, then case; other signs keep their place by code.
    """
    letters: list[str] = []
    tones: list[str] = []
    for sign in unicodedata.normalize("NFC", text.strip()).lower():
        decomposed = unicodedata.normalize("NFD", sign)
        tone = next((_TONES[mark] for mark in decomposed if mark in _TONES), "0")
        base = unicodedata.normalize("NFC", "".join(s for s in decomposed if s not in _TONES))
        if base in _ORDER:
            letters.append(_ORDER[base])
            tones.append(tone)
        elif base.isspace():
            letters.append(" ")
            tones.append("0")
        else:
            letters.append(base if base < "a" else chr(0x100) + base)
            tones.append(tone)
    return "".join(letters) + "\x01" + "".join(tones).rstrip("0")


def name_key(name: str) -> str:
    """The sort key of a person's name: the given name (last word) first, as lists are kept."""
    words = name.split()
    return collation_key(" ".join([*words[-1:], *words[:-1]]))
