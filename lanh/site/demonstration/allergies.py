"""Who was asked about allergies at the commune station, and what they answered.

Nobody is given a medicine they are allergic to: the classes of what a person takes in the years
shown are left out of their allergies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from lanh.nation import codes
from lanh.site.demonstration.care import Period, at_time, doctor_for
from lanh.site.demonstration.model import Allergy, Asked, Episode, Facility, Person
from lanh.site.demonstration.randomness import pick
from lanh.site.demonstration.sources import read

_CHILD = 15  # years, the upper age of the shares for children
_YOUNGEST = timedelta(days=365)  # before that there is little to ask about


def asked(
    person: Person,
    station: Facility,
    episodes: Sequence[Episode],
    period: Period,
    random: Random,
) -> Asked | None:
    """What the person's station knows of allergies; None where nobody asked.

    `episodes` are the person's own. Asked at the first visit to the station after the first
    birthday, else on some day of the period.
    """
    shares: dict[str, float] = read("allergies")["asked"]
    here = sorted((e for e in episodes if e.facility is station), key=lambda e: e.start)
    here = [e for e in here if e.start.date() >= person.birth + _YOUNGEST]
    share = shares["station" if here else "elsewhere" if episodes else "nowhere"]
    if random.random() >= share:
        return None
    visit: str | None = None
    if here:
        at, by, visit = here[0].start + timedelta(minutes=3), here[0].doctor, here[0].key
    else:
        first = max(period.first, person.birth + _YOUNGEST)
        last = min(period.last, person.died or period.last) - timedelta(days=1)
        if first >= last:
            return None
        day = first + timedelta(days=1 + random.randrange((last - first).days))
        at, by = at_time(day, random), doctor_for(station, "K01")
    return Asked(at, by, station, visit, tuple(_allergies(person, episodes, at, random)))


def _allergies(
    person: Person, episodes: Sequence[Episode], at: datetime, random: Random
) -> list[Allergy]:
    figures: dict[str, Any] = read("allergies")
    child = person.age_on(at.date()) < _CHILD
    found: list[Allergy] = []
    if random.random() < figures["drug"]["child" if child else person.sex]:
        taken = {given.drug for episode in episodes for given in episode.dispensed}
        weights = {
            allergen: weight
            for allergen, weight in figures["drugs"].items()
            if not any(gives(drug, allergen) for drug in taken)
        }
        found.append(_allergy(pick(weights, random), person, at, random))
    group = "child" if child else "adult"
    if random.random() < figures["food"][group]:
        found.append(_allergy(pick(figures["foods"][group], random), person, at, random))
    return found


@cache
def gives(drug: str, allergen: str) -> bool:
    """Whether a medicine of the bundled list belongs to a class of allergens."""
    classes = str(codes.concept("allergens", allergen).properties.get("atc", "")).split()
    return str(codes.concept("drugs", drug).properties["atc"]).startswith(tuple(classes))


def _allergy(allergen: str, person: Person, at: datetime, random: Random) -> Allergy:
    reactions: list[list[Any]] = read("allergies")["reactions"]
    _, severity, high, grade, words = random.choices(reactions, [row[0] for row in reactions])[0]
    earliest = max(person.birth.year + 1, at.year - 20)
    onset = random.randint(earliest, at.year - 1) if earliest < at.year else None
    if random.random() < 0.4:
        onset = None
    return Allergy(allergen, words, severity, high, grade, onset)
