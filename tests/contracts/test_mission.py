"""The page of the mission says what the systems declare."""

from __future__ import annotations

import pytest

from lanh.core.text import Words
from lanh.kit import System
from lanh.site.mission import PAGE, MissionFault, groups, page, served

BEGUN = {"A1", "A3", "A8", "B1", "G5", "J6"}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make docs"


def test_the_mission_has_85_rows_and_those_begun_are_served() -> None:
    assert sum(len(rows) for _, rows in groups().values()) == 85
    assert served().keys() >= BEGUN


def _system(row: str, test: str) -> System:
    words = Words("Tên", "Name")
    return System("health_record", words, words, (row,), (), (test,))


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(MissionFault, match="Z9"):
        served([_system("Z9", "tests")])


def test_a_test_that_is_not_there_is_refused() -> None:
    with pytest.raises(MissionFault, match="tests/nowhere"):
        served([_system("A3", "tests/nowhere")])
