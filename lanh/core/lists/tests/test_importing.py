"""Spreadsheets in: every fault told with its row, column and reason; good rows taken, once."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from lanh.core.database import SyncDatabase, fetch
from lanh.core.lists import ListRefused, begin_import, empty_sheet, importing
from lanh.core.lists.sheets import Kind, table
from lanh.core.lists.tests.bed_sheet import FAULTS, HEADS, SHEET, Sender, bad, good
from lanh.core.store import Store
from lanh.core.text import Language

ME = "person:7"


def file_of(rows: list[list[str]], kind: Kind = "xlsx", heads: list[str] | None = None) -> bytes:
    return table(kind, "x", heads or HEADS, rows, "vi")


def take(
    database: SyncDatabase,
    content: bytes,
    sender: Sender | None = None,
    *,
    person: str = ME,
    scope: str | None = None,
    language: Language = "vi",
) -> importing.Imported:
    begun = begin_import(SHEET, content, sender or Sender(Store()), person, language, scope=scope)
    return begun.run(database.transact)


def beds(database: SyncDatabase) -> int:
    rows = database.read(fetch("SELECT count(*) FROM store.location WHERE NOT deleted"))
    count: int = rows[0][0]
    return count


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_each_fault_is_told_and_the_good_rows_are_taken(database: SyncDatabase, kind: Kind) -> None:
    rows = [good(at) for at in range(40)]
    places = {3 + 4 * at % 37: at for at in range(len(FAULTS))}
    for place, fault in places.items():
        rows[place] = bad(place, fault)
    done = take(database, file_of(rows, kind))
    assert (done.taken, done.again) == (40 - len(places), 0)
    assert beds(database) == done.taken == len(set(done.records))
    told = {fault.row: fault for fault in done.faults}
    assert set(told) == {place + 2 for place in places} == {line.number for line in done.rest}
    for place, fault in places.items():
        assert told[place + 2].column == HEADS[FAULTS[fault][0]], FAULTS[fault]
        assert told[place + 2].message.vi and told[place + 2].message.en
    # What was given back is mended and sent again: the rest is taken, nothing twice.
    book = CalamineWorkbook.from_filelike(io.BytesIO(done.rest_file("vi")))
    back = [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]
    assert back[0] == ["Lý do chưa nhận", *HEADS] and len(back) == len(places) + 1
    assert all(row[0] for row in back)
    mended = [["", *good(place)] for place in sorted(places)]
    second = take(database, table("xlsx", "x", back[0], mended, "vi"))
    assert (second.taken, second.again, second.faults) == (len(places), 0, ())
    assert beds(database) == 40


def test_the_same_rows_sent_again_write_nothing(database: SyncDatabase) -> None:
    rows = [good(at) for at in range(5)]
    assert take(database, file_of(rows)).taken == 5
    sender = Sender(Store())
    again = take(database, file_of([*rows[::-1], rows[0]], "csv"), sender)
    assert (again.taken, again.again, again.faults, sender.sent) == (0, 6, (), 0)
    shuffled = [[row[1], row[0], *row[2:]] for row in rows]
    heads = [HEADS[1], HEADS[0], *HEADS[2:]]
    assert take(database, file_of(shuffled, heads=heads)).again == 5
    assert beds(database) == 5
    # Somebody else's rows are their own, but for a facility's, which are the same whoever sends.
    assert take(database, file_of(rows[:1]), person="person:8").taken == 1
    assert take(database, file_of(rows[:2]), scope="97001").taken == 2
    assert take(database, file_of(rows[:2]), person="person:8", scope="97001").again == 2


def test_nothing_of_a_refused_row_stays(database: SyncDatabase) -> None:
    sender = Sender(Store(), rule=lambda name: "đã đóng" if name == "G2" else None)
    done = take(database, file_of([good(at) for at in range(4)]), sender)
    assert sender.sent == 4 and done.taken == beds(database) == 3
    assert [(f.row, f.column, f.message.vi) for f in done.faults] == [(4, "", "đã đóng")]
    assert take(database, file_of([good(2)])).taken == 1


def test_a_sheet_of_one_transaction_is_all_the_same(database: SyncDatabase) -> None:
    rows = [good(0), bad(1, 4), good(2), good(2)]
    begun = begin_import(SHEET, file_of(rows), Sender(Store()), ME, "vi")
    done = database.transact(begun.whole())
    assert (done.taken, done.again, len(done.faults)) == (2, 1, 1) and beds(database) == 2


def test_a_break_leaves_whole_batches(
    database: SyncDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 3)

    def broken(name: str) -> str | None:
        if name == "G7":
            raise OSError("the network is gone")
        return None

    content = file_of([good(at) for at in range(10)])
    with pytest.raises(OSError, match="gone"):
        take(database, content, Sender(Store(), rule=broken))
    assert beds(database) == 6
    done = take(database, content)
    assert (done.taken, done.again) == (4, 6) and beds(database) == 10


def test_columns_are_found_by_title_in_both_languages_and_unknown_ones_told(
    database: SyncDatabase,
) -> None:
    heads = ["BED NUMBER *", "kind", "Số chỗ", "tu ngay", "Màu"]
    rows = [[*good(1)[:4], "đỏ"]]
    done = take(database, file_of(rows, heads=heads))
    assert done.taken == 1 and done.passed == ("Màu",)
    with pytest.raises(ListRefused, match="stands twice"):
        take(database, file_of(rows, heads=["Số giường", "Bed number", "x", "y", "z"]))


def test_a_row_that_is_too_long_is_told(database: SyncDatabase) -> None:
    content = file_of([[*good(1)], [*good(2), "x"]], "csv")
    done = take(database, content)
    assert done.taken == 1 and [f.row for f in done.faults] == [3]


def test_numbers_and_dates_of_cells_are_read_as_such(database: SyncDatabase) -> None:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    page = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    hour = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    for at, head in enumerate(HEADS):
        page.write(0, at, head)
    page.write_row(1, 0, ["G1", "Adult", 3])
    page.write_datetime(1, 3, datetime(2026, 3, 5), day)  # noqa: DTZ001
    page.write_boolean(1, 4, True)
    page.write_number(1, 5, 12.5)
    page.write_datetime(1, 7, datetime(2026, 3, 5, 8, 15), hour)  # noqa: DTZ001
    book.close()
    languages: tuple[Language, ...] = ("vi", "en")
    for language in languages:
        sender = Sender(Store(), language=language)
        done = take(database, file.getvalue(), sender, language=language, scope=language)
        assert (done.taken, done.faults) == (1, ()), [f.message.en for f in done.faults]


def test_the_empty_sheet_can_be_filled_in() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(empty_sheet(SHEET, "vi")))
    heads = [str(each) for each in book.get_sheet_by_index(0).to_python()[0]]
    assert heads[:3] == ["Số giường *", "Loại giường *", "Số chỗ *"] and len(heads) == len(HEADS)
    begun = begin_import(SHEET, file_of([good(1)], heads=heads), Sender(Store()), ME, "vi")
    assert len(begun.matched.places) == len(HEADS) and not begun.matched.passed
