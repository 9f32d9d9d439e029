"""Who has a person in their care sees that person's records elsewhere; nobody else does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from lanh.core import accounts, matching
from lanh.core.access import Access, Purpose, system_access
from lanh.core.database import SyncDatabase
from lanh.core.store import Context, Store, Write
from lanh.core.web.services import Opening
from lanh.nation import naming, person
from lanh.nation.facility import FacilityNames
from lanh.nation.place import Places
from lanh.nation.roles import ROLES
from lanh.site.pages.audit import PageAuditTrail
from lanh.site.pages.people import PagePeople
from lanh.site.pages.records import PageRecords

NUMBER = "099090123456"


class NoPlaces:
    """Places of a country with two communes."""

    def communes_of(self, area: str, on: date) -> frozenset[str]:
        """The area itself."""
        return frozenset({area})


@dataclass
class World:
    database: SyncDatabase
    store: Store
    people: PagePeople
    records: PageRecords
    trail: PageAuditTrail

    def write(self, facility: str, *resources: dict[str, Any], sensitivity: str = "") -> None:
        context = Context(system_access("test"), custodian=facility, commune="00004")
        writes = [
            Write("update", body["resourceType"], body["id"], body, sensitivity=sensitivity)
            for body in resources
        ]
        self.database.transact(self.store.write(writes, context))


@pytest.fixture
def world(database: SyncDatabase) -> World:
    holder: list[Store] = []
    linking = person.PersonLinking(lambda: holder[0])
    store = Store(hooks=(linking.hook,), residence=person.residence)
    holder.append(store)
    names = FacilityNames(store)
    world = World(
        database,
        store,
        PagePeople(store, names, person.Stewardship(linking), Places.packaged()),
        PageRecords(store, names),
        PageAuditTrail(store, names),
    )
    world.write("99001", patient("a"), encounter("ea", "a"))
    world.write("99002", patient("b"), encounter("eb", "b"))
    return world


def patient(id_: str) -> dict[str, Any]:
    commune = {"url": naming.COMMUNE_EXTENSION, "valueCoding": {"code": "00008"}}
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": naming.PERSONAL_NUMBER, "value": NUMBER}],
        "name": [{"text": "Đặng Minh Khôi"}],
        "gender": "male",
        "birthDate": "1990-03-14",
        "address": [{"city": "Phường Thử", "state": "Tỉnh Thử", "extension": [commune]}],
    }


def encounter(id_: str, patient_id: str) -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "class": {"system": system, "code": "AMB"},
        "subject": {"reference": f"Patient/{patient_id}"},
        "period": {"start": "2026-03-01T08:00:00+07:00"},
    }


def access(
    role: str,
    purpose: Purpose = Purpose.TREATMENT,
    area: str | None = None,
    facility: str | None = None,
) -> Access:
    account = accounts.Account(
        "acc-1",
        "user",
        "Người dùng",
        "vi",
        True,
        posts=(accounts.Post(role, area=area, facility=facility),),
    )
    return accounts.access_for(account, date(2026, 11, 1), purpose, NoPlaces(), ROLES)


def records(world: World, access: Access) -> set[str]:
    found = world.database.read(world.records.of_patients(["a", "b"], access))
    return {record.id for record in found}


def test_a_doctor_with_the_person_in_care_sees_every_facility(world: World) -> None:
    assert records(world, access("hospital-doctor", facility="99001")) == {"a", "b", "ea", "eb"}


def test_a_doctor_elsewhere_sees_nothing(world: World) -> None:
    elsewhere = access("hospital-doctor", facility="99003")
    assert records(world, elsewhere) == set()
    assert world.database.read(world.people.find(NUMBER, elsewhere, 10, None)).people == []


def test_a_nurse_sees_who_lives_in_the_commune(world: World) -> None:
    at_home = access("commune-nurse", area="00008", facility="99009")
    elsewhere = access("commune-nurse", area="00016", facility="99009")
    assert records(world, at_home) == {"a", "b", "ea", "eb"}
    assert records(world, elsewhere) == set()


def test_sensitive_records_stay_behind_their_own_grants(world: World) -> None:
    world.write("99002", encounter("secret", "b"), sensitivity="HIV")
    nurse = access("commune-nurse", area="00008", facility="99009")
    assert "secret" not in records(world, nurse)
    assert "secret" in records(world, access("hospital-doctor", facility="99001"))


def test_a_leader_finds_nobody(world: World) -> None:
    leader = access("ministry-leader", Purpose.PUBLIC_HEALTH)
    assert world.database.read(world.people.find("dang minh khoi", leader, 10, None)).people == []
    assert records(world, leader) == set()


def test_a_search_without_marks_finds_one_person(world: World) -> None:
    doctor = access("hospital-doctor", facility="99001")
    for text in ("dang minh khoi", "Khôi Đặng", "dang 1990", NUMBER, f"{NUMBER}|x|A|1|Nam|Y|1"):
        (found,) = world.database.read(world.people.find(text, doctor, 10, None)).people
        assert (found.name, found.personal_number[-4:]) == ("Đặng Minh Khôi", NUMBER[-4:])
        assert NUMBER not in found.personal_number


def test_links_show_rule_and_facility(world: World) -> None:
    doctor = access("hospital-doctor", facility="99001")
    persons = world.database.read(matching.persons_of(["a"]))
    links = world.database.read(world.people.links(persons["a"], doctor))
    assert [(link.patient, link.facility, link.rule) for link in links] == [
        ("a", "99001", "new"),
        ("b", "99002", "personal-number"),
    ]


def test_the_access_log_names_who_opened(world: World) -> None:
    created = world.database.transact(
        accounts.create_account(
            "nurse.test",
            "a long password 1",
            "Nguyễn Thị Thử",
            posts=[accounts.Post("commune-nurse", area="00008", facility="99009")],
        )
    )
    nurse = accounts.access_for(created, date(2026, 11, 1), Purpose.TREATMENT, NoPlaces(), ROLES)
    opening = Opening("read", nurse, created.id, person="P", patients=("a", "b"))
    world.database.transact(world.trail.append([opening]))
    lines, following = world.database.read(world.trail.of_person("P", ["a", "b"], nurse, 10, None))
    reads = [line for line in lines if line.action == "read"]
    assert following is None
    assert [(line.who, line.purpose) for line in reads] == [("Nguyễn Thị Thử", "TREAT")]
    assert reads[0].at <= datetime.now(UTC)
