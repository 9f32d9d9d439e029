"""What is plausible in a daily bed report, and what a list of beds may say. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from lanh.core.desks import Finding
from lanh.core.forms import Answers
from lanh.core.text import Words
from lanh.kit import catalogue
from lanh.systems.beds.reading import Line

WORDS = catalogue(__file__)

# A ward changes by a few patients a day; a larger change is asked about, never refused.
_JUMP_BEDS, _JUMP_SHARE = 5, 0.5
_CROWDED = 3  # patients a staffed bed above which a count cannot be meant

Facts = Mapping[str, Any]


def _finding(key: str, path: str, *, warning: bool = True, **told: object) -> Finding:
    message = WORDS.message(f"beds.rules.{key}", **told)
    return Finding(key, path, Words(message.vi, message.en), warning)


def report(response: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    """The findings about a report. Facts: `before`, the lines of the day before by their keys;
    `expected`, the lines that are to be told."""
    answers = Answers(response)
    told = set()
    for row in answers.rows("ward"):
        beds = row.group("beds")
        key = (row.code("ward-code") or "", beds.code("type") or "")
        told.add(key)
        yield from _line(beds, facts["before"].get(key))
    left_out = sorted(f"{ward} {kind}" for ward, kind in set(facts["expected"]) - told)
    if left_out:
        lines = ", ".join(left_out[:10])
        yield _finding("left-out", answers.at("ward"), warning=False, lines=lines)


def _line(beds: Answers, before: Line | None) -> Iterator[Finding]:
    held = {
        name: beds.group(name).value(f"{name}-beds")
        for name in ("actual", "staffed", "occupied", "admitted", "left")
    }
    at = {name: beds.group(name).at(f"{name}-beds") for name in held}
    staffed, occupied = held["staffed"], held["occupied"]
    if None in (staffed, occupied):
        return
    if held["actual"] is not None and staffed > held["actual"]:
        yield _finding("staffed", at["staffed"], staffed=staffed, actual=held["actual"])
    if occupied > _CROWDED * max(staffed, held["actual"] or 0):
        yield _finding("impossible", at["occupied"], warning=False, count=occupied, times=_CROWDED)
    elif occupied > staffed:
        yield _finding("crowded", at["occupied"], occupied=occupied, staffed=staffed)
    if before is None or "occupied" not in before.counts:
        return
    came, went = held["admitted"] or 0, held["left"] or 0
    if went > before["occupied"] + came:
        most = before["occupied"] + came
        yield _finding("left", at["left"], warning=False, went=went, most=most)
    elif before["occupied"] + came - went != occupied:
        wanted = before["occupied"] + came - went
        yield _finding("sum", at["occupied"], before=before["occupied"], came=came, went=went,
                       wanted=wanted, occupied=occupied)  # fmt: skip
    jump = abs(occupied - before["occupied"])
    if jump > max(_JUMP_BEDS, _JUMP_SHARE * max(staffed, before["staffed"])):
        yield _finding("jump", at["occupied"], before=before["occupied"], occupied=occupied)


def ward(response: dict[str, Any], facts: Facts) -> Iterator[Finding]:
    """The findings about a ward. Facts: `numbers` (bed numbers that the ward has now), `codes`
    (ward codes that the hospital has besides this one)."""
    answers = Answers(response)
    place = answers.group("ward")
    if place.value("code") in facts["codes"]:
        yield _finding("ward-twice", place.at("code"), warning=False, code=place.value("code"))
    rows = [row.group("use") for row in answers.rows("bed")]
    times = Counter(row.value("number") for row in rows)
    for row in rows:
        since, until = row.day("since"), row.day("until")
        if since and until and until < since:
            yield _finding("order", row.at("until"), warning=False)
        number = row.value("number")
        if number and times[number] > 1:
            yield _finding("bed-twice", row.at("number"), warning=False, number=number)
            times[number] = 1
    gone = sorted(set(facts["numbers"]) - set(times))
    if gone:
        path = answers.at("bed")
        yield _finding("bed-gone", path, warning=False, numbers=", ".join(gone[:10]))
