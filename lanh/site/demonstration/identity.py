"""Identifiers that cannot be real, the four states of identity, and what each facility wrote down.

A personal number is 12 digits: three for the place of registration, one for century and sex, two
for the year of birth, six of its own (Law 26/2023). Here the place is 097, 098 or 099, which no
province has. An insurance number has ten digits and begins with 99; a card begins with ZZ, which no
group of insured people has; a telephone begins with 060, which the numbering plan keeps in reserve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random

from lanh.core.matching import name_similarity
from lanh.core.text import fold
from lanh.nation.person import IdentityState
from lanh.site.demonstration.model import Facility, Household, Person, Recorded
from lanh.site.demonstration.naming import personal_name
from lanh.site.demonstration.randomness import shuffled, stream
from lanh.site.demonstration.sources import Sex

# The mix that was measured when a national set was first compared with the population register.
MIX: dict[IdentityState, float] = {
    IdentityState.MATCH: 67.2,
    IdentityState.DIFFERS: 24.8,
    IdentityState.NO_NUMBER: 4.6,
    IdentityState.NOT_VERIFIED: 3.4,
}
INSURED = 0.93
_CLEARLY_ANOTHER = 0.85  # similarity under which two names are surely not one
UNREGISTERED_DAYS = 45  # a newborn has no number before the birth is registered

SEEDS = 1_000  # seeds whose people differ in every identifier, up to 100,000 people each
KEYS = 10**9  # a person's key is the seed times this, and the place among the people of the seed
_NUMBERS = 3_000_000  # of one sex and year: three places of registration, a million each
_PER_BLOCK = 30  # numbers of one sex and year that a block may use; 100,000 blocks fit
_STEP = 1_234_567  # has no factor in common with _NUMBERS, so every number is met once


def personal_number(sex: Sex, birth: date, serial: int) -> str:
    """The number of the `serial`-th person of this sex and year of birth."""
    scattered = serial * _STEP % _NUMBERS
    century = (birth.year // 100 - 19) * 2 + (sex == "female")
    return (
        f"{97 + scattered // 1_000_000:03d}{century}{birth.year % 100:02d}{scattered % 10**6:06d}"
    )


def insurance_number(key: int) -> str:
    """Ten digits; the first two are no province."""
    seed, place = divmod(key, KEYS)
    return f"99{(seed * 100_000 + place) * 7_654_321 % 10**8:08d}"


def give_identifiers(
    seed: int, block: int, people: Sequence[Person], until: date, random: Random
) -> None:
    """Numbers, cards, telephones and states for the people of one block."""
    used: dict[tuple[Sex, int], int] = {}
    first = (seed % SEEDS * 100 + block) * _PER_BLOCK
    for person in people:
        cell = (person.sex, person.birth.year)
        rank = used[cell] = used.get(cell, -1) + 1
        if rank >= _PER_BLOCK:
            raise ValueError(f"block {block} has over {_PER_BLOCK} people of {cell}")
        person.number = personal_number(person.sex, person.birth, first + rank)
        person.insurance_number = insurance_number(person.key)
        person.blood = random.choices(("O", "B", "A", "AB"), (45, 30, 20, 5))[0]
        age = person.age_on(until)
        if age >= 16 and random.random() < 0.9:
            person.phone = f"060{random.randrange(10**7):07d}"
    _give_states(people, until, random)


def give_cards(homes: Iterable[Household], until: date, random: Random) -> None:
    """Insurance cards: everybody under six, most others. ZZ, benefit digit, province, number."""
    for home in homes:
        for person in home.members:
            age = person.age_on(until)
            if age >= 6 and random.random() >= INSURED:
                continue
            benefit = "1" if age < 6 else random.choices("1234", (6, 4, 12, 78))[0]
            person.card = f"ZZ{benefit}{home.place.province}{person.insurance_number}"


def _give_states(people: Sequence[Person], until: date, random: Random) -> None:
    states = shuffled(MIX, len(people), random)
    rest: list[Person] = []
    for person in people:
        if is_newborn(person, until) and IdentityState.NO_NUMBER in states:
            states.remove(IdentityState.NO_NUMBER)
            person.state = IdentityState.NO_NUMBER
        else:
            rest.append(person)
    for person, state in zip(rest, states, strict=True):
        person.state = state


def is_newborn(person: Person, until: date) -> bool:
    """Whether the birth is too recent to be registered."""
    return person.birth > until - timedelta(days=UNREGISTERED_DAYS)


def recorded(
    person: Person, facility: Facility, home: Household, seed: int, until: date
) -> Recorded:
    """The person as this facility wrote them down; the same each time it is asked.

    Everybody's state holds at each facility, with mistakes that may differ from one to the next.
    A newborn without a number is called after the mother (Circular 30/2020 Art. 10).
    """
    random = stream(seed, "recorded", person.key, facility.code)
    first = stream(seed, "mistake", person.key)
    source = first if random.random() < 0.7 else random
    name, sex, birth = person.name, person.sex, person.birth
    number: str | None = person.number
    if person.state is IdentityState.DIFFERS:
        name, sex, birth = _mistaken(person, source)
    elif person.state is IdentityState.NO_NUMBER:
        number = _malformed(person, source)
        if is_newborn(person, until) and person.mother is not None:
            name, number = f"Con bà {person.mother.name}", None
    phone = person.phone if random.random() < 0.85 else None
    return Recorded(
        facility=facility,
        person=person,
        patient_number=f"{facility.code[2:]}{person.key:08d}",
        name=name.upper() if facility.capitals else name,
        sex=sex,
        birth=birth,
        number=number,
        phone=phone,
        place=home.place,
        line=home.line,
    )


def _mistaken(person: Person, random: Random) -> tuple[str, Sex, date]:
    name, sex, birth = person.name, person.sex, person.birth
    kind = random.choices(("unknown-day", "swapped", "year", "name", "sex"),
                          (36, 18, 22, 20, 4))[0]  # fmt: skip
    words = name.split()
    if kind == "unknown-day" and (birth.month, birth.day) != (1, 1):
        return name, sex, date(birth.year, 1, 1)
    if kind == "swapped" and birth.day <= 12 and birth.day != birth.month:
        return name, sex, date(birth.year, birth.day, birth.month)
    if kind == "name":
        other = f"{words[0]} {personal_name(sex, birth.year, random)}"
        # A slip that a comparison of names forgives would be no difference.
        if name_similarity(fold(other), fold(name)) < _CLEARLY_ANOTHER:
            return other, sex, birth
    if kind == "sex":
        return name, "male" if sex == "female" else "female", birth
    return name, sex, birth - timedelta(days=365 if birth.day % 2 else 366)


def _malformed(person: Person, random: Random) -> str | None:
    kind = random.choices(("none", "old", "short", "letter"), (62, 14, 14, 10))[0]
    if kind == "old":
        return f"000{person.key % 10**6:06d}"  # nine digits, as before 2016; 000 is no province
    if kind == "short":
        return person.number[:-1]
    if kind == "letter":
        return "O" + person.number[1:]  # the letter O where a nought belongs
    return None
