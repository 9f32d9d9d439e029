"""Allergies: the shares that are cited, told consistently, and respected by who treats."""

from __future__ import annotations

from collections import Counter

from lanh.connectors.hl7v2 import read
from lanh.nation import codes, naming
from lanh.site.demonstration.allergies import gives
from lanh.site.demonstration.model import Asked, Person
from lanh.site.demonstration.sources import read as figures
from lanh.site.demonstration.tests.made import MANY, UNTIL, blocks, everybody, sent
from lanh.site.demonstration.tests.test_messages import resources


def _asked(people: int) -> list[tuple[Person, Asked]]:
    return [(person, person.asked) for person in everybody(people) if person.asked is not None]


def _category(allergen: str) -> object:
    return codes.concept("allergens", allergen).properties["category"]


def test_allergens_of_the_figures_are_listed_with_their_category() -> None:
    given = figures("allergies")
    assert {_category(allergen) for allergen in given["drugs"]} == {"medication"}
    for group in given["foods"].values():
        assert {_category(allergen) for allergen in group} == {"food"}
    for allergen in given["drugs"]:
        assert codes.concept("allergens", allergen).properties["atc"]


def test_shares_are_those_cited_among_people_who_were_asked() -> None:
    """Within two points among about 9,000 people."""
    given = figures("allergies")
    counts: Counter[tuple[str, str]] = Counter()
    groups: Counter[str] = Counter()
    for person, asked in _asked(MANY):
        child = person.age_on(asked.at.date()) < 15
        group: str = "child" if child else person.sex
        groups[group] += 1
        counts.update((group, str(_category(a.allergen))) for a in asked.allergies)
    assert groups.total() > 6_000
    for group, size in groups.items():
        food = given["food"]["child" if group == "child" else "adult"]
        assert abs(counts[group, "medication"] / size - given["drug"][group]) < 0.02, group
        assert abs(counts[group, "food"] / size - food) < 0.02, group
    kinds = Counter(bool(asked.allergies) for _, asked in _asked(2_000))
    assert kinds[True] > 50 and kinds[False] > 500 and 2_000 - kinds.total() > 500


def test_nobody_is_given_what_they_are_allergic_to() -> None:
    given: dict[int, set[str]] = {}
    for block in blocks(MANY):
        for episode in block.episodes:
            drugs = given.setdefault(episode.person.key, set())
            drugs.update(item.drug for item in episode.dispensed)
    checked = 0
    for person, asked in _asked(MANY):
        for allergy in asked.allergies:
            for drug in given.get(person.key, ()):
                assert not gives(drug, allergy.allergen)
                checked += 1
    assert checked > 500
    assert gives("40.013", "penicillin") and not gives("40.013", "cephalosporin")


def test_asking_happens_in_life_and_in_the_years_shown() -> None:
    for person, asked in _asked(2_000):
        assert (asked.at.date() - person.birth).days >= 365 and asked.at.date() <= UNTIL
        assert person.died is None or asked.at.date() <= person.died
        for allergy in asked.allergies:
            assert allergy.onset is None or person.birth.year < allergy.onset < asked.at.year


def test_records_say_each_allergy_or_that_none_is_known() -> None:
    by_patient: dict[str, list[dict[str, str]]] = {}
    for resource in resources():
        if resource["resourceType"] != "AllergyIntolerance":
            continue
        for name in ("clinicalStatus", "verificationStatus"):
            system = resource[name]["coding"][0]["system"]
            assert system.endswith("allergyintolerance-" + name.removesuffix("Status").lower())
        found = by_patient.setdefault(resource["patient"]["reference"], [])
        found.append(resource["code"]["coding"][0])
    none = 0
    for coded in by_patient.values():
        systems = {coding["system"] for coding in coded}
        assert len(systems) == 1 and systems <= {naming.ALLERGEN, naming.ABSENT_UNKNOWN}
        none += systems == {naming.ABSENT_UNKNOWN}
    assert none > 300 and len(by_patient) - none > 30
    assert len(by_patient) == len(_asked(1_000))


def test_hospitals_repeat_an_allergy_at_admission() -> None:
    told: Counter[str] = Counter()
    for message in sent(4_000):
        if message.format == "hl7v2":
            for one in read(message.body):
                told.update(f"{one.kind[1]} {segment[3][3]}" for segment in one.all("AL1"))
    assert set(told) == {f"A01 {naming.ALLERGEN}"}
