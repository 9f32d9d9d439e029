"""Tables as files: CSV that Excel reads (RFC 4180, UTF-8 with its mark) and XLSX.

A cell is a text or a number, never a formula: what a spreadsheet program would run is defused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal, TypeAlias

import xlsxwriter

from lanh.core.forms import EntryFault, read_number
from lanh.core.text import Language

Kind: TypeAlias = Literal["csv", "xlsx"]

MEDIA_TYPES: dict[Kind, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LONGEST_CELL = 32_000
"""Signs of a cell: a spreadsheet holds 32,767."""

MARK = "\ufeff"
_FORMULA = re.compile(r"\s*[=+\-@\t\r|%]")
_PLAIN_NUMBER = re.compile(r"[+-]?[\d.,\u00a0\u202f ]*\d")
_UNKEEPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DIGITS = 15
_WIDEST = 60


def defused(text: str) -> str:
    """A text as a spreadsheet shows it and does not run it: formulas get an apostrophe in front.

    Plain numbers with a sign stay as they are.
    """
    plain = _UNKEEPABLE.sub(" ", text)[:LONGEST_CELL]
    if _FORMULA.match(plain) and not _PLAIN_NUMBER.fullmatch(plain):
        return f"'{plain}"
    return plain


def csv_lines(rows: Iterable[Sequence[str]]) -> str:
    """The lines of rows in CSV; a file begins with MARK."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    for row in rows:
        writer.writerow([defused(each) for each in row])
    return lines.getvalue()


class Sheet:
    """An XLSX file that is written row by row; few rows are held in memory at once.

    `widths` are those of the columns in signs, by the heads where none are given.
    """

    def __init__(
        self,
        name: str,
        heads: Sequence[str],
        numeric: Sequence[bool],
        language: Language,
        widths: Sequence[int] = (),
    ) -> None:
        self._file = io.BytesIO()
        self._book = xlsxwriter.Workbook(
            self._file,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        self._sheet = self._book.add_worksheet(_sheet_name(name))
        self._numeric, self._language, self._at = numeric, language, 0
        fitting = [min(max(len(head) + 2, 14), _WIDEST) for head in heads]
        for column, width in enumerate(widths or fitting):
            self._sheet.set_column(column, column, width)
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"bold": True, "text_wrap": True})
        for column, head in enumerate(heads):
            self._sheet.write_string(0, column, _kept(head), bold)

    def add(self, row: Sequence[str]) -> None:
        """One more row: texts as texts, those of numeric columns as numbers where they are."""
        self._at += 1
        for column, text in enumerate(row):
            number = self._number(text) if self._numeric[column] else None
            if number is not None:
                self._sheet.write_number(self._at, column, number)
            elif text:
                self._sheet.write_string(self._at, column, _kept(text))

    def content(self, *, filtered: bool = False) -> bytes:
        """The file, its heads with a filter each where asked; nothing can be added after."""
        if filtered:
            self._sheet.autofilter(0, 0, max(self._at, 1), len(self._numeric) - 1)
        self._book.close()
        return self._file.getvalue()

    def _number(self, text: str) -> float | None:
        try:
            value = read_number(text, self._language)
        except EntryFault:
            try:
                value = Decimal(text)
            except InvalidOperation:
                return None
        exact = value.is_finite() and len(value.as_tuple().digits) <= _DIGITS
        return float(value) if exact else None


def table(
    kind: Kind,
    name: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    language: Language,
    numeric: Sequence[bool] | None = None,
) -> bytes:
    """A whole file of a table."""
    if kind == "csv":
        return (MARK + csv_lines([heads, *rows])).encode()
    sheet = Sheet(name, heads, numeric or [False] * len(heads), language)
    for row in rows:
        sheet.add(row)
    return sheet.content()


def _kept(text: str) -> str:
    return _UNKEEPABLE.sub(" ", text)[:LONGEST_CELL]


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", name).strip()[:31] or "1"
