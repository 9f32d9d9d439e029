"""Where a report stands at a moment, by its deadline on the working calendar; its lines as facts of
overviews. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from lanh.core.overviews import Fact, Reader
from lanh.core.ui import Tone
from lanh.core.workflow import Calendar, end_of
from lanh.nation.calendar import clock, packaged
from lanh.systems.beds.expecting import deadline
from lanh.systems.beds.reading import day_of, facility_of, lines, name_of

Standing: TypeAlias = Literal["reported", "expected", "late", "missing"]
# What is missing stands first.
TONES: Mapping[str, Tone] = {
    "missing": "bad",
    "late": "warn",
    "expected": "info",
    "reported": "ok",
}


def standing(report: Mapping[str, Any], now: datetime, calendar: Calendar | None = None
             ) -> Standing:  # fmt: skip
    """Reported, or for how long it is due: as the clocks of its case say."""
    if report.get("status") != "pending":
        return "reported"
    day, known = day_of(report), calendar or packaged()
    end = deadline(day, known)
    if end is None or now <= end:
        return "expected"
    last = end_of(clock("daily-beds-late", day).term, end, known)
    return "late" if now <= last else "missing"


def facts(report: Mapping[str, Any], reader: Reader) -> Iterator[Fact]:
    """A fact a line of a report; of one that is not sent a fact without counts."""
    code, day = facility_of(report), day_of(report)
    keys = {"facility": code, "state": standing(report, reader.at)}
    names = {"facility": name_of(report)}
    held = lines(report)
    for line in held:
        ward, kind = line.key
        own = {"type": kind, "line": f"{ward}|{kind}|{code}"}
        told = {"line": str(line.ward.get("display") or ward)}
        yield Fact({**keys, **own}, line.counts, {**names, **told}, day)
    if not held:
        yield Fact(keys, names=names, day=day)


def sent(report: Mapping[str, Any], reader: Reader) -> Iterator[Fact]:
    """The facts of a report that was sent; of others none."""
    if report.get("status") != "pending":
        yield from facts(report, reader)
