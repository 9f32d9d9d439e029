"""What people write is read strictly and comes back as it was meant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.forms import entry
from lanh.core.forms.entry import EntryFault
from lanh.core.forms.tests.forms import dates, decimals, times
from lanh.core.text import Language


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [("12,50", "vi", "12.50"), ("1.234,5", "vi", "1234.5"), ("1.234.567", "vi", "1234567"),
     ("1 234", "vi", "1234"), ("-0,10", "vi", "-0.10"),
     ("−3", "vi", "-3"), ("1,234.5", "en", "1234.5"),
     ("12.50", "en", "12.50")],
)  # fmt: skip
def test_numbers_keep_their_digits(text: str, language: Language, value: str) -> None:
    assert str(entry.read_number(text, language)) == value


@pytest.mark.parametrize(
    "text", ["1.234", "1.5", "1,2,3", "12.34,5", "1e3", "", "NaN", "١٢", "1,", "0x1", "1..2"]
)
def test_unclear_numbers_are_refused(text: str) -> None:
    with pytest.raises(EntryFault):
        entry.read_number(text, "vi")


@pytest.mark.parametrize(
    "text",
    ["31/02/2026", "1/13/2026", "05/09/26", "2026-2-1", "0/1/2026", "00/2026", "x", "29/02/2025"],
)
def test_days_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(EntryFault):
        entry.read_date(text)


def test_dates_and_times_are_read() -> None:
    assert entry.read_date("5/9/2026") == "2026-09-05"
    assert entry.read_date("09/2026") == "2026-09" and entry.read_date("2026") == "2026"
    assert entry.read_date("2026-09-05") == "2026-09-05"
    for text in ("05092026", "5-9-2026", "05.09.2026"):
        assert entry.read_date(text) == "2026-09-05"
    for text in ("8h30", "8H30", "8g30", "0830", "08:30"):
        assert entry.read_time(text) == "08:30:00"
    for text in ("05092026 0830", "8h30 5/9/2026", "8h30, 5-9-2026"):
        assert entry.read_moment(text) == "2026-09-05T08:30:00+07:00"
    for text in ("20260905", "19800908", "50926", "5/9/26"):  # nothing is guessed
        with pytest.raises(EntryFault):
            entry.read_date(text)
    assert entry.read_moment("5/9/2026 8:30") == "2026-09-05T08:30:00+07:00"
    assert entry.write_moment("2026-09-05T23:30:00Z") == "06/09/2026 06:30"
    assert entry.write_moment("2026-09-05T23:30:00.250Z") == "06/09/2026 06:30:00.250"
    for text in ("24:00", "8:60", "8", "2026-01-01T"):
        with pytest.raises(EntryFault):
            entry.read_time(text)


@pytest.mark.parametrize("text", ["3000000000", "1.23", "1,0", "--1", "12a", "1.2345"])
def test_whole_numbers_are_whole(text: str) -> None:
    with pytest.raises(EntryFault):
        entry.read_whole(text, "vi")
    assert entry.read_whole("1.234", "vi") == 1234


@given(decimals(), st.sampled_from(["vi", "en"]))
def test_a_decimal_comes_back_to_the_digit(value: Decimal, language: Language) -> None:
    assert str(entry.read_number(entry.write_number(value, language), language)) == str(value)


@given(dates(), times())
def test_dates_and_times_come_back(day: str, clock: str) -> None:
    assert entry.read_date(entry.write_date(day)) == day
    assert entry.read_time(entry.write_time(clock)) == clock


@given(
    st.text(max_size=30),
    st.sampled_from(["boolean", "decimal", "integer", "date", "dateTime", "time", "url"]),
)
def test_any_text_is_read_or_refused(text: str, kind: str) -> None:
    try:
        found = entry.read_plain(kind, entry.tidy(text), "vi")
    except EntryFault:
        return
    shown = entry.write_plain(kind, found, "vi")
    assert entry.read_plain(kind, shown, "vi") == found
