"""The errors of open messages as a workbook: a row an error, for those who mend at the source."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import xlsxwriter

from lanh.core.bus.mending import Kept
from lanh.core.bus.words import WORDS
from lanh.core.text import Language

MOST = 5_000  # messages in one workbook
_HEADS = ("receipt", "format", "part", "place", "value", "cause", "reason", "remedy")


def workbook(messages: Sequence[Kept], language: Language, cause: str | None = None) -> bytes:
    """XLSX. The last column is what the reader's other language says, for vendors abroad."""
    file = BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(WORDS["sheet.title"].say(language)[:31])
    bold = book.add_format({"bold": True})
    for column, head in enumerate(_HEADS):
        sheet.write_string(0, column, WORDS[f"sheet.{head}"].say(language), bold)
    row = 0
    for message in messages:
        for fault in message.faults:
            if cause is not None and fault.cause != cause:
                continue
            row += 1
            said = (fault.vi, fault.en) if language == "vi" else (fault.en, fault.vi)
            part = "" if fault.part < 0 else str(fault.part)
            cells = (message.id, message.format, part, fault.place, fault.value or "",
                     fault.cause, *said)  # fmt: skip
            for column, text in enumerate(cells):
                sheet.write_string(row, column, text[:32_000])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(row, 1), len(_HEADS) - 1)
    for column, width in enumerate((38, 10, 7, 24, 20, 32, 80, 80)):
        sheet.set_column(column, column, width)
    book.close()
    return file.getvalue()
