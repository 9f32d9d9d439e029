"""Visits and stays: who comes where, when and for what, over the years that are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from lanh.nation.local_time import VIETNAM
from lanh.site.demonstration.facilities import Network
from lanh.site.demonstration.illnesses import (
    Illness,
    acute,
    band,
    chronic,
    seasonal_day,
    weights,
)  # fmt: skip
from lanh.site.demonstration.model import (
    Dispensed,
    Episode,
    Facility,
    Finding,
    Household,
    Person,
    Service,
    Staff,
)  # fmt: skip
from lanh.site.demonstration.randomness import pick
from lanh.site.demonstration.results import blood_pressure, findings, weight
from lanh.site.demonstration.sources import provinces

# Acute visits in two years by age band: fewer than in life, to keep the demonstration small.
_VISITS = (1.4, 0.6, 0.45, 0.6, 0.9)
_WHERE: dict[str, dict[str, float]] = {
    "mild": {"station": 46, "regional": 22, "provincial": 10, "clinic": 20, "central": 2},
    "moderate": {"station": 22, "regional": 40, "provincial": 26, "clinic": 9, "central": 3},
    "severe": {"regional": 42, "provincial": 48, "central": 10},
    "women": {"station": 8, "regional": 40, "provincial": 35, "clinic": 17},
    "eye": {"station": 5, "regional": 45, "provincial": 40, "central": 10},
    "teeth": {"station": 8, "regional": 42, "provincial": 25, "clinic": 25},
    "chronic": {"station": 46, "regional": 34, "provincial": 20},
    "birth": {"regional": 48, "provincial": 46, "central": 6},
}
_CONSULTATION = {"central": "01.0001.1896", "provincial": "01.0002.1897"}
# Medicines that come in a form for children: paracetamol, amoxicillin.
_CHILD = 12
_FOR_CHILDREN = {"40.001": "40.002", "40.011": "40.012", "40.013": "40.012"}
_FOR_ADULTS = {"40.002": "40.001", "40.012": "40.011"}
_BEDS = {"K02": "02.0001.1901", "K18": "02.0007.1940", "K27": "02.0006.1934"}
_BED_OF_LEVEL = {"central": "02.0002.1910", "provincial": "02.0003.1916"}


@dataclass(frozen=True, slots=True)
class Period:
    """The first and the last day shown."""

    first: date
    last: date


class Directory:
    """Where the people of a household can go."""

    def __init__(self, network: Network) -> None:
        self.stations = {f.place.commune: f for f in network.of("station")}
        self.by_level = {
            (level, code): network.of("hospital", level, code)
            for level in ("provincial", "regional") for code in provinces()
        }  # fmt: skip
        self.central = network.of("hospital", "central")
        self.clinics = {code: network.of("clinic", province=code) for code in provinces()}
        self.pharmacies = {code: network.of("pharmacy", province=code) for code in provinces()}
        self.centres = {
            code: network.of("preventive-centre", province=code)[0] for code in provinces()
        }

    def choose(self, kind: str, home: Household, random: Random) -> Facility:
        """A facility for a kind of need, near the home where there is one."""
        province = home.place.province
        wanted = pick(_WHERE[kind], random)
        if wanted == "station":
            return self.stations[home.place.commune]
        if wanted == "clinic" and self.clinics[province]:
            return random.choice(self.clinics[province])
        if wanted == "central":
            south = provinces()[province].southern
            fit = [f for f in self.central if provinces()[f.place.province].southern == south]
            return random.choice(fit)
        level = "provincial" if wanted == "provincial" else "regional"
        return self.by_level[level, province][0]


def at_time(day: date, random: Random, *, any_hour: bool = False) -> datetime:
    """A moment of a day: working hours of a working day, or any hour."""
    if any_hour:
        clock = time(random.randrange(24), random.randrange(60))
    else:
        if day.weekday() == 6:
            day -= timedelta(days=1)
        clock = time(random.choice((7, 7, 8, 8, 8, 9, 9, 10, 13, 14, 15)), random.randrange(60))
    return datetime.combine(day, clock, VIETNAM)


def doctor_for(facility: Facility, department: str) -> Staff:
    """The doctor of the department, or the first doctor (or the first of all) of the facility."""
    doctors = [s for s in facility.staff if s.duty == "doctor"] or list(facility.staff)
    return next((s for s in doctors if s.department == department), doctors[0])


def episodes(person: Person, home: Household, directory: Directory, period: Period, random: Random
             ) -> Iterator[Episode]:  # fmt: skip
    """Every visit and stay of one person, in no order of time."""
    last = min(period.last, (person.died or period.last) - timedelta(days=3))
    first = max(period.first, person.birth + timedelta(days=12))
    if first >= last:
        return
    age = person.age_on(period.last)
    share = (last - first).days / 730
    for number in range(_times(_VISITS[band(age)] * share, random)):
        illness = random.choices(acute(), weights(band(age), person.sex))[0]
        day = seasonal_day(illness.season, first, last, random)
        yield _visit(f"{number:02d}", person, home, illness, day, directory, random)
    yield from _follow_ups(person, home, directory, Period(first, last), random)


def _times(expected: float, random: Random) -> int:
    whole = int(expected)
    count = whole + (random.random() < expected - whole)
    return max(0, count + random.choice((-1, 0, 0, 0, 1)))


def _key(person: Person, number: str, day: date) -> str:
    return f"{day:%y%m%d}.{person.key:08d}.{number}"


def _visit(
    number: str,
    person: Person,
    home: Household,
    illness: Illness,
    day: date,
    directory: Directory,
    random: Random,
) -> Episode:
    facility = directory.choose(illness.place, home, random)
    admitted = facility.kind == "hospital" and random.random() < illness.admitted
    start = at_time(day, random, any_hour=illness.emergency or admitted)
    diagnoses = [illness.code]
    if illness.external:
        diagnoses.append(random.choice(illness.external))
    episode = Episode(
        key=_key(person, number, day),
        person=person,
        facility=facility,
        care_type="03" if admitted else "01",
        start=start,
        end=start + timedelta(minutes=random.randint(25, 190)),
        department=illness.department if facility.kind == "hospital" else "K01",
        doctor=doctor_for(facility, illness.department),
        diagnoses=diagnoses,
        reason=illness.reason,
        insured=person.card is not None,
        emergency=illness.emergency,
    )
    if admitted:
        stay = random.randint(*illness.days)
        episode.end = at_time(start.date() + timedelta(days=stay), random)
    treat(episode, illness, directory, home, random)
    if (day - person.birth).days < 366:  # a claim for a child under one year carries the weight
        episode.findings.append(weight(person, start, random))
    return episode


def treat(
    episode: Episode, illness: Illness, directory: Directory, home: Household, random: Random
) -> None:
    """Fill an episode with what was done and given."""
    facility, start = episode.facility, episode.start
    later = start + timedelta(minutes=20)
    if facility.kind == "hospital":
        consultation = _CONSULTATION.get(facility.level, "01.0003.1898")
    else:
        consultation = "01.0004.1899" if facility.kind == "station" else "01.0003.1898"
    episode.services.append(Service(consultation, 1, start))
    if facility.kind in ("hospital", "clinic"):
        for service in illness.tests:
            episode.services.append(Service(service, 1, later))
            ready = min(later + timedelta(minutes=random.randint(30, 120)), episode.end)
            shift = dict(illness.shift)
            episode.findings += findings(service, episode.person, shift, ready, random)
        done = [code for code in (illness.imaging, illness.service) if code is not None]
        if not episode.inpatient:
            done = [code for code in done if not code.startswith("07")]
        episode.services += [Service(code, 1, later) for code in done]
    if episode.inpatient:
        nights = max(1, (episode.end.date() - start.date()).days)
        bed = _BEDS.get(episode.department) or _BED_OF_LEVEL.get(facility.level, "02.0004.1922")
        episode.services.append(Service(bed, nights, start))
    few = illness.drugs[:2] if facility.kind == "station" else illness.drugs
    child = episode.person.age_on(start.date()) < _CHILD
    form = _FOR_CHILDREN if child else _FOR_ADULTS
    episode.dispensed = [
        Dispensed(form.get(code, code), per_day * days, per_day, days)
        for code, per_day, days in few
    ]
    if facility.kind == "clinic" and facility.speaks == "fhir":
        near = directory.pharmacies[home.place.province]
        episode.pharmacy = near[0] if near else None


def _follow_ups(
    person: Person, home: Household, directory: Directory, period: Period, random: Random
) -> Iterator[Episode]:
    age = person.age_on(period.last)
    column = max(0, band(age) - 1)
    for place, illness in enumerate(chronic()):
        if random.random() >= illness.share[column]:
            continue
        facility = directory.choose("chronic", home, random)
        step = random.choice((112, 168, 168, 182))
        day = period.first + timedelta(days=random.randrange(step))
        also = [code for code in illness.also if random.random() < 0.35]
        number = 0
        while day <= period.last:
            if random.random() < 0.85:
                key = f"C{place}{number:02d}"
                yield _follow_up(key, person, illness, also, facility, day, directory, home, random)
            number += 1
            day += timedelta(days=step + random.randint(-4, 9))


def _follow_up(
    key: str,
    person: Person,
    illness: Illness,
    also: list[str],
    facility: Facility,
    day: date,
    directory: Directory,
    home: Household,
    random: Random,
) -> Episode:
    start = at_time(day, random)
    episode = Episode(
        key=_key(person, key, day),
        person=person,
        facility=facility,
        care_type="05",
        start=start,
        end=start + timedelta(minutes=random.randint(30, 120)),
        department=illness.department if facility.kind == "hospital" else "K01",
        doctor=doctor_for(facility, illness.department),
        diagnoses=[illness.code, *also],
        reason=illness.reason,
        insured=person.card is not None,
    )
    treat(episode, illness, directory, home, random)
    vital: list[Finding] = []
    if illness.code in ("I10", "E11.9"):
        vital = blood_pressure(start, illness.code == "I10", random)
    if random.random() < 0.2:
        vital.append(weight(person, start, random))
    episode.findings = vital + episode.findings
    return episode
