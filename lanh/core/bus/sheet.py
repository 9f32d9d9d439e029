"""The errors of open messages as a workbook: a row an error, for those who mend at the source."""

from __future__ import annotations

from collections.abc import Sequence

from lanh.core.bus.mending import Kept
from lanh.core.bus.words import WORDS
from lanh.core.lists import Sheet
from lanh.core.text import Language

MOST = 5_000  # messages in one workbook
_WIDTHS = {"receipt": 38, "format": 10, "part": 7, "place": 24, "value": 20, "cause": 32,
           "reason": 80, "remedy": 80}  # fmt: skip


def workbook(messages: Sequence[Kept], language: Language, cause: str | None = None) -> bytes:
    """XLSX. The last column is what the reader's other language says, for vendors abroad."""
    heads = [WORDS[f"sheet.{each}"].say(language) for each in _WIDTHS]
    texts = [False] * len(heads)
    sheet = Sheet(
        WORDS["sheet.title"].say(language), heads, texts, language, list(_WIDTHS.values())
    )
    for message in messages:
        for fault in message.faults:
            if cause is not None and fault.cause != cause:
                continue
            said = (fault.vi, fault.en) if language == "vi" else (fault.en, fault.vi)
            part = "" if fault.part < 0 else str(fault.part)
            sheet.add([message.id, message.format, part, fault.place, fault.value or "",
                       fault.cause, *said])  # fmt: skip
    return sheet.content(filtered=True)
