"""Where a report stands at a moment, told by its deadline on the working calendar. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from lanh.core.ui import Tone
from lanh.core.workflow import Calendar, CalendarGap, end_of
from lanh.nation.calendar import clock, packaged
from lanh.nation.local_time import VIETNAM
from lanh.systems.beds.expecting import MORNING
from lanh.systems.beds.reading import day_of

Standing: TypeAlias = Literal["reported", "expected", "late", "missing"]
TONES: Mapping[Standing, Tone] = {
    "reported": "ok",
    "expected": "info",
    "late": "warn",
    "missing": "bad",
}


def due(report: Mapping[str, Any], calendar: Calendar | None = None) -> datetime | None:
    """When a report is due; None where the calendar does not know the days."""
    day = day_of(report)
    begun = datetime.combine(day, MORNING, VIETNAM)
    try:
        return end_of(clock("daily-beds", day).term, begun, calendar or packaged())
    except CalendarGap:
        return None


def standing(report: Mapping[str, Any], now: datetime, calendar: Calendar | None = None
             ) -> Standing:  # fmt: skip
    """Reported, or for how long it is due: as the clocks of its case say."""
    if report.get("status") != "pending":
        return "reported"
    known = calendar or packaged()
    end = due(report, known)
    if end is None or now <= end:
        return "expected"
    last = end_of(clock("daily-beds-late", day_of(report)).term, end, known)
    return "late" if now <= last else "missing"
