"""Dated loading, look-up and search against a real database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from lanh.core import terminology
from lanh.core.database import SyncDatabase, fetch
from lanh.core.terminology import CodeSystem, Concept
from lanh.core.text import Words

FIRST, LATER = date(2024, 1, 1), date(2026, 7, 1)
URL = "urn:test:diseases"


def _system(concepts: Sequence[Concept], content: terminology.Content = "complete") -> CodeSystem:
    return CodeSystem(URL, "T", "1", Words("Bệnh", "Diseases"), FIRST, content, concepts)


def _concept(code: str, vi: str, en: str) -> Concept:
    return Concept(code, Words(vi, en))


PLAGUE = _concept("A00", "Bệnh tả", "Cholera")
TYPHOID = _concept("A01", "Thương hàn", "Typhoid fever")
DENGUE = _concept("A97", "Sốt xuất huyết", "Dengue")


def test_loading_again_changes_nothing(database: SyncDatabase) -> None:
    first = database.transact(terminology.load(_system([PLAGUE, TYPHOID]), FIRST))
    assert (first.opened, first.changed, first.closed) == (2, 0, 0)
    assert database.transact(terminology.load(_system([PLAGUE, TYPHOID]), LATER)).skipped
    [(url, title, _, content, count)] = database.read(terminology.systems())
    assert (url, title.en, content, count) == (URL, "Diseases", "complete", 2)


def test_a_reworded_code_keeps_its_history(database: SyncDatabase) -> None:
    database.transact(terminology.load(_system([PLAGUE, TYPHOID]), FIRST))
    cholera = _concept("A00", "Tả", "Cholera")
    loaded = database.transact(terminology.load(_system([cholera, TYPHOID]), LATER))
    assert (loaded.opened, loaded.changed, loaded.closed) == (0, 1, 0)
    before = database.read(terminology.lookup(URL, "A00", LATER - timedelta(days=1)))
    after = database.read(terminology.lookup(URL, "A00", LATER))
    assert before is not None and before.display.vi == "Bệnh tả" and before.valid_to == LATER
    assert after is not None and after.display.vi == "Tả" and after.valid_to is None
    assert database.read(terminology.lookup(URL, "A00", FIRST - timedelta(days=1))) is None


def test_a_correction_on_the_same_day_leaves_one_row(database: SyncDatabase) -> None:
    database.transact(terminology.load(_system([PLAGUE]), FIRST))
    database.transact(terminology.load(_system([_concept("A00", "Tả", "Cholera")]), FIRST))
    rows = database.read(fetch("SELECT display_vi FROM terminology.concept"))
    assert [tuple(row) for row in rows] == [("Tả",)]


def test_a_withdrawn_code_closes_and_can_come_back(database: SyncDatabase) -> None:
    database.transact(terminology.load(_system([PLAGUE, TYPHOID]), FIRST))
    gone = database.transact(terminology.load(_system([PLAGUE]), LATER))
    assert gone.closed == 1
    assert database.read(terminology.lookup(URL, "A01", LATER)) is None
    back = LATER + timedelta(days=30)
    database.transact(terminology.load(_system([PLAGUE, TYPHOID]), back))
    assert database.read(terminology.lookup(URL, "A01", back - timedelta(days=1))) is None
    assert database.read(terminology.lookup(URL, "A01", back)) is not None


def test_a_code_with_an_end_closes_on_that_day(database: SyncDatabase) -> None:
    database.transact(terminology.load(_system([PLAGUE]), FIRST))
    ending = Concept("A00", PLAGUE.display, valid_to=date(2025, 6, 1))
    loaded = database.transact(terminology.load(_system([ending]), LATER))
    assert (loaded.changed, loaded.closed) == (0, 1)
    entry = database.read(terminology.lookup(URL, "A00", date(2025, 5, 31)))
    assert entry is not None and entry.valid_to == date(2025, 6, 1)


def test_a_fragment_never_replaces_a_complete_list(database: SyncDatabase) -> None:
    database.transact(terminology.load(_system([PLAGUE, TYPHOID]), FIRST))
    assert database.transact(terminology.load(_system([DENGUE], "fragment"), LATER)).skipped
    assert database.read(terminology.lookup(URL, "A01", LATER)) is not None


def test_search_finds_without_marks_by_word_and_by_code(database: SyncDatabase) -> None:
    database.transact(terminology.load(_system([TYPHOID, PLAGUE, DENGUE]), FIRST))

    def codes(text: str) -> list[str]:
        return [e.code for e in database.read(terminology.search(URL, text, LATER))]

    assert codes("benh TA") == ["A00"]
    assert codes("xuat sot") == ["A97"]
    assert codes("fever") == ["A01"]
    assert codes("a01") == ["A01"]
    assert codes("") == ["A00", "A97", "A01"]
    assert codes("khong co") == []


def test_displays_of_many_pairs(database: SyncDatabase) -> None:
    database.transact(terminology.load(_system([TYPHOID, PLAGUE]), FIRST))
    found = database.read(
        terminology.displays(
            [(URL, "A00"), (URL, "X99"), ("urn:other", "A00"), (URL, "A00")], LATER
        )
    )
    assert {pair: words.en for pair, words in found.items()} == {(URL, "A00"): "Cholera"}
