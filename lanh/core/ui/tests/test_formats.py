"""Numbers, dates and identifiers as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from lanh.core.text import Language
from lanh.core.ui import formats


@pytest.mark.parametrize(
    ("value", "decimals", "vi", "en"),
    [
        ("1234567", None, "1.234.567", "1,234,567"),
        ("1234.50", None, "1.234,50", "1,234.50"),
        ("0.125", 2, "0,13", "0.13"),
        ("-12345.6", 1, "-12.345,6", "-12,345.6"),
        ("1E+6", None, "1.000.000", "1,000,000"),
    ],
)
def test_numbers(value: str, decimals: int | None, vi: str, en: str) -> None:
    assert formats.number(Decimal(value), "vi", decimals) == vi
    assert formats.number(Decimal(value), "en", decimals) == en


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [(0, "0", "0"), (999, "999", "999"), (12_000, "12\xa0nghìn", "12\xa0k"),
     (1_250_000, "1,3\xa0tr.", "1.3\xa0m"), (0.5, "0,5", "0.5")],
)  # fmt: skip
def test_short_numbers(value: float, vi: str, en: str) -> None:
    assert formats.short(value, "vi") == vi
    assert formats.short(value, "en") == en


def test_a_late_evening_in_utc_is_the_next_day_in_viet_nam() -> None:
    late = datetime(2026, 12, 31, 18, 30, tzinfo=UTC)
    assert formats.moment(late) == "01/01/2027 01:30"
    assert formats.day(late) == "01/01/2027"
    assert formats.day(date(2026, 3, 5)) == "05/03/2026"


@pytest.mark.parametrize(
    ("value", "said"),
    [("1990-03-05", "05/03/1990"), ("1990-03", "03/1990"), ("1990", "1990"), ("", ""),
     ("2026-12-31T18:30:00Z", "01/01/2027")],
)  # fmt: skip
def test_fhir_dates(value: str, said: str) -> None:
    assert formats.fhir_day(value) == said


@pytest.mark.parametrize(
    ("birth", "language", "said"),
    [
        ("1990-10-21", "vi", "35 tuổi"),
        ("1990-10-20", "vi", "36 tuổi"),
        ("1990-10-20", "en", "36 years"),
        ("2025-09-20", "vi", "13 tháng tuổi"),
        ("2026-10-17", "vi", "3 ngày tuổi"),
        ("1950", "vi", "khoảng 76 tuổi"),
        ("", "vi", ""),
    ],
)
def test_ages(birth: str, language: Language, said: str) -> None:
    assert formats.age(birth, date(2026, 10, 20), language) == said


def test_periods() -> None:
    said = [formats.period(value, "vi") for value in ("2026", "2026-Q3", "2026-03", "x")]
    assert said == ["Năm 2026", "Quý 3/2026", "Tháng 03/2026", "x"]


def test_identifiers() -> None:
    assert formats.grouped("098090012345") == "098\xa0090\xa0012\xa0345"
    assert formats.grouped("GD4970000000000") == "GD4970000000000"
    assert formats.masked("098090012345") == "•••••••••345"
    assert formats.masked("12") == "12"
