"""The calendar: published days, laws of counting, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanh.core.workflow import Calendar, Term, Unit, end_of
from lanh.nation.calendar import CLOCKS, CalendarFault, UnknownYear, due, packaged, read_calendar
from lanh.nation.local_time import VIETNAM

OFFICE = packaged()
PORT: Calendar = OFFICE

moments = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2027, 6, 30),  # noqa: DTZ001
    timezones=st.sampled_from([VIETNAM, UTC]),
).filter(lambda m: m.astimezone(VIETNAM).year >= 2024)
spans = st.integers(1, 200 * 60).map(lambda minutes: timedelta(minutes=minutes))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


@given(moments, spans)
def test_what_was_added_is_measured(moment: datetime, span: timedelta) -> None:
    end = OFFICE.add_working_hours(moment, span)
    assert OFFICE.working_time(moment, end) == span
    assert OFFICE.working_time(moment, end - timedelta(seconds=1)) < span


@given(moments, st.integers(1, 60))
def test_days_added_are_counted(moment: datetime, days: int) -> None:
    start = moment.astimezone(VIETNAM).date()
    end = OFFICE.add_working_days(moment, days)
    last = (end - timedelta(microseconds=1)).astimezone(VIETNAM).date()
    assert OFFICE.is_working_day(last)
    assert OFFICE.working_days(start, last) == days
    assert (end.hour, end.minute, end.utcoffset()) == (0, 0, timedelta(hours=7))


@given(moments, moments, spans, st.integers(0, 40))
def test_who_starts_later_ends_no_sooner(
    one: datetime, other: datetime, span: timedelta, days: int
) -> None:
    first, second = sorted((one, other))
    assert OFFICE.add_working_hours(first, span) <= OFFICE.add_working_hours(second, span)
    assert OFFICE.add_working_days(first, days) <= OFFICE.add_working_days(second, days)
    assert OFFICE.add_days(first, days) <= OFFICE.add_days(second, days)


@given(moments, spans, spans)
def test_two_spans_are_as_long_as_both(moment: datetime, one: timedelta, other: timedelta) -> None:
    middle = OFFICE.add_working_hours(moment, one)
    assert OFFICE.add_working_hours(middle, other) == OFFICE.add_working_hours(moment, one + other)


@given(st.lists(moments, min_size=3, max_size=3))
def test_working_time_adds_up(three: list[datetime]) -> None:
    a, b, c = sorted(three)
    assert OFFICE.working_time(a, b) + OFFICE.working_time(b, c) == OFFICE.working_time(a, c)
    assert OFFICE.working_time(c, a) == timedelta()


@given(moments, st.integers(0, 60))
def test_a_term_of_days_ends_on_a_working_day(moment: datetime, days: int) -> None:
    last = OFFICE.add_days(moment, days) - timedelta(microseconds=1)
    assert OFFICE.is_working_day(last.date())
    assert last.date() >= moment.astimezone(VIETNAM).date() + timedelta(days=days)


@pytest.mark.parametrize(
    ("key", "since", "until"),
    [
        # A birth on an ordinary morning, over lunch, at night, on Friday afternoon.
        ("birth-data", "2026-03-11T08:00", "2026-03-11T14:00:00"),
        ("birth-data", "2026-03-11T07:30", "2026-03-11T11:30:00"),
        ("birth-data", "2026-03-11T23:10", "2026-03-12T11:30:00"),
        ("death-data", "2026-03-13T16:00", "2026-03-16T10:00:00"),
        # Over Tết 2026 (14 to 22 February), and over the swap of 22 and 31 August.
        ("death-data", "2026-02-13T16:30", "2026-02-23T10:30:00"),
        ("death-data", "2026-08-21T16:30", "2026-08-22T10:30:00"),
        ("death-data", "2026-08-28T16:30", "2026-09-03T10:30:00"),
        # Days: the day of the event does not count, the last ends at 24:00.
        ("claim-correction", "2026-02-12T09:00", "2026-02-24T00:00:00"),
        ("payment-request", "2026-04-24T17:00", "2026-05-09T00:00:00"),
        ("period-report", "2026-03-31T23:59", "2026-04-08T00:00:00"),
        ("data-subject-withdrawal", "2026-02-03T10:00", "2026-02-24T00:00:00"),
        # Hours that are no working hours run through Tết.
        ("notifiable-disease", "2026-02-16T20:00", "2026-02-17T20:00:00"),
    ],
)
def test_the_clocks_of_the_law(key: str, since: str, until: str) -> None:
    expected = at(until)
    if key in ("birth-data", "death-data"):
        assert OFFICE.working_time(at(since), expected) == timedelta(hours=4)
    assert due(key, at(since), OFFICE) == expected


@pytest.mark.parametrize(
    ("first", "last", "working"),
    [
        ("2024-02-08", "2024-02-14", 0),
        ("2025-01-25", "2025-02-02", 0),
        ("2026-02-14", "2026-02-22", 0),
        ("2024-04-27", "2024-05-04", 3),
        ("2025-04-26", "2025-05-04", 3),
        ("2026-04-25", "2026-05-03", 2),
        ("2026-08-22", "2026-09-02", 6),
    ],
)
def test_the_published_holidays(first: str, last: str, working: int) -> None:
    before = date.fromisoformat(first) - timedelta(days=1)
    assert OFFICE.working_days(before, date.fromisoformat(last)) == working


def test_what_is_not_published_is_told() -> None:
    assert OFFICE.certain(at("2026-02-10T08:00"), at("2026-03-01T08:00"))
    assert OFFICE.certain(at("2026-11-20T08:00"), at("2026-11-24T00:00"))
    assert not OFFICE.certain(at("2026-11-20T08:00"), at("2026-11-24T08:00"))
    assert not OFFICE.certain(at("2026-12-30T08:00"), at("2027-01-04T08:00"))


def test_a_year_without_data_is_refused_in_both_languages() -> None:
    with pytest.raises(UnknownYear) as caught:
        OFFICE.add_working_days(at("2027-12-30T08:00"), 5)
    assert "2028" in caught.value.message.vi
    assert "calendar folder" in caught.value.message.en
    with pytest.raises(UnknownYear):
        OFFICE.working_time(at("2023-12-30T08:00"), at("2024-01-02T08:00"))


def test_a_moment_without_zone_is_refused() -> None:
    bare = datetime(2026, 3, 11, 8)  # noqa: DTZ001 - what is refused
    with pytest.raises(CalendarFault, match="time zone"):
        OFFICE.add_working_hours(bare, timedelta(hours=4))
    with pytest.raises(CalendarFault, match="time zone"):
        due("notifiable-disease", bare, OFFICE)
    with pytest.raises(ValueError, match="zone"):
        end_of(Term(1, Unit.HOURS), bare, OFFICE)


def test_a_term_ends_with_its_text() -> None:
    assert any(each.until == date(2027, 3, 1) for each in CLOCKS if each.key == "period-report")
    with pytest.raises(CalendarFault, match="period-report"):
        due("period-report", at("2027-03-01T09:00"), OFFICE)


def test_an_installation_gives_newer_years_and_its_hours(tmp_path: Path) -> None:
    (tmp_path / "2028.yaml").write_text(
        "2028:\n  settled: true\n  sources: [test]\n  holidays: {2028-01-03: new-year}\n",
        encoding="utf-8",
    )
    (tmp_path / "hours.yaml").write_text(
        "- {from: 2024-01-01, weekdays: [1, 2, 3, 4, 5], hours: ['07:00-11:00', '13:00-17:00'],"
        " source: test}\n",
        encoding="utf-8",
    )
    own = read_calendar(tmp_path)
    assert not own.is_working_day(date(2028, 1, 3))
    assert own.add_working_hours(at("2028-01-02T08:00"), timedelta(hours=4)) == at(
        "2028-01-04T11:00"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("holidays: {2029-01-01: new-year}", "another year"),
        ("holidays: {2028-01-03: tet}\n  lieu: {2028-01-04: 2028-01-03}", "in lieu"),
        ("holidays: {}\n  swaps: {2028-01-08: 2028-01-15}", "one already"),
        ("holidays: {}\n  swaps: {2028-01-03: 2028-01-04}", "worked in exchange"),
    ],
)
def test_days_that_contradict_the_week_are_refused(tmp_path: Path, body: str, said: str) -> None:
    text = f"2028:\n  settled: true\n  sources: [test]\n  {body}\n"
    (tmp_path / "2028.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CalendarFault, match=said):
        read_calendar(tmp_path)


@pytest.mark.parametrize("hours", ["['8-12']", "['11:30-07:30']", "['07:30-11:30', '11:00-12:00']"])
def test_hours_that_are_none_are_refused(tmp_path: Path, hours: str) -> None:
    (tmp_path / "hours.yaml").write_text(
        f"- {{from: 2024-01-01, weekdays: [1], hours: {hours}, source: test}}\n", encoding="utf-8"
    )
    with pytest.raises(CalendarFault, match="07:30-11:30"):
        read_calendar(tmp_path)
