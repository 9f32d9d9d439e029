"""Whole lists as files: every row once, nothing that a spreadsheet would run, audited by pages."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from lanh.core.database import SyncDatabase, fetch
from lanh.core.lists import Column, ListDefinition, ListRefused, Lists, exporting, sheets
from lanh.core.lists.tests.beds import BEDS, FREE, bed, keep, reader, thirty, words
from lanh.core.lists.tests.test_screens import ME, PATIENTS
from lanh.core.store import Store
from lanh.core.store.tests.conftest import patient

LISTS = Lists(Store())


def rows_of(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def beds(database: SyncDatabase, monkeypatch: pytest.MonkeyPatch) -> SyncDatabase:
    thirty(database)
    monkeypatch.setattr(exporting, "LONGEST_PAGE", 7)
    return database


def export(database: SyncDatabase, *pairs: tuple[str, str], kind: sheets.Kind = "csv") -> bytes:
    return written(database, BEDS, *pairs, kind=kind)


def written(
    database: SyncDatabase, of: ListDefinition, *pairs: tuple[str, str], person: str = ME,
    kind: sheets.Kind = "csv",
) -> bytes:  # fmt: skip
    begun = database.read(exporting.begin_export(LISTS, of, pairs, reader(), person, "en"))
    if kind == "xlsx":
        return exporting.streamed_xlsx(begun, database.transact)
    return b"".join(exporting.streamed_csv(begun, database.transact))


def test_every_row_of_a_state_stands_in_the_file(beds: SyncDatabase) -> None:
    table = rows_of(export(beds))
    assert table[0] == ["bed", "ward", "status"]
    assert sorted(row[0] for row in table[1:]) == [f"Giường số {at:03}" for at in range(1, 31)]
    free = rows_of(export(beds, ("status", FREE), ("sort", "-name")))
    assert len(free) == 21 and free[1] == ["Giường số 029", "Khoa Hồi sức", "free"]
    assert free[1:] == sorted(free[1:], reverse=True)


def test_the_same_rows_stand_in_a_workbook(beds: SyncDatabase) -> None:
    content = export(beds, ("sort", "name"), kind="xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    table = book.get_sheet_by_index(0).to_python()
    assert table == rows_of(export(beds, ("sort", "name")))


def test_a_file_is_streamed_by_pages_of_their_own(beds: SyncDatabase) -> None:
    begun = beds.read(exporting.begin_export(LISTS, BEDS, [], reader(), ME, "en"))
    pieces = list(exporting.streamed_csv(begun, beds.transact))
    assert len(pieces) == 6 and b"".join(pieces) == export(beds)
    book = CalamineWorkbook.from_filelike(io.BytesIO(exporting.streamed_xlsx(begun, beds.transact)))
    assert len(book.get_sheet_by_index(0).to_python()) == 31


def test_rows_that_change_meanwhile_are_not_lost(beds: SyncDatabase) -> None:
    begun = beds.read(exporting.begin_export(LISTS, BEDS, [], reader(), ME, "en"))
    pieces = exporting.streamed_csv(begun, beds.transact)
    parts = [next(pieces), next(pieces)]
    for at in range(1, 31):
        keep(beds, bed(at, free=False))
    table = rows_of(b"".join([*parts, *pieces]))
    assert len(table) == len({row[0] for row in table}) == 31


def test_too_much_and_wrong_filters_are_refused(
    beds: SyncDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_EXPORTED", 29)
    with pytest.raises(ListRefused, match="longer than 29 rows"):
        export(beds)
    assert len(rows_of(export(beds, ("status", FREE)))) == 21
    with pytest.raises(ListRefused, match="faults"):
        export(beds, ("status", "burnt"))


def test_what_was_exported_of_people_is_audited(beds: SyncDatabase) -> None:
    keep(beds, {**patient("Trần Thị Bình"), "id": "p1"})
    assert len(rows_of(written(beds, PATIENTS))) == 2
    row = beds.read(fetch("SELECT detail, ids FROM audit.entry ORDER BY number DESC LIMIT 1"))[0]
    assert tuple(row) == ("export:people", "p1")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "  =1", "%0A=1", "|x", "\r=1"],
)
def test_formulas_are_defused(text: str) -> None:
    told = sheets.defused(text)
    assert told.startswith("'") and told[1:] == text


@pytest.mark.parametrize("text", ["-5", "+84 912 345 678", "-1.234,50", "Khoa A-B", "a=b", ""])
def test_what_is_no_formula_stays(text: str) -> None:
    assert sheets.defused(text) == text


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=2), max_size=5))
def test_a_file_says_what_it_was_given(rows: list[list[str]]) -> None:
    content = sheets.table("csv", "x", ["a", "b"], rows, "vi")
    read = rows_of(content)
    assert [[sheets.defused(each) for each in row] for row in rows] == read[1:]


def test_a_workbook_holds_texts_and_numbers_only(database: SyncDatabase) -> None:
    rows = [["=1+1", "1.234,5"], ["http://x.vn", "12"], ["a\x00b", "nhiều"], ["1e5", "-3"]]
    content = sheets.table("xlsx", "a/b:c", ["x", "y"], rows, "vi", [False, True])
    table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert table[1:] == [["=1+1", 1234.5], ["http://x.vn", 12.0], ["a b", "nhiều"], ["1e5", -3.0]]
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        text = b"".join(parts.read(name) for name in parts.namelist())
    assert b"<f>" not in text and b"hyperlink" not in text


def test_hidden_columns_are_not_exported(beds: SyncDatabase) -> None:
    beds.transact(LISTS.choose_columns(BEDS, ME, ["name", "id"]))
    assert rows_of(export(beds, ("sort", "name")))[1] == ["Giường số 001", "bed-1"]
    numbers = replace(
        BEDS, columns=(*BEDS.columns[:1], Column("n", words("n"), lambda *_: "7", numeric=True))
    )
    content = written(beds, numbers, person="person:8", kind="xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.get_sheet_by_index(0).to_python()[1][1] == 7.0
