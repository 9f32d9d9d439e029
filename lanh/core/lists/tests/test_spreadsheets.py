"""Files that are no tables, or too much of one, are refused before they cost anything."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from lanh.core.lists import ListRefused, spreadsheets
from lanh.core.lists.sheets import table
from lanh.core.lists.spreadsheets import read_table


def workbook(**parts: bytes) -> bytes:
    """A workbook in which some parts are others, or more; names with dots as given."""
    made = io.BytesIO()
    given = zipfile.ZipFile(io.BytesIO(table("xlsx", "x", ["a", "b"], [["1", "2"]], "vi")))
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for name in given.namelist():
            book.writestr(name, parts.pop(name, given.read(name)))
        for name, part in parts.items():
            book.writestr(name, part)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def sheet(rows: str, lead: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'{lead}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def cell(place: str) -> str:
    return f'<row><c r="{place}" t="inlineStr"><is><t>x</t></is></c></row>'


def test_our_own_files_are_read_back() -> None:
    rows = [["=1+1", "5/3"], ["", ""], ["nhiều\ndòng", "a;b"]]
    for kind in ("csv", "xlsx"):
        found = read_table(table(kind, "x", ["Một", "Hai"], rows, "vi"), "vi")
        assert found.heads == ("Một", "Hai")
        assert [(line.number, line.cells) for line in found.lines] == [
            (2, ("=1+1", "5/3")), (4, ("nhiều\ndòng", "a;b"))
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "heads"),
    [("a;b\n1;2", ("a", "b")), ("a\tb\r\n1\t2", ("a", "b")), ('"a,x";b\n', ("a,x", "b"))],
)
def test_csv_of_every_mark_is_read(text: str, heads: tuple[str, ...]) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert read_table((text + "\n1;2").encode(encoding), "vi").heads == heads


BOMB = b"<x>" + b" " * 120_000_000 + b"</x>"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "sheet-empty"),
        (b"\xef\xbb\xbf\r\n ; \r\n", "sheet-empty"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600, "sheet-old"),
        ("Số giường\nGiường".encode("cp1258", "replace") + b"\xd2\xff", "sheet-encoding"),
        (b'a,b\n"1,2\n', "sheet-csv"),
        (b"a,b\n1,2\x00", "sheet-unknown"),
        (b"PK\x03\x04nothing", "sheet-unknown"),
        (b"%PDF-1.7 \x00\x01", "sheet-unknown"),
        (workbook(**{"xl/vbaProject.bin": b"x"}), "sheet-macros"),
        (workbook(**{"[Content_Types].xml": b"<a>sheet.macroEnabled</a>"}), "sheet-macros"),
        (workbook(**{"xl/embeddings/o.bin": b"x"}), "sheet-macros"),
        (workbook(**{"xl/sharedStrings.xml": BOMB}), "sheet-bomb"),
        (workbook(**{SHEET: b"<a"}), "sheet-unknown"),
        (workbook(**{SHEET: sheet(cell("A1"), '<!DOCTYPE a [<!ENTITY b "c">]>')}), "sheet-unknown"),
        (workbook(**{SHEET: sheet(cell("A1") + cell("XFD2"))}), "sheet-columns"),
        (workbook(**{SHEET: sheet(cell("A1") + cell("&#88;FD2"))}), "sheet-columns"),
        (workbook(**{SHEET: sheet(cell("A1") + cell("A1048576"))}), "sheet-far"),
        (workbook(**{SHEET: sheet('<row r="1048576"><c/></row>')}), "sheet-far"),
        (workbook(**{SHEET: sheet(cell("A99999999999999999999"))}), "sheet-far"),
        (workbook(**{"xl/workbook.xml": b"<a/>"}), "sheet-unknown"),
        (",".join("abc" * 100).encode(), "sheet-columns"),
        (b"a\n" + b"1\n" * 20_001, "sheet-rows"),
        (b"a\n" + b"\n" * 3_000_000, "sheet-far"),
        (
            workbook(
                **{
                    SHEET: sheet("".join(map(cell, ("A1", "A2")))[:-6] + "</row>").replace(
                        b"</sheetData>",
                        b'</sheetData><mergeCells><mergeCell ref="A2:A5"/></mergeCells>',
                    )
                }
            ),
            "sheet-merged",
        ),
        ("Tr¹m y tÕ\nx".encode(), "sheet-font"),
        ("Tên\nNguyÔn V¨n An\nTr¹m\n®a khoa".encode(), "sheet-font"),
        ("Tên\nBeänh\nvieän\nSaûn".encode(), "sheet-font"),
        ("Bệnh viện".encode("cp1258", "replace") + b"\xf2", "sheet-encoding"),
        (b"Tr\xb9m y t\xd5\nNguy\xd4n V\xa8n", "sheet-encoding"),  # TCVN3 as it is in a file
    ],
)
def test_what_cannot_be_read_is_told(content: bytes, key: str) -> None:
    with pytest.raises(ListRefused) as refusal:
        read_table(content, "vi")
    assert refusal.value.key == key
    assert refusal.value.message.vi and refusal.value.message.en


def sheets(*states: str) -> bytes:
    """A workbook of a sheet for each state: shown, hidden, or shown and empty."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    for at, state in enumerate(states):
        page = book.add_worksheet(f"s{at}")
        if state != "empty":
            page.write_column(0, 0, [f"{state} {at}", "x"])
        if state == "hidden":
            page.hide()
        else:
            page.activate()
            page.set_first_sheet()
    book.close()
    return file.getvalue()


def test_the_one_sheet_that_is_shown_is_read() -> None:
    assert read_table(sheets("hidden", "shown", "empty"), "vi").heads == ("shown 1",)
    with pytest.raises(ListRefused, match="s0, s2"):
        read_table(sheets("shown", "empty", "shown", "hidden"), "vi")


def test_a_few_odd_letters_are_no_old_font() -> None:
    text = "Tên,Liều\nZoë Bjørn,25µg/ml\nNoël,½ m²\nAnaïs,5 °C\nAspirin® 500,§ 5\nHoà Bình,x\n"
    assert len(read_table(text.encode(), "vi").lines) == 5


def test_a_large_file_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_BYTES", 10)
    with pytest.raises(ListRefused, match="larger than"):
        read_table(b"a,b\n1,2\n3,4", "vi")


def test_a_part_that_lies_about_its_size_is_no_way_in() -> None:
    """The size in the directory is what we read; the reader gets no more than that."""
    bomb = bytearray(workbook(**{"xl/sharedStrings.xml": b"<sst>" + b" " * 50_000 + b"</sst>"}))
    place = bomb.rfind(b"xl/sharedStrings.xml") - 46
    assert bomb[place : place + 4] == b"PK\x01\x02"
    bomb[place + 24 : place + 28] = struct.pack("<I", 10)
    with pytest.raises(ListRefused) as refusal:
        read_table(bytes(bomb), "vi")
    assert refusal.value.key == "sheet-unknown"


@settings(max_examples=60)
@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"a,b\n"]))
def test_no_bytes_are_a_crash(content: bytes, lead: bytes) -> None:
    try:
        read_table(lead + content, "vi")
    except ListRefused:
        return
