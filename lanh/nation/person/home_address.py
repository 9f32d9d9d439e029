"""Where a person lives, as one line that people read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from lanh.core.text import fold, nfc
from lanh.nation.person.features import residence
from lanh.nation.place import Places


def residence_words(patient: Mapping[str, Any], places: Places, on: date) -> str:
    """Street or hamlet as the source wrote it, then commune and province by the commune's code on
    a day, else as the source wrote them; "" where nothing is known."""
    code = residence(dict(patient))
    commune = places.commune(code, on) if code else None
    wider: list[str] = []
    if commune is not None:
        province = places.province_of(commune.code, on)
        wider = [unit.name for unit in (commune, province) if unit is not None]
    for address in patient.get("address") or ():
        text = address.get("text")
        lines = [str(text)] if text else [str(each) for each in address.get("line") or ()]
        told = fold(", ".join(lines))
        named = wider or [str(address[each]) for each in ("city", "state") if address.get(each)]
        return nfc(", ".join([*lines, *(each for each in named if fold(each) not in told)]))
    return ", ".join(wider)
