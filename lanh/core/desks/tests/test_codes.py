"""Codes at a desk: offered as people use them, asked about once while a draft is filled in, and
always when it is sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import pytest

from lanh.core import forms
from lanh.core.access import system_access
from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import DeskForm, FormScreen, Invalid, Sent
from lanh.core.desks.tests.scene import NURSE, NURSES, Room, desk
from lanh.core.forms import read_form, read_notation
from lanh.core.store import Context, Write
from lanh.core.terminology import Choice, Choices

SET, CAUSE = "urn:lanh:values:causes", "urn:lanh:causes|power"
FORM = """
resourceType: Questionnaire
url: https://lanh.example/forms/causes
version: "1"
language: vi
status: active
title: {vi: Vì sao, en: Why}
item:
  - linkId: cause
    type: choice
    text: {vi: Vì sao, en: Why}
    answerValueSet: "urn:lanh:values:causes"
"""


class Causes:
    """A value set of two codes that counts how often it is asked."""

    def __init__(self) -> None:
        self.codes = {"power": "Mất điện", "door": "Cửa mở"}
        self.asked = 0

    def find(
        self, within: str, text: str, on: date | None = None, *, language: str = "vi",
        offset: int = 0, count: int = 20,
    ) -> Plan[Choices]:  # fmt: skip
        yield from ()
        rows = [Choice("urn:lanh:causes", c, d) for c, d in self.codes.items() if text in (c, "")]
        return Choices(tuple(rows), len(rows))

    def choices_of(
        self, within: str, codes: Collection[tuple[str, str]], on: date | None = None, *,
        language: str = "vi",
    ) -> Plan[list[Choice]]:  # fmt: skip
        yield from ()
        return [Choice(s, code, self.codes[code]) for s, code in codes if code in self.codes]

    def known_member(
        self, value_set: str, system: str | None, code: str, on: date | None = None
    ) -> Plan[bool | None]:
        yield from ()
        self.asked += 1
        return code in self.codes


def test_codes_are_asked_about_when_they_are_new_and_when_they_are_sent(
    database: SyncDatabase,
) -> None:
    causes = Causes()
    form = DeskForm("daily", read_form(read_notation(FORM, "causes.yaml")), NURSES)
    room = Room(database, desk(forms=(form,), records=()), value_sets=causes)
    screen = room.begin()
    fields = {"q/cause": [CAUSE]}
    saved = room.run(room.desks.save(screen.draft, NURSE, fields, screen.revision))
    assert saved.page.blocks[0].fields[0].words == ("power Mất điện",)
    saved = room.run(room.desks.save(screen.draft, NURSE, fields, saved.revision))
    assert causes.asked == 1
    del causes.codes["power"]
    back = room.send(fields, screen=saved)
    assert isinstance(back, FormScreen)
    assert [name for name, _ in back.page.faults] == ["q/cause"]
    causes.codes["power"] = "Mất điện"
    again = room.run(room.desks.form_screen(screen.draft, NURSE))
    assert isinstance(room.send(fields, screen=again), Sent)
    other = room.begin()
    offered = room.run(room.desks.suggest(other.draft, NURSE, "cause", ""))
    assert [(row.code, row.why) for row in offered.rows] == [("power", "recent"), ("door", "found")]
    room.run(room.desks.favour(other.draft, NURSE, "cause", "urn:lanh:causes|door"))
    offered = room.run(room.desks.suggest(other.draft, NURSE, "cause", ""))
    assert [row.why for row in offered.rows] == ["favourite", "recent"]
    with pytest.raises(Invalid):
        room.run(room.desks.suggest(other.draft, NURSE, "nothing", ""))


WHO = """
resourceType: Questionnaire
url: https://lanh.example/forms/who
version: "1"
language: vi
status: active
title: {vi: Ai, en: Who}
item:
  - linkId: where
    type: reference
    text: {vi: Nơi, en: Where}
    extension: {referenceResource: [Organization]}
  - linkId: whom
    type: reference
    text: {vi: Ai, en: Whom}
    extension: {referenceResource: [Patient]}
  - linkId: dose
    type: quantity
    text: {vi: Liều, en: Dose}
    extension: {unitValueSet: "urn:lanh:values:causes"}
"""


def kept(room: Room, kind: str, name: str, body: dict[str, Any], facility: str = "97001") -> None:
    context = Context(system_access("test"), custodian=facility, commune="99001")
    resource = {"resourceType": kind, "id": name, **body}
    room.run(room.store.write([Write("update", kind, name, resource)], context))


def test_records_are_found_by_name_within_what_one_may_see(database: SyncDatabase) -> None:
    form = DeskForm("daily", read_form(read_notation(WHO, "who.yaml")), NURSES)
    room = Room(database, desk(forms=(form,), records=()), value_sets=Causes())
    for number, name in enumerate(("Trạm Y tế Đồng Thử", "Bệnh viện Thử Nghiệm")):
        body = {"name": name, "identifier": [{"system": "urn:t", "value": f"9700{number}"}]}
        kept(room, "Organization", f"o{number}", body)
    people = {"p1": "97001", "p2": "97002"}
    for name, facility in people.items():
        body = {"name": [{"text": "Đặng Thử"}], "birthDate": "1990-03-05"}
        kept(room, "Patient", name, body, facility)
    screen = room.begin()

    def offered(item: str, text: str) -> list[tuple[str, str, str]]:
        found = room.run(room.desks.suggest(screen.draft, NURSE, item, text))
        return [(row.token, row.display, row.why) for row in found.rows]

    station = ("Organization/o0", "Trạm Y tế Đồng Thử", "found")
    assert offered("where", "dong tram") == [station] == offered("where", "97000")
    assert offered("where", "") == offered("whom", "d") == []
    assert offered("whom", "dang") == [("Patient/p1", "Đặng Thử, 05/03/1990", "found")]
    fields = {"q/where": ["Organization/o0"], "q/whom": ["Patient/p2"], "q/dose": ["2"],
              "q/dose#unit": [CAUSE]}  # fmt: skip
    back = room.send(fields, screen=screen)
    assert isinstance(back, FormScreen)
    assert [name for name, _ in back.page.faults] == ["q/whom"], "hidden and absent look the same"
    assert back.page.blocks[0].fields[0].words == ("Trạm Y tế Đồng Thử",)
    assert back.page.blocks[2].fields[0].unit == (CAUSE, "Mất điện")
    assert isinstance(room.send({**fields, "q/whom": ["Patient/p1"]}, screen=screen), Sent)
    screen = room.begin()
    assert offered("where", "") == [("Organization/o0", "Trạm Y tế Đồng Thử", "recent")]
    assert offered("whom", "") == [], "whom one has chosen is not remembered"
    room.run(room.desks.favour(screen.draft, NURSE, "where", "Organization/o1"))
    assert [why for _, _, why in offered("where", "")] == ["favourite", "recent"]
    with pytest.raises(Invalid):
        room.run(room.desks.favour(screen.draft, NURSE, "whom", "Patient/p1"))
    shown = room.run(room.desks.form_screen(screen.draft, NURSE))
    assert shown.favourites == {("reference:Organization", "Organization|o1")}
    assert room.run(forms.pickers()) == ["person:1"]
    room.run(forms.forget_picks(["person:1"]))
    assert offered("where", "") == []
    sql = "SELECT types::text FROM audit.entry WHERE action = 'search'"
    assert any("Patient" in row[0] for row in room.rows(sql)), "looking for people is written down"
