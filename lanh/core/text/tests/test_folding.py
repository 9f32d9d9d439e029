"""Search and order in Vietnamese."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.text import collation_key, fold, fold_words, name_key, nfc


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Đặng  Thị Ánh", "dang thi anh"),
        ("NGUYỄN VĂN ƯỚC", "nguyen van uoc"),
        ("Hồ Chí Minh\t", "ho chi minh"),
        ("Y H’Lơ", "y h'lo"),
        ("Ksor Ðê", "ksor de"),
        ("", ""),
    ],
)
def test_folding(written: str, folded: str) -> None:
    assert fold(written) == folded
    assert fold(unicodedata.normalize("NFD", written)) == folded


@given(st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẳẵắặ ỳỷỹýỵ ĐÀÂ'’", max_size=40))
def test_folding_is_idempotent_and_plain(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert once.isascii()
    assert fold(nfc(text)) == fold(unicodedata.normalize("NFD", text)) == once


def test_words_are_runs_of_letters_and_digits() -> None:
    assert fold_words("Số 12/5, P. Bến Nghé") == ["so", "12", "5", "p", "ben", "nghe"]


def test_dictionary_order() -> None:
    ordered = ["a", "à", "ả", "ã", "á", "ạ", "an", "ăn", "ân", "ấn", "ba", "da", "đa", "e", "ê"]
    ordered += ["o", "ô", "ơ", "ta", "tha", "u", "ư", "ý"]
    shuffled = random.Random(1).sample(ordered, len(ordered))
    assert sorted(shuffled, key=collation_key) == ordered


def test_names_are_ordered_by_the_given_name() -> None:
    names = ["Trần Văn Bình", "Nguyễn Thị An", "Đỗ Văn An", "Lê Ánh"]
    assert sorted(names, key=name_key) == [
        "Đỗ Văn An",
        "Nguyễn Thị An",
        "Lê Ánh",
        "Trần Văn Bình",
    ]
