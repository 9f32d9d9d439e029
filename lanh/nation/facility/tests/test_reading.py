"""What records of facilities say: codes on a day, hours over midnight."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from lanh.nation import naming
from lanh.nation.facility import facility_code, open_at
from lanh.nation.local_time import VIETNAM

_CODES = {
    "identifier": [
        {"system": naming.FACILITY_CODE, "value": "99001", "period": {"end": "2025-06-30"}},
        {"system": naming.FACILITY_CODE, "value": "99777", "period": {"start": "2025-07-01"}},
        {"system": naming.FACILITY_LICENCE, "value": "000001/TEST-GPHD"},
    ]
}


@pytest.mark.parametrize(
    ("day", "code"),
    [(date(2025, 6, 30), "99001"), (date(2025, 7, 1), "99777"), (None, "99777")],
)
def test_a_code_holds_on_its_days(day: date | None, code: str) -> None:
    assert facility_code(_CODES, day) == code
    assert facility_code({}, day) is None


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


# 2026-11-20 is a Friday.
@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20T06:59", False),
        ("2026-11-20T07:00", True),
        ("2026-11-20T16:29", True),
        ("2026-11-20T16:30", False),
        ("2026-11-20T23:00", True),  # the night shift that begins on Friday
        ("2026-11-21T04:59", True),
        ("2026-11-21T05:00", False),
        ("2026-11-22T12:00", True),  # the whole of Sunday
    ],
)
def test_open_by_the_day_and_over_midnight(moment: str, is_open: bool) -> None:
    place = {
        "hoursOfOperation": [
            {"daysOfWeek": ["fri"], "openingTime": "07:00:00", "closingTime": "16:30:00"},
            {"daysOfWeek": ["fri"], "openingTime": "22:00:00", "closingTime": "05:00:00"},
            {"daysOfWeek": ["sun"], "allDay": True},
        ]
    }
    assert open_at(place, _at(moment)) is is_open
    assert open_at({**place, "status": "inactive"}, _at(moment)) is False
    assert open_at({}, _at(moment)) is None
