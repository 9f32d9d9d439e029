"""Vaccine doses: children by the schedule, mothers against tetanus, bites against rabies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from lanh.site.demonstration.care import Directory, Period, at_time
from lanh.site.demonstration.model import Dose, Episode, Facility, Household, Person, Staff
from lanh.site.demonstration.sources import read

_SESSION_DAYS = (6, 7, 8, 24, 25)  # stations vaccinate on fixed days of the month


def doses(person: Person, home: Household, directory: Directory, period: Period, random: Random
          ) -> Iterator[Dose]:  # fmt: skip
    """The doses of one person by the schedule, those of the period only."""
    end = min(period.last, (person.died or period.last) - timedelta(days=1))
    reached = random.random()  # a child who misses one dose tends to miss the next
    lates: dict[int, int] = {}
    sessions: dict[date, datetime] = {}
    for rule in read("schedule"):
        due = person.birth + timedelta(days=rule["age"])
        # Vaccines that are due together are given together.
        late = lates.setdefault(rule["age"], random.randrange(rule["spread"]))
        skip = reached * 0.8 + random.random() * 0.2 > rule["cover"]
        if rule.get("sex", person.sex) != person.sex or rule.get("at") == "birth" or skip:
            continue
        centre = rule.get("at") == "centre"
        facility = (directory.centres[home.place.province] if centre
                    else directory.stations[home.place.commune])  # fmt: skip
        day = due + timedelta(days=late) if centre else _session(due + timedelta(days=late))
        if period.first <= day <= end:
            at = sessions.setdefault(day, at_time(day, random))
            yield dose(person, facility, rule["vaccine"], rule["dose"], at)


def _session(day: date) -> date:
    """The station's next session on or after a day."""
    while day.day not in _SESSION_DAYS or day.weekday() == 6:
        day += timedelta(days=1)
    return day


def birth_doses(episode: Episode, random: Random) -> Iterator[Dose]:
    """Hepatitis B within 24 hours, where the child was born (Law 114/2025, Circular 38/2017)."""
    rule = read("schedule")[0]
    for child in episode.born:
        if random.random() < rule["cover"]:
            at = episode.start + timedelta(hours=random.randint(7, 20))
            yield dose(child, episode.facility, rule["vaccine"], 1, at)


def tetanus(episode: Episode, home: Household, directory: Directory, period: Period, random: Random
            ) -> Iterator[Dose]:  # fmt: skip
    """Two doses for the mother before a birth."""
    station = directory.stations[home.place.commune]
    for number, before in ((1, 150), (2, 100)):
        day = _session(episode.start.date() - timedelta(days=before))
        if day >= period.first and random.random() < 0.85:
            yield dose(episode.person, station, "112", number, at_time(day, random))


def rabies(person: Person, home: Household, directory: Directory, period: Period, random: Random
           ) -> Iterator[Dose]:  # fmt: skip
    """Five doses after a bite, at the preventive centre; four bites a thousand people a year."""
    if random.random() >= 0.008:
        return
    centre = directory.centres[home.place.province]
    bitten = period.first + timedelta(days=random.randrange((period.last - period.first).days))
    end = min(period.last, person.died or period.last)
    for number, after in enumerate((0, 3, 7, 14, 28), 1):
        day = bitten + timedelta(days=after)
        if person.birth < bitten and day < end:
            yield dose(person, centre, "18", number, at_time(day, random))


def dose(person: Person, facility: Facility, vaccine: str, number: int, at: datetime) -> Dose:
    """A dose with the lot that the facility had in that quarter."""
    quarter = (at.month - 1) // 3 + 1
    nurses: list[Staff] = [s for s in facility.staff if s.duty in ("nurse", "midwife")]
    return Dose(
        person=person,
        facility=facility,
        vaccine=vaccine,
        number=number,
        at=at,
        lot=f"MAU{vaccine}-{at:%y}Q{quarter}-{int(facility.place.province):02d}",
        expires=date(at.year + 2, 3 * quarter, 28),
        by=nurses[0] if nurses else facility.staff[0],
    )
