"""A steward's pairs on the real store: who sees which, what a decision moves, who comes second."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from lanh.core import accounts, audit, matching
from lanh.core.access import Access, Purpose, system_access
from lanh.core.database import SyncDatabase, fetch
from lanh.core.store import Context, Store, Write
from lanh.core.web.services import Answer, DecisionRefused, Pair, PairsPage
from lanh.nation import naming, person
from lanh.nation.facility import FacilityNames
from lanh.nation.place import Places
from lanh.nation.roles import ROLES
from lanh.site.pages.pairs import PagePairs
from lanh.site.pages.people import PagePeople

HERE, NEAR, FAR = "00008", "00016", "26734"  # communes: two of one province, one of another
PROVINCE, OTHER_PROVINCE = "01", "79"
PLACES = Places.packaged()


@dataclass
class World:
    database: SyncDatabase
    store: Store
    pairs: PagePairs

    def write(self, id_: str, commune: str, number: str | None = None, **said: Any) -> None:
        body = patient(id_, commune, number) | said
        context = Context(system_access("test"), custodian=f"9900{id_[-1]}", commune=commune)
        self.database.transact(self.store.write([Write("update", "Patient", id_, body)], context))

    def waiting(self, access: Access) -> PairsPage:
        return self.database.transact(self.pairs.waiting(access, 10, None))

    def persons(self, *ids: str) -> list[str]:
        found = self.database.read(matching.persons_of(ids))
        return [found[each] for each in ids]

    def decide(self, pair: Pair, answer: Answer, access: Access) -> bool:
        plan = self.pairs.decide(pair.id, pair.revision, answer, "called", access)
        return self.database.transact(plan)


def patient(id_: str, commune: str, number: str | None) -> dict[str, Any]:
    place = {"url": naming.COMMUNE_EXTENSION, "valueCoding": {"code": commune}}
    body: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id_,
        "name": [{"text": "Đặng Minh Khôi"}],
        "gender": "male",
        "birthDate": "1990-03-14",
        "telecom": [{"system": "phone", "value": f"060000012{ord(id_[0]) % 10}"}],
        "address": [{"city": "Phường Thử", "extension": [place]}],
    }
    if number:
        body["identifier"] = [{"system": naming.PERSONAL_NUMBER, "value": number}]
    return body


@pytest.fixture
def world(database: SyncDatabase) -> World:
    made: list[Store] = []
    linking = person.PersonLinking(lambda: made[0])
    made.append(Store(hooks=(linking.hook,), residence=person.residence))
    names = FacilityNames(made[0])
    people = PagePeople(made[0], names, person.Stewardship(linking), PLACES)
    pairs = PagePairs(made[0], names, person.PairStewardship(linking), people)
    world = World(database, made[0], pairs)
    world.write("a1", HERE, "099091000001")
    world.write("b2", NEAR)
    return world


def access(role: str, area: str | None = None, who: str = "steward-1") -> Access:
    account = accounts.Account(
        who, who, "Người dùng", "vi", True, posts=(accounts.Post(role, area=area),)
    )
    purpose = ROLES[role].purposes[0]
    return accounts.access_for(account, date(2026, 11, 1), purpose, PLACES, ROLES)


NATIONAL = access("data-steward")
OWN = access("provincial-data-steward", PROVINCE, "steward-2")


def test_a_steward_sees_pairs_of_the_own_place_only(world: World) -> None:
    assert len(world.waiting(NATIONAL).pairs) == 1
    (pair,) = world.waiting(OWN).pairs
    elsewhere = access("provincial-data-steward", OTHER_PROVINCE, "steward-3")
    assert elsewhere.purpose is Purpose.OPERATIONS
    page = world.waiting(elsewhere)
    assert (list(page.pairs), page.waiting, page.later) == ([], 0, 0)
    read = world.database.read
    assert read(world.pairs.pair(pair.id, elsewhere)) is None
    assert world.decide(pair, "same", elsewhere) is False
    assert world.decide(pair, "later", OWN) is True
    assert read(world.pairs.decided(elsewhere, 9, None)).pairs == []
    (decided,) = read(world.pairs.decided(OWN, 9, None)).pairs
    verdict = decided.verdicts[0]
    assert world.database.transact(world.pairs.undo(verdict.id, "slip", elsewhere)) is False


@pytest.mark.parametrize("role", ["commune-nurse", "hospital-doctor", "ministry-leader", "citizen"])
def test_no_pair_for_who_is_no_steward(world: World, role: str) -> None:
    assert world.waiting(access(role, FAR)).pairs == []


def test_a_pair_that_reaches_into_another_province_is_for_the_country(world: World) -> None:
    world.write("c3", FAR, "099091000001")  # another record of the first person, far away
    assert world.persons("c3") == world.persons("a1")
    assert world.waiting(OWN).pairs == []
    (pair,) = world.waiting(NATIONAL).pairs
    assert world.decide(pair, "same", OWN) is False
    assert len({*pair.one.others, *pair.other.others}) == 1


def test_the_same_person_brings_every_record_together_and_back(world: World) -> None:
    world.write("c3", HERE, "099091000001")
    before = world.persons("a1", "b2", "c3")
    (pair,) = world.waiting(NATIONAL).pairs
    count = "SELECT count(*), max(version) FROM store.patient"
    stored = world.database.read(fetch(count))[0]
    world.decide(pair, "same", NATIONAL)
    (shared,) = set(world.persons("a1", "b2", "c3"))
    assert person_links(world, shared) == {"a1", "b2", "c3"}
    assert tuple(world.database.read(fetch(count))[0]) == tuple(stored)
    entries = world.database.read(audit.of_patient("b2"))
    (link,) = [entry for entry in entries if entry.action == "link"]
    assert (link.subject, link.purpose) == ("person:steward-1", "HOPERAT")
    last = world.database.read(world.pairs.last_own(NATIONAL))
    assert last is not None and last[0] == pair.id
    world.database.transact(world.pairs.undo(last[1].id, "slip", NATIONAL))
    assert world.persons("a1", "b2", "c3") == before
    assert person_links(world, before[0]) == {"a1", "c3"}
    assert person_links(world, before[1]) == {"b2"}
    assert len(world.waiting(NATIONAL).pairs) == 1


def person_links(world: World, id_: str) -> set[str]:
    stored = world.database.read(world.store.read("Person", id_, Context(system_access("test"))))
    assert stored is not None
    links = stored.resource().get("link", [])
    return {link["target"]["reference"].removeprefix("Patient/") for link in links}


def test_of_two_stewards_the_second_is_told_who_decided(world: World) -> None:
    (pair,) = world.waiting(NATIONAL).pairs
    before = world.persons("a1", "b2")

    def one(acting: tuple[Answer, Access]) -> str:
        try:
            world.decide(pair, *acting)
        except DecisionRefused as refusal:
            assert refusal.overtaken and refusal.message.vi != refusal.message.en
            return "refused"
        return "kept"

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(one, (("different", NATIONAL), ("later", OWN))))
    assert outcomes == ["kept", "refused"]
    assert world.persons("a1", "b2") == before
    shown = world.database.read(world.pairs.pair(pair.id, NATIONAL))
    assert shown is not None and len(shown.verdicts) == 1


def test_the_person_whom_a_citizen_signs_in_for_stays(world: World) -> None:
    (alone,) = world.persons("b2")
    world.write("c3", HERE, "099091000001")
    account = accounts.create_account("citizen.a", "a long password 1", "Khôi")
    created = world.database.transact(account)
    world.database.transact(accounts.link_account(created.id, alone))
    (pair,) = world.waiting(NATIONAL).pairs
    world.decide(pair, "same", NATIONAL)
    assert set(world.persons("a1", "b2", "c3")) == {alone}


def test_two_persons_with_accounts_are_not_joined(world: World) -> None:
    before = world.persons("a1", "b2")
    for number, holder in enumerate(before):
        account = accounts.create_account(f"citizen.{number}", "a long password 1", "Khôi")
        created = world.database.transact(account)
        world.database.transact(accounts.link_account(created.id, holder))
    (pair,) = world.waiting(NATIONAL).pairs
    with pytest.raises(DecisionRefused) as refusal:
        world.decide(pair, "same", NATIONAL)
    assert not refusal.value.overtaken
    assert world.persons("a1", "b2") == before


def test_sides_carry_their_facts_and_a_warning_of_the_number(world: World) -> None:
    (pair,) = world.waiting(NATIONAL).pairs
    numbered = pair.one if pair.one.fields["personal-number"] else pair.other
    (warning,) = numbered.warnings
    assert "1991" in warning.en
    assert numbered.fields["birth"] == "1990-03-14"
    assert {part.feature for part in pair.evidence} >= {"prior", "name", "birth", "place"}
    assert pair.linked is False and pair.waiting
