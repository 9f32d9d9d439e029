"""An authority registers, changes and closes facilities, merges and divides them, by the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar

import pytest

from lanh.core import terminology
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import Desks, Forbidden, FormScreen, Sent, Visitor
from lanh.core.store import Context, Store
from lanh.core.terminology import Terminology
from lanh.core.workflow import Definitions, Workflow
from lanh.nation.calendar import packaged
from lanh.nation.local_time import VIETNAM
from lanh.nation.place import SET_34_FROM, Places, commune_list
from lanh.systems.facilities.system import SYSTEM
from lanh.systems.facilities.taking_effect import carry_out, due
from lanh.systems.facilities.tests.scene import (
    BA_DINH,
    NOW,
    SAI_GON,
    access_of,
    facility,
    fill,
)

T = TypeVar("T")

NEW = {
    "q/place/name": ["Bệnh viện Nhi Mẫu"],
    "q/place/english": ["Sample Children's Hospital"],
    "q/place/status": ["http://hl7.org/fhir/location-status|active"],
    "q/place/kind": ["urn:lanh:codes:facility-kind|hospital"],
    "q/place/level": ["urn:lanh:codes:facility-level|provincial"],
    "q/place/ownership": ["urn:lanh:codes:facility-ownership|province"],
    "q/place/services": [
        "urn:lanh:codes:facility-service|child",
        "urn:lanh:codes:facility-service|emergency",
    ],
    "q/place/address/street": ["Số 1 đường Mẫu"],
    "q/place/address/commune": [f"urn:lanh:codes:commune|{BA_DINH}"],
    "q/place/position/latitude": ["21,0357"],
    "q/place/position/longitude": ["105,8320"],
    "q/place/phone:0": ["024 0000 0000"],
    "q/place/hours:0/days": ["http://hl7.org/fhir/days-of-week|mon"],
    "q/place/hours:0/opens": ["07:00"],
    "q/place/hours:0/closes": ["16:30"],
    "q/entity/code:0/code-value": ["99801"],
    "q/entity/code:0/code-from": ["01/07/2025"],
    "q/entity/code:1/code-value": ["99800"],
    "q/entity/code:1/code-until": ["30/06/2025"],
    "q/entity/gln": ["8930000000002"],
    "q/entity/licence:0/licence-number": ["000001/TEST-GPHD"],
    "q/entity/licence:0/licence-by": ["Bộ Y tế (mẫu)"],
    "q/entity/licence:0/licence-from": ["02/01/2020"],
}


class Room:
    """The desk on a database with two facilities of the ministry's own registry."""

    def __init__(self, database: SyncDatabase) -> None:
        self.database = database
        fill(
            database,
            facility("99001", BA_DINH),
            facility("99002", BA_DINH),
            facility("99003", SAI_GON),
        )
        communes = commune_list(Places.packaged())
        database.transact(terminology.load(communes, SET_34_FROM))
        self.store = Store()
        desk = SYSTEM.desk
        assert desk is not None
        self.workflow = workflow = Workflow(Definitions(()), packaged(), now=lambda: NOW)
        values = Terminology()
        self.desks = Desks((desk,), store=self.store, workflow=workflow, value_sets=values)
        self.registrar = self.visitor("facility-registrar")
        self.officer = self.visitor("provincial-officer", "01")

    def visitor(self, role: str, area: str | None = None) -> Visitor:
        return Visitor("7", role, access_of(role, area), "vi", NOW, store=self.store)

    def run(self, plan: Plan[T]) -> T:
        return self.database.transact(plan)

    def send(self, form: str, fields: Mapping[str, list[str]], who: Visitor, **more: Any
             ) -> FormScreen | Sent:  # fmt: skip
        screen = self.run(self.desks.begin("facilities", form, who))
        return self.run(self.desks.send(screen.draft, who, fields, screen.submission, **more))

    def sent(self, form: str, fields: Mapping[str, list[str]], who: Visitor, **more: Any) -> Sent:
        done = self.send(form, fields, who, **more)
        assert isinstance(done, Sent), (done.page.faults, done.warnings)
        return done

    def take_effect(self, day: date) -> int:
        """What the duty of a day does; how many facilities it ends."""
        at = datetime.combine(day, time(1), VIETNAM)
        units = self.run(due(self.store, at))
        for unit in units:
            self.run(carry_out(self.store, self.workflow, unit, at))
        return len(units)

    def resource(self, reference: str) -> dict[str, Any]:
        kind, name = reference.split("/")
        found = self.run(self.store.read(kind, name, Context(self.registrar.access)))
        assert found is not None
        return found.resource()


@pytest.fixture
def room(database: SyncDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setattr("lanh.core.store.reindexing.KNOWN_FOR", 0.0)
    monkeypatch.setattr("lanh.core.store.reindexing._SLACK", 0.0)
    yield Room(database)


def _pairs(kind: str, since: str, *pairs: tuple[str, str]) -> dict[str, list[str]]:
    made = {
        "q/kind": [f"urn:lanh:codes:succession|{kind}"],
        "q/decision": ["01/QĐ-MAU"],
        "q/from": [since],
    }
    for number, (old, new) in enumerate(pairs):
        made |= {f"q/pair:{number}/old": [old], f"q/pair:{number}/new": [new]}
    return made


def test_a_facility_is_registered_as_place_and_entity(room: Room) -> None:
    sent = room.sent("facility", NEW, room.registrar)
    place = room.resource(sent.record)
    assert place["resourceType"] == "Location"
    assert place["identifier"] == [{"system": "urn:lanh:id:facility", "value": "99801"}]
    assert place["address"]["text"].startswith("Số 1 đường Mẫu, Phường Ba Đình")
    assert place["hoursOfOperation"][0]["openingTime"] == "07:00:00"
    entity = room.resource(place["managingOrganization"]["reference"])
    assert [i.get("period") for i in entity["identifier"][:2]] == [
        {"start": "2025-07-01"},
        {"end": "2025-06-30"},
    ]
    assert entity["active"] is True and len(entity["type"]) == 3
    row = room.run(room.store.read("Location", place["id"], Context(room.registrar.access)))
    assert row is not None and (row.custodian, row.commune) == ("99801", BA_DINH)
    screen = room.run(room.desks.record("facilities", sent.record, room.registrar))
    lines = [line for _, section in screen.sections for line in section]
    assert ("99800", "từ trước đây đến 30/06/2025") in lines
    assert ("000001/TEST-GPHD", "từ 02/01/2020 đến nay, nơi cấp: Bộ Y tế (mẫu)") in lines


def test_what_cannot_be_is_told_at_its_field(room: Room) -> None:
    wrong = {
        **NEW,
        "q/entity/code:0/code-value": ["99001"],
        "q/entity/code:1/code-until": [""],
        "q/entity/gln": ["8930000000003"],
        "q/entity/parent": ["99999"],
    }
    back = room.send("facility", wrong, room.registrar)
    assert isinstance(back, FormScreen)
    assert {name for name, _ in back.page.faults} == {
        "q/entity/code:0/code-value",
        "q/entity/code:1/code-value",
        "q/entity/gln",
        "q/entity/parent",
    }
    assert any("Bệnh viện Mẫu 99001" in words for _, words in back.page.faults)


def test_an_officer_registers_in_the_province_and_nowhere_else(room: Room) -> None:
    assert room.sent("facility", NEW, room.officer).record.startswith("Location/")
    far = {
        **NEW,
        "q/place/address/commune": [f"urn:lanh:codes:commune|{SAI_GON}"],
        "q/entity/code:0/code-value": ["99802"],
        "q/entity/code:1/code-value": ["99803"],
    }
    with pytest.raises(Forbidden):
        room.send("facility", far, room.officer)
    with pytest.raises(Forbidden):
        room.send("facility", NEW, room.visitor("hospital-doctor"))


def test_what_the_ministry_sent_by_the_bus_is_changed_by_the_form(room: Room) -> None:
    screen = room.run(room.desks.correct("facilities", "Location/place-99001", room.officer))
    fields = {
        **NEW,
        "q/place/name": ["Bệnh viện Mẫu đổi tên"],
        "q/place/status": ["http://hl7.org/fhir/location-status|inactive"],
        "q/entity/code:0/code-value": ["99001"],
        "q/entity/code:1/code-value": ["99799"],
    }
    sent = room.run(
        room.desks.send(
            screen.draft, room.officer, fields, screen.submission, reason="Đóng cửa theo quyết định"
        )
    )
    assert isinstance(sent, Sent), (sent.page.faults, sent.warnings)
    assert sent.record == "Location/place-99001"
    entity = room.resource("Organization/entity-99001")
    assert (entity["active"], entity["name"]) == (False, "Bệnh viện Mẫu đổi tên")
    place = room.resource("Location/place-99001")
    assert place["status"] == "inactive"
    assert place["managingOrganization"]["reference"] == "Organization/entity-99001"
    again = room.run(room.desks.correct("facilities", "Location/place-99001", room.officer))
    held = {b.key: b.fields[0].values for g in again.page.blocks for r in g.rows or () for b in
            r.blocks if b.fields}  # fmt: skip
    assert held["q/place/name"] == ("Bệnh viện Mẫu đổi tên",)


def test_a_merger_closes_what_was_on_its_day(room: Room) -> None:
    sent = room.sent(
        "succession", _pairs("merged", "01/12/2026", ("99001", "99002")), room.registrar
    )
    record = room.resource(sent.record)
    assert record["period"] == {"start": "2026-12-01"}
    assert room.take_effect(date(2026, 11, 30)) == 0
    assert room.resource("Organization/entity-99001")["active"] is True
    assert room.take_effect(date(2026, 12, 1)) == 1
    closed = room.resource("Organization/entity-99001")
    assert closed["active"] is False
    assert closed["identifier"][0]["period"] == {"end": "2026-11-30"}
    assert room.resource("Location/place-99001")["status"] == "inactive"
    assert room.resource("Organization/entity-99002")["active"] is True
    assert room.take_effect(date(2026, 12, 2)) == 0
    back = room.send("succession", _pairs("merged", "01/12/2026", ("99001", "99003")),
                     room.registrar)  # fmt: skip
    assert isinstance(back, FormScreen)
    assert [name for name, _ in back.page.faults] == ["q/pair:0/old"]


def test_a_division_that_splits_off_leaves_the_old_one_open(room: Room) -> None:
    pairs = _pairs("separated", "01/11/2026", ("99001", "99002"))
    room.sent("succession", pairs, room.officer)
    assert room.take_effect(NOW.date()) == 0


@pytest.mark.parametrize(
    ("kind", "pairs", "path"),
    [
        ("merged", [("99001", "99001")], "q/pair:0/new"),
        ("merged", [("99001", "99777")], "q/pair:0/new"),
        ("joined", [("99001", "99002")], "q/pair"),
        ("divided", [("99001", "99002")], "q/pair"),
        ("merged", [("99001", "99003")], "q/pair:0/new"),
    ],
)
def test_what_no_decision_can_say(
    room: Room, kind: str, pairs: list[tuple[str, str]], path: str
) -> None:
    back = room.send("succession", _pairs(kind, "01/12/2026", *pairs), room.officer)
    assert isinstance(back, FormScreen)
    assert path in [name for name, _ in back.page.faults]
