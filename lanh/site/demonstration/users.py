"""The people who can sign in to a demonstration. For demonstration only: the passwords are public.

They belong together: the citizen lives in the commune of the nurse, has been to the hospital of the
doctor, and their province is the officer's.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from lanh.core.access import system_access
from lanh.core.accounts import Post, Taken, account_by_username, create_account, link_account
from lanh.core.database import Plan, SyncDatabase
from lanh.core.store import Store
from lanh.core.text import Words
from lanh.nation.person import IdentityState, find_people
from lanh.nation.roles import ROLES
from lanh.site.demonstration.model import Block, Facility, Person
from lanh.site.demonstration.population import Population


@dataclass(frozen=True, slots=True)
class DemonstrationUser:
    """An account whose password is published; `role` is a role of the health service."""

    username: str
    password: str
    name: str
    role: str

    @property
    def title(self) -> Words:
        """What the role is called."""
        return ROLES[self.role].name


_USERS = (
    DemonstrationUser("nurse", "demo-nurse-2026", "Nguyễn Thị Mẫu", "commune-nurse"),
    DemonstrationUser("doctor", "demo-doctor-2026", "Trần Văn Mẫu", "hospital-doctor"),
    DemonstrationUser("head", "demo-head-2026", "Đỗ Thị Mẫu", "hospital-head"),
    DemonstrationUser("planner", "demo-planner-2026", "Bùi Đức Mẫu", "hospital-planner"),
    DemonstrationUser("hospital-it", "demo-hospital-it-2026", "Lê Quang Mẫu", "hospital-it"),
    DemonstrationUser("province", "demo-province-2026", "Phạm Thu Mẫu", "provincial-officer"),
    DemonstrationUser("registrar", "demo-registrar-2026", "Ngô Hải Mẫu", "facility-registrar"),
    DemonstrationUser("steward", "demo-steward-2026", "Hoàng Anh Mẫu", "data-steward"),
    DemonstrationUser("leader", "demo-leader-2026", "Vũ Minh Mẫu", "ministry-leader"),
    DemonstrationUser("citizen", "demo-citizen-2026", "", "citizen"),
)  # fmt: skip


def users() -> tuple[DemonstrationUser, ...]:
    """The demonstration users. The citizen's name is that of the made-up person they are."""
    return _USERS


@dataclass(frozen=True, slots=True)
class Cast:
    """Whom the demonstration is about: a citizen with records at a station and a hospital."""

    citizen: Person
    station: Facility
    hospital: Facility

    @property
    def province(self) -> str:
        """The province of the citizen."""
        return self.station.place.province


def cast(population: Population) -> Cast:
    """The citizen of the first block who has been to the most facilities, a hospital among them.

    Raises ValueError where the population is too small to have one.
    """
    block = population.block(0)
    homes = {person.key: home for home in block.households for person in home.members}
    visited = _visited(block)
    best: tuple[int, int] | None = None
    found: Cast | None = None
    for person in block.people:
        hospitals = [f for f in visited.get(person.key, ()) if f.kind == "hospital"]
        fit = person.state is IdentityState.MATCH and person.died is None and person.card
        if not fit or not hospitals or not 25 <= person.age_on(population.until) <= 75:
            continue
        rank = len(visited[person.key]), -person.key
        if best is None or rank > best:
            station = population.directory.stations[homes[person.key].place.commune]
            best, found = rank, Cast(person, station, hospitals[0])
    if found is None:
        raise ValueError("nobody here has been to a hospital: take more people")
    return found


def _visited(block: Block) -> dict[int, list[Facility]]:
    """The facilities of each person of a block, the most visited first."""
    counts: dict[int, Counter[str]] = {}
    facilities: dict[str, Facility] = {}
    for episode in block.episodes:
        facilities[episode.facility.code] = episode.facility
        counts.setdefault(episode.person.key, Counter())[episode.facility.code] += 1
    return {
        key: [facilities[code] for code, _ in sorted(count.items(), key=lambda i: (-i[1], i[0]))]
        for key, count in counts.items()
    }


def posts(who: Cast) -> dict[str, Post]:
    """The post of each demonstration user by username."""
    station, hospital = who.station, who.hospital
    place = station.place
    return {
        "nurse": Post("commune-nurse", place.commune, station.code, place.commune),
        "doctor": Post("hospital-doctor", None, hospital.code, hospital.place.commune),
        "head": Post("hospital-head", None, hospital.code, hospital.place.commune),
        "planner": Post("hospital-planner", None, hospital.code, hospital.place.commune),
        "hospital-it": Post("hospital-it", None, hospital.code, hospital.place.commune),
        "province": Post("provincial-officer", who.province),
        "registrar": Post("facility-registrar"),
        "steward": Post("data-steward"),
        "leader": Post("ministry-leader"),
        "citizen": Post("citizen"),
    }


def register_users(database: SyncDatabase, population: Population) -> list[str]:
    """Open the accounts that are not there yet; returns their usernames."""
    who = cast(population)
    opened = []
    for user in _USERS:
        name, post = user.name or who.citizen.name, posts(who)[user.username]
        try:
            database.transact(create_account(user.username, user.password, name, posts=[post]))
            opened.append(user.username)
        except Taken:
            continue
    return opened


def link_citizen(database: SyncDatabase, store: Store, population: Population) -> str | None:
    """Tie the citizen's account to the Person with the citizen's number; returns its id.

    None where the messages have not arrived yet: call again when they have.
    """
    number = cast(population).citizen.number

    def plan() -> Plan[str | None]:
        hits = yield from find_people(store, number, system_access("demonstration"), 2)
        account = yield from account_by_username("citizen")
        if not hits.hits or account is None:
            return None
        yield from link_account(account.id, hits.hits[0].person_id)
        return hits.hits[0].person_id

    return database.transact(plan())
