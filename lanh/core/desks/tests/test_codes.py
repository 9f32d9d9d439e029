"""Codes at a desk: offered as people use them, asked about once while a draft is filled in, and
always when it is sent."""

from __future__ import annotations

from datetime import date

import pytest

from lanh.core.database import Plan, SyncDatabase
from lanh.core.desks import DeskForm, FormScreen, Invalid, Sent
from lanh.core.desks.tests.scene import NURSE, NURSES, Room, desk
from lanh.core.forms import read_form, read_notation
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
