"""People of a block by the pyramid, put together into households: couples, children, elders."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from lanh.site.demonstration.model import Person
from lanh.site.demonstration.randomness import spread
from lanh.site.demonstration.sources import pyramid

# Share of women of an age and over who live with a husband; rough, after the census of 2019.
_MARRIED = {75: 0.35, 65: 0.62, 30: 0.86, 25: 0.72, 20: 0.42}
_GAP = range(19, 42)
_WIDE_GAP = range(16, 48)
_TWINS = 3  # pairs in a block of a thousand people, about one birth in eighty


def draw_people(number: int, count: int, until: date, random: Random) -> list[Person]:
    """`count` people whose sexes and five-year bands follow the pyramid as closely as whole people
    can, with birth dates before `until`. `number` is the key of the first."""
    people: list[Person] = []
    for (sex, band), size in spread(pyramid(), count, random).items():
        for place in range(size):
            # One age in each fifth of the band, so that no single year runs over.
            age = band + int((place + random.random()) * 5 / size) if size else band
            people.append(Person(0, sex, _birth(min(age, band + 4), until, random)))
    random.shuffle(people)
    for offset, person in enumerate(people):
        person.key = number + offset
    return people


def _birth(age: int, until: date, random: Random) -> date:
    year = until.year - age
    day = until.day if (until.month, until.day) != (2, 29) else 28
    last = date(year, until.month, day) - timedelta(days=age == 0)  # nobody is born today yet
    first = date(year - 1, until.month, day) + timedelta(days=1)
    return first + timedelta(days=random.randrange((last - first).days + 1))


def families(people: Iterable[Person], until: date, random: Random) -> list[list[Person]]:
    """Households of related people; sets spouse, mother and father on the way."""
    by_age = sorted(people, key=lambda person: (person.birth, person.key))
    ages = {person.key: person.age_on(until) for person in by_age}
    women = [p for p in by_age if p.sex == "female" and ages[p.key] >= 20]
    men = [p for p in by_age if p.sex == "male" and ages[p.key] >= 20]
    homes = _couples(women, men, ages, random)
    mothers = {home[0].key: home for home in homes}
    single = [p for p in women + men if p.spouse is None]
    for person in single:
        if person.sex == "female" and 22 <= ages[person.key] <= 60 and random.random() < 0.5:
            mothers[person.key] = [person]
            homes.append(mothers[person.key])
    housed = {person.key for home in homes for person in home}
    children = [p for p in by_age if ages[p.key] < 20]
    random.shuffle(children)
    _give_children(children, mothers, homes, ages, random)
    _twins([home for home in homes if len(home) > 3], ages, random)
    _settle(sorted((p for p in single if p.key not in housed), key=lambda p: p.key), homes, ages,
            random)  # fmt: skip
    return homes


def _couples(
    women: list[Person], men: list[Person], ages: dict[int, int], random: Random
) -> list[list[Person]]:
    free = sorted((ages[man.key], man.key) for man in men)
    by_key = {man.key: man for man in men}
    homes: list[list[Person]] = []
    order = list(women)
    random.shuffle(order)
    for woman in order:
        age = ages[woman.key]
        share = next(share for lowest, share in _MARRIED.items() if age >= lowest)
        if random.random() > share or not free:
            continue
        wanted = age + random.gauss(3.0, 2.5)
        place = min(bisect_left(free, (round(wanted), -1)), len(free) - 1)
        if place and abs(free[place - 1][0] - wanted) < abs(free[place][0] - wanted):
            place -= 1
        if abs(free[place][0] - wanted) > 10:
            continue
        man = by_key[free.pop(place)[1]]
        woman.spouse, man.spouse = man, woman
        homes.append([woman, man])
    return homes


def _give_children(
    children: list[Person],
    mothers: dict[int, list[Person]],
    homes: list[list[Person]],
    ages: dict[int, int],
    random: Random,
) -> None:
    by_age: dict[int, list[list[Person]]] = {}
    for key, home in sorted(mothers.items()):
        by_age.setdefault(ages[key], []).append(home)
    for child in children:
        age = ages[child.key]
        for gaps, most in ((_GAP, 2), (_GAP, 4), (_WIDE_GAP, 6)):
            fit = [
                home
                for gap in gaps
                for home in by_age.get(age + gap, ())
                if _has_room(home, child, most)
            ]
            if fit:
                # A lone mother is the rarer case: couples stand in the lot three times.
                random.shuffle(fit)
                home = next((h for h in fit if h[0].spouse is not None), fit[0])
                child.mother, child.father = home[0], home[0].spouse
                home.append(child)
                break
        else:
            _guardians(homes, ages, random).append(child)


def _has_room(home: list[Person], child: Person, most: int) -> bool:
    siblings = [p for p in home if p.mother is home[0]]
    if len(siblings) >= most:
        return False
    return all(abs((p.birth - child.birth).days) > 300 for p in siblings)


def _guardians(homes: list[list[Person]], ages: dict[int, int], random: Random) -> list[Person]:
    fit = [home for home in homes if 45 <= ages[home[0].key] <= 75] or homes
    return random.choice(fit)


def _twins(homes: list[list[Person]], ages: dict[int, int], random: Random) -> None:
    pairs = 0
    for home in sorted(homes, key=lambda home: home[0].key):
        siblings = [p for p in home if p.mother is home[0]]
        siblings.sort(key=lambda p: p.birth)
        for older, younger in pairwise(siblings):
            same_band = ages[older.key] // 5 == ages[younger.key] // 5
            apart = [p for p in siblings if p not in (older, younger)]
            clear = all(abs((p.birth - younger.birth).days) > 300 for p in apart)
            if same_band and clear and pairs < _TWINS and random.random() < 0.3:
                older.birth = younger.birth
                ages[older.key] = ages[younger.key]
                pairs += 1


def _settle(
    left: list[Person], homes: list[list[Person]], ages: dict[int, int], random: Random
) -> None:
    heads: list[tuple[int, int]] = []
    for place, home in enumerate(homes):
        insort(heads, (ages[home[0].key], place))
    alone: list[list[Person]] = []
    for person in left:
        found = _home_for(person, ages[person.key], heads, homes, ages, random)
        if found is None:
            alone.append([person])
        else:
            found.append(person)
    homes.extend(alone)


def _home_for(
    person: Person,
    age: int,
    heads: list[tuple[int, int]],
    homes: list[list[Person]],
    ages: dict[int, int],
    random: Random,
) -> list[Person] | None:
    """The home that a single person joins as a parent or as a grown child, or None."""
    if age >= 55 and random.random() < 0.8:
        home = _nearest(heads, homes, age - random.randint(22, 36))
        if home is not None:
            _make_parent(person, home, ages)
        return home
    if age < 32 and random.random() < 0.8:
        home = _nearest(heads, homes, age + random.randint(21, 33))
        if home is not None and 18 <= ages[home[0].key] - age <= 45:
            person.mother, person.father = home[0], home[0].spouse
        return home
    return None


def _nearest(
    heads: list[tuple[int, int]], homes: list[list[Person]], age: int
) -> list[Person] | None:
    place = bisect_left(heads, (age, -1))
    for head_age, number in heads[place : place + 12]:
        if abs(head_age - age) <= 4 and len(homes[number]) < 7:
            return homes[number]
    return None


def _make_parent(elder: Person, home: list[Person], ages: dict[int, int]) -> None:
    for child in (home[0].spouse, home[0]):
        if child is None or not 18 <= ages[elder.key] - ages[child.key] <= 45:
            continue
        if elder.sex == "female" and child.mother is None:
            child.mother = elder
            return
        if elder.sex == "male" and child.father is None:
            child.father = elder
            return
