"""People look like the sources that are cited, and none of them can be real."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from lanh.nation.person import PersonalNumber
from lanh.nation.place.source import read_units
from lanh.site.demonstration import generate
from lanh.site.demonstration.identity import personal_number
from lanh.site.demonstration.naming import family_weights
from lanh.site.demonstration.randomness import spread, stream
from lanh.site.demonstration.sources import provinces, pyramid
from lanh.site.demonstration.tests.made import MANY, UNTIL, blocks, everybody, population


@pytest.mark.parametrize(("people", "seed"), [(500, 3), (2_000, 1), (MANY, 1)])
def test_every_band_is_within_a_point_of_the_pyramid(people: int, seed: int) -> None:
    counted = Counter((p.sex, min(100, p.age_on(UNTIL) // 5 * 5)) for p in everybody(people, seed))
    assert sum(counted.values()) == people
    whole = sum(pyramid().values())
    for cell, cited in pyramid().items():
        assert abs(counted[cell] / people - cited / whole) < 0.01, cell
    bands = Counter(band for _, band in counted.elements())
    for band in {band for _, band in pyramid()}:
        both = pyramid()["male", band] + pyramid()["female", band]
        assert abs(bands[band] / people - both / whole) < 0.01, band


def test_family_names_have_their_shares() -> None:
    """Within two points among 20,000 people, for children share their father's name."""
    counted: Counter[str] = Counter()
    joined = {"Huỳnh": "Hoàng|Huỳnh", "Hoàng": "Hoàng|Huỳnh", "Vũ": "Vũ|Võ", "Võ": "Vũ|Võ"}
    for person in everybody(MANY):
        if person.ethnic == "01":
            family = person.name.split()[0]
            counted[joined.get(family, family)] += 1
    for name, share in family_weights().items():
        assert abs(100 * counted[name] / counted.total() - share) < 2, name
    assert 36 < 100 * counted["Nguyễn"] / counted.total() < 41


def test_identifiers_cannot_be_real() -> None:
    for person in everybody():
        assert person.number[:3] in ("097", "098", "099")
        number = PersonalNumber.parse(person.number)
        assert number is not None
        assert number.warnings(person.sex, person.birth.isoformat()) == []
        assert re.fullmatch(r"99\d{8}", person.insurance_number)
        assert person.card is None or re.fullmatch(r"ZZ[1-4]\d{2}99\d{8}", person.card)
        assert person.phone is None or re.fullmatch(r"060\d{7}", person.phone)
    for facility in population().network.facilities:
        assert re.fullmatch(r"(99|00)[0-9A-Z]{3}", facility.code)
        for staff in facility.staff:
            assert re.fullmatch(r"\d{6}/TEST-CCHN", staff.licence)


def test_identifiers_are_given_once_and_never_shared_by_seeds() -> None:
    seen: Counter[str] = Counter()
    for seed in (1, 2):
        for person in everybody(2_000, seed):
            seen.update((person.number, person.insurance_number))
    assert max(seen.values()) == 1


def test_numbers_of_one_sex_and_year_are_all_different() -> None:
    birth = date(1990, 5, 1)
    assert len({personal_number("male", birth, serial) for serial in range(50_000)}) == 50_000


def test_households_are_families() -> None:
    children = wives = twins = 0
    for block in blocks():
        for home in block.households:
            for person in home.members:
                if person.spouse is not None:
                    wives += person.sex == "female"
                    assert person.spouse in home.members and person.spouse.spouse is person
                for parent in (person.father, person.mother):
                    if parent is not None:
                        assert 15 <= (person.birth - parent.birth).days / 365.25 <= 60
                if person.mother is not None:
                    children += 1
                    assert person.mother in home.members
                if person.father is not None and person.father in home.members:
                    assert person.name.split()[0] == person.father.name.split()[0]
            born = sorted(
                p.birth for p in home.members if p.mother is not None and p.mother in home.members
            )
            twins += sum(a == b for a, b in pairwise(born))
    assert children > 500 and wives > 300 and twins >= 2
    sizes = [len(home.members) for block in blocks() for home in block.households]
    assert 2.5 < sum(sizes) / len(sizes) < 4


def test_people_live_in_communes_that_stand_on_the_date_spread_by_province() -> None:
    standing = {
        unit.code: unit.province
        for unit in read_units()[0]
        if unit.level == "commune" and unit.valid_on(UNTIL)
    }
    where: Counter[str] = Counter()
    for block in blocks(MANY):
        for home in block.households:
            assert standing[home.place.commune] == home.place.province
            where[home.place.province] += len(home.members)
    whole = sum(province.people for province in provinces().values())
    for code, province in provinces().items():
        assert abs(where[code] / where.total() - province.people / whole) < 0.02, code
    assert all(f.place.commune in standing for f in population().network.facilities)
    assert {f.place.province for f in population().network.facilities} == set(provinces())


def test_facilities_of_every_level_keep_their_codes() -> None:
    small, large = population(), population(MANY)
    kinds = Counter((f.kind, f.level) for f in small.network.facilities)
    assert kinds["hospital", "provincial"] == kinds["preventive-centre", "provincial"] == 34
    assert kinds["hospital", "central"] and kinds["clinic", "private"]
    assert kinds["pharmacy", "private"] and kinds["station", "commune"] >= 68
    assert 120 <= len(small.network.facilities) <= 210
    more = {f.code: f for f in large.network.facilities}
    assert len(more) == len(large.network.facilities) > len(small.network.facilities)
    for facility in small.network.facilities:
        assert more[facility.code] == facility


def test_the_same_seed_makes_the_same_people_in_any_order() -> None:
    again = generate(2_000, 1, UNTIL)
    second = again.block(1)
    assert [p.name for p in second.people] == [p.name for p in blocks()[1].people]
    assert [e.key for e in second.episodes] == [e.key for e in blocks()[1].episodes]
    other = generate(2_000, 2, UNTIL).block(1)
    assert [p.name for p in second.people] != [p.name for p in other.people]


def test_nothing_happens_before_birth_after_death_or_outside_the_two_years() -> None:
    period = population().period
    assert period.last - period.first == timedelta(days=730)
    for block in blocks():
        for episode in block.episodes:
            assert period.first <= episode.start.date() + timedelta(days=1)
            assert episode.start <= episode.end
            assert episode.start.date() >= episode.person.birth
            died = episode.person.died
            assert died is None or episode.start.date() <= died
        for dose in block.doses:
            assert period.first - timedelta(days=1) <= dose.at.date() <= period.last
            assert dose.at.date() >= dose.person.birth
            assert dose.person.died is None or dose.at.date() <= dose.person.died


def test_dengue_has_its_season_and_every_kind_of_event_is_there() -> None:
    months: Counter[int] = Counter()
    for block in blocks(MANY):
        for episode in block.episodes:
            if episode.diagnoses[0].startswith("A97"):
                months[episode.start.month] += 1
    assert months[8] + months[9] > 3 * (months[2] + months[3])
    every = blocks()
    assert sum(len(b.episodes) for b in every) > 2_500
    assert any(e.inpatient for b in every for e in b.episodes)
    assert any(e.born for b in every for e in b.episodes)
    assert sum(len(b.doses) for b in every) > 800
    assert 8 <= sum(len(b.deaths) for b in every) <= 45
    seen: dict[int, set[str]] = {}
    for block in every:
        for episode in block.episodes:
            seen.setdefault(episode.person.key, set()).add(episode.facility.code)
    assert sum(2 <= len(codes) <= 4 for codes in seen.values()) > 200


def test_children_get_the_form_for_children_and_their_vaccines_together() -> None:
    for block in blocks():
        for episode in block.episodes:
            drugs = {given.drug for given in episode.dispensed}
            child = episode.person.age_on(episode.start.date()) < 12
            assert not drugs & ({"40.001", "40.011", "40.013"} if child else {"40.002", "40.012"})
        sessions: dict[tuple[int, date], set[object]] = {}
        for dose in block.doses:
            sessions.setdefault((dose.person.key, dose.at.date()), set()).add(dose.at)
        assert all(len(moments) == 1 for moments in sessions.values())


def test_spread_is_exact_and_fair() -> None:
    totals: Counter[str] = Counter()
    weights = {"a": 0.672, "b": 0.248, "c": 0.046, "d": 0.034}
    for number in range(400):
        parts = spread(weights, 7, stream(1, "test", number))
        assert sum(parts.values()) == 7
        assert all(abs(parts[k] - w * 7) < 1 for k, w in weights.items())
        totals.update(parts)
    assert all(abs(totals[k] / 2800 - w) < 0.02 for k, w in weights.items())


def test_people_must_be_a_number_that_fits() -> None:
    with pytest.raises(ValueError, match="people"):
        generate(0, 1, UNTIL)
