"""Spreadsheets that people send: CSV and XLSX read as texts, within bounds.

A workbook is unpacked by us, part by part, and only its plain parts are handed to the reader: what
was packed to burst, macros, and cells that would stretch a sheet over millions of rows are refused
before.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from lanh.core.lists.errors import ListRefused
from lanh.core.text import Language, nfc

MOST_BYTES = 10_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_EXPANDED = 100_000_000
_MOST_PARTS = 2_000
_CHUNK = 1_000_000
_PLAIN = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
          "xl/sharedStrings.xml", "xl/styles.xml")  # fmt: skip
_SHEETS = "xl/worksheets/"
_MACROS = ("vbaproject.bin", "macrosheets/", "activex/", "xl/embeddings/")
_QUOTED = re.compile(r'"[^"]*"')
# Letters of TCVN3 and VNI fonts as Unicode shows them, where no Vietnamese has them.
_OLD_LETTERS = re.compile(
    r"[A-Za-z][\u00a8\u00b5\u00b6\u00b8\u00b9\u00bb-\u00be]|[\u00a7\u00ae][A-Za-z\u00b5-\u00b9]"
    r"|[aeouAEOU][\u00e4\u00e5\u00fb\u00f8](?=[a-z]|\s|$)"
)
_MOST_ODD = 3  # rows with such letters, from which on it is no chance
_OLD = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a sheet: its number as the spreadsheet shows it, its cells as texts."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: its heads, and the rows below that hold anything."""

    heads: tuple[str, ...]
    lines: tuple[Line, ...]


def read_table(content: bytes, language: Language) -> Table:
    """The first sheet of a file, its first row that holds anything being the heads.

    Numbers and dates come as people write them in the language. Raises ListRefused.
    """
    if len(content) > MOST_BYTES:
        raise ListRefused("too-long", "sheet-large", limit=MOST_BYTES // 1_000_000)
    if content.startswith(_OLD):
        raise ListRefused("not-supported", "sheet-old")
    rows = _workbook(content, language) if content.startswith(b"PK") else _csv(content)
    lines = []
    for number, cells in enumerate(rows, start=1):
        texts = tuple(nfc(each).strip() for each in cells)
        while texts and not texts[-1]:
            texts = texts[:-1]
        if texts:
            lines.append(Line(number, texts))
    if not lines:
        raise ListRefused("required", "sheet-empty")
    _check_letters(lines)
    if len(lines) - 1 > MOST_ROWS:
        raise ListRefused("too-long", "sheet-rows", limit=MOST_ROWS)
    if max(len(line.cells) for line in lines) > MOST_COLUMNS:
        raise ListRefused("too-long", "sheet-columns", limit=MOST_COLUMNS)
    return Table(lines[0].cells, tuple(lines[1:]))


def _check_letters(lines: list[Line]) -> None:
    """Refuses texts that were typed for fonts of before Unicode: they would be gibberish."""
    found = [line for line in lines if any(map(_OLD_LETTERS.search, line.cells))]
    if found and (found[0] is lines[0] or len(found) >= _MOST_ODD):
        cell = next(each for each in found[0].cells if _OLD_LETTERS.search(each))
        raise ListRefused("not-supported", "sheet-font", text=cell[:30], row=found[0].number)


def _csv(content: bytes) -> list[list[str]]:
    text = _decoded(content)
    first = _QUOTED.sub("", text.lstrip()).split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    if "\x00" in text:
        raise ListRefused("structure", "sheet-unknown")
    rows = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        for row in reader:
            rows.append([_undefused(each) for each in row])
            if len(rows) > MOST_ROWS * 2:
                raise ListRefused("too-long", "sheet-far", row=len(rows), limit=MOST_ROWS)
    except csv.Error as error:
        raise ListRefused("structure", "sheet-csv", row=len(rows) + 1) from error
    return rows


def _undefused(text: str) -> str:
    """Without the apostrophe that our own files put before what looks like a formula."""
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@\t\r|%" else text


def _decoded(content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListRefused("structure", "sheet-encoding") from error


def _workbook(content: bytes, language: Language) -> list[list[str]]:
    clean = _unpacked(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(clean))
        shown = [each.name for each in book.sheets_metadata
                 if each.visible == SheetVisibleEnum.Visible]  # fmt: skip
        if not shown:
            raise ListRefused("required", "sheet-empty")
        sheets = [book.get_sheet_by_name(name) for name in shown]
        filled = [each for each in sheets if each.start is not None]
        if len(filled) > 1:
            names = ", ".join(each.name[:30] for each in filled[:5])
            raise ListRefused("structure", "sheet-several", names=names)
        rows = (filled or sheets)[0].to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError) as error:
        raise ListRefused("structure", "sheet-unknown") from error
    return [[_text(each, language) for each in row] for row in rows]


def _unpacked(content: bytes) -> bytes:
    """The workbook with its plain parts alone, not packed. Raises ListRefused."""
    made = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(made, "w") as clean:
            for name, part in _parts(given):
                clean.writestr(name, part)
    except (
        zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError,
        ValueError,
    ) as error:  # fmt: skip
        raise ListRefused("structure", "sheet-unknown") from error
    return made.getvalue()


def _parts(given: zipfile.ZipFile) -> list[tuple[str, bytes]]:
    infos = given.infolist()
    names = [each.filename for each in infos]
    if len(names) > _MOST_PARTS or len(set(names)) != len(names):
        raise ListRefused("structure", "sheet-unknown")
    if any(mark in name.lower() for name in names for mark in _MACROS):
        raise ListRefused("not-supported", "sheet-macros")
    if "xl/workbook.xml" not in names:
        raise ListRefused("structure", "sheet-unknown")
    if sum(each.file_size for each in infos) > MOST_EXPANDED:
        raise ListRefused("too-costly", "sheet-bomb")
    found = []
    for each in infos:
        sheet = each.filename.startswith(_SHEETS) and each.filename.endswith(".xml")
        if not sheet and each.filename not in _PLAIN:
            continue
        with given.open(each) as part:
            read = part.read(each.file_size + 1)
        if b"macroEnabled" in read:
            raise ListRefused("not-supported", "sheet-macros")
        _check_part(read)
        found.append((each.filename, read))
    return found


def _check_part(part: bytes) -> None:
    """Refuses entities, and cells far beyond what may be read, before a table is made of them."""
    parser = expat.ParserCreate()
    cells = 0

    def doctype(*_: Any) -> None:
        raise ListRefused("structure", "sheet-unknown")

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal cells
        kind = name.rpartition(":")[2]
        if kind == "mergeCell":
            raise ListRefused("structure", "sheet-merged", cells=attributes.get("ref", "")[:20])
        if kind not in ("c", "row"):
            return
        place = attributes.get("r", "")
        column = place.rstrip("0123456789")
        row = place[len(column) :]
        cells += kind == "c"
        if len(row) > 7 or int(row or 0) > MOST_ROWS * 2:
            raise ListRefused("too-long", "sheet-far", row=row[:9], limit=MOST_ROWS)
        if _place(column) > MOST_COLUMNS:
            raise ListRefused("too-long", "sheet-columns", limit=MOST_COLUMNS)
        if cells > MOST_ROWS * MOST_COLUMNS:
            raise ListRefused("too-long", "sheet-rows", limit=MOST_ROWS)

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = begin
    try:
        for at in range(0, len(part), _CHUNK):
            parser.Parse(part[at : at + _CHUNK], False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError) as error:
        raise ListRefused("structure", "sheet-unknown") from error


def _place(column: str) -> int:
    """The number of a column: A is 1, AA 27; more than three letters is beyond every sheet."""
    if len(column) > 3:
        return MOST_COLUMNS + 1
    number = 0
    for sign in column.upper():
        number = number * 26 + ord(sign) - 64
    return number


def _text(value: Any, language: Language) -> str:
    """A cell as people write it."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() | int():
            return _number(value, language)
        case datetime():
            day = f"{value:%d/%m/%Y}"
            return day if value.time() == time() else f"{day} {_clock(value.time())}"
        case date():
            return f"{value:%d/%m/%Y}"
        case time():
            return _clock(value)
        case timedelta():
            seconds = int(value.total_seconds())
            return f"{seconds // 3600}:{seconds // 60 % 60:02}"
    return str(value)


def _clock(value: time) -> str:
    return value.strftime("%H:%M:%S" if value.second else "%H:%M")


def _number(value: float, language: Language) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    exact = Decimal(repr(value))
    text = str(int(exact)) if exact == exact.to_integral_value() else format(exact, "f")
    return text.replace(".", ",") if language == "vi" else text
