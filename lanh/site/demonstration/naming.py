"""Names of people: family names by their shares and by line, the rest by generation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Any

from lanh.site.demonstration.model import Person
from lanh.site.demonstration.randomness import pick, shuffled
from lanh.site.demonstration.sources import Sex, read


@cache
def family_weights() -> dict[str, float]:
    """Family names of the Kinh in per cent; "north|south" where the spelling differs."""
    names = read("names")
    weights = {str(name): float(share) for name, share in names["family"].items()}
    rest = 100 - sum(weights.values())
    return weights | {name: rest / len(names["rare"]) for name in names["rare"]}


def _generation(year: int) -> int:
    return 0 if year < 1965 else 1 if year < 1995 else 2


def personal_name(sex: Sex, year: int, random: Random) -> str:
    """Middle and given name, such as "Văn An"."""
    names: dict[str, Any] = read("names")
    generation = _generation(year)
    middle = pick(names["middle"][sex][generation], random)
    given = random.choice(names["given"][sex][generation])
    while given == middle:
        given = random.choice(names["given"][sex][generation])
    return f"{middle} {given}"


def spelled(family: str, southern: bool) -> str:
    """A family name in the spelling of the north or the south."""
    return family.split("|")[-1 if southern else 0]


def name_households(
    homes: Sequence[tuple[list[Person], bool]], founders: int, random: Random
) -> None:
    """Give every person of every home a name. `homes` says whether a home spells southern.

    A child has the father's family name, or the mother's where no father is known; a wife keeps
    her own. Everybody who heads a line draws from the shares, so that the shares hold among lines.
    """
    drawn = iter(shuffled(family_weights(), founders, random))
    for home, southern in homes:
        family: dict[int, str] = {}
        for person in sorted(home, key=lambda p: (p.birth, p.key)):
            line = person.father or person.mother
            if line is not None and line.key in family:
                family[person.key] = family[line.key]
            elif person.ethnic in read("names")["groups"]:
                next(drawn)
                family[person.key] = random.choice(read("names")["groups"][person.ethnic])
            else:
                family[person.key] = spelled(next(drawn), southern)
        for person in home:
            own = personal_name(person.sex, person.birth.year, random)
            person.name = f"{family[person.key]} {own}"


def staff_name(sex: Sex, year: int, southern: bool, random: Random) -> str:
    """A whole name for somebody who works at a facility."""
    family = spelled(pick(family_weights(), random), southern)
    return f"{family} {personal_name(sex, year, random)}"
