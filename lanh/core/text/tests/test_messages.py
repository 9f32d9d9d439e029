"""Messages: both languages or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from lanh.core.text import Catalogue, MissingWords


def _catalogue(tmp_path: Path, text: str) -> Catalogue:
    path = tmp_path / "messages.yaml"
    path.write_text(text, encoding="utf-8")
    return Catalogue.load(path)


def test_a_message_is_said_in_either_language(tmp_path: Path) -> None:
    words = _catalogue(tmp_path, "late: {vi: 'Trễ {days} ngày', en: '{days} days late'}")
    message = words.message("late", days=3)
    assert message.vi == "Trễ 3 ngày"
    assert message.en == "3 days late"


@pytest.mark.parametrize(
    "text",
    [
        "late: {vi: Trễ}",
        "late: {en: Late}",
        "late: Trễ",
        "late: {vi: 'Trễ {ngay}', en: '{days} late'}",
    ],
)
def test_what_is_not_whole_does_not_load(tmp_path: Path, text: str) -> None:
    with pytest.raises(MissingWords):
        _catalogue(tmp_path, text)


def test_an_unknown_key_is_an_error(tmp_path: Path) -> None:
    words = _catalogue(tmp_path, "late: {vi: Trễ, en: Late}")
    with pytest.raises(MissingWords, match="early"):
        words["early"]


def test_a_key_stands_in_one_catalogue_only(tmp_path: Path) -> None:
    words = _catalogue(tmp_path, "late: {vi: Trễ, en: Late}")
    with pytest.raises(MissingWords, match="repeats"):
        words.merged(words)
