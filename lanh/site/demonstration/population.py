"""The whole population: a plan of blocks, each made on its own from the seed, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from lanh.nation.place import SET_34_FROM
from lanh.site.demonstration import allergies, care, identity, lives, prevention
from lanh.site.demonstration.care import Directory, Period
from lanh.site.demonstration.facilities import Network, build, place_of
from lanh.site.demonstration.households import draw_people, families
from lanh.site.demonstration.model import Block, Episode, Household, Person
from lanh.site.demonstration.naming import name_households
from lanh.site.demonstration.randomness import pick, shuffled, stream
from lanh.site.demonstration.sources import communes, provinces

BLOCK = 1_000
YEARS = 2
_STREETS = ("Trần Phú", "Lê Lợi", "Nguyễn Trãi", "Hùng Vương", "Quang Trung", "Lý Thường Kiệt",
            "Hai Bà Trưng", "Phan Bội Châu", "Bà Triệu", "Điện Biên Phủ")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Population:
    """So many people by a seed, over the two years before `until`, the day it is told.

    Holds the facilities only: people are made block by block when asked, so that millions need no
    more memory than a thousand.
    """

    people: int
    seed: int
    until: date
    network: Network
    directory: Directory = field(repr=False)

    @property
    def period(self) -> Period:
        """The days shown: up to the day before, since nothing may lie in the future."""
        last = self.until - timedelta(days=1)
        return Period(last - timedelta(days=365 * YEARS), last)

    @property
    def block_count(self) -> int:
        """How many blocks there are."""
        return -(-self.people // BLOCK)

    def blocks(self) -> Iterator[Block]:
        """Every block in order."""
        for number in range(self.block_count):
            yield self.block(number)

    def block(self, number: int) -> Block:
        """One block: its households, people and everything that happened to them."""
        size = min(BLOCK, self.people - number * BLOCK)
        random = stream(self.seed, "block", number)
        first = self.seed % identity.SEEDS * identity.KEYS + number * BLOCK
        people = draw_people(first, size, self.until, random)
        homes = self._homes(number, families(people, self.until, random), random)
        _name(homes, random)
        identity.give_identifiers(self.seed, number, people, self.until, random)
        identity.give_cards(homes, self.until, random)
        for person in people:
            person.occupation = _occupation(person, self.until, random)
        block = Block(number, homes, people)
        self._live(block, random)
        return block

    def _homes(self, number: int, groups: list[list[Person]], random: Random) -> list[Household]:
        every = provinces()
        drawn = shuffled({code: p.people for code, p in every.items()}, len(groups), random)
        homes: list[Household] = []
        for place, (members, code) in enumerate(zip(groups, drawn, strict=True)):
            units = [u for u in communes()[code] if u.code in self.directory.stations]
            unit = pick({u.code: 2.2 if u.kind == "Phường" else 1.0 for u in units}, random)
            commune = next(u for u in units if u.code == unit)
            own = self.seed % identity.SEEDS * identity.KEYS + number * BLOCK + place
            home = Household(own, place_of(commune), _line(commune.kind, random), members)
            group = pick(every[code].ethnic_weights, random)
            for person in members:
                apart = person.father is None and random.random() < 0.06
                person.ethnic = pick(every[code].ethnic_weights, random) if apart else group
                person.household = own
            homes.append(home)
        return homes

    def _live(self, block: Block, random: Random) -> None:
        home_of = {p.key: home for home in block.households for p in home.members}
        for person in lives.decide_deaths(block.people, self.period, random):
            home = home_of[person.key]
            own = stream(self.seed, "death", person.key)
            death, last = lives.death(person, home, self.directory, own)
            block.deaths.append(death)
            block.episodes += [last] if last else []
        for home in block.households:
            own = stream(self.seed, "births", home.number)
            for episode in lives.births(home, self.directory, self.period, own):
                block.episodes.append(episode)
                if episode.born:
                    block.doses += prevention.birth_doses(episode, own)
                    block.doses += prevention.tetanus(
                        episode, home, self.directory, self.period, own
                    )
        for person in block.people:
            home, own = home_of[person.key], stream(self.seed, "care", person.key)
            context = (person, home, self.directory, self.period, own)
            block.episodes += care.episodes(*context)
            block.doses += prevention.doses(*context)
            block.doses += prevention.rabies(*context)
        self._end(block)
        self._ask(block, home_of)

    def _end(self, block: Block) -> None:
        """Leave out what would end later, but for stays at hospitals that tell an admission."""
        kept: list[Episode] = []
        for episode in block.episodes:
            if episode.end.date() >= self.until:
                if not episode.inpatient or episode.facility.speaks != "hl7v2" or episode.died:
                    continue
                episode.open = True
                episode.findings = [f for f in episode.findings if f.at.date() < self.until]
            kept.append(episode)
        block.episodes = kept
        block.doses = [dose for dose in block.doses if dose.at.date() < self.until]

    def _ask(self, block: Block, home_of: dict[int, Household]) -> None:
        visits: dict[int, list[Episode]] = {}
        for episode in block.episodes:
            visits.setdefault(episode.person.key, []).append(episode)
        for person in block.people:
            station = self.directory.stations[home_of[person.key].place.commune]
            own = stream(self.seed, "allergies", person.key)
            person.asked = allergies.asked(
                person, station, visits.get(person.key, ()), self.period, own
            )


def generate(people: int, seed: int, until: date) -> Population:
    """The population of a seed: cheap, since blocks are made when they are asked for.

    Raises ValueError where `people` is not positive or needs more numbers than there are, and
    where `until` is before the communes in which they live.
    """
    if not 0 < people <= 100_000_000:
        raise ValueError("people: 1 to 100,000,000")
    if until < SET_34_FROM:
        raise ValueError(f"until: >= {SET_34_FROM}")
    network = build(people)
    return Population(people, seed, until, network, Directory(network))


def _name(homes: list[Household], random: Random) -> None:
    founders = sum(len(home.members) for home in homes)
    named = [(home.members, provinces()[home.place.province].southern) for home in homes]
    name_households(named, founders, random)


def _line(kind: str, random: Random) -> str:
    if kind == "Phường":
        return f"{random.randint(1, 399)} đường {random.choice(_STREETS)}"
    return f"Thôn {random.randint(1, 14)}"


def _occupation(person: Person, until: date, random: Random) -> str:
    age = person.age_on(until)
    if age < 6:
        return "00000"
    if age < 19:
        return "97000"
    if age >= 62:
        return random.choice(("95000", "95000", "61000"))
    weights = {"61000": 27, "81000": 24, "52000": 13, "71000": 8, "33000": 8, "23000": 4,
               "83000": 4, "91000": 6, "62000": 3, "22100": 1, "11000": 1, "99000": 5}  # fmt: skip
    return "97000" if age < 22 and random.random() < 0.4 else pick(weights, random)
