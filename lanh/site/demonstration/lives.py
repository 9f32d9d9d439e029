"""Births with the care before them, and deaths with their causes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from lanh.nation.local_time import VIETNAM
from lanh.site.demonstration.care import Directory, Period, at_time, doctor_for, treat
from lanh.site.demonstration.illnesses import Illness, death_causes, death_rate
from lanh.site.demonstration.model import Death, Episode, Household, Person
from lanh.site.demonstration.randomness import pick

_ANTENATAL = Illness(
    "Z34.9", "K27", "Khám thai định kỳ", drugs=(("40.078", 1, 28),), tests=("03.0001.1291",),
    imaging="04.0006.0001",
)  # fmt: skip
_NORMAL = Illness("O80.0", "K27", "Đau bụng, ra nhớt hồng", drugs=(("40.077", 1, 1),),
                  tests=("03.0001.1291", "03.0022.1269"), service="06.0005.0614")  # fmt: skip
_CAESAREAN = Illness("O82.9", "K27", "Có chỉ định mổ lấy thai", drugs=(("40.018", 2, 4),),
                     tests=("03.0001.1291", "03.0022.1269"), service="07.0002.0671")  # fmt: skip
_CAESAREAN_SHARE = 0.37
_DIES_IN_HOSPITAL = 0.42
_LAST_STAY = {"I": "K04", "J": "K03", "C": "K33", "P": "K18", "E": "K08", "V": "K02", "S": "K02"}


def decide_deaths(people: Sequence[Person], period: Period, random: Random) -> list[Person]:
    """Choose who died in the period and when; sets `died`. Returns them in order of the date."""
    years = (period.last - period.first).days / 365.25
    gone: list[Person] = []
    for person in people:
        age = max(0, person.age_on(period.last) - 1)
        if random.random() < death_rate(age) * years:
            first = max(period.first, person.birth) + timedelta(days=1)
            if first < period.last:
                days = (period.last - first).days
                person.died = first + timedelta(days=random.randrange(days))
                gone.append(person)
    return sorted(gone, key=lambda person: (person.died or date.max, person.key))


def death(
    person: Person, home: Household, directory: Directory, random: Random
) -> tuple[Death, Episode | None]:
    """The death of a person whose `died` is set, with the last stay where it was in hospital."""
    day = person.died
    if day is None:
        raise ValueError("this person is alive")
    cause = pick(death_causes(person.age_on(day)), random)
    at = datetime.combine(day, time(random.randrange(24), random.randrange(60)), VIETNAM)
    if cause == "R54" or random.random() >= _DIES_IN_HOSPITAL:
        return Death(person, at, cause, directory.stations[home.place.commune], True), None
    facility = directory.choose("severe", home, random)
    department = _LAST_STAY.get(cause[0], "K03")
    start = at - timedelta(hours=random.randint(5, 60))
    born = datetime.combine(person.birth, time(0, 30), VIETNAM)
    start = max(start, born)
    episode = Episode(
        key=f"{start:%y%m%d}.{person.key:08d}.D",
        person=person,
        facility=facility,
        care_type="03",
        start=start,
        end=at,
        department=department,
        doctor=doctor_for(facility, department),
        # An external cause is no main diagnosis: the injury stands before it.
        diagnoses=["S06.9", cause] if cause[0] in "VW" else [cause],
        reason="Tình trạng nặng",
        insured=person.card is not None,
        emergency=True,
        died=True,
    )
    last = Illness(episode.diagnoses[0], department, "", tests=("03.0001.1291", "03.0013.1487"))
    treat(episode, last, directory, home, random)
    return Death(person, at, cause, facility, False), episode


def births(
    home: Household, directory: Directory, period: Period, random: Random
) -> Iterator[Episode]:
    """Antenatal visits and the delivery of every child of the home born in the period."""
    born: dict[tuple[int, date], list[Person]] = {}
    for person in home.members:
        if person.mother in home.members and period.first < person.birth <= period.last:
            born.setdefault((person.mother.key, person.birth), []).append(person)
    for children in born.values():
        mother = children[0].mother
        if mother is None or (mother.died and mother.died <= children[0].birth):
            continue
        yield from _antenatal(mother, children[0].birth, home, directory, period, random)
        yield _delivery(mother, children, home, directory, random)


def _antenatal(
    mother: Person,
    birth: date,
    home: Household,
    directory: Directory,
    period: Period,
    random: Random,
) -> Iterator[Episode]:
    for number, before in enumerate((190, 130, 80, 40, 14)):
        day = birth - timedelta(days=before + random.randint(-8, 8))
        if day < period.first or random.random() < 0.12:
            continue
        facility = directory.choose("women", home, random)
        start = at_time(day, random)
        visit = Episode(
            key=f"{day:%y%m%d}.{mother.key:08d}.A{number}",
            person=mother,
            facility=facility,
            care_type="01",
            start=start,
            end=start + timedelta(minutes=random.randint(30, 90)),
            department="K27" if facility.kind == "hospital" else "K01",
            doctor=doctor_for(facility, "K27"),
            diagnoses=["Z34.9"],
            reason=_ANTENATAL.reason,
            insured=mother.card is not None,
        )
        treat(visit, _ANTENATAL, directory, home, random)
        yield visit


def _delivery(
    mother: Person, children: list[Person], home: Household, directory: Directory, random: Random
) -> Episode:
    facility = directory.choose("birth", home, random)
    caesarean = len(children) > 1 or random.random() < _CAESAREAN_SHARE
    kind = _CAESAREAN if caesarean else _NORMAL
    day = children[0].birth
    at = datetime.combine(day, time(random.randrange(6, 24), random.randrange(60)), VIETNAM)
    start = at - timedelta(hours=random.randint(2, 6))
    stay = random.randint(4, 6) if caesarean else random.randint(2, 4)
    episode = Episode(
        key=f"{start:%y%m%d}.{mother.key:08d}.B",
        person=mother,
        facility=facility,
        care_type="03",
        start=start,
        end=at_time(day + timedelta(days=stay), random),
        department="K27",
        doctor=doctor_for(facility, "K27"),
        diagnoses=[kind.code, "Z37.0"] if len(children) == 1 else [kind.code],
        reason=kind.reason,
        insured=mother.card is not None,
        born=children,
    )
    treat(episode, kind, directory, home, random)
    return episode
